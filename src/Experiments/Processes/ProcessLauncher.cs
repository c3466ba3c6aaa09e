using Experiments.CommandLine;
using Experiments.Core.Data;
using Experiments.Core.Results;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;

namespace Experiments.Processes;

/// <summary>
/// Starts a run as a <c>train</c> process of this program, so that a failure of one run harms no other. A run that is half done goes on;
/// a run that another process has finished since the sweep began is left as it is. A run ends with the process that started it.
/// </summary>
/// <param name="data">Where the data sets lie.</param>
/// <param name="checksums">The checksum that each data set's images must have.</param>
/// <param name="more">Arguments for each process beside those of its run.</param>
internal sealed class ProcessLauncher(DataFolder data, IReadOnlyDictionary<string, string> checksums, IReadOnlyList<string> more) : IRunLauncher
{
    /// <inheritdoc/>
    public async Task<string?> LaunchAsync(Run run, string experiment, ResultsFolder folder, CancellationToken cancellation)
    {
        using var process = ThisProgram.Start(
            [.. TrainOptions.Arguments(run, experiment, folder, data, checksums), .. more, TrainOptions.Plain, TrainOptions.EndWithParent], run.Settings.Threads);
        var last = "";
        process.ErrorDataReceived += (_, line) =>
        {
            if (!string.IsNullOrWhiteSpace(line.Data))
                last = line.Data;
        };
        process.BeginOutputReadLine(); // the run's log has the same text
        process.BeginErrorReadLine();
        await using (cancellation.Register(() => Signal.AskToEnd(process.Id)).ConfigureAwait(false))
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        if (process.ExitCode == ExitCode.Done || cancellation.IsCancellationRequested)
            return null;

        // If a run could not say itself why it failed, the last line of the system or a library is worth showing.
        return process.ExitCode < 128 ? last.Length > 0 ? last : $"exit code {process.ExitCode}"
            : $"ended by signal {process.ExitCode - 128}{Meaning(process.ExitCode - 128)}{(last.Length > 0 ? $": {last}" : "")}";
    }

    private static string Meaning(int signal) => signal switch
    {
        4 => " (SIGILL: an instruction that this processor does not have)",
        6 => " (SIGABRT: the runtime or a library gave up)",
        7 => " (SIGBUS: a mapped file could not be read)",
        9 => " (SIGKILL: someone ended it, or the system ran out of memory)",
        11 => " (SIGSEGV: a fault in native code)",
        15 => " (SIGTERM)",
        _ => "",
    };
}
