using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Benchmarks;

/// <summary>
/// The onednn engine's norm kernels on the three map sizes of ResNet-20: a layer forward (moments, pooling, normalization with the ReLU) and
/// backward (sums, pooling, gradient by the input), as in a training step, on one thread. The time is for the whole batch. Maps have been
/// written to first: memory that was never written to is a single page of zeros, which is faster to read.
/// </summary>
public unsafe class NormBenchmark
{
    private const int Tables = 7;

    private readonly List<nint> _memory = [];
    private NormKernels? _kernels;
    private NormTables _tables;
    private PoolingBlocks _blocks;
    private int _area;
    private void* _x;
    private void* _y;
    private void* _dy;
    private void* _dx;
    private float* _gamma;
    private double* _statistics;

    [Params("bn", "gn")]
    public string Norm { get; set; } = "";

    [Params(16, 32, 64)]
    public int Channels { get; set; }

    [Params(2, 128)]
    public int BatchSize { get; set; }

    [Params(Precision.Fp32, Precision.Bf16)]
    public Precision Precision { get; set; }

    [GlobalSetup]
    public void Allocate()
    {
        var side = 512 / Channels;
        _area = side * side;
        _kernels = NormKernels.For(Precision, Channels);
        _blocks = NormCatalog.Create(new(Norm, Norm == "gn" ? 8 : null)).Pooling!.Over(BatchSize, 1, Channels, _area);
        _x = Map(1);
        _y = Map(2);
        _dy = Map(3);
        _dx = Map(4);
        var cells = (nint)BatchSize * Channels;
        var tables = Floats((Tables * cells) + Channels, 5);
        _tables = new NormTables
        {
            Mean = tables,
            Deviations = tables + cells,
            Scale = tables + (2 * cells),
            Sum = tables + (3 * cells),
            Product = tables + (4 * cells),
            Level = tables + (5 * cells),
            Slope = tables + (6 * cells),
            Shift = tables + (7 * cells),
        };
        _gamma = Floats(Channels, 6);
        _statistics = (double*)Memory((nuint)(3 * BatchSize * Channels * sizeof(double)));
        Forward();
    }

    [GlobalCleanup]
    public void Free()
    {
        _memory.ForEach(block => NativeMemory.AlignedFree((void*)block));
        _memory.Clear();
    }

    [Benchmark]
    public double Forward()
    {
        for (var block = 0; block < _blocks.SampleBlocks; block++)
        {
            var (first, tables) = (block * _blocks.Samples, _tables.From(block * _blocks.Samples, Channels));
            _kernels!.Moments(At(_x, first), _blocks.Samples, _area, tables);
            NormPooling.PoolMoments(_tables, first, _blocks, StatisticsUse.CentreAndScale, _area, _gamma, StatisticOf(block, 0), StatisticOf(block, 1), StatisticOf(block, 2));
            _kernels.Normalize(At(_x, first), null, At(_y, first), relu: true, _blocks.Samples, _area, tables);
        }

        return *_statistics;
    }

    [Benchmark]
    public double Backward()
    {
        for (var block = 0; block < _blocks.SampleBlocks; block++)
        {
            var (first, tables) = (block * _blocks.Samples, _tables.From(block * _blocks.Samples, Channels));
            _kernels!.GradientSums(At(_dy, first), null, At(_x, first), null, At(_dy, first), ReluMask.FromInput, _blocks.Samples, _area, tables);
            NormPooling.PoolGradients(_tables, first, _blocks, StatisticsUse.CentreAndScale, _area, StatisticOf(block, 2));
            _kernels.InputGradient(At(_dy, first), At(_x, first), At(_dx, first), maskFromInput: true, _blocks.Samples, _area, tables);
        }

        return *_tables.Level;
    }

    /// <summary>A block's statistics: one table for the mean, one for M2, one for 1 / sqrt(var + epsilon), each [S, G].</summary>
    private double* StatisticOf(int block, int table) =>
        _statistics + (((nint)(table * _blocks.SampleBlocks) + block) * _blocks.ChannelBlocks);

    private void* At(void* map, int image) =>
        (byte*)map + ((nint)image * _area * Channels * (Precision == Precision.Bf16 ? sizeof(ushort) : sizeof(float)));

    private void* Map(int seed)
    {
        var count = (nint)BatchSize * _area * Channels;
        var values = Floats(count, seed);
        if (Precision == Precision.Fp32)
            return values;
        var map = Memory((nuint)(count * sizeof(ushort)));
        ParameterKernels.Round(values, (Bf16*)map, count);
        return map;
    }

    private float* Floats(nint count, int seed)
    {
        var random = new Random(seed);
        var values = (float*)Memory((nuint)(count * sizeof(float)));
        for (nint i = 0; i < count; i++)
            values[i] = (float)(random.NextDouble() - 0.4);
        return values;
    }

    private void* Memory(nuint bytes)
    {
        var block = NativeMemory.AlignedAlloc(bytes, 4096);
        NativeMemory.Clear(block, bytes);
        _memory.Add((nint)block);
        return block;
    }
}
