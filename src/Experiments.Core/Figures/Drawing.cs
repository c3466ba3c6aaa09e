namespace Experiments.Core.Figures;

/// <summary>A figure laid out, before it is written in gnuplot's language.</summary>
internal sealed record Drawing
{
    public required string Title { get; init; }

    public required string Subtitle { get; init; }

    /// <summary>The legend's entries, which stand above the panels, clear of the data.</summary>
    public required IReadOnlyList<LegendEntry> Legend { get; init; }

    public required IReadOnlyList<DataBlock> Data { get; init; }

    /// <summary>Rows of panels, all of one size.</summary>
    public required IReadOnlyList<IReadOnlyList<Panel>> Panels { get; init; }

    /// <summary>Small print below: seeds, bars, measure.</summary>
    public required IReadOnlyList<string> Notes { get; init; }
}

/// <summary>One pair of axes.</summary>
internal sealed record Panel
{
    public string Title { get; init; } = "";

    public required string XLabel { get; init; }

    public required string YLabel { get; init; }

    /// <summary>gnuplot commands: ranges, tics, labels.</summary>
    public required IReadOnlyList<string> Settings { get; init; }

    /// <summary>The elements of gnuplot's plot command.</summary>
    public required IReadOnlyList<string> Plots { get; init; }
}

/// <summary>Numbers that the script carries, so that it can be edited and run again without any other file.</summary>
internal sealed record DataBlock(string Name, string Comment, string Header, IReadOnlyList<string> Rows);

/// <summary>An entry of the legend: a line with a marker in this style, or a dashed line without.</summary>
internal sealed record LegendEntry(string Label, LineStyle Style, bool Dashed = false);
