using System.Runtime.InteropServices;
using Experiments.Core.Norms;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>The small tables of one norm operation, in one piece of memory that is zero at first.</summary>
internal sealed unsafe class NormMemory : IDisposable
{
    private const int Alignment = 64;

    /// <summary>Allocates the tables.</summary>
    /// <param name="parts">How the table of moments [N, C] falls into blocks, one part of the channels after the other.</param>
    /// <param name="beta">The shift of each channel; null: none is learnt.</param>
    /// <param name="isCorrected">Whether a <see cref="NormCorrection"/> comes between statistics and output.</param>
    internal NormMemory(IReadOnlyList<PoolingBlocks> parts, LearnableArray? beta, bool isCorrected)
    {
        var channels = parts[0].AllChannels;
        var cells = (nint)parts[0].SampleBlocks * parts[0].Samples * channels;
        var statistics = (nint)parts.Sum(blocks => blocks.SampleBlocks * blocks.ChannelBlocks);
        var bytes = (nuint)((((isCorrected ? 10 : 7) * cells) + channels) * sizeof(float)) + (nuint)(5 * statistics * sizeof(double));
        Mean = (double*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(Mean, bytes);
        Deviations = Mean + statistics;
        Inverse = Deviations + statistics;
        var table = (float*)(Inverse + (3 * statistics));
        if (isCorrected)
        {
            Correction = new NormCorrection
            {
                R = Inverse + statistics,
                D = Inverse + (2 * statistics),
                NoiseScale = table + (8 * cells),
                NoiseShift = table + (9 * cells),
            };
        }

        Tables = new NormTables
        {
            Mean = table,
            Deviations = table + cells,
            Scale = table + (2 * cells),
            Sum = table + (3 * cells),
            Product = table + (4 * cells),
            Level = table + (5 * cells),
            Slope = table + (6 * cells),
            Shift = beta is null || isCorrected ? table + (7 * cells) : beta.Values,
            ShiftStride = isCorrected ? channels : 0,
        };
        new Span<double>(Inverse, (int)statistics).Fill(1);
    }

    /// <summary>The mean of every block, [S, G], part after part.</summary>
    internal double* Mean { get; }

    /// <summary>The sum of squared deviations of every block, likewise.</summary>
    internal double* Deviations { get; }

    /// <summary>1 / sqrt(var + epsilon) of every block, likewise.</summary>
    internal double* Inverse { get; }

    /// <summary>What passes over the maps read and write, [N, C].</summary>
    internal NormTables Tables { get; }

    /// <summary>Room for r and d of every block, [S, G], and s and m of every cell, [N, C], where there is a correction.</summary>
    internal NormCorrection Correction { get; }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(Mean);
}
