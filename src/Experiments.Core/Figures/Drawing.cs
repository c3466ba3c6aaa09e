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

    /// <summary>How high a panel is, in points.</summary>
    public double PanelHeight { get; init; } = GnuplotScript.PanelHeight;

    /// <summary>Room at the left of a panel, in points, for names on its y axis.</summary>
    public double NameRoom { get; init; }

    /// <summary>Styles that panels use and the legend does not show.</summary>
    public IReadOnlyList<LineStyle> Unlisted { get; init; } = [];

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

/// <summary>An entry of the legend: a sample of a line in this style.</summary>
internal sealed record LegendEntry(string Label, LineStyle Style, LineKind Kind = LineKind.Marked);

/// <summary>How a line is drawn.</summary>
internal enum LineKind
{
    /// <summary>Through markers.</summary>
    Marked,

    /// <summary>Without markers.</summary>
    Plain,

    /// <summary>Dashed, without markers.</summary>
    Dashed,

    /// <summary>Dotted, without markers.</summary>
    Dotted,

    /// <summary>Markers without a line.</summary>
    Markers,
}
