using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.Engines.Tests.Kernels;

/// <summary>The norm kernels on a bench: maps and tables in native memory, values in and out in fp64.</summary>
internal sealed unsafe class NormBench : IDisposable
{
    private readonly NormKernels _kernels;
    private readonly NativeArray[] _tables;
    private readonly NativeArray _shift;
    private readonly List<NativeArray> _maps = [];

    internal NormBench(Precision precision, int images, int area, int channels, NormKernels? kernels = null, bool shiftForEachImage = false)
    {
        (Precision, Images, Area, Channels) = (precision, images, area, channels);
        _kernels = kernels ?? NormKernels.For(precision, channels);
        _tables = [.. Enumerable.Range(0, 7).Select(_ => new NativeArray(images * channels))];
        _shift = new NativeArray(new double[shiftForEachImage ? images * channels : channels]);
        Tables = new NormTables
        {
            Mean = _tables[0].Floats,
            Deviations = _tables[1].Floats,
            Scale = _tables[2].Floats,
            Sum = _tables[3].Floats,
            Product = _tables[4].Floats,
            Level = _tables[5].Floats,
            Slope = _tables[6].Floats,
            Shift = _shift.Floats,
            ShiftStride = shiftForEachImage ? channels : 0,
        };
    }

    internal Precision Precision { get; }

    internal int Images { get; }

    internal int Area { get; }

    internal int Channels { get; }

    internal NormTables Tables { get; }

    internal double[] Mean { get => _tables[0].Values; set => _tables[0].Values = value; }

    internal double[] Deviations => _tables[1].Values;

    internal double[] Scale { get => _tables[2].Values; set => _tables[2].Values = value; }

    internal double[] Sum { get => _tables[3].Values; set => _tables[3].Values = value; }

    internal double[] Product { get => _tables[4].Values; set => _tables[4].Values = value; }

    internal double[] Level { get => _tables[5].Values; set => _tables[5].Values = value; }

    internal double[] Slope { get => _tables[6].Values; set => _tables[6].Values = value; }

    internal double[] Shift { get => _shift.Values; set => _shift.Values = value; }

    /// <summary>A map of these values, as they are in the format.</summary>
    internal NativeArray Map(double[] values)
    {
        var map = new NativeArray(values, Precision);
        _maps.Add(map);
        return map;
    }

    /// <summary>A map of NaNs.</summary>
    internal NativeArray Map()
    {
        var map = new NativeArray(Images * Area * Channels, Precision);
        _maps.Add(map);
        return map;
    }

    internal void Moments(NativeArray x) => _kernels.Moments(x.Pointer, Images, Area, Tables);

    internal void Normalize(NativeArray x, NativeArray? residual, NativeArray y, bool relu) =>
        _kernels.Normalize(x.Pointer, PointerOf(residual), y.Pointer, relu, Images, Area, Tables);

    internal void GradientSums(NativeArray dy, NativeArray? dy2, NativeArray x, NativeArray? y, NativeArray g, ReluMask mask) =>
        _kernels.GradientSums(dy.Pointer, PointerOf(dy2), x.Pointer, PointerOf(y), g.Pointer, mask, Images, Area, Tables);

    internal void InputGradient(NativeArray g, NativeArray x, NativeArray dx, bool maskFromInput) =>
        _kernels.InputGradient(g.Pointer, x.Pointer, dx.Pointer, maskFromInput, Images, Area, Tables);

    public void Dispose()
    {
        foreach (var array in _maps.Concat(_tables).Append(_shift))
            array.Dispose();
    }

    private static void* PointerOf(NativeArray? map) => map is null ? null : map.Pointer;
}
