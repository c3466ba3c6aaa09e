using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using Experiments.OneDnn.Kernels;

namespace Benchmarks;

/// <summary>
/// What follows a convolution's weight gradient: the update of its weights, and the copy of them in the layout of the next pass, in fp32 and in
/// bfloat16. 36,864 weights are those of a 3x3 convolution from 64 to 64 channels, ResNet-20's largest; 2,304 from 16 to 16.
/// </summary>
public unsafe class UpdateBenchmark
{
    private float* _values;
    private float* _gradients;
    private float* _velocities;
    private float* _copy;
    private int* _places;

    [Params(2_304, 36_864)]
    public int Weights { get; set; }

    [GlobalSetup]
    public void Allocate()
    {
        _values = (float*)NativeMemory.AlignedAlloc((nuint)(4 * Weights * sizeof(float)), 64);
        _gradients = _values + Weights;
        _velocities = _values + (2 * Weights);
        _copy = _values + (3 * Weights);
        _places = (int*)NativeMemory.AlignedAlloc((nuint)(Weights * sizeof(int)), 64);
        var random = new Random(1);
        for (var i = 0; i < 4 * Weights; i++)
            _values[i] = (float)(random.NextDouble() - 0.5);
        // Blocks of 8 by 8 channels the other way round, as between the layouts of the forward and the backward pass.
        for (var i = 0; i < Weights; i++)
            _places[i] = (i / 64 * 64) + (i % 8 * 8) + (i / 8 % 8);
    }

    [GlobalCleanup]
    public void Free()
    {
        NativeMemory.AlignedFree(_values);
        NativeMemory.AlignedFree(_places);
    }

    [Benchmark]
    public void Update() => ParameterKernels.Update(_values, _gradients, _velocities, Weights, 1e-9f, 0.9f, 1e-4f);

    [Benchmark]
    public void GatherFp32() => ParameterKernels.Gather(_values, _places, _copy, Weights);

    [Benchmark]
    public void GatherBf16() => ParameterKernels.Gather(_values, _places, (Bf16*)_copy, Weights);
}
