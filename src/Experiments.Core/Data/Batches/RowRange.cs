using System.Globalization;

namespace Experiments.Core.Data.Batches;

/// <summary>How many rows of its images a recurrent network is trained on; each batch draws a number, all from the least to the most equally likely.</summary>
/// <param name="Least">The fewest rows.</param>
/// <param name="Most">The most rows.</param>
public readonly record struct RowRange(int Least, int Most)
{
    /// <summary>Reads <c>12..20</c>, or <c>16</c> for always 16; null if the text is neither, or the first number is more than the second.</summary>
    public static RowRange? Parse(string text)
    {
        var ends = text.Split("..");
        int? End(string end) => int.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var rows) && rows > 0 ? rows : null;
        return ends.Length <= 2 && (End(ends[0]), End(ends[^1])) is ({ } least, { } most) && least <= most ? new RowRange(least, most) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Least}") + (Most == Least ? "" : string.Create(CultureInfo.InvariantCulture, $"..{Most}"));
}
