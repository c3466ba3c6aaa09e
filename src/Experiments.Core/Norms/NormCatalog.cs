namespace Experiments.Core.Norms;

/// <summary>The normalizations there are. A new one is a line here.</summary>
public static class NormCatalog
{
    /// <summary>The paper's default number of groups, G.</summary>
    public const int DefaultGroups = 32;

    private static readonly ChannelSpan OneChannel = new ChannelSpan.One();
    private static readonly ChannelSpan AllChannels = new ChannelSpan.All();
    private static readonly SampleSpan OneSample = new SampleSpan.One();
    private static readonly SampleSpan Worker = new SampleSpan.Worker();
    private static readonly SampleSpan Step = new SampleSpan.Step();

    private static readonly Pooling BatchNorm = new(Worker, OneChannel);

    /// <summary>A normalization by name.</summary>
    /// <param name="Title">The name in a sentence.</param>
    /// <param name="Defaults">The name, and the defaults of the options that belong to it.</param>
    /// <param name="Define">The definition, given the options.</param>
    public sealed record Entry(string Title, NormOptions Defaults, Func<NormOptions, Norm> Define)
    {
        /// <summary>The name on the command line.</summary>
        public string Name => Defaults.Name;

        /// <summary>Whether it has groups of channels.</summary>
        public bool TakesGroups => Defaults.Groups is not null;
    }

    /// <summary>
    /// All of them. Without normalization the slot keeps its shift: it is then the bias that a convolution without a norm has. Ioffe's
    /// moving averages move by a hundredth (section 4), slowly enough to correct a batch by.
    /// </summary>
    public static IReadOnlyList<Entry> Entries { get; } =
    [
        Fixed("no normalization", new("none", null, Affine.Shift)),
        Fixed("Batch Normalization", new("bn", BatchNorm, Affine.ScaleAndShift)),
        Fixed("synchronized Batch Normalization", new("syncbn", new(Step, OneChannel), Affine.ScaleAndShift)),
        Fixed("Layer Normalization", new("ln", new(OneSample, AllChannels), Affine.ScaleAndShift)),
        Fixed("Instance Normalization", new("in", new(OneSample, OneChannel), Affine.ScaleAndShift)),
        new("Group Normalization", new("gn", Groups: DefaultGroups), o => new("gn", new(OneSample, GroupsOf(o)), Affine.ScaleAndShift)),
        Fixed("weight normalization", new("wn", null, Affine.Shift) { Weights = WeightTransform.Normalization }),
        Fixed("mean-only Batch Normalization", new("mean-only-bn", BatchNorm, Affine.Shift) { Use = StatisticsUse.Mean }),
        Fixed("weight normalization with mean-only Batch Normalization",
            new("wn-mean-only-bn", BatchNorm, Affine.Shift) { Use = StatisticsUse.Mean, Weights = WeightTransform.Normalization }),
        new("Batch Renormalization", new("batch-renorm", RMax: 3, DMax: 5, RenormRamp: 0.25),
            o => new("batch-renorm", BatchNorm, Affine.ScaleAndShift) { Renorm = new(o.RMax!.Value, o.DMax!.Value), RunningMomentum = 0.01 }),
        new("Ghost Batch Normalization", new("ghost-bn", VirtualBatch: 16),
            o => new("ghost-bn", new(new SampleSpan.Several(o.VirtualBatch!.Value), OneChannel), Affine.ScaleAndShift)),
        new("batch/group normalization", new("bgn", Groups: DefaultGroups, VirtualBatch: 2),
            o => new("bgn", new(new SampleSpan.Several(o.VirtualBatch!.Value), GroupsOf(o)), Affine.ScaleAndShift)),
        Fixed("noisy Batch Normalization", new("noisy-bn", BatchNorm, Affine.ScaleAndShift) { IsNoisy = true }),
    ];

    /// <summary>The entry of a name.</summary>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static Entry Find(string name) => Entries.FirstOrDefault(entry => entry.Name == name)
        ?? throw new ExperimentException(Suggestion.Unknown("norm", name, Entries.Select(entry => entry.Name)));

    /// <summary>The normalization that was asked for.</summary>
    /// <exception cref="ExperimentException">
    /// The name is unknown, an option does not belong to it, both ways of grouping are given, or the weights would be transformed twice.
    /// </exception>
    public static Norm Create(NormOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var entry = Find(options.Name);
        var own = entry.Defaults;
        var mistakes = new (bool Given, bool Belongs, string Option)[]
        {
            (options.Groups is not null, entry.TakesGroups, "groups"),
            (options.ChannelsPerGroup is not null, entry.TakesGroups, "channels-per-group"),
            (options.VirtualBatch is not null, own.VirtualBatch is not null, "virtual-batch"),
            (options.RMax is not null, own.RMax is not null, "r-max"),
            (options.DMax is not null, own.DMax is not null, "d-max"),
            (options.RenormRamp is not null, own.RenormRamp is not null, "renorm-ramp"),
        }.Where(option => option.Given && !option.Belongs).Select(option => NotTaken(entry, option.Option)).ToList();
        if (mistakes.Count > 0)
            throw ExperimentException.ForAll(mistakes);

        if (options is { Groups: { } groups, ChannelsPerGroup: { } channels })
            throw new ExperimentException($"--groups {groups} and --channels-per-group {channels} exclude each other: give one of them.");
        var complete = options.Complete();
        var norm = entry.Define(complete) with { Affine = complete.Affine!.Value };
        if (complete.WeightStandardization != true)
            return norm;
        return norm.Weights == WeightTransform.None
            ? norm with { Weights = WeightTransform.Standardization }
            : throw new ExperimentException($"--weight-standardization on does not go with --norm {norm.Name}, which normalizes the weights itself: take one of the two.");
    }

    private static string NotTaken(Entry entry, string option)
    {
        var takers = Entries.Where(other => option switch
        {
            "groups" or "channels-per-group" => other.TakesGroups,
            "virtual-batch" => other.Defaults.VirtualBatch is not null,
            _ => other.Defaults.RMax is not null,
        }).Select(other => other.Name).ToList();
        return $"--{option} does not belong to --norm {entry.Name}: {entry.Title} has none; leave it out, or take --norm {string.Join(" or ", takers)}.";
    }

    private static ChannelSpan GroupsOf(NormOptions options) =>
        options.ChannelsPerGroup is { } channels ? new ChannelSpan.GroupWith(channels) : new ChannelSpan.GroupOf(options.Groups!.Value);

    private static Entry Fixed(string title, Norm norm) => new(title, new(norm.Name), _ => norm);
}
