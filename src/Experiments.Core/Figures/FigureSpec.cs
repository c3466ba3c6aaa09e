using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>What is drawn.</summary>
public enum FigureKind
{
    /// <summary>Error against batch size, from large to small, a line a norm (the paper's figure 1).</summary>
    ErrorAgainstBatch,

    /// <summary>Training and test error against the epoch, side by side (figures 4 and 5).</summary>
    ErrorAgainstEpoch,

    /// <summary>Error against the number of groups and the channels per group (table 3).</summary>
    ErrorAgainstGroups,

    /// <summary>Error against the learning rate.</summary>
    ErrorAgainstLr,

    /// <summary>Error against what the initial weights are multiplied by.</summary>
    ErrorAgainstInitScale,

    /// <summary>Error of every point of the grid, a row each (table 1).</summary>
    ErrorByNorm,

    /// <summary>Error of norms over samples by where they take their statistics at evaluation.</summary>
    ErrorByStatistics,

    /// <summary>Percentiles of what enters a norm, against the epoch (figure 6).</summary>
    Percentiles,

    /// <summary>Distributions of a layer's activations at several steps.</summary>
    Histograms,

    /// <summary>The loss along the gradient, against the step (Santurkar et al. 2018, figure 4).</summary>
    Landscape,

    /// <summary>How updates of the layers below turn a layer's gradient, against the step (Santurkar et al. 2018).</summary>
    CovariateShift,

    /// <summary>Error on altered test images, against the strength of what was done to them.</summary>
    DistributionShift,

    /// <summary>A recurrent network's error against the length of the test sequence.</summary>
    ErrorAgainstLength,
}

/// <summary>A file format that a figure is drawn in.</summary>
public enum FigureFormat
{
    /// <summary>Vector graphics for the web.</summary>
    Svg,

    /// <summary>Pixels, 300 to the inch.</summary>
    Png,

    /// <summary>Vector graphics for print.</summary>
    Pdf,
}

/// <summary>Describes a figure, without its data.</summary>
public sealed record FigureSpec
{
    /// <summary>What is drawn.</summary>
    public required FigureKind Kind { get; init; }

    /// <summary>The line above the figure; null: the title of the figure's kind.</summary>
    public string? Title { get; init; }

    /// <summary>What the runs were made for: the sweep's title, where the figure is its main one. It begins the smaller line under the title.</summary>
    public string? Purpose { get; init; }

    /// <summary>
    /// Others' errors against batch size. Each reference has a panel of its own, which shows rises above each norm's value at its largest batch
    /// size.
    /// </summary>
    public IReadOnlyList<Reference> References { get; init; } = [];

    /// <summary>Whether error against batch size also has a dashed line for BN evaluated with population statistics.</summary>
    public bool Population { get; init; } = true;

    /// <summary>The line above the figure.</summary>
    internal string TitleText => Title ?? FigureKinds.Describe(Kind).Title;

    /// <summary>
    /// The smaller line under the title: what the runs were made for, unless the title says it, and what they have in common (data set, network,
    /// epochs).
    /// </summary>
    internal string SubtitleOf(IReadOnlyList<Cell> cells)
    {
        var common = Series.InCommon(cells);
        return Purpose is { Length: > 0 } purpose && !purpose.StartsWith(TitleText, StringComparison.OrdinalIgnoreCase)
            ? common.Length > 0 ? $"{purpose}: {common}" : purpose
            : common;
    }
}

/// <summary>What there is to know about a kind of figure.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Name">Its name in sweep files and as a file: <c>error-against-batch</c>.</param>
/// <param name="Title">The line above it.</param>
/// <param name="Shows">What it shows, in a few words.</param>
/// <param name="File">The file beside sweep.yaml that it is drawn from.</param>
public sealed record FigureDescription(FigureKind Kind, string Name, string Title, string Shows, string File)
{
    /// <summary>Whether it shows errors of trained networks, and so needs a run that has finished.</summary>
    public bool IsOfErrors => File is "runs.csv" or "epochs.csv" or "distribution-shift.csv" or "sequence-length.csv";

    /// <summary>The file beside the pictures that holds the data they show: <c>error-against-batch.csv</c>, or <c>percentiles-drawn.csv</c> where
    /// the figure's own name is that of the file it is drawn from.</summary>
    public string DataFile => $"{Name}.csv" == File ? $"{Name}-drawn.csv" : $"{Name}.csv";
}

/// <summary>The figures there are, and their names.</summary>
public static class FigureKinds
{
    /// <summary>All figures. A figure that is drawn from another file than runs.csv needs runs that measured what is in that file.</summary>
    public static IReadOnlyList<FigureDescription> All { get; } =
    [
        new(FigureKind.ErrorAgainstBatch, "error-against-batch", "Error against batch size", "error against batch size, a line a norm; published numbers beside it", Runs),
        new(FigureKind.ErrorAgainstEpoch, "error-against-epoch", "Training and test error against the epoch", "training and test error against the epoch; a line a norm, or a row of panels a norm and a line a batch size", EpochRow.FileName),
        new(FigureKind.ErrorAgainstGroups, "error-against-groups", "Error against number and size of groups", "GN's error against the number of groups and the channels per group", Runs),
        new(FigureKind.ErrorAgainstLr, "error-against-lr", "Error against the learning rate", "error against the learning rate, a line a norm", Runs),
        new(FigureKind.ErrorAgainstInitScale, "error-against-init-scale", "Error against the scale of the initial weights", "error against the scale of the initial weights, a line a norm", Runs),
        new(FigureKind.ErrorByNorm, "error-by-norm", "Error by normalization", "error of every norm and variant, a row each; a shade a batch size", Runs),
        new(FigureKind.ErrorByStatistics, "error-by-statistics", "Error by where statistics come from", "error with moving averages, population and batch statistics, and training error, against batch size; a panel a norm over samples", Runs),
        new(FigureKind.Percentiles, "percentiles", "Percentiles of what enters a norm", "percentiles of what enters a norm, against the epoch; a panel a run", PercentileRow.FileName),
        new(FigureKind.Histograms, "histograms", "Distribution of activations after a norm", "how a layer's activations are distributed after its norm, at steps from first to last; a panel a run", HistogramRow.FileName),
        new(FigureKind.Landscape, "landscape", "The loss along the gradient", "loss and change of the gradient along the gradient, and effective smoothness, against the step; a colour a norm", LandscapeRow.FileName),
        new(FigureKind.CovariateShift, "covariate-shift", "Internal covariate shift", "how far updating the layers below moves and turns a layer's gradient, against the step; a line a norm", CovariateShiftRow.FileName),
        new(FigureKind.DistributionShift, "distribution-shift", "Error on shifted test images", "error on altered test images against the strength; a panel an alteration, a line a norm and kind of statistics", DistributionShiftRow.FileName),
        new(FigureKind.ErrorAgainstLength, "error-against-length", "Error against the length of the test sequence", "a recurrent network's error against the rows of a test image that it reads; a line a norm and kind of statistics", SequenceLengthRow.FileName),
    ];

    /// <summary>Their names, for help and messages.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(one => one.Name)];

    private const string Runs = "runs.csv";

    /// <summary>For example <c>error-against-batch</c>.</summary>
    public static string Name(this FigureKind kind) => Describe(kind).Name;

    /// <inheritdoc cref="FigureDescription.DataFile"/>
    public static string DataFile(this FigureKind kind) => Describe(kind).DataFile;

    /// <summary>The figure of a name.</summary>
    /// <exception cref="ExperimentException">There is no such figure; the message lists those that there are.</exception>
    public static FigureKind Parse(string name) => All.FirstOrDefault(one => one.Name == name)?.Kind
        ?? throw new ExperimentException(Suggestion.Unknown("figure", name, Names));

    /// <summary>What there is to know about a kind.</summary>
    public static FigureDescription Describe(FigureKind kind) => All.First(one => one.Kind == kind);
}
