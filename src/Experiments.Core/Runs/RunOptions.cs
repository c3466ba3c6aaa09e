using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Sources;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>
/// One option of a training: its name on the command line and as a key in YAML, its help, and how it is read into
/// <see cref="RunSettings"/> and written from it.
/// </summary>
/// <param name="Name">The name, without dashes.</param>
/// <param name="Value">The placeholder for its value in the help.</param>
/// <param name="Help">What it does, in a sentence without a full stop.</param>
/// <param name="Default">Its default, in words.</param>
/// <param name="Get">Its value as text; null where it is not set.</param>
/// <param name="Set">Reads its value from text.</param>
public sealed record RunOption(
    string Name, string Value, string Help, string Default, Func<RunSettings, string?> Get, Func<RunSettings, string, RunSettings> Set)
{
    /// <summary>Whether a list is one value of the option (all of its items together) and not an axis of the grid.</summary>
    public bool IsSet { get; init; }

    /// <summary>The heading that it stands under in a help text.</summary>
    public string Heading { get; init; } = "";

    /// <summary>Whether <c>--help</c> shows it; the others are shown by <c>--help-all</c>.</summary>
    public bool IsCommon { get; init; }

    /// <summary>The values that it takes, or examples of them; empty if they are numbers.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>Values that have been renamed, by their old name. The old name can still be read, and identities of runs keep using it.</summary>
    public IReadOnlyDictionary<string, string> Renamed { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>The present name of a value.</summary>
    public string PresentNameOf(string text) => Renamed.GetValueOrDefault(text, text);

    /// <summary>The value in these settings, under its oldest name.</summary>
    internal string? FirstNameOfValue(RunSettings settings) => Get(settings) is var text && Renamed.FirstOrDefault(pair => pair.Value == text).Key is { } first ? first : text;
}

/// <summary>
/// The options of a training, in the order that help texts, sweep files and grids have them. The command line, YAML, run identities and
/// the table in docs/options.md all come from this list.
/// </summary>
public static partial class RunOptions
{
    /// <summary>The key of the seed, which is the innermost axis of every grid.</summary>
    public const string Seed = "seed";

    /// <summary>The key of the data set.</summary>
    public const string Dataset = "dataset";

    /// <summary>The keys that belong to images of one's own.</summary>
    public static IReadOnlyList<string> OfImages { get; } = ["image-size", "test-part", "split-seed"];

    /// <summary>The key of the normalization.</summary>
    public const string Norm = "norm";

    /// <summary>The key of the optimizer.</summary>
    public const string Optimizer = "optimizer";

    /// <summary>The key of the weights that a run begins with.</summary>
    public const string From = "from";

    /// <summary>The key of what is frozen.</summary>
    public const string Freeze = "freeze";

    /// <summary>The keys whose defaults are the optimizer's own, or that only some optimizers have.</summary>
    public static IReadOnlyList<string> OfOptimizer { get; } = ["lr", "lr-scaling", "momentum", "beta1", "beta2", "weight-decay"];

    /// <summary>The keys that belong to a norm rather than to the run.</summary>
    public static IReadOnlyList<string> OfNorm { get; } = [.. NormCatalog.Options.Select(option => option.Name), "weight-standardization", "affine"];

    /// <summary>The keys that a norm in a grid may carry.</summary>
    public static IReadOnlyList<string> Carried { get; } = [.. OfNorm, From, Freeze];

    /// <summary>Two keys of a norm for the same thing, of which only one may be given.</summary>
    public static IReadOnlyList<string> Exclusive { get; } = [.. NormCatalog.Options.Where(option => option.InPlaceOf is not null).SelectMany(option => new[] { option.InPlaceOf!, option.Name })];

    private static readonly string[] Common = ["dataset", "model", Norm, "groups", "batch", "epochs", "lr", Seed];

    /// <summary>All options.</summary>
    public static IReadOnlyList<RunOption> All { get; } =
    [
        .. Under("Data set and network",
            new(Dataset, $"{string.Join('|', DatasetCatalog.Names)}|PATH", "data set: a name, a folder of class folders of PNG or JPEG files, a folder of IDX files, or a NumPy .npz file", "fashion-mnist where it is installed, else synthetic",
                s => s.Dataset, (s, v) => s with { Dataset = ParseDataset(v) })
            { Values = [.. DatasetCatalog.Names] },
            new("model", "NAME", $"network: {string.Join(", ", ModelCatalog.Names.Take(4))}, ... (6n+2), {string.Join(", ", ModelCatalog.Names.SkipWhile(name => !name.StartsWith("vgg", StringComparison.Ordinal)))}", "small-cnn",
                s => s.Model, (s, v) => { ModelCatalog.DefaultWidth(v); return s with { Model = v }; }) { Values = ModelCatalog.Names },
            Integer("width", "channels of the network's first stage, of a recurrent network's hidden state, or of a transformer's tokens", "64 (small-cnn, vgg, lstm, gru, vit), 32 (convnext), 16 (resnet)", 1, s => s.Width, (s, v) => s with { Width = (int)v }, 4096),
            Choice<Shortcut>("shortcut", "what residual shortcuts do where the shape changes: a 1x1 convolution, or every second pixel, with zeros for new channels on both sides of the old ones (centered) or after them (appended)",
                s => s.Shortcut, (s, v) => s with { Shortcut = v }, new() { [Cell.IdentityOnce] = EnumText.Of(Shortcut.IdentityAppended) }),
            Optional<ActivationKind>("activation", "activation function", "relu; gelu (convnext, and convnext-step5 and on, vit)", s => s.Activation, (s, v) => s with { Activation = v }),
            Choice<NormPosition>("norm-position", "where the norm stands: before or after the activation; in vit before each branch, or after its sum", s => s.NormPosition, (s, v) => s with { NormPosition = v })),
        .. Under("Normalization",
        [
            Name(Norm, $"normalization: {string.Join(", ", NormCatalog.Entries.Select(entry => entry.Name))}", "bn", NormCatalog.Entries.Select(entry => entry.Name), s => s.Norm.Name, (s, v) => s with { Norm = s.Norm with { Name = v } }, value: "NAME"),
            .. NormCatalog.Options.Select(Of),
            new("weight-standardization", "on|off", "standardize the weights of each output channel, with any norm", "off",
                s => s.Norm.WeightStandardization is { } on ? on ? "on" : "off" : null,
                (s, v) => s with { Norm = s.Norm with { WeightStandardization = OnOff("weight-standardization", v) } }) { Values = ["on", "off"] },
            Optional<Affine>("affine", "what is learnt after normalizing: gamma is the scale, beta the shift", "the norm's own; scale-and-shift but for none, wn and mean-only-bn", s => s.Norm.Affine, (s, v) => s with { Norm = s.Norm with { Affine = v } }),
        ]),
        .. Under("Training",
            Integer("batch", "images per worker in a step, those BN takes its statistics over", "32", 1, s => s.Batch, (s, v) => s with { Batch = (int)v }),
            Integer("workers", "workers that share a step; gradients are averaged over all", "1", 1, s => s.Workers, (s, v) => s with { Workers = (int)v }),
            Integer("epochs", "passes over the training set", "5", 1, s => s.Epochs, (s, v) => s with { Epochs = (int)v }),
            Choice<OptimizerKind>(Optimizer, "sgd: with momentum; adamw: Adam with the weight decay apart from the gradient", s => s.Optimizer, (s, v) => s with { Optimizer = v }),
            Number("lr", "learning rate at 32 images a worker", ByOptimizer(one => one.Lr), s => s.Lr, (s, v) => s with { Lr = v }, positive: true),
            Optional<LearningRateScaling>("lr-scaling", "linear: the rate used is lr * batch / 32, the paper's rule; sqrt: lr * sqrt(batch / 32)", ByOptimizer(one => EnumText.Of(one.LrScaling)), s => s.LrScaling, (s, v) => s with { LrScaling = v }),
            Choice<Schedule>("schedule", "step: a tenth after 30, 60, 90% of the epochs; cosine: half a cosine down to 0", s => s.Schedule, (s, v) => s with { Schedule = v }),
            Integer("warmup", "epochs over which the rate first rises", "0", 0, s => s.Warmup, (s, v) => s with { Warmup = (int)v }),
            Number("momentum", "momentum of SGD", ByOptimizer(one => one.Momentum), s => s.Momentum, (s, v) => s with { Momentum = v }),
            Number("beta1", "how much AdamW keeps of its average of gradients", ByOptimizer(one => one.Beta1), s => s.Beta1, (s, v) => s with { Beta1 = v }),
            Number("beta2", "how much AdamW keeps of its average of squared gradients", ByOptimizer(one => one.Beta2), s => s.Beta2, (s, v) => s with { Beta2 = v }),
            Number("weight-decay", "weight decay", ByOptimizer(one => one.WeightDecay), s => s.WeightDecay, (s, v) => s with { WeightDecay = v }),
            Choice<DecayOn>("decay-on", "what decays: all parameters, or weights without gamma, beta and biases", s => s.DecayOn, (s, v) => s with { DecayOn = v }),
            new(From, "WEIGHTS", "begin with these weights: a run's folder, or a file that eval reads; if the classes differ, the last layer is new", "random weights", s => s.From?.ToString(),
                (s, v) => s with { From = v.Length > 0 ? StartingWeights.Parse(v) : throw Wrong(From, "a run's folder or a file of weights", v) }),
            Choice<Frozen>(Freeze, "what of these weights stays as it is: running statistics of norms, with which training then normalizes; gamma and beta as well; or everything but the last layer", s => s.Freeze, (s, v) => s with { Freeze = v }),
            Number("init-scale", "factor that the initial weights are multiplied by", "1", s => s.InitScale, (s, v) => s with { InitScale = v }, positive: true)),
        .. Under("Images",
            new("classes", "N-N", "train and test on these classes alone, by their labels from 0 on, as in 0-4 or 0,2,7-9", "all", s => s.Classes, (s, v) => s with { Classes = ClassSelection.Normalize(v) }) { IsSet = true },
            Integer("image-size", "height and width that PNG and JPEG files are scaled to", $"{OwnImages.DefaultImageSize}", 8, s => s.ImageSize,
                (s, v) => s with { ImageSize = v == OwnImages.DefaultImageSize ? null : (int)v }, OwnImages.LargestImageSize),
            new("test-part", "X", "part of each class to test on, for images that come without test images", "none", s => s.TestPart?.ToString("R", CultureInfo.InvariantCulture),
                (s, v) => Number("test-part", v, positive: true) is < 1 and var part ? s with { TestPart = part } : throw Wrong("test-part", "a number above 0 and below 1", v)),
            Integer("split-seed", "seed that these test images are chosen with", "0", 0, s => s.SplitSeed, (s, v) => s with { SplitSeed = v == 0 ? null : v }, long.MaxValue),
            Choice<InputNormalization>("input", "what is done to pixels: min-max scales them to 0..1, z-score standardizes each channel, pca whitens colours, zca whole images", s => s.Input, (s, v) => s with { Input = v }),
            Choice<Augmentation>("augmentation", "flip: mirror half of the time; crop-flip: pad by 4, random crop, and mirror half of the time", s => s.Augmentation, (s, v) => s with { Augmentation = v }),
            Choice<Domains>("domains", "show every image inverted, with low contrast, tinted or blurred: styles mixed within a batch, or one style for each batch", s => s.Domains, (s, v) => s with { Domains = v }),
            new("rows", "N..N", "lstm and gru: train on this many rows of an image, drawn anew for each batch, from a random place in each image; the test is on all rows", "all",
                s => s.Rows?.ToString(), (s, v) => s with { Rows = RowRange.Parse(v) ?? throw Wrong("rows", "a number of rows, or a range as in 12..20", v) }),
            Integer("train-limit", "train on N of the images, with the classes in their proportions", "all", 1, s => s.TrainLimit, (s, v) => s with { TrainLimit = (int)v }),
            Integer("test-limit", "test on N of the images, with the classes in their proportions", "all", 1, s => s.TestLimit, (s, v) => s with { TestLimit = (int)v }),
            Integer("validation", "hold N training images out, and measure errors on these in place of the test set", "0", 0, s => s.Validation, (s, v) => s with { Validation = (int)v })),
        .. Under("Engine",
            Name("engine", "the engine that computes", "auto: the fastest there is", [RunSettings.Auto, "onednn", "torch"], s => s.Engine, (s, v) => s with { Engine = v }),
            new("device", "cpu|cuda|cuda:N", "the device that it computes on", "auto: a GPU where the engine finds one", s => s.Device,
                (s, v) => v == RunSettings.Auto || Device().IsMatch(v) ? s with { Device = v } : throw Wrong("device", "cpu, cuda, cuda:N or auto", v)) { Values = ["cpu", "cuda"] },
            PrecisionOption(Choice<Precision>("precision", "number format of activations and convolution weights", s => s.Precision, (s, v) => s with { Precision = v })),
            Integer("threads", "threads of one run", "1", 1, s => s.Threads, (s, v) => s with { Threads = (int)v })),
        .. Under("Measurements",
            new("measure", "NAME,NAME", $"what is measured during the training: {string.Join(", ", MeasurementNames)}", "none", s => Text(s.Measure), (s, v) => s with { Measure = ParseMeasurements(v) }) { IsSet = true, Values = MeasurementNames },
            new("measure-layer", "NAME", "the norm whose layer is measured, such as norm3 or layer1.0.norm1", "the network's last", s => s.MeasureLayer, (s, v) => s with { MeasureLayer = v }),
            Integer("measure-points", "the number of steps that are measured, evenly from the first to the last", "20", 1, s => s.MeasurePoints, (s, v) => s with { MeasurePoints = (int)v })),
        .. Under("Training",
            Integer(Seed, "seed that all random numbers follow from", "1", 0, s => s.Seed, (s, v) => s with { Seed = v }, long.MaxValue)),
    ];

    /// <summary>The option of a name; null where there is none.</summary>
    public static RunOption? Find(string name) => All.FirstOrDefault(option => option.Name == name);

    /// <summary>
    /// The arguments that make <c>train</c> use exactly these settings: every one that is not a default. Engine and device, once they are
    /// chosen, are always among them, since their defaults differ between machines.
    /// </summary>
    public static IEnumerable<string> ToArguments(RunSettings settings)
    {
        // An option without a default of its own follows from the model, the norm or the optimizer; so does the shortcut of a network without shortcuts. A
        // number of groups is always written, since it follows from both the model and the norm.
        var defaults = new RunSettings();
        var following = Run.Complete(defaults with { Model = settings.Model, Norm = new(settings.Norm.Name), Optimizer = settings.Optimizer });
        following = following with { Norm = following.Norm with { Groups = null } };
        return from option in All
               let text = option.Get(settings)
               where text is not null && text != (option.Get(defaults) ?? option.Get(following)) && (option.Name != "shortcut" || text != option.Get(following))
               from argument in new[] { $"--{option.Name}", text }
               select argument;
    }

    /// <summary>Reads a whole number from 1.</summary>
    /// <exception cref="ExperimentException">The text is no such number.</exception>
    public static int Positive(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 ? value : throw Wrong(name, "a whole number from 1", text);

    /// <summary>Reads a number above 0.</summary>
    /// <exception cref="ExperimentException">The text is no such number.</exception>
    public static double PositiveNumber(string name, string text) => Number(name, text, positive: true);

    private static double Number(string name, string text, bool positive, double least = 0, double most = double.MaxValue) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most && (value > 0 || !positive)
            ? value + 0.0 // -0 is 0
            : throw Wrong(name, positive ? "a number above 0" : string.Create(CultureInfo.InvariantCulture, $"a number from {least}{(most < double.MaxValue ? $" to {most}" : "")}"), text);

    private static IReadOnlyList<string> MeasurementNames => [.. Enum.GetValues<MeasurementKinds>().Where(one => one != MeasurementKinds.None).Select(EnumText.Of)];

    private static string Text(MeasurementKinds measurements) => measurements == MeasurementKinds.None ? "none"
        : string.Join(',', Enum.GetValues<MeasurementKinds>().Where(one => one != MeasurementKinds.None && measurements.HasFlag(one)).Select(EnumText.Of));

    private static MeasurementKinds ParseMeasurements(string text)
    {
        var known = Enum.GetValues<MeasurementKinds>().ToDictionary(EnumText.Of);
        return text.Split(',', StringSplitOptions.TrimEntries).Aggregate(MeasurementKinds.None, (all, name) => known.TryGetValue(name, out var one) ? all | one
            : throw new ExperimentException(Suggestion.Unknown("--measure", name, known.Keys)));
    }

    private static IEnumerable<RunOption> Under(string heading, params IEnumerable<RunOption> options) =>
        options.Select(option => option with { Heading = heading, IsCommon = Common.Contains(option.Name) });

    private static RunOption PrecisionOption(RunOption option) => option with
    {
        Set = (settings, text) => text is "fp16" or "float16" or "half"
            ? throw new ExperimentException($"There is no --precision {text}: small gradients vanish in it unless losses are scaled. Take bf16, which is as small and keeps the range of fp32, or fp32.")
            : option.Set(settings, text),
    };

    private static RunOption Of(NormOption option) => option.Words is { Count: > 0 } words
        ? new(option.Name, string.Join("|", words), option.Help, DefaultsOf(option), s => option.Text(s.Norm),
            (s, text) => words.ToList().IndexOf(text) is >= 0 and var index ? s with { Norm = option.Set(s.Norm, index) } : throw new ExperimentException(Suggestion.Unknown($"--{option.Name}", text, words)))
        { Values = words }
        : option.IsWhole
        ? Integer(option.Name, option.Help, DefaultsOf(option), (int)option.Least, s => (long?)option.Get(s.Norm), (s, v) => s with { Norm = option.Set(s.Norm, v) })
        : Number(option.Name, option.Help, DefaultsOf(option), s => option.Get(s.Norm), (s, v) => s with { Norm = option.Set(s.Norm, v) }, least: option.Least, most: option.Most);

    /// <summary>An option's defaults in words, norm by norm.</summary>
    private static string DefaultsOf(NormOption option) => option.InPlaceOf is { } other ? $"follows from --{other}"
        : option.Words is [var word, ..] ? $"{word} ({string.Join(", ", NormCatalog.Entries.Where(entry => entry.Takes(option)).Select(entry => entry.Name))})"
        : string.Join(", ", NormCatalog.Entries.Where(entry => option.Get(entry.Defaults) is not null)
            .GroupBy(entry => option.Text(entry.Defaults), entry => entry.Name).Select(value => $"{value.Key} ({string.Join(", ", value)})")
            .Concat(NormCatalog.Entries.Where(entry => entry.Optional.Contains(option.Name)).Select(entry => entry.Name).ToList() is { Count: > 0 } without
                ? [$"none ({string.Join(", ", without)})"] : []))
            + (option.Name == "groups" ? "; where 32 does not divide the channels of every layer, 16, or else 8" : "");

    /// <summary>Whether an optimizer takes an option. Every optimizer takes the options that are not in <see cref="OfOptimizer"/>.</summary>
    internal static bool Takes(OptimizerKind optimizer, RunOption option) =>
        !OfOptimizer.Contains(option.Name) || option.Get(new RunSettings { Optimizer = optimizer }.WithOptimizerDefaults()) is not null;

    /// <summary>The optimizers that take an option.</summary>
    internal static IEnumerable<string> OptimizersWith(RunOption option) => Enum.GetValues<OptimizerKind>().Where(one => Takes(one, option)).Select(EnumText.Of);

    /// <summary>An option's defaults in words, optimizer by optimizer.</summary>
    private static string ByOptimizer<T>(Func<OptimizerDefaults, T> value) => string.Join(", ",
        from optimizer in Enum.GetValues<OptimizerKind>()
        let text = value(OptimizerDefaults.Of(optimizer))
        where text is not null
        select string.Create(CultureInfo.InvariantCulture, $"{text} ({EnumText.Of(optimizer)})"));

    private static RunOption Integer(
        string name, string help, string defaultText, int least, Func<RunSettings, long?> get, Func<RunSettings, long, RunSettings> set, long most = int.MaxValue) =>
        new(name, "N", help, defaultText, s => get(s)?.ToString(CultureInfo.InvariantCulture),
            (s, text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
                ? set(s, value) : throw Wrong(name, $"a whole number from {least}{(most >= int.MaxValue ? "" : $" to {most}")}", text));

    private static RunOption Number(
        string name, string help, string defaultText, Func<RunSettings, double?> get, Func<RunSettings, double, RunSettings> set,
        bool positive = false, double least = 0, double most = double.MaxValue) =>
        new(name, "X", help, defaultText, s => get(s)?.ToString("R", CultureInfo.InvariantCulture), (s, text) => set(s, Number(name, text, positive, least, most)));

    private static RunOption Name(
        string name, string help, string defaultText, IEnumerable<string> known, Func<RunSettings, string> get, Func<RunSettings, string, RunSettings> set,
        string? value = null)
    {
        var names = known.ToList();
        return new(name, value ?? string.Join("|", names.Where(n => n != RunSettings.Auto)), help, defaultText, s => get(s),
            (s, text) => names.Contains(text) ? set(s, text) : throw new ExperimentException(name == Norm ? NormCatalog.Unknown($"--{name}", text) : Suggestion.Unknown($"--{name}", text, names)))
        { Values = [.. names.Where(n => n != RunSettings.Auto)] };
    }

    private static RunOption Choice<T>(
        string name, string help, Func<RunSettings, T> get, Func<RunSettings, T, RunSettings> set, Dictionary<string, string>? renamed = null)
        where T : struct, Enum => Optional<T>(name, help, EnumText.Of(get(new RunSettings())), s => get(s), set, renamed);

    private static RunOption Optional<T>(
        string name, string help, string defaultText, Func<RunSettings, T?> get, Func<RunSettings, T, RunSettings> set, Dictionary<string, string>? renamed = null)
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>().ToDictionary(EnumText.Of);
        renamed ??= [];
        return new(name, string.Join("|", values.Keys), help, defaultText, s => get(s) is { } value ? EnumText.Of(value) : null,
            (s, text) => values.TryGetValue(renamed.GetValueOrDefault(text, text), out var value) ? set(s, value) : throw new ExperimentException(Suggestion.Unknown($"--{name}", text, values.Keys)))
        {
            Renamed = renamed,
            Values = [.. values.Keys],
        };
    }

    // A relative path becomes a full path, so that a run means the same images wherever it is started. A name that is no known data set, but is a folder
    // here, is a path too.
    private static string ParseDataset(string text)
    {
        string[] names = [RunSettings.Auto, .. DatasetCatalog.Names];
        if (names.Contains(text))
            return text;
        if (text.StartsWith("~/", StringComparison.Ordinal))
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), text[2..]);
        return OwnImages.IsPath(text) || Directory.Exists(text) ? Path.GetFullPath(text)
            : throw new ExperimentException($"{Suggestion.Unknown($"--{Dataset}", text, names)} For images of your own, give the path of a folder or a .npz file.");
    }

    // Takes also the other words that YAML 1.1 has for on and off: yes and no, true and false, in any case.
    private static bool OnOff(string name, string text) => text.ToUpperInvariant() switch
    {
        "ON" or "YES" or "TRUE" => true,
        "OFF" or "NO" or "FALSE" => false,
        _ => throw Wrong(name, "on or off", text),
    };

    private static ExperimentException Wrong(string name, string expected, string came) => new($"--{name} takes {expected}, not '{Echo.Of(came)}'.");

    [GeneratedRegex(@"^(cpu|cuda(:\d+)?)$")]
    private static partial Regex Device();
}
