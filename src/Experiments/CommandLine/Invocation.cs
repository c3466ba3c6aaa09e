using System.CommandLine;
using System.Runtime.InteropServices;
using Experiments.Core;
using Experiments.Display;

namespace Experiments.CommandLine;

/// <summary>Parses the arguments, runs the command, and turns every way to end into an exit code and, at most, a few sentences.</summary>
internal static class Invocation
{
    /// <summary>The environment variable that lets a fault end the program, so that the runtime shows where it arose.</summary>
    public const string StackTrace = "EXPERIMENTS_STACK_TRACE";

    /// <summary>Runs what the arguments ask for.</summary>
    /// <param name="root">The program's commands.</param>
    /// <param name="args">The arguments.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var result = root.Parse(args);
        if (CommandMistakes.Of(result) is { Count: > 0 } mistakes)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, mistakes)).ConfigureAwait(false);
            return ExitCode.BadInput;
        }

        PosixSignal? first = null;
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext context)
        {
            // The first signal ends the work cleanly, a second one of the same kind ends the process at once. One of the other kind
            // changes nothing: Ctrl+C reaches a run from the terminal and then from its sweep, which asks it to end.
            context.Cancel = context.Signal != first;
            var isFirst = first is null;
            first ??= context.Signal;
            stop.Cancel();
            if (isFirst)
                Say($"Stopping{(context.Signal == PosixSignal.SIGINT ? "; Ctrl+C once more ends it at once" : "")} ...");
        }

        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);
        try
        {
            return await result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Say($"Stopped; what is done is kept, and the same command{(BeginsAnew(result) ? " without --again" : "")} goes on.");
            return first switch { PosixSignal.SIGTERM => ExitCode.Terminated, PosixSignal.SIGHUP => ExitCode.HungUp, _ => ExitCode.Interrupted };
        }
        catch (ExperimentException e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return e.ExitCode;
        }
        catch (Exception e) when (e is not OutOfMemoryException && Environment.GetEnvironmentVariable(StackTrace) is null)
        {
            await Console.Error.WriteLineAsync($"Unexpected {e.GetType().Name}: {e.Message} ({StackTrace}=1 shows where.)").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    // Typed once more with --again, the command would throw away what is kept.
    private static bool BeginsAnew(ParseResult result) =>
        result.CommandResult.Command.Options.OfType<Option<bool>>().Any(option => option.Name == TrainOptions.Again && result.GetValue(option));

    // The terminal may have gone away, so a failed write is ignored.
    private static void Say(string sentence)
    {
        try
        {
            Terminal.Say(sentence);
        }
        catch (IOException)
        {
        }
    }
}
