using Experiments.Core.Results.Tables;

namespace Experiments.Reports;

/// <summary>What <c>table --json</c> prints.</summary>
internal sealed record TableDocument
{
    /// <summary>The folders, as they were typed.</summary>
    public required IReadOnlyList<string> Folders { get; init; }

    /// <summary>The column of runs.csv that the tables show: <c>error</c>, unless <c>--value</c> says otherwise.</summary>
    public required string Value { get; init; }

    /// <summary>The tables that the command prints without <c>--json</c>, in their order.</summary>
    public required IReadOnlyList<TableOfDocument> Tables { get; init; }
}

/// <summary>One of its tables.</summary>
internal sealed record TableOfDocument
{
    /// <summary>What it shows, in words.</summary>
    public required string Heading { get; init; }

    /// <summary>What stands below it, a sentence or two each.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Its cells, row by row; those without a result are left out.</summary>
    public required IReadOnlyList<TableEntry> Cells { get; init; }

    /// <summary>A table as it stands in the document.</summary>
    public static TableOfDocument Of(ResultTable table) => new() { Heading = table.Heading, Notes = table.Notes, Cells = table.Entries };
}
