using System.Diagnostics;
using Experiments.Core;
using Experiments.Core.Results;

namespace Experiments.Reports;

/// <summary>
/// The report of a sweep that is under way, written anew every ten seconds. In a folder so large that writing takes long, it is written more seldom, so that
/// the runs keep the processor.
/// </summary>
/// <param name="results">The sweep's folder.</param>
internal sealed class LiveReport(ResultsFolder results)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(ReportPage.ReloadSeconds);

    // Writing may take a tenth of the time.
    private const int MostOften = 10;

    private bool _told;

    /// <summary>The file.</summary>
    public string Path { get; } = System.IO.Path.Combine(results.Root, ReportPage.FileName);

    /// <summary>Keeps the report fresh while a sweep runs. When it has ended, well or not, the report loses its reload.</summary>
    public async Task<T> DuringAsync<T>(Func<Task<T>> sweep)
    {
        using var ended = new CancellationTokenSource();
        var writing = WriteAsync(ended.Token);
        try
        {
            return await sweep().ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
            Write(isLive: false);
        }
    }

    private async Task WriteAsync(CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            var took = await Task.Run(() => Write(isLive: true), CancellationToken.None).ConfigureAwait(false);
            var wait = took * MostOften > Interval ? took * MostOften : Interval;
            await Task.Delay(wait, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // A report is derived from the results: one that cannot be written, or a file that another process is just writing, is no reason to end a sweep.
    private TimeSpan Write(bool isLive)
    {
        var clock = Stopwatch.StartNew();
        try
        {
            ReportPage.Write([results], Path, isLive);
        }
        catch (ExperimentException error)
        {
            if (!_told)
                Console.Error.WriteLine($"The report is not fresh until it can be written, which is tried again: {error.Message}");
            _told = true;
        }

        return clock.Elapsed;
    }
}
