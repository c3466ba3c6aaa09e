using Experiments.Core.Results;

namespace Experiments.Core.Figures;

/// <summary>What is drawn against what.</summary>
public enum FigureKind
{
    /// <summary>Error against batch size, from large to small, a line a norm (the paper's figure 1).</summary>
    ErrorAgainstBatch,

    /// <summary>Training and test error against the epoch, side by side (figures 4 and 5).</summary>
    ErrorAgainstEpoch,

    /// <summary>Error against the number of groups and the channels per group (table 3).</summary>
    ErrorAgainstGroups,
}

/// <summary>A file format that a figure is drawn in.</summary>
public enum FigureFormat
{
    /// <summary>Vector graphics for the web.</summary>
    Svg,

    /// <summary>Pixels, 288 to the inch.</summary>
    Png,

    /// <summary>Vector graphics for print.</summary>
    Pdf,
}

/// <summary>A figure, but for its data.</summary>
public sealed record FigureSpec
{
    /// <summary>What is drawn against what.</summary>
    public required FigureKind Kind { get; init; }

    /// <summary>The line above the figure.</summary>
    public required string Title { get; init; }

    /// <summary>The smaller line under the title; where none is given, what all runs have in common (data set, network, epochs).</summary>
    public string? Subtitle { get; init; }

    /// <summary>Others' errors against batch size, each in a panel of its own, as rises above their own values.</summary>
    public IReadOnlyList<Reference> References { get; init; } = [];

    /// <summary>Whether error against batch size also has a dashed line for BN evaluated with population statistics.</summary>
    public bool Population { get; init; } = true;
}

/// <summary>The names that figures have in sweep files and as files.</summary>
public static class FigureKinds
{
    /// <summary>All of them, for help and messages.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Enum.GetValues<FigureKind>().Select(Name)];

    /// <summary>For example <c>error-against-batch</c>.</summary>
    public static string Name(this FigureKind kind) => kind switch
    {
        FigureKind.ErrorAgainstBatch => "error-against-batch",
        FigureKind.ErrorAgainstEpoch => "error-against-epoch",
        FigureKind.ErrorAgainstGroups => "error-against-groups",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>The figure of a name.</summary>
    /// <exception cref="ExperimentException">There is none; the message lists those that there are.</exception>
    public static FigureKind Parse(string name) =>
        Enum.GetValues<FigureKind>().Cast<FigureKind?>().FirstOrDefault(kind => kind!.Value.Name() == name)
            ?? throw new ExperimentException(Suggestion.Unknown("figure", name, Names));
}
