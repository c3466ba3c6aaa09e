using System.Diagnostics;
using System.Globalization;
using Experiments.Core;
using Experiments.Core.Training.Timing;

namespace Experiments.Processes;

/// <summary>
/// The lines exchanged between <c>bench --by-turns</c> and the program that drives it. The bench says that it is ready when it is warm; after that, for
/// every line that it reads, it measures one repetition and answers with the images and the seconds. It ends when its input ends.
/// </summary>
internal static class TurnProtocol
{
    private const string ReadyWord = "ready";

    /// <summary>The first line: the engine's name and its library.</summary>
    public static string Ready(string engine, string library) => $"{ReadyWord} {engine} {library}";

    /// <summary>The library of the first line.</summary>
    public static string Library(string line) => line.Split(' ', 3) is [ReadyWord, _, var library] ? library
        : throw new FormatException($"A bench that is ready says '{ReadyWord}', its engine and library, not '{line}'.");

    /// <summary>The line of a repetition.</summary>
    public static string Repetition(StepTiming timing) => string.Create(CultureInfo.InvariantCulture, $"{timing.Images} {timing.Seconds:R}");

    /// <summary>The images per second of a repetition.</summary>
    public static double ImagesPerSecond(string line) =>
        line.Split(' ') is [var images, var seconds] ? double.Parse(images, CultureInfo.InvariantCulture) / double.Parse(seconds, CultureInfo.InvariantCulture)
            : throw new FormatException($"A repetition is images and seconds, not '{line}'.");
}

/// <summary>Several processes of <c>bench</c> that train side by side, each on its own threads.</summary>
internal sealed class SideBySide : IDisposable
{
    private readonly List<Process> _processes = [];

    private SideBySide()
    {
    }

    /// <summary>The library they compute with.</summary>
    public string Library { get; private set; } = "";

    /// <summary>Starts the processes, and waits until all are warm.</summary>
    /// <param name="count">How many.</param>
    /// <param name="arguments">The arguments of each.</param>
    /// <param name="threads">The threads of each.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="ExperimentException">One of them could not start; the message is its own.</exception>
    public static async Task<SideBySide> StartAsync(int count, IReadOnlyList<string> arguments, int threads, CancellationToken cancellation)
    {
        var all = new SideBySide();
        try
        {
            for (var i = 0; i < count; i++)
                all._processes.Add(ThisProgram.Start(arguments, threads));

            foreach (var process in all._processes)
                all.Library = TurnProtocol.Library(await ReadAsync(process, cancellation).ConfigureAwait(false));
            return all;
        }
        catch
        {
            all.Dispose();
            throw;
        }
    }

    /// <summary>Runs one repetition of all of them at once.</summary>
    /// <returns>Images per second, summed.</returns>
    public async Task<double> RepeatAsync(CancellationToken cancellation)
    {
        foreach (var process in _processes)
            await process.StandardInput.WriteLineAsync().ConfigureAwait(false);
        var sum = 0.0;
        foreach (var process in _processes)
            sum += TurnProtocol.ImagesPerSecond(await ReadAsync(process, cancellation).ConfigureAwait(false));
        return sum;
    }

    /// <summary>Ends the processes.</summary>
    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.Dispose();
        }
    }

    private static async Task<string> ReadAsync(Process process, CancellationToken cancellation)
    {
        if (await process.StandardOutput.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
            return line;
        var error = await process.StandardError.ReadToEndAsync(cancellation).ConfigureAwait(false);
        await process.WaitForExitAsync(cancellation).ConfigureAwait(false);
        throw new ExperimentException(error.Length > 0 ? error.TrimEnd() : $"One of the processes ended with exit code {process.ExitCode}.", process.ExitCode);
    }
}
