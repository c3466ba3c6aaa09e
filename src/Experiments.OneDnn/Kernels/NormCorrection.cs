using Experiments.Core.Norms;

namespace Experiments.OneDnn.Kernels;

/// <summary>
/// What a norm applies between its statistics and its output, beside scale and shift. The gradient treats it as constant:
/// <code>y = s * (gamma * ((x - mean) * i * r + d) + beta) + m</code>
/// with Batch Renormalization's r and d of every block and the noise s and m of every cell. The passes over maps know only a scale and a
/// shift for each cell.
/// </summary>
internal unsafe struct NormCorrection
{
    /// <summary>r, [S, G]; null: 1.</summary>
    public double* R;

    /// <summary>d, [S, G]; null: 0.</summary>
    public double* D;

    /// <summary>s, [N, C]; null: 1.</summary>
    public float* NoiseScale;

    /// <summary>m, [N, C]; null: 0.</summary>
    public float* NoiseShift;

    /// <summary>Puts the correction into the scale that pooling left and into a shift for each cell.</summary>
    /// <param name="tables">Scale; receive scale and shift.</param>
    /// <param name="block">The block of samples.</param>
    /// <param name="blocks">How the table falls into blocks.</param>
    /// <param name="gamma">[C]; null: 1.</param>
    /// <param name="beta">[C]; null: 0.</param>
    public readonly void Apply(in NormTables tables, int block, PoolingBlocks blocks, float* gamma, float* beta)
    {
        var cell = (nint)block * blocks.Samples * blocks.ChannelBlocks * blocks.Channels;
        for (var n = 0; n < blocks.Samples; n++)
        {
            for (var g = 0; g < blocks.ChannelBlocks; g++)
            {
                var statistic = (block * blocks.ChannelBlocks) + g;
                var (r, d) = R is null ? (1, 0) : (R[statistic], D[statistic]);
                for (var c = g * blocks.Channels; c < (g + 1) * blocks.Channels; c++, cell++)
                {
                    var scale = tables.Scale[cell] * r;
                    var shift = ((gamma is null ? 1 : gamma[c]) * d) + (beta is null ? 0 : beta[c]);
                    if (NoiseScale is not null)
                        (scale, shift) = (scale * NoiseScale[cell], (shift * NoiseScale[cell]) + NoiseShift[cell]);
                    (tables.Scale[cell], tables.Shift[cell]) = ((float)scale, (float)shift);
                }
            }
        }
    }
}
