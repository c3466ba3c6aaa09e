using System.Collections.Immutable;
using System.Globalization;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Figures;
using Experiments.Core.Files;
using Experiments.Core.Training;
using YamlDotNet.RepresentationModel;

namespace Experiments.Core.Runs;

/// <summary>A run's settings on disk: as YAML beside its results, and as metadata in its checkpoints.</summary>
public static class RunFile
{
    private const string EpochKey = "epoch";
    private const string InputMean = "input-mean";
    private const string InputDeviation = "input-std";

    /// <summary>The settings as YAML, a sweep of one run.</summary>
    public static string Write(Run run) => YamlText.Write(
        new YamlMappingNode(Options(run.Settings).Prepend(KeyValuePair.Create("figure", FigureKind.ErrorAgainstBatch.Name()))
            .SelectMany(pair => new YamlNode[] { new YamlScalarNode(pair.Key), new YamlScalarNode(pair.Value) })),
        "The options of this run, defaults included; `sweep` with this file trains it again.");

    /// <summary>What a checkpoint needs to be evaluated: the settings, and under z-score the input statistics of its training set.</summary>
    /// <param name="run">The run.</param>
    /// <param name="statistics">Mean and standard deviation of its training images.</param>
    /// <param name="epoch">Epochs trained.</param>
    public static IReadOnlyDictionary<string, string> Metadata(Run run, InputStatistics statistics, int epoch)
    {
        var metadata = Options(run.Settings).ToDictionary(pair => pair.Key, pair => pair.Value);
        if (run.Settings.Input == InputNormalization.ZScore)
        {
            metadata[InputMean] = Join(statistics.Mean);
            metadata[InputDeviation] = Join(statistics.StandardDeviation);
        }

        metadata[EpochKey] = epoch.ToString(CultureInfo.InvariantCulture);
        metadata["format"] = "pt";
        return metadata;
    }

    /// <summary>The settings in a checkpoint's metadata, with the default of each that it lacks; files of other programs have none.</summary>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <exception cref="ExperimentException">A value is not one that its option takes.</exception>
    public static RunSettings Settings(string path, IReadOnlyDictionary<string, string> metadata) =>
        Read(path, () => RunOptions.All.Where(option => metadata.ContainsKey(option.Name))
            .Aggregate(new RunSettings(), (settings, option) => option.Set(settings, metadata[option.Name])));

    /// <summary>The epochs trained, by a checkpoint's metadata; 0 where it does not say.</summary>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <exception cref="ExperimentException">The value is no whole number.</exception>
    public static int Epoch(string path, IReadOnlyDictionary<string, string> metadata)
    {
        if (!metadata.TryGetValue(EpochKey, out var text))
            return 0;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch) ? epoch
            : Read<int>(path, () => throw new ExperimentException($"{EpochKey} takes a whole number, not '{Echo.Of(text)}'."));
    }

    /// <summary>The input statistics in a checkpoint's metadata; null where there are none.</summary>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <exception cref="ExperimentException">They are not numbers, or inputs cannot be standardized with them.</exception>
    public static InputStatistics? Statistics(string path, IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue(InputMean, out var mean) && metadata.TryGetValue(InputDeviation, out var deviation)
            ? Read(path, () => new InputStatistics(Split(InputMean, mean), Split(InputDeviation, deviation)))
            : null;

    /// <summary>Reads numbers separated by commas.</summary>
    /// <exception cref="ExperimentException">They are not numbers.</exception>
    public static ImmutableArray<double> Split(string name, string text)
    {
        var values = new List<double>();
        foreach (var part in text.Split(','))
        {
            values.Add(double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
                : throw new ExperimentException($"--{name} takes one number for each channel, separated by commas, as in 0.49,0.48,0.45, not '{Echo.Of(text)}'."));
        }

        return [.. values];
    }

    private static T Read<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ExperimentException e)
        {
            throw new ExperimentException($"The metadata of {path}: {e.Message.Replace("--", "", StringComparison.Ordinal)}", e.ExitCode, e);
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Options(RunSettings settings) =>
        RunOptions.All.Where(option => option.Get(settings) is not null).Select(option => KeyValuePair.Create(option.Name, option.Get(settings)!));

    private static string Join(ImmutableArray<double> values) => string.Join(',', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
