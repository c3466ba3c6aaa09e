using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>One value of a run that changes its result.</summary>
/// <param name="Name">The name that it is hashed under. It never changes, whatever the option is called later.</param>
/// <param name="LeftOut">The value that is left out of the hash. Versions without the option trained runs with this value. It never changes, whatever
/// the option's default is later. Null: the value is always hashed, if there is one.</param>
/// <param name="Of">The value as text, always in the same form; null if the run has none.</param>
internal sealed record IdentityPart(string Name, string? LeftOut, Func<RunSettings, string?> Of);

/// <summary>
/// What makes two runs the same: every value that changes the result, and no other. Runs of one identity share a folder, also across
/// versions of the program, so the table below is a promise:
/// <list type="bullet">
/// <item>a row of the table never changes, nor do its name and its left-out value;</item>
/// <item>a new option gets a row whose left-out value is what runs were trained with before the option existed, so that all earlier identities stay;</item>
/// <item>where an option's default changes, its row here does not: runs with the old default keep their identity.</item>
/// </list>
/// The images themselves are not part of the identity: a folder refuses other images by their checksum.
/// </summary>
public static class RunIdentity
{
    /// <summary>The table, one row for each value.</summary>
    internal static ImmutableArray<IdentityPart> Parts { get; } =
    [
        // Values that follow from the machine or from other values are always hashed, since their defaults may change.
        new("dataset", null, RunImages.NameOf),
        Part("image-size"),
        Part("test-part"),
        Part("split-seed"),
        Part("model"),
        Part("width"),
        Part("norm"),
        Part("groups"),
        Part("channels-per-group"),
        Part("virtual-batch"),
        Part("places"),
        Part("r-max"),
        Part("d-max"),
        Part("renorm-ramp"),
        Part("affine"),
        Part("rows"),
        Part("train-limit"),
        Part("test-limit"),
        Part("engine"),
        new("device", null, settings => settings.Device == "cuda" ? "cuda:0" : settings.Device),
        Part("measure-layer"),
        Part("classes"),
        new("from", null, settings => settings.From?.Identity),
        Part("beta1"),
        Part("beta2"),
        Part("seed"),

        Part("shortcut", leftOut: "identity"),
        Part("activation", leftOut: "relu"),
        Part("norm-position", leftOut: "before"),
        Part("weight-standardization", leftOut: "off"),
        Part("batch", leftOut: "32"),
        Part("workers", leftOut: "1"),
        Part("epochs", leftOut: "5"),
        Part("optimizer", leftOut: "sgd"),
        Part("lr", leftOut: "0.1"),
        Part("lr-scaling", leftOut: "linear"),
        Part("schedule", leftOut: "step"),
        Part("warmup", leftOut: "0"),
        Part("momentum", leftOut: "0.9"),
        Part("weight-decay", leftOut: "0.0001"),
        Part("decay-on", leftOut: "all"),
        Part("init-scale", leftOut: "1"),
        Part("freeze", leftOut: "none"),
        Part("input", leftOut: "z-score"),
        Part("augmentation", leftOut: "crop-flip"),
        Part("domains", leftOut: "none"),
        Part("validation", leftOut: "0"),
        Part("precision", leftOut: "fp32"),
        Part("threads", leftOut: "1"),
        Part("measure", leftOut: "none"),
        new("measure-points", "20", settings => Run.MeasuresAlong(settings) ? RunOptions.Find("measure-points")!.Get(settings) : null),
    ];

    /// <summary>The settings of a run in which each option that has a left-out value has that value.</summary>
    internal static RunSettings Unsaid { get; } = Parts.Where(part => part.LeftOut is not null)
        .Aggregate(new RunSettings(), (settings, part) => RunOptions.Find(part.Name)!.Set(settings, part.LeftOut!));

    /// <summary>The identity as text: a line for each value, sorted by name.</summary>
    /// <param name="settings">The settings, with nothing left open.</param>
    public static string Of(RunSettings settings) => Of(settings, Parts);

    /// <summary>The same, from another table.</summary>
    internal static string Of(RunSettings settings, IEnumerable<IdentityPart> parts) => string.Join('\n', parts
        .Select(part => (part.Name, part.LeftOut, Value: part.Of(settings)))
        .Where(part => part.Value is not null && part.Value != part.LeftOut)
        .OrderBy(part => part.Name, StringComparer.Ordinal)
        .Select(part => $"{part.Name}={part.Value}"));

    /// <summary>
    /// The name of a run's folder: norm, batch size and seed for people to read, and the first 8 digits of the SHA-256 of its identity.
    /// </summary>
    /// <param name="settings">The settings, with nothing left open.</param>
    public static string NameOf(RunSettings settings)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Of(settings))))[..8];
        var norm = settings.Norm;
        var groups = norm.Groups is { } g ? $"-g{g}" : norm.ChannelsPerGroup is { } c ? $"-c{c}" : "";
        var images = norm.VirtualBatch is { } v ? $"-v{v}" : "";
        var places = norm.Places == PlaceSpan.One ? "-p1" : "";
        var standardized = norm.WeightStandardization == true ? "-ws" : "";
        var workers = settings.Workers > 1 ? $"-w{settings.Workers}" : "";
        var frozen = settings.Freeze == Frozen.None ? "" : "-frozen";
        return string.Create(CultureInfo.InvariantCulture, $"{norm.Name}{groups}{images}{places}{standardized}{frozen}-b{settings.Batch}{workers}-s{settings.Seed}-{hash}");
    }

    private static IdentityPart Part(string name, string? leftOut = null) =>
        new(name, leftOut, settings => RunOptions.Find(name)!.FirstNameOfValue(settings));
}
