using System.Security.Cryptography;
using Experiments.Core.Networks;
using Experiments.Core.Results;
using Experiments.Core.Training;
using Experiments.Core.Training.Weights;

namespace Experiments.Core.Runs;

/// <summary>The state that a training begins with if its settings name weights.</summary>
/// <param name="State">Parameters and running statistics, without momentum.</param>
/// <param name="Checksum">The weights' checksum.</param>
/// <param name="Sentence">A sentence that says which weights were taken from which file.</param>
public sealed record StartingState(EngineState State, string Checksum, string Sentence)
{
    /// <summary>The folder, within a results folder, of the runs whose weights the other runs begin with.</summary>
    public const string PretrainFolder = "pretrain";

    /// <summary>Adds the file's checksum to weights that name a file without one; other weights, and null, are returned as they are.</summary>
    /// <exception cref="ExperimentException">The file cannot be read, or holds no weights.</exception>
    public static StartingWeights? Found(StartingWeights? weights)
    {
        if (weights is not { Path: { } path, Checksum: null })
            return weights;
        var file = WeightFile.Locate(path);
        var bytes = WeightFile.Bytes(file);
        _ = WeightFile.Read(file, bytes);
        return weights with { Checksum = ChecksumOf(bytes) };
    }

    /// <summary>The file that a run's starting weights lie in.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="results">The results folder of the run.</param>
    /// <exception cref="ExperimentException">There is no such file, or the run has not finished.</exception>
    public static string FileOf(StartingWeights weights, ResultsFolder results)
    {
        if (weights.Run is not { } run)
            return WeightFile.Locate(weights.Path!);
        var before = new ResultsFolder(Path.Combine(results.Root, PretrainFolder));
        var file = Path.Combine(before.PathOf(run), Checkpoint.FileName);
        return File.Exists(file) && before.ReadRow(run) is { Status: Results.Rows.RunStatus.Finished } ? file
            : throw new ExperimentException($"{before.Root} has no finished run {run}, whose weights this run begins with: `sweep {before.Root}` trains the missing runs there.", ExperimentException.Unavailable);
    }

    /// <summary>
    /// Reads the weights for a run's network. The last layer gets new random weights, as in any training, if the run's classes are not those that the weights
    /// were trained on.
    /// </summary>
    /// <param name="run">The run.</param>
    /// <param name="results">Its results folder.</param>
    /// <exception cref="ExperimentException">The weights are missing, have changed, or are another network's.</exception>
    public static StartingState Read(Run run, ResultsFolder results)
    {
        var weights = run.Settings.From ?? throw new ArgumentException("The run begins with random weights.", nameof(run));
        var path = FileOf(weights, results);
        var bytes = WeightFile.Bytes(path);
        var checksum = ChecksumOf(bytes);
        if (weights.Checksum is { } then && then != checksum)
            throw new ExperimentException($"{path} has changed: the run begins with weights of the checksum {then}, but the file's checksum is now {checksum}. Restore the file, or give --from with its path, which makes another run.");
        var content = ForeignNames.Resolve(path, WeightFile.Read(path, bytes));
        var last = run.Network.LastLayer;
        var isNew = Other(path, content, run, last) is { } other ? $"; the last layer is new, since {other}" : "";
        if (isNew.Length > 0)
        {
            var fresh = Initialization.Create(run.Network, run.Settings.Seed).Parameters.Where(array => array.Name.StartsWith($"{last.Name}.", StringComparison.Ordinal));
            content = content with
            {
                Tensors = content.Tensors.Where(tensor => !tensor.Key.StartsWith($"{last.Name}.", StringComparison.Ordinal))
                    .Concat(fresh.Select(array => KeyValuePair.Create(array.Name, Safetensors.Tensor.Of(array.Shape, array.Values)))).ToDictionary(),
            };
        }

        return new StartingState(Checkpoint.Fit(path, content, run.Network), checksum, $"Begins with the weights of {path}{isNew}.");
    }

    // Why the last layer cannot be taken over, in words; null if it can.
    private static string? Other(string path, Safetensors.Content content, Run run, Linear last)
    {
        var classes = content.Tensors.TryGetValue($"{last.Name}.weight", out var weight) && weight.Shape is [var rows, _] ? rows : (int?)null;
        if (!content.Metadata.ContainsKey(RunOptions.Dataset))
            return classes == last.Out ? null : $"it had {(classes is null ? "none" : $"{classes} classes")}, and this network has {last.Out}";
        var then = RunFile.Settings(path, content.Metadata);
        string Of(RunSettings settings) => RunImages.NameOf(settings) + (settings.Classes is { } some ? $", classes {some}" : "");
        return Of(then) == Of(run.Settings) && classes == last.Out ? null : $"it was trained on {Of(then)}, and this run is on {Of(run.Settings)}";
    }

    private static string ChecksumOf(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes))[..StartingWeights.ChecksumDigits];
}
