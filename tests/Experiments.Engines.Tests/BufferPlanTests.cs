using Experiments.OneDnn.Compiled;
using Buffer = Experiments.OneDnn.Compiled.Buffer;

namespace Experiments.Engines.Tests;

public sealed unsafe class BufferPlanTests
{
    /// <summary>
    /// A pass over random buffers as a compiled network makes it: from barrier to barrier, chunk after chunk, moment after moment. At a buffer's
    /// first moment every byte of it gets the buffer's mark; the marks must be unchanged until its last moment.
    /// </summary>
    [Theory]
    [InlineData(8, 8)]
    [InlineData(8, 2)]
    [InlineData(7, 3)]
    [InlineData(5, 1)]
    public void What_a_buffer_holds_stays_until_it_is_needed_last_whatever_the_chunks(int images, int chunk)
    {
        var random = new Random(images + chunk);
        for (var repetition = 0; repetition < 20; repetition++)
        {
            using var plan = new BufferPlan(images, chunk);
            var (segments, times) = (new List<int>(), new List<int>());
            var segment = 0;
            for (var moment = 0; moment < 25; moment++)
            {
                if (random.Next(5) == 0)
                {
                    plan.Barrier();
                    segment++;
                }

                times.Add(plan.Tick());
                segments.Add(segment);
            }

            var buffers = Enumerable.Range(0, 40).Select(_ =>
            {
                var bytes = random.Next(1, 3000);
                var (first, last) = (random.Next(times.Count), random.Next(times.Count));
                if (random.Next(4) == 0)
                    return (Buffer: plan.Scratch(bytes, times[first]), Bytes: bytes, First: first, Last: first, Whole: true);
                var buffer = plan.PerImage(bytes);
                buffer.UsedAt(times[first]);
                buffer.UsedAt(times[last]);
                return (Buffer: buffer, Bytes: bytes, First: Math.Min(first, last), Last: Math.Max(first, last), Whole: false);
            }).ToList();
            plan.Place();

            foreach (var moments in Enumerable.Range(0, times.Count).GroupBy(moment => segments[moment]))
            {
                for (plan.ChunkStart = 0; plan.ChunkStart < images; plan.ChunkStart += chunk)
                {
                    foreach (var moment in moments)
                    {
                        foreach (var image in Enumerable.Range(plan.ChunkStart, Math.Min(chunk, images - plan.ChunkStart)))
                        {
                            foreach (var (index, (buffer, bytes, first, last, _)) in buffers.Index().Where(pair => pair.Item.First <= moment && moment <= pair.Item.Last))
                            {
                                var part = new Span<byte>(buffer.At(image), bytes);
                                if (moment == first)
                                    part.Fill((byte)(1 + index));
                            }
                        }

                        foreach (var image in Enumerable.Range(plan.ChunkStart, Math.Min(chunk, images - plan.ChunkStart)))
                        {
                            foreach (var (index, (buffer, bytes, _, _, _)) in buffers.Index().Where(pair => pair.Item.First <= moment && moment <= pair.Item.Last))
                                Assert.False(new Span<byte>(buffer.At(image), bytes).ContainsAnyExcept((byte)(1 + index)), "a buffer that is still needed was overwritten");
                        }
                    }
                }
            }
        }
    }

    // "Largest first" is not optimal: for these plans it needs up to a third more memory than is in use at once at the peak.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Little_more_memory_is_taken_than_the_peak_of_what_is_needed_at_once(int seed)
    {
        const int Page = 4096;
        var random = new Random(seed);
        for (var repetition = 0; repetition < 50; repetition++)
        {
            using var plan = new BufferPlan(4, 4);
            var times = Enumerable.Range(0, 40).Select(_ => plan.Tick()).ToList();
            var buffers = Enumerable.Range(0, random.Next(1, 40)).Select(_ =>
            {
                var buffer = plan.PerImage(random.Next(1, 50_000));
                var first = random.Next(30);
                buffer.UsedAt(times[first + random.Next(10)]);
                buffer.UsedAt(times[first]);
                return buffer;
            }).ToList();
            plan.Place();
            var peak = times.Max(time => buffers.Where(buffer => buffer.First <= time && time <= buffer.Last).Sum(buffer => (buffer.Bytes(4) + Page - 1) / Page * Page));
            Assert.InRange(plan.Bytes, peak, 4 * peak / 3);
        }
    }

    [Fact]
    public void What_is_used_up_between_two_barriers_needs_room_for_one_chunk_and_what_crosses_one_for_all_images()
    {
        const int Bytes = 8192;
        using var plan = new BufferPlan(images: 6, chunk: 2);
        Buffer[] buffers = [plan.PerImage(Bytes), plan.PerImage(Bytes), plan.PerImage(Bytes)];
        var time = plan.Tick();
        buffers[0].UsedAt(time);
        buffers[1].UsedAt(time);
        plan.Barrier();
        buffers[1].UsedAt(plan.Tick());
        plan.Place();
        Assert.Equal((2 + 6) * Bytes, plan.Bytes);
        plan.ChunkStart = 4;
        Assert.Equal(Bytes, (byte*)buffers[0].At(5) - (byte*)buffers[0].At(4));
        Assert.Equal(5 * Bytes, (byte*)buffers[1].At(5) - (byte*)buffers[1].At(0));
    }
}
