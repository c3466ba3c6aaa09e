using System.Collections.Immutable;
using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>A run's settings on disk: as YAML beside its results, and as metadata in its checkpoints.</summary>
public static class RunFile
{
    private const string EpochKey = "epoch";
    private const string InputMean = "input-mean";
    private const string InputDeviation = "input-std";

    /// <summary>The settings as YAML, a sweep of one run.</summary>
    public static string Write(Run run) => SweepFile.Write(
        new Sweep { Name = run.Id, Grid = GridOf(run.Settings) }, "What this run was asked, defaults included; `sweep` trains it again from here.");

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

    /// <summary>The settings in a checkpoint's metadata, as far as there are any: those of foreign files have none.</summary>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <exception cref="ExperimentException">A value is not one of ours.</exception>
    public static RunSettings Settings(string path, IReadOnlyDictionary<string, string> metadata) =>
        Read(path, () => RunOptions.All.Where(option => metadata.ContainsKey(option.Name))
            .Aggregate(new RunSettings(), (settings, option) => option.Set(settings, metadata[option.Name])));

    /// <summary>The epochs trained, by a checkpoint's metadata; 0 where it does not say.</summary>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <exception cref="ExperimentException">What it says is no number.</exception>
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
                : throw new ExperimentException($"--{name} takes a number a channel, separated by commas, as in 0.49,0.48,0.45, not '{Echo.Of(text)}'."));
        }

        return [.. values];
    }

    /// <summary>
    /// A sweep that a results folder tells of, as the version of the program that wrote it understood it: an option that it does not name came
    /// later, and the runs were trained as <see cref="RunIdentity"/> says of runs without it.
    /// </summary>
    internal static Sweep AsWritten(Sweep sweep)
    {
        var grid = sweep.Grid;
        bool IsNamed(string key) => grid.Axes.ContainsKey(key)
            || (grid.Axes.TryGetValue(RunOptions.Norm, out var norms) && norms.Any(norm => norm.Own.Any(own => own.Key == key)));

        // What follows from the optimizer is left to it where it is another one than all runs once had.
        bool IsLeftOpen(string key) => RunOptions.OfOptimizer.Contains(key)
            && grid.Axes.TryGetValue(RunOptions.Optimizer, out var optimizers) && optimizers.Any(optimizer => optimizer.Text != RunOptions.Text(OptimizerKind.Sgd));
        return sweep with
        {
            Grid = RunIdentity.Parts.Where(part => part.LeftOut is not null && !IsNamed(part.Name) && !IsLeftOpen(part.Name))
                .Aggregate(grid, (all, part) => all.With(part.Name, [new GridValue(part.LeftOut!)])),
        };
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

    private static Grid GridOf(RunSettings settings) =>
        Options(settings).Aggregate(Grid.Default, (grid, option) => grid.With(option.Key, [new GridValue(option.Value)]));

    private static IEnumerable<KeyValuePair<string, string>> Options(RunSettings settings) =>
        RunOptions.All.Where(option => option.Get(settings) is not null).Select(option => KeyValuePair.Create(option.Name, option.Get(settings)!));

    private static string Join(ImmutableArray<double> values) => string.Join(',', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));
}
