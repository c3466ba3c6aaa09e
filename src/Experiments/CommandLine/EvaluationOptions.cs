using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Experiments.Core;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.CommandLine;

/// <summary>The options of <c>eval</c> that are not those of a training: statistics of norms and of inputs, and altered test images.</summary>
internal sealed class EvaluationOptions
{
    private static readonly Dictionary<string, AlterationKind> s_alterations = Enum.GetValues<AlterationKind>().ToDictionary(EnumText.Of);

    private readonly Option<string> _statistics = new("--statistics")
    {
        Description = "where norms over several images take mean and variance from (default: moving-average)",
        HelpName = "moving-average|population|batch|all",
    };

    private readonly Option<string> _mean = new("--input-mean") { Description = "mean of each channel that the weights were trained with, on a scale from 0 to 1 (default: the checkpoint's, or if it has none, the training set's)", HelpName = "X,X,X" };
    private readonly Option<string> _deviation = new("--input-std") { Description = "standard deviation of each channel that the weights were trained with, on the same scale (default: as for --input-mean)", HelpName = "X,X,X" };
    private readonly Option<string> _shift = new("--shift")
    {
        Description = "change the test images as CIFAR-10-C does before they are normalized, and print a table",
        HelpName = string.Join('|', s_alterations.Keys.Append("all")),
    };

    private readonly Option<string> _strength = new("--strength") { Description = "how strongly --shift changes the images (default: all)", HelpName = $"1..{Alteration.Strongest}|all" };
    private readonly Option<string> _csv = new("--csv") { Description = "also write the table, with losses, into this file", HelpName = "FILE" };

    /// <summary>Adds the options to a command.</summary>
    public EvaluationOptions(Command command)
    {
        foreach (var option in new Option[] { _statistics, _mean, _deviation, _shift, _strength, _csv })
            command.Options.Add(option);
    }

    /// <summary>The statistics that inputs were standardized with; null if they were not typed.</summary>
    /// <exception cref="ExperimentException">Only one of mean and standard deviation was given, or they are not on a scale from 0 to 1.</exception>
    public InputStatistics? Input(ParseResult result) => (result.GetValue(_mean), result.GetValue(_deviation)) switch
    {
        ({ } mean, { } deviation) => new InputStatistics(OnUnitScale(_mean, mean), OnUnitScale(_deviation, deviation)),
        (null, null) => null,
        _ => throw new ExperimentException("--input-mean and --input-std belong together: give both or neither."),
    };

    /// <summary>The file that the table is written into; null if it was not typed.</summary>
    public string? Csv(ParseResult result) => result.GetValue(_csv);

    /// <summary>The alterations of the test images; none if no table is asked for. The table of all kinds begins with the unaltered images.</summary>
    /// <exception cref="ExperimentException">A kind or a strength does not exist, or an option of the table was given without one.</exception>
    public IReadOnlyList<Alteration> Alterations(ParseResult result)
    {
        var (kind, strength) = (result.GetValue(_shift), result.GetValue(_strength));
        if (kind is null)
        {
            return strength is null && result.GetValue(_csv) is null ? []
                : throw new ExperimentException($"{(strength is null ? "--csv" : "--strength")} goes with --shift: give a kind of shift, or all.");
        }

        IEnumerable<AlterationKind> kinds = kind == "all" ? s_alterations.Values
            : s_alterations.TryGetValue(kind, out var one) ? [one]
            : throw new ExperimentException(Suggestion.Unknown("--shift", kind, s_alterations.Keys.Append("all")));
        var strengths = Enumerable.Range(1, Alteration.Strongest).Select(number => number.ToString(CultureInfo.InvariantCulture)).ToList();
        if (strength is not (null or "all") && !strengths.Contains(strength))
            throw new ExperimentException($"--strength takes 1 to {Alteration.Strongest}, or all, not '{strength}'.");
        if (kind == "invert" && strength is not (null or "all") && strength != strengths[^1])
            throw new ExperimentException($"--shift invert has one strength, {Alteration.Strongest}: leave --strength out.");
        return [.. kinds.SelectMany(Alteration.AllOf).Where(alteration => alteration == Alteration.None || strength is null or "all" || strength == strengths[alteration.Strength - 1])];
    }

    /// <summary>Where norms over several images take their statistics from.</summary>
    /// <exception cref="ExperimentException">There is no such kind of statistics.</exception>
    public IReadOnlyList<NormStatistics> Statistics(ParseResult result)
    {
        if (result.GetValue(_statistics) is not { } text)
            return [NormStatistics.MovingAverage];
        var kinds = Enum.GetValues<NormStatistics>().ToDictionary(EnumText.Of);
        return text == "all" ? [.. kinds.Values]
            : kinds.TryGetValue(text, out var kind) ? [kind]
            : throw new ExperimentException(Suggestion.Unknown("--statistics", text, kinds.Keys.Append("all")));
    }

    private static ImmutableArray<double> OnUnitScale(Option<string> option, string text)
    {
        var values = RunFile.Split(option.Name[2..], text);
        if (values.All(value => value <= 1))
            return values;
        var scaled = string.Join(',', values.Select(value => Math.Round(value / byte.MaxValue, 4).ToString(CultureInfo.InvariantCulture)));
        throw new ExperimentException(values.All(value => value <= byte.MaxValue)
            ? $"{option.Name} {text} is on a scale from 0 to 255, and pixels are on one from 0 to 1 here: give {option.Name} {scaled}."
            : $"{option.Name} takes numbers on a scale from 0 to 1, as in 0.49,0.48,0.45, not '{text}'.");
    }
}
