namespace Experiments.Core.Training;

/// <summary>Time spent in one kernel of one layer, summed over calls.</summary>
/// <param name="Kernel">What it does, e.g. "convolution forward", "convolution weight gradient", "norm forward", "update".</param>
/// <param name="Layer">The layer it belongs to; empty where it belongs to none.</param>
/// <param name="Calls">How often it ran.</param>
/// <param name="Seconds">Seconds in all its calls.</param>
public sealed record KernelTime(string Kernel, string Layer, long Calls, double Seconds);

/// <summary>An engine that can say where its time goes.</summary>
public interface IProfiledEngine : IEngine
{
    /// <summary>Begins to measure every kernel from zero (true), or stops measuring (false).</summary>
    void Profile(bool on);

    /// <summary>What was measured.</summary>
    IReadOnlyList<KernelTime> KernelTimes { get; }
}
