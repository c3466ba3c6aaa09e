using System.Globalization;

namespace Experiments.Core.Data.Batches;

/// <summary>How many rows of its images a recurrent network is trained on: a number drawn evenly for each batch, both ends included.</summary>
/// <param name="Least">The fewest.</param>
/// <param name="Most">The most.</param>
public readonly record struct RowRange(int Least, int Most)
{
    /// <summary>Reads <c>12..20</c>, or <c>16</c> for always 16; null where it is neither, or the first is more than the second.</summary>
    public static RowRange? Parse(string text)
    {
        var ends = text.Split("..");
        int? End(string end) => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows > 0 ? rows : null;
        return ends.Length <= 2 && (End(ends[0]), End(ends[^1])) is ({ } least, { } most) && least <= most ? new RowRange(least, most) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Least}") + (Most == Least ? "" : string.Create(CultureInfo.InvariantCulture, $"..{Most}"));
}
