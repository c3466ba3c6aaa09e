namespace Experiments.Core.Norms;

/// <summary>A normalization as it is asked for: its name, and the options that belong to a norm. What is null takes the norm's own default.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Groups">Number of groups of channels.</param>
/// <param name="ChannelsPerGroup">Channels in a group, in place of their number.</param>
/// <param name="VirtualBatch">Images of a worker that share a statistic.</param>
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
    double? RMax = null,
    double? DMax = null,
    double? RenormRamp = null,
    bool? WeightStandardization = null,
    Affine? Affine = null)
{
    /// <summary>The options with the norm's own defaults where nothing was said.</summary>
    /// <exception cref="ExperimentException">There is no norm of that name.</exception>
    public NormOptions Complete()
    {
        var entry = NormCatalog.Find(Name);
        var own = entry.Defaults;
        return this with
        {
            Groups = Groups ?? (ChannelsPerGroup is null ? own.Groups : null),
            VirtualBatch = VirtualBatch ?? own.VirtualBatch,
            RMax = RMax ?? own.RMax,
            DMax = DMax ?? own.DMax,
            RenormRamp = RenormRamp ?? own.RenormRamp,
            WeightStandardization = WeightStandardization ?? false,
            Affine = Affine ?? entry.Define(entry.Defaults).Affine,
        };
    }
}
