namespace Experiments.Core;

/// <summary>Passes reports on at once and in order, where <see cref="Progress{T}"/> would do so some time later on another thread.</summary>
/// <param name="report">Receives each report.</param>
public sealed class DirectProgress<T>(Action<T> report) : IProgress<T>
{
    /// <inheritdoc/>
    public void Report(T value) => report(value);
}
