using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Training;

namespace Experiments.Core.Results;

/// <summary>One row of the CSV that <c>eval --shift</c> writes: a checkpoint on test images shifted in one way.</summary>
public sealed record ShiftRow
{
    /// <summary>What was done to the test images.</summary>
    public required ShiftKind Shift { get; init; }

    /// <summary>How strongly, from 1 to 5; 0 where nothing was done.</summary>
    public required int Strength { get; init; }

    /// <summary>
    /// The statistics that norms over samples took: <c>moving-average</c>, <c>population</c> or <c>batch</c>; <c>own</c> where the network has
    /// none of these norms.
    /// </summary>
    public required string Statistics { get; init; }

    /// <summary>Test error in percent.</summary>
    public required double Error { get; init; }

    /// <summary>Mean cross-entropy in nats.</summary>
    public required double Loss { get; init; }

    /// <summary>The row of one evaluation.</summary>
    public static ShiftRow Of(DataShift shift, string statistics, Score score)
    {
        ArgumentNullException.ThrowIfNull(shift);
        return new() { Shift = shift.Kind, Strength = shift.Strength, Statistics = statistics, Error = score.ErrorPercent, Loss = score.MeanLoss };
    }

    /// <summary>Errors as a table for a terminal: a row a shift, a column for each kind of statistics.</summary>
    public static string Table(string heading, IReadOnlyList<ShiftRow> rows)
    {
        var statistics = rows.Select(row => row.Statistics).Distinct().ToList();
        return TextTable.Align(heading, ["shift", "strength", .. statistics], rows.GroupBy(row => (row.Shift, row.Strength)).Select(shift => (IReadOnlyList<string>)
        [
            shift.Key.Shift.ToString().ToLowerInvariant(), shift.Key.Strength.ToString(CultureInfo.InvariantCulture),
            .. statistics.Select(kind => shift.First(row => row.Statistics == kind).Error.ToString("0.00", CultureInfo.InvariantCulture)),
        ]));
    }
}
