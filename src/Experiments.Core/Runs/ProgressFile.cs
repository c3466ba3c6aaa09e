using System.Diagnostics;
using System.Text.Json;
using Experiments.Core.Files;
using Experiments.Core.Results;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>How far a run is, as its process reports it to others.</summary>
/// <param name="Training">How far the training is.</param>
/// <param name="Host">The name of the machine that trains the run.</param>
/// <param name="Process">The number of the process on that machine.</param>
public sealed record RunProgress(TrainingProgress Training, string Host, int Process);

/// <summary>
/// <c>progress.json</c> in a run's folder, written about once a second while the run is trained. A sweep's display and <c>--status</c> read it, from any
/// terminal and any machine that shares the folder. The file counts only while a process trains the run; see
/// <see cref="ResultsFolder.IsUnderWay"/>.
/// </summary>
public static class ProgressFile
{
    private const string Name = "progress.json";

    /// <summary>What the run's process wrote last; null if there is no file that can be read.</summary>
    public static RunProgress? Read(ResultsFolder results, Run run)
    {
        try
        {
            return JsonSerializer.Deserialize<RunProgress>(File.ReadAllBytes(PathOf(results, run)), ExactJson.Options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Removes the file that a killed process has left.</summary>
    public static void Remove(ResultsFolder results, Run run)
    {
        try
        {
            File.Delete(PathOf(results, run));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An old progress file is no part of the results, so a failure to remove it does no harm.
        }
    }

    /// <summary>Passes reports on and writes them to the file, which is removed at the end.</summary>
    public sealed class Writer : IProgress<TrainingProgress>, IDisposable
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

        private readonly ResultsFolder _results;
        private readonly Run _run;
        private readonly IProgress<TrainingProgress>? _next;
        private readonly Stopwatch _since = new();

        /// <summary>Removes the file that an earlier process has written.</summary>
        public Writer(ResultsFolder results, Run run, IProgress<TrainingProgress>? next)
        {
            (_results, _run, _next) = (results, run, next);
            Remove(results, run);
        }

        /// <inheritdoc/>
        public void Report(TrainingProgress value)
        {
            _next?.Report(value);
            if (_since.IsRunning && _since.Elapsed < Interval)
                return;
            _since.Restart();
            var report = JsonSerializer.SerializeToUtf8Bytes(new RunProgress(value, Environment.MachineName, Environment.ProcessId), ExactJson.Options);
            try
            {
                AtomicFile.Write(PathOf(_results, _run), stream => stream.Write(report), toDisk: false);
            }
            catch (ExperimentException)
            {
                // Progress is no part of the results: a full disk does not end the run here, only where results are written.
            }
        }

        /// <inheritdoc/>
        public void Dispose() => Remove(_results, _run);
    }

    private static string PathOf(ResultsFolder results, Run run) => Path.Combine(results.PathOf(run.Id), Name);
}
