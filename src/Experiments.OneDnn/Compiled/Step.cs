namespace Experiments.OneDnn.Compiled;

/// <summary>One kernel of a compiled network.</summary>
/// <param name="Kernel">What it does.</param>
/// <param name="Layer">The layer it belongs to.</param>
/// <param name="Run">Does it.</param>
/// <param name="Updates">Whether it changes parameters, which a pass that only asks for gradients leaves out.</param>
internal sealed record Step(string Kernel, string Layer, Action Run, bool Updates = false);

/// <summary>Where a pass's norms take their statistics from.</summary>
internal enum NormMode
{
    /// <summary>The batch; running averages move towards it.</summary>
    Train,

    /// <summary>The batch; nothing is kept.</summary>
    Batch,

    /// <summary>The batch, which is pooled into the population.</summary>
    Collect,

    /// <summary>The running averages, where the norm has them.</summary>
    MovingAverage,

    /// <summary>The population, where the norm has one.</summary>
    Population,
}

/// <summary>What all kernels of a pass look at.</summary>
internal sealed class Pass
{
    /// <summary>What norms do.</summary>
    internal NormMode Mode { get; set; }

    /// <summary>The step's learning rate.</summary>
    internal float Rate { get; set; }
}
