namespace Experiments.Core.Norms;

/// <summary>
/// A normalization as it is asked for: its name, and the options that belong to a norm. A value that is null stands for the norm's own default.
/// </summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Groups">Number of groups of channels.</param>
/// <param name="ChannelsPerGroup">Channels in a group, in place of their number.</param>
/// <param name="VirtualBatch">Images of a worker that share a statistic.</param>
/// <param name="Places">Whether a statistic is over all places of a map, or each place has its own.</param>
/// <param name="RMax">Batch Renormalization's r_max.</param>
/// <param name="DMax">Batch Renormalization's d_max.</param>
/// <param name="RenormRamp">The part of the training over which its limits rise from BN's to their own.</param>
/// <param name="WeightStandardization">Whether the convolutions' weights are standardized.</param>
/// <param name="Affine">What is learnt per channel.</param>
public sealed record NormOptions(
    string Name,
    int? Groups = null,
    int? ChannelsPerGroup = null,
    int? VirtualBatch = null,
    PlaceSpan? Places = null,
    double? RMax = null,
    double? DMax = null,
    double? RenormRamp = null,
    bool? WeightStandardization = null,
    Affine? Affine = null)
{
    /// <summary>The options, with the norm's own defaults for those that are null.</summary>
    /// <param name="channels">
    /// The channels of the layers that are normalized, for the number of groups (see <see cref="NormCatalog.GroupsFor"/>); null: not known.
    /// </param>
    /// <exception cref="ExperimentException">There is no norm of that name.</exception>
    public NormOptions Complete(IEnumerable<int>? channels = null)
    {
        var entry = NormCatalog.Find(Name);
        var complete = this with
        {
            WeightStandardization = WeightStandardization ?? false,
            Affine = Affine ?? entry.Define(entry.Defaults).Affine,
        };
        if (channels is not null && TakesDefaultGroups)
            complete = complete with { Groups = NormCatalog.GroupsFor(channels) };

        // Of two options that say the same, one is enough.
        bool IsOpen(NormOption option) => NormCatalog.Options.All(other => (other != option && other.InPlaceOf != option.Name) || other.Get(complete) is null);
        return NormCatalog.Options.Where(IsOpen).Aggregate(complete, (options, option) => option.Get(entry.Defaults) is { } value ? option.Set(options, value) : options);
    }

    /// <summary>Whether the norm always has groups, and neither their number nor their size is given.</summary>
    public bool TakesDefaultGroups => NormCatalog.Find(Name).Defaults.Groups is not null && Groups is null && ChannelsPerGroup is null;
}
