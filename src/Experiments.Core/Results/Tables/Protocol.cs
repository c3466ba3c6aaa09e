using Experiments.Core.Files;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Results.Tables;

/// <summary>What was asked of runs: the settings that are the same for all of them, and those that differ.</summary>
/// <param name="Same">A setting's column of runs.csv and its value.</param>
/// <param name="Differing">A setting's column of runs.csv and its values, in the order of the runs. A norm's value has its own options in it.</param>
public sealed record Protocol(IReadOnlyList<(string Column, string Value)> Same, IReadOnlyList<(string Column, IReadOnlyList<string> Values)> Differing)
{
    // The learning rate that a run begins with follows from lr, its scaling and the batch size.
    private static readonly IReadOnlyList<Column> Columns = [.. Series.CellColumns.Where(column => !Series.NormColumns.Contains(column.Property)), .. Column.Of(typeof(RunRow)).Where(column => column.Property is nameof(RunRow.Seed) or nameof(RunRow.Threads))];

    /// <summary>What a run has in a column of the protocol.</summary>
    public static string ValueOf(RunRow run, string column) => column == "norm" ? NormLabel.Of(run) : Columns.First(one => one.Name == column).Text(run);

    /// <summary>The protocol of these runs.</summary>
    public static Protocol Of(IReadOnlyList<RunRow> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        List<(string Column, IReadOnlyList<string> Values)> all =
            [.. Columns.Select(column => column.Name).Prepend("norm").Select(name => (name, (IReadOnlyList<string>)[.. runs.Select(run => ValueOf(run, name)).Distinct()]))];
        return new Protocol(
            [.. all.Where(setting => setting.Values is [{ Length: > 0 }]).Select(setting => (setting.Column, setting.Values[0]))],
            [.. all.Where(setting => setting.Values.Count > 1).Select(setting => (setting.Column, (IReadOnlyList<string>)[.. setting.Values.Select(value => value.Length > 0 ? value : "none")]))]);
    }
}
