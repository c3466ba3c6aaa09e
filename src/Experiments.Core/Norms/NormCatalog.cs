namespace Experiments.Core.Norms;

/// <summary>The normalizations there are. A new one is a line here.</summary>
public static class NormCatalog
{
    /// <summary>The paper's default number of groups, G.</summary>
    public const int DefaultGroups = 32;

    /// <summary>A normalization by name.</summary>
    /// <param name="Name">The name on the command line.</param>
    /// <param name="Title">The name in a sentence.</param>
    /// <param name="TakesGroups">Whether <c>--groups</c> and <c>--channels-per-group</c> belong to it.</param>
    /// <param name="Define">The definition, given how far a statistic reaches along the channels where that is a choice.</param>
    public sealed record Entry(string Name, string Title, bool TakesGroups, Func<ChannelSpan, Norm> Define);

    private static readonly ChannelSpan One = new ChannelSpan.One();
    private static readonly ChannelSpan All = new ChannelSpan.All();

    /// <summary>
    /// All of them. Without normalization the slot keeps its shift: it is then the bias that a convolution without a norm has.
    /// </summary>
    public static IReadOnlyList<Entry> Entries { get; } =
    [
        Fixed("none", "no normalization", null, Affine.Shift),
        Fixed("bn", "Batch Normalization", new Pooling(SampleSpan.Worker, One)),
        Fixed("syncbn", "synchronized Batch Normalization", new Pooling(SampleSpan.Step, One)),
        Fixed("ln", "Layer Normalization", new Pooling(SampleSpan.One, All)),
        Fixed("in", "Instance Normalization", new Pooling(SampleSpan.One, One)),
        new("gn", "Group Normalization", true, groups => new Norm("gn", new Pooling(SampleSpan.One, groups), Affine.ScaleAndShift)),
    ];

    /// <summary>The entry of a name.</summary>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static Entry Find(string name) => Entries.FirstOrDefault(entry => entry.Name == name)
        ?? throw new ExperimentException(Suggestion.Unknown("norm", name, Entries.Select(entry => entry.Name)));

    /// <summary>The normalization of a name, with its number of groups or its channels per group where it takes them.</summary>
    /// <exception cref="ExperimentException">
    /// The name is unknown, it takes no groups, both ways of grouping are given, or one is not positive.
    /// </exception>
    public static Norm Create(string name, int? groups = null, int? channelsPerGroup = null)
    {
        var entry = Find(name);
        if (!entry.TakesGroups && (groups ?? channelsPerGroup) is not null)
            throw new ExperimentException($"--{(groups is null ? "channels-per-group" : "groups")} does not belong to --norm {name}: "
                + $"{entry.Title} has no groups; leave it out, or take --norm gn.");
        if (groups is not null && channelsPerGroup is not null)
            throw new ExperimentException($"--groups {groups} and --channels-per-group {channelsPerGroup} exclude each other: give one of them.");
        return entry.Define(channelsPerGroup is { } channels ? new ChannelSpan.GroupWith(channels) : new ChannelSpan.GroupOf(groups ?? DefaultGroups));
    }

    private static Entry Fixed(string name, string title, Pooling? pooling, Affine affine = Affine.ScaleAndShift) =>
        new(name, title, false, _ => new Norm(name, pooling, affine));
}
