namespace Experiments.Core.Norms;

/// <summary>The normalizations there are, and their options. A new normalization needs one more entry here.</summary>
public static class NormCatalog
{
    /// <summary>The paper's default number of groups, G.</summary>
    public const int DefaultGroups = 32;

    // These replace the default, the larger one first, if it does not divide the channels of every layer.
    private static readonly int[] SmallerGroups = [16, 8];

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

        /// <summary>The name in figures and tables.</summary>
        public string Label { get; init; } = Defaults.Name.ToUpperInvariant();

        /// <summary>The name in figures and tables of the norm over so many images of a worker, where that number is an option; null: the label and the number.</summary>
        public Func<int, string>? LabelOver { get; init; }

        /// <summary>
        /// The place of the norm's colour, marker and dash in the palette of the figures. It stays, so that a norm looks the same in old figures and
        /// new ones; null: the norm has the next place that is free.
        /// </summary>
        public int? Look { get; init; }

        /// <summary>The names of options that may be given although it has no default for them.</summary>
        public IReadOnlyList<string> Optional { get; init; } = [];

        /// <summary>Whether it has, or may have, groups of channels.</summary>
        public bool TakesGroups => Takes(Options.First(option => option.Name == "groups"));

        /// <summary>
        /// Whether an option belongs to it: it has a default for the option, or the option is one of <see cref="Optional"/>, or one of these is
        /// true of the option that it replaces.
        /// </summary>
        public bool Takes(NormOption option) =>
            (option.InPlaceOf is { } other ? Options.First(one => one.Name == other) : option) is var own && (own.Get(Defaults) is not null || Optional.Contains(own.Name));
    }

    /// <summary>
    /// The options that only some norms have. Which norm has which, and with what default, stands in <see cref="Entries"/>; the command line's
    /// help and checks, YAML and the columns of a sweep follow from the two lists.
    /// </summary>
    public static IReadOnlyList<NormOption> Options { get; } =
    [
        new("groups", "number of groups of channels", o => o.Groups, (o, v) => o with { Groups = (int)v }) { IsWhole = true, Least = 1 },
        new("channels-per-group", "channels in a group, in place of --groups", o => o.ChannelsPerGroup, (o, v) => o with { ChannelsPerGroup = (int)v }) { IsWhole = true, Least = 1, InPlaceOf = "groups" },
        new("virtual-batch", "images of a worker that share a statistic", o => o.VirtualBatch, (o, v) => o with { VirtualBatch = (int)v }) { IsWhole = true, Least = 1 },
        new("places", "whether a statistic is over all places (h, w) of a map, or over one", o => (int?)o.Places, (o, v) => o with { Places = (PlaceSpan)v == PlaceSpan.All ? null : (PlaceSpan)v }) { Words = ["all", "one"] },
        new("r-max", "the largest correction of a batch's standard deviation", o => o.RMax, (o, v) => o with { RMax = v }) { Least = 1 },
        new("d-max", "the largest correction of a batch's mean, in standard deviations", o => o.DMax, (o, v) => o with { DMax = v }),
        new("renorm-ramp", "part of the training over which r-max and d-max rise from BN's 1 and 0", o => o.RenormRamp, (o, v) => o with { RenormRamp = v }) { Most = 1 },
    ];

    /// <summary>
    /// All normalizations. LN over the channels of one place is what ConvNeXt, transformers and recurrent nets mean by LN (torchvision's
    /// LayerNorm2d, ConvNeXt's channels_first, PyTorch's LayerNorm over the last axis). Without normalization the slot keeps its shift: it is then
    /// the bias that a convolution without a norm has. Batch Renormalization's moving averages move by a hundredth (Ioffe 2017, section 4), slowly
    /// enough to correct a batch by them. IN-BN is IBN-a of Pan et al. ("Two at once: enhancing learning and generalization capacities via IBN-Net",
    /// ECCV 2018): in the first stages IN for the first half of the channels, everywhere else BN.
    /// </summary>
    public static IReadOnlyList<Entry> Entries { get; } =
    [
        Fixed("no normalization", new("none", null, Affine.Shift)) with { Label = "no norm", Look = 6 },
        new("Batch Normalization", new("bn"), o => new("bn", BatchNorm with { Places = PlacesOf(o) }, Affine.ScaleAndShift)) { Optional = ["places"], Look = 0 },
        Fixed("synchronized Batch Normalization", new("syncbn", new(Step, OneChannel), Affine.ScaleAndShift)) with { Label = "SyncBN", Look = 4 },
        Fixed("Layer Normalization", new("ln", new(OneSample, AllChannels), Affine.ScaleAndShift)) with { Look = 2 },
        Fixed("Layer Normalization over channels", new("ln-channels", new(OneSample, AllChannels, PlaceSpan.One), Affine.ScaleAndShift)) with { Label = "LN (channels)", Look = 13 },
        Fixed("Instance Normalization", new("in", new(OneSample, OneChannel), Affine.ScaleAndShift)) with { Look = 3 },
        new("Group Normalization", new("gn", Groups: DefaultGroups), o => new("gn", new(OneSample, GroupsOf(o), PlacesOf(o)), Affine.ScaleAndShift)) { Optional = ["places"], Look = 1 },
        Fixed("weight normalization", new("wn", null, Affine.Shift) { Weights = WeightTransform.Normalization }) with { Look = 5 },
        Fixed("mean-only Batch Normalization", new("mean-only-bn", BatchNorm, Affine.Shift) { Use = StatisticsUse.Centre }) with { Label = "mean-only BN", Look = 7 },
        Fixed("weight normalization with mean-only Batch Normalization",
            new("wn-mean-only-bn", BatchNorm, Affine.Shift) { Use = StatisticsUse.Centre, Weights = WeightTransform.Normalization })
            with { Label = "WN + mean-only BN", Look = 8 },
        new("Batch Renormalization", new("batch-renorm", RMax: 3, DMax: 5, RenormRamp: 0.25),
            o => new("batch-renorm", BatchNorm, Affine.ScaleAndShift) { Renorm = new(o.RMax!.Value, o.DMax!.Value), RunningMomentum = 0.01 })
            { Label = "Batch Renorm", Look = 9 },
        new("Ghost Batch Normalization", new("ghost-bn", VirtualBatch: 16),
            o => new("ghost-bn", new(new SampleSpan.Several(o.VirtualBatch!.Value), OneChannel), Affine.ScaleAndShift))
            { Label = "Ghost BN", LabelOver = images => $"Ghost BN ({images})", Look = 11 },
        new("batch/group normalization", new("bgn", Groups: DefaultGroups, VirtualBatch: 2),
            o => new("bgn", new(new SampleSpan.Several(o.VirtualBatch!.Value), GroupsOf(o)), Affine.ScaleAndShift))
            { Label = "GN over samples", LabelOver = images => $"GN over {images} samples", Look = 12 },
        new("Root Mean Square Layer Normalization", new("rms"),
            o => new("rms", new(OneSample, GroupsOf(o), PlacesOf(o)), Affine.Scale) { Use = StatisticsUse.Scale }) { Optional = ["groups", "places"], Look = 14 },
        Fixed("noisy Batch Normalization", new("noisy-bn", BatchNorm, Affine.ScaleAndShift) { IsNoisy = true }) with { Label = "noisy BN", Look = 10 },
        Fixed("Instance-Batch Normalization", new("in-bn", BatchNorm, Affine.ScaleAndShift) { FirstHalf = new(OneSample, OneChannel) }) with { Look = 15 },
    ];

    /// <summary>The entry of a name.</summary>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static Entry Find(string name) => Entries.FirstOrDefault(entry => entry.Name == name)
        ?? throw new ExperimentException(Unknown("norm", name));

    /// <summary>
    /// The message that there is no norm of a name, and which one was probably meant: for <c>layer-norm</c>, the one with the title Layer
    /// Normalization.
    /// </summary>
    /// <param name="kind">What was named: <c>norm</c>, or the option.</param>
    /// <param name="name">The unknown name.</param>
    public static string Unknown(string kind, string name)
    {
        static string Letters(string text) => string.Concat(text.Where(char.IsAsciiLetter)).ToUpperInvariant();
        var typed = Letters(name);
        var titled = typed.EndsWith("NORM", StringComparison.Ordinal) || typed.EndsWith("NORMALIZATION", StringComparison.Ordinal)
            ? Entries.FirstOrDefault(entry => Letters(entry.Title).StartsWith(typed, StringComparison.Ordinal)) : null;
        return titled is null ? Suggestion.Unknown(kind, name, Entries.Select(entry => entry.Name))
            : $"Unknown {kind} '{name}'. Did you mean '{titled.Name}' ({titled.Title})?";
    }

    /// <summary>The number of groups if none is given: the paper's 32, or 16, or 8, the first that divides the channels of every layer.</summary>
    /// <param name="channels">The channels of the layers that are normalized.</param>
    /// <returns>That number; 32 if none of them does, so that <see cref="Networks.Network.Check"/> says which numbers would.</returns>
    public static int GroupsFor(IEnumerable<int> channels)
    {
        var all = channels.ToList();
        return SmallerGroups.Prepend(DefaultGroups).FirstOrDefault(groups => all.All(count => count % groups == 0), DefaultGroups);
    }

    /// <summary>The normalization that was asked for.</summary>
    /// <exception cref="ExperimentException">
    /// The name is unknown, an option does not belong to it, both ways of grouping are given, or the weights would be transformed twice.
    /// </exception>
    public static Norm Create(NormOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var entry = Find(options.Name);
        var mistakes = Options.Where(option => option.Get(options) is not null && !entry.Takes(option)).Select(option => NotTaken(entry, option)).ToList();
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

    private static string NotTaken(Entry entry, NormOption option) => $"--{option.Name} does not belong to --norm {entry.Name}: {entry.Title} has none; "
        + $"leave it out, or take --norm {string.Join(" or ", Entries.Where(other => other.Takes(option)).Select(other => other.Name))}.";

    private static ChannelSpan GroupsOf(NormOptions options) => options switch
    {
        { ChannelsPerGroup: { } channels } => new ChannelSpan.GroupWith(channels),
        { Groups: { } groups } => new ChannelSpan.GroupOf(groups),
        _ => AllChannels,
    };

    private static PlaceSpan PlacesOf(NormOptions options) => options.Places ?? PlaceSpan.All;

    private static Entry Fixed(string title, Norm norm) => new(title, new(norm.Name), _ => norm);
}
