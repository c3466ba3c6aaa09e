using System.Diagnostics;
using System.Text.Json;
using Experiments.Core.Results;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>How far a run is, as its process tells others.</summary>
/// <param name="Training">The training.</param>
/// <param name="Host">The machine it is on.</param>
/// <param name="Process">The process there.</param>
public sealed record RunProgress(TrainingProgress Training, string Host, int Process);

/// <summary>
/// <c>progress.json</c> in a run's folder, written about once a second while it trains: what a sweep's display and <c>--status</c>, from any
/// terminal and any machine of a shared folder, know of it. It is worth something only while a process trains the run; see
/// <see cref="ResultsFolder.IsUnderWay"/>.
/// </summary>
public static class ProgressFile
{
    private const string Name = "progress.json";

    /// <summary>What the run's process told last; null where there is nothing.</summary>
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

    /// <summary>Passes reports on, and writes them to the file; it is removed at the end.</summary>
    public sealed class Writer(ResultsFolder results, Run run, IProgress<TrainingProgress>? next) : IProgress<TrainingProgress>, IDisposable
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

        private readonly Stopwatch _since = new();

        /// <inheritdoc/>
        public void Report(TrainingProgress value)
        {
            next?.Report(value);
            if (_since.IsRunning && _since.Elapsed < Interval)
                return;
            _since.Restart();
            var report = JsonSerializer.SerializeToUtf8Bytes(new RunProgress(value, Environment.MachineName, Environment.ProcessId), ExactJson.Options);
            try
            {
                AtomicFile.Write(PathOf(results, run), stream => stream.Write(report), toDisk: false);
            }
            catch (ExperimentException)
            {
                // It is news, and no part of the results: a full disk ends a run where it has something to keep.
            }
        }

        /// <inheritdoc/>
        public void Dispose()
        {
            try
            {
                File.Delete(PathOf(results, run));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Nobody reads it once the run's folder is let go of.
            }
        }
    }

    private static string PathOf(ResultsFolder results, Run run) => Path.Combine(results.RunFolder(run.Id), Name);
}
