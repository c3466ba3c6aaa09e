using System.Diagnostics;
using System.Runtime.InteropServices;
using Experiments.Commands;
using Experiments.Core.Data;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;
using Experiments.Display;

namespace Experiments;

/// <summary>
/// Starts a run as a <c>train</c> process of this program, so that whatever befalls it befalls it alone. A run that is half done goes on;
/// one that another process has finished since the sweep began is left as it is.
/// </summary>
/// <param name="data">Where the data sets lie.</param>
/// <param name="more">Arguments for each of them beside its run's.</param>
internal sealed partial class ProcessLauncher(DataFolder data, IReadOnlyList<string> more) : IRunLauncher
{
    private const int SigTerm = 15;

    /// <inheritdoc/>
    public async Task<string?> LaunchAsync(
        Run run, string experiment, ResultsFolder folder, IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        using var process = new Process { StartInfo = ThisProgram.Start(Arguments(run, experiment, folder), run.Settings.Threads) };
        var errors = new List<string>();
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null && ProgressLine.Read(line.Data) is { } report)
                progress.Report(report);
        };
        process.ErrorDataReceived += (_, line) =>
        {
            if (!string.IsNullOrWhiteSpace(line.Data))
                errors.Add(line.Data);
        };
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await using (cancellation.Register(() => _ = Kill(process.Id, SigTerm)).ConfigureAwait(false))
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        if (process.ExitCode == ExitCode.Done || cancellation.IsCancellationRequested)
            return null;

        Directory.CreateDirectory(folder.RunFolder(run.Id));
        var log = Path.Combine(folder.RunFolder(run.Id), "log.txt");
        await File.AppendAllLinesAsync(log, errors, CancellationToken.None).ConfigureAwait(false);
        var ending = process.ExitCode > 128 ? $"ended by signal {process.ExitCode - 128}" : $"exit code {process.ExitCode}";
        var more = errors.Count > 1 ? $"{errors.Count - 1} more lines in" : "see";
        return errors.Count > 0 ? $"{errors[0]} ({ending}; {more} {log})" : $"{ending}; see {log}";
    }

    private IEnumerable<string> Arguments(Run run, string experiment, ResultsFolder folder) =>
        [.. TrainCommand.Arguments(run, experiment, folder, data), .. more, "--progress", "json"];

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
