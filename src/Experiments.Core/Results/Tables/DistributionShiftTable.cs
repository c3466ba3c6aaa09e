using System.Globalization;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results.Tables;

/// <summary>The errors of a trained network on altered test images as a table.</summary>
public static class DistributionShiftTable
{
    /// <summary>The table for a terminal: a row for each shift and strength, a column for each kind of statistics.</summary>
    public static string Of(string heading, IReadOnlyList<DistributionShiftRow> rows)
    {
        var statistics = rows.Select(row => row.Statistics).Distinct().ToList();
        return TextTable.Align(heading, ["shift", "strength", .. statistics], rows.GroupBy(row => (row.Shift, row.Strength)).Select(shift => (IReadOnlyList<string>)
        [
            shift.Key.Shift, shift.Key.Strength.ToString(CultureInfo.InvariantCulture),
            .. statistics.Select(kind => shift.First(row => row.Statistics == kind).Error?.ToString("0.00", CultureInfo.InvariantCulture) ?? "not finite"),
        ]));
    }
}
