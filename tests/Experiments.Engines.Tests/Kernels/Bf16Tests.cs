using Experiments.OneDnn.Kernels;

namespace Experiments.Engines.Tests.Kernels;

public sealed unsafe class Bf16Tests
{
    [Fact]
    public void All_65536_values_survive_the_way_to_fp32_and_back()
    {
        for (var bits = 0; bits <= ushort.MaxValue; bits++)
        {
            var value = BitConverter.UInt32BitsToSingle((uint)bits << 16);
            var rounded = Bf16.Round(value);
            Assert.Equal((ushort)bits, *(ushort*)&rounded);
            Assert.Equal(BitConverter.SingleToUInt32Bits(value), BitConverter.SingleToUInt32Bits(rounded.ToSingle()));
        }
    }

    // The reference looks at both neighbours in fp64, where all three values and their distances are exact.
    [Fact]
    public void Rounding_is_to_the_nearest_and_of_two_to_the_even_in_every_width()
    {
        var values = new List<float> { float.MaxValue, -float.MaxValue, float.Epsilon, 1e-40f, -1e-40f };
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var upper = (uint)random.Next(0x7F80) << 16 | (uint)random.Next(2) << 31;
            // Ties, their neighbours on both sides, and random values.
            values.AddRange([BitConverter.UInt32BitsToSingle(upper | 0x8000), BitConverter.UInt32BitsToSingle(upper | 0x7FFF),
                BitConverter.UInt32BitsToSingle(upper | 0x8001), BitConverter.UInt32BitsToSingle(upper | (uint)random.Next(0x10000))]);
        }

        while (values.Count % 16 != 0)
            values.Add(1);
        var array = values.ToArray();
        var (wide8, wide16) = (new Bf16[array.Length], new Bf16[array.Length]);
        fixed (float* from = array)
        fixed (Bf16* to8 = wide8, to16 = wide16)
        {
            ParameterKernels.Round(from, to8, array.Length);
            for (var i = 0; i < array.Length; i += Vector16.Width)
                Vector16.Store(Vector16.Load(from + i), to16 + i);
        }

        for (var i = 0; i < array.Length; i++)
        {
            var expected = Nearest(array[i]);
            Assert.Equal(expected, Bf16.Round(array[i]).ToSingle());
            Assert.Equal(expected, wide8[i].ToSingle());
            Assert.Equal(expected, wide16[i].ToSingle());
        }

        static float Nearest(float value)
        {
            var bits = BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000;
            var (towardsZero, away) = (BitConverter.UInt32BitsToSingle(bits), BitConverter.UInt32BitsToSingle(bits + 0x10000));
            // The value after the largest finite one would be twice the largest power of two.
            var distance = (float.IsInfinity(away) ? Math.CopySign(Math.ScaleB(1, 128), value) : away) - (double)value;
            var (near, far) = (Math.Abs(value - (double)towardsZero), Math.Abs(distance));
            return near < far ? towardsZero : far < near ? away : (bits & 0x10000) == 0 ? towardsZero : away;
        }
    }

    // A NaN of arithmetic is quiet and has its mark in the upper bits. It stays a NaN.
    [Fact]
    public void Infinities_and_what_is_not_a_number_stay_so()
    {
        Assert.Equal(float.PositiveInfinity, Bf16.Round(float.PositiveInfinity).ToSingle());
        Assert.Equal(float.NegativeInfinity, Bf16.Round(float.NegativeInfinity).ToSingle());
        Assert.True(float.IsNaN(Bf16.Round(float.NaN).ToSingle()));
        Assert.True(float.IsNaN(Bf16.Round(-float.NaN).ToSingle()));
        Assert.True(float.IsNaN(Bf16.Round(float.PositiveInfinity - float.PositiveInfinity).ToSingle()));
    }
}
