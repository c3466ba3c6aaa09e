using Experiments.OneDnn.Compiled;
using Buffer = Experiments.OneDnn.Compiled.Buffer;

namespace Experiments.Engines.Tests;

public sealed class BufferPlanTests
{
    // The largest first fit is no optimum: over these plans it needs up to a third more than the peak of what is alive at once.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public unsafe void Buffers_needed_at_the_same_moment_never_overlap_and_little_more_is_taken_than_the_peak(int seed)
    {
        var random = new Random(seed);
        for (var repetition = 0; repetition < 50; repetition++)
        {
            using var plan = new BufferPlan();
            var buffers = new List<Buffer>();
            for (var i = 0; i < random.Next(1, 40); i++)
            {
                var buffer = plan.Reserve(random.Next(1, 200_000));
                var first = random.Next(30);
                buffer.UsedAt(first + random.Next(10));
                buffer.UsedAt(first);
                buffers.Add(buffer);
            }

            plan.Place();
            foreach (var (index, a) in buffers.Index())
            {
                Assert.InRange(a.Offset, 0, plan.Bytes - a.Bytes);
                Assert.Equal(0, (nint)a.Pointer % 64);
                Assert.Equal((nint)buffers[0].Pointer - buffers[0].Offset, (nint)a.Pointer - a.Offset);
                foreach (var b in buffers.Take(index).Where(b => a.First <= b.Last && b.First <= a.Last))
                    Assert.True(a.Offset + a.Bytes <= b.Offset || b.Offset + b.Bytes <= a.Offset, "two buffers that are needed at the same moment overlap");
            }

            var peak = Enumerable.Range(0, 40).Max(time => buffers.Where(buffer => buffer.First <= time && time <= buffer.Last).Sum(buffer => buffer.Bytes));
            Assert.InRange(plan.Bytes, peak, 4 * peak / 3);
        }
    }

    [Fact]
    public void Buffers_of_different_moments_share_a_place_and_one_that_is_never_needed_has_none()
    {
        using var plan = new BufferPlan();
        Buffer[] buffers = [plan.Reserve(5000), plan.Reserve(5000), plan.Reserve(5000)];
        buffers[0].UsedAt(plan.Now);
        buffers[1].UsedAt(plan.Tick());
        plan.Place();
        Assert.Equal(buffers[0].Offset, buffers[1].Offset);
        Assert.Equal(-1, buffers[2].Offset);
        Assert.Equal(buffers[0].Bytes, plan.Bytes);
    }
}
