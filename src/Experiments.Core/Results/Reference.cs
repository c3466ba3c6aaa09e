namespace Experiments.Core.Results;

/// <summary>
/// Published errors from another data set or network. They are not compared with ours in absolute terms, but only by each norm's rise from
/// its own value at the largest batch size.
/// </summary>
public sealed record Reference
{
    /// <summary>Where the numbers are from, and their data set and network, for example <c>Wu &amp; He 2018, table 2 (ImageNet, ResNet-50)</c>.</summary>
    public required string Source { get; init; }

    /// <summary>Error in percent by norm (<c>bn</c>, <c>gn</c>, ...) and batch size.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<int, double>> Error { get; init; }

    /// <summary>One norm's rise above its own value at its largest batch size, in points, batches from large to small.</summary>
    internal static IReadOnlyList<(int Batch, double Rise)> Rises(IReadOnlyDictionary<int, double> errors)
    {
        var falling = errors.OrderByDescending(point => point.Key).ToList();
        return [.. falling.Select(point => (point.Key, point.Value - falling[0].Value))];
    }
}
