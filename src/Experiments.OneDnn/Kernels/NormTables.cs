namespace Experiments.OneDnn.Kernels;

/// <summary>
/// A norm layer's small tables: one value for each image and channel, [N, C], but for the shift, which may be [C]. Pooling
/// (<see cref="NormPooling"/>) turns the values that one pass over the feature map leaves here into those that the next pass needs.
/// </summary>
internal unsafe struct NormTables
{
    /// <summary>Mean: of the cell after the moments' pass, of its block after pooling.</summary>
    public float* Mean;

    /// <summary>M2, each cell's sum of squared deviations from its mean.</summary>
    public float* Deviations;

    /// <summary>The factor of x - mean: gamma / sqrt(var + epsilon), times its correction if there is one.</summary>
    public float* Scale;

    /// <summary>beta, [C], or a shift for each cell, [N, C].</summary>
    public float* Shift;

    /// <summary>The distance from one image's shift to the next one's: 0 if all images have the same, else C.</summary>
    public nint ShiftStride;

    /// <summary>Each cell's sum of g, the gradient by the layer's output.</summary>
    public float* Sum;

    /// <summary>Each cell's sum of g * (x - mean).</summary>
    public float* Product;

    /// <summary>What is subtracted from every dx of the cell because the mean depends on x.</summary>
    public float* Level;

    /// <summary>What is subtracted from every dx of the cell, for each unit of x - mean, because the variance depends on x.</summary>
    public float* Slope;

    /// <summary>The same tables from a later row on.</summary>
    /// <param name="row">The row.</param>
    /// <param name="channels">C.</param>
    public readonly NormTables From(int row, int channels)
    {
        var start = (nint)row * channels;
        return new NormTables
        {
            Mean = Mean + start,
            Deviations = Deviations + start,
            Scale = Scale + start,
            Shift = Shift + (row * ShiftStride),
            ShiftStride = ShiftStride,
            Sum = Sum + start,
            Product = Product + start,
            Level = Level + start,
            Slope = Slope + start,
        };
    }
}

/// <summary>How ReLU's gradient finds out where the layer's output was positive.</summary>
internal enum ReluMask
{
    /// <summary>There is no ReLU.</summary>
    None,

    /// <summary>By computing the output again from x, which the pass reads in any case.</summary>
    FromInput,

    /// <summary>By reading the output: where a residual was added before the ReLU.</summary>
    FromOutput,
}
