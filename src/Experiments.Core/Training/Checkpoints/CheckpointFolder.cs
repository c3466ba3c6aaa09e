using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Files;

namespace Experiments.Core.Training.Checkpoints;

/// <summary>
/// The checkpoints of a run that has not ended. Each is a file <c>STEPS.safetensors</c>. The last two are kept, so that one is left if the
/// disk has damaged the other.
/// </summary>
/// <param name="path">The folder, which need not exist.</param>
public sealed class CheckpointFolder(string path)
{
    private const string Extension = ".safetensors";

    /// <summary>The folder.</summary>
    public string Root { get; } = path;

    /// <summary>Whether there is a checkpoint, whole or damaged.</summary>
    public bool Any => Files().Count > 0;

    /// <summary>Writes a checkpoint. The previous one is kept, and all older files are deleted.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="steps">Steps made in all.</param>
    /// <param name="state">What the engine holds.</param>
    /// <exception cref="ExperimentException">The checkpoint cannot be written.</exception>
    public void Write(TrainingCheckpoint checkpoint, long steps, EngineState state)
    {
        var file = Path.Combine(Root, steps.ToString(CultureInfo.InvariantCulture) + Extension);
        AtomicFile.WriteBytes(file, checkpoint.Write(state));

        // Files of later steps were damaged and therefore passed over; other files are what a killed process left half written.
        var before = Files().Where(other => other.Steps < steps).Select(other => other.File).FirstOrDefault();
        foreach (var other in Directory.EnumerateFiles(Root).Where(other => other != file && other != before).ToList())
            TryDelete(() => File.Delete(other));
    }

    /// <summary>The checkpoint that a run goes on from: the last that is whole; null if there is none, so that the run begins at its start.</summary>
    /// <param name="run">The run's name.</param>
    /// <param name="now">The conditions here, which the run's bits depend on.</param>
    /// <param name="dataset">The run's images.</param>
    /// <param name="allowDifferentMachine">Whether the run may go on even if its rest will have other bits than if it had never been stopped.</param>
    /// <param name="say">Called with a sentence for each damaged checkpoint, and for each difference that is allowed.</param>
    /// <exception cref="ExperimentException">The rest of the run would not be the same as if it had never been stopped.</exception>
    public (string File, TrainingCheckpoint Checkpoint, EngineState State)? GoOnFrom(
        string run, TrainingConditions now, Dataset dataset, bool allowDifferentMachine, Action<string> say)
    {
        if (Latest(run, say) is not { Checkpoint: var last } found)
            return null;
        var anew = $"`train --again` begins it anew, and so does removing {Root}.";
        if (last.Images != dataset.Fingerprint)
            throw new ExperimentException($"{run} is half done, and the images of {dataset.Name} are not those that it was trained on so far: restore those images; {anew}");
        if (last.Conditions.Differences(now) is not { } differences)
            return found;
        if (!allowDifferentMachine)
        {
            throw new ExperimentException($"{run} is half done, and its remaining epochs would not give the same numbers here: {differences}. "
                + $"--allow-different-machine goes on anyway; {anew}");
        }

        say($"From here on, the numbers of this run are not those that it would have had where it began: {differences}.");
        return found;
    }

    /// <summary>Reads the last checkpoint that is whole; null if there is none.</summary>
    /// <param name="run">The name of the run that the checkpoint must belong to.</param>
    /// <param name="say">Called with a sentence for each checkpoint that is damaged or belongs to another run.</param>
    public (string File, TrainingCheckpoint Checkpoint, EngineState State)? Latest(string run, Action<string> say)
    {
        var files = Files();
        foreach (var (index, (file, _)) in files.Index())
        {
            try
            {
                var (checkpoint, state) = TrainingCheckpoint.Read(file, File.ReadAllBytes(file));
                if (checkpoint.Run == run)
                    return (file, checkpoint, state);
                throw new ExperimentException($"{file} is the checkpoint of another run, {checkpoint.Run}.");
            }
            catch (Exception e) when (e is ExperimentException or IOException or UnauthorizedAccessException)
            {
                say($"{e.Message} {(index + 1 < files.Count ? "The checkpoint before it is taken." : "There is no other checkpoint: the run begins anew.")}");
            }
        }

        return null;
    }

    /// <summary>Removes all checkpoints.</summary>
    /// <returns>Whether that was possible.</returns>
    public bool Remove() => !Directory.Exists(Root) || TryDelete(() => Directory.Delete(Root, recursive: true));

    // The latest checkpoint is the first.
    private List<(string File, long Steps)> Files() => !Directory.Exists(Root) ? [] :
    [
        .. Directory.EnumerateFiles(Root, "*" + Extension)
            .Select(file => (file, long.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var steps) ? steps : -1))
            .Where(pair => pair.Item2 >= 0).OrderByDescending(pair => pair.Item2),
    ];

    private static bool TryDelete(Action delete)
    {
        try
        {
            delete();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
