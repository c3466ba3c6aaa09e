using System.Text.Json;
using Experiments.CommandLine;
using Experiments.Core.Data;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Experiments.Core.Training.Timing;

namespace Experiments.Processes;

/// <summary>What is known of how long the runs of a cell take.</summary>
/// <param name="Estimates">One for each time that it was measured.</param>
/// <param name="Failure">Why it could not be measured, in a sentence; null if it could.</param>
internal sealed record CellTiming(IReadOnlyList<TrainingEstimate> Estimates, string? Failure)
{
    /// <summary>The time that a run of the cell takes from here on; null if it could not be measured.</summary>
    public TimeSpan? Left(TrainingPosition? from) =>
        Failure is null ? TimeSpan.FromSeconds(Estimates.Average(estimate => estimate.Left(from).Total.TotalSeconds)) : null;
}

/// <summary>
/// Measures how long the runs of a grid take, cell by cell, each in a process of its own and as many side by side as in the sweep: alone,
/// a run is faster than beside others.
/// </summary>
/// <param name="data">Where the data sets lie.</param>
internal sealed class CellEstimator(DataFolder data)
{
    /// <summary>Measures the cells of runs.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="atOnce">How many processes at once.</param>
    /// <param name="started">Is told which cell is measured now, from 1.</param>
    /// <param name="cancellation">Ends the measurement.</param>
    public async Task<IReadOnlyDictionary<RunSettings, CellTiming>> MeasureAsync(
        IEnumerable<Run> runs, int atOnce, Action<int> started, CancellationToken cancellation)
    {
        var cells = runs.DistinctBy(run => run.Cell).ToList();

        // Whole rounds, so that the last cell has company too.
        var rounds = Enumerable.Range(0, (cells.Count + atOnce - 1) / atOnce * atOnce).Select(i => (Number: i, Run: cells[i % cells.Count]));
        var answers = new List<(RunSettings Cell, TrainingEstimate? Estimate, string? Failure)>();
        await Parallel.ForEachAsync(rounds, new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellation }, async (next, token) =>
        {
            started(Math.Min(next.Number + 1, cells.Count));
            var (estimate, failure) = await AskAsync(next.Run, token).ConfigureAwait(false);
            lock (answers)
                answers.Add((next.Run.Cell, estimate, failure));
        }).ConfigureAwait(false);
        return answers.GroupBy(answer => answer.Cell).ToDictionary(
            cell => cell.Key, cell => new CellTiming([.. cell.Select(answer => answer.Estimate).OfType<TrainingEstimate>()], cell.Select(answer => answer.Failure).FirstOrDefault(failure => failure is not null)));
    }

    private async Task<(TrainingEstimate? Estimate, string? Failure)> AskAsync(Run run, CancellationToken cancellation)
    {
        using var process = ThisProgram.Start(RunOptions.ToArguments(run.Settings).Prepend("train").Concat(["--data", data.Path, TrainOptions.Again, TrainOptions.DryRunAnswer, TrainOptions.EndWithParent]), run.Settings.Threads);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancellation);
            var output = await process.StandardOutput.ReadToEndAsync(cancellation).ConfigureAwait(false);
            await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
            var error = (await errors.ConfigureAwait(false)).TrimEnd();
            if (process.ExitCode == ExitCode.Done)
                return (EstimateLine.Read(output), null);
            return (null, $"{(error.Length > 0 ? error.Split('\n')[^1] : "it says nothing")} (exit code {process.ExitCode})");
        }
        catch (JsonException e)
        {
            return (null, $"its answer cannot be read: {e.Message}");
        }
        finally
        {
            if (!process.HasExited)
                Signal.AskToEnd(process.Id);
        }
    }
}
