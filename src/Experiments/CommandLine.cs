using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Experiments.Commands;
using Experiments.Core;

namespace Experiments;

/// <summary>Parses the arguments, runs the command, and turns every way to end into an exit code and, at most, a few sentences.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var result = root.Parse(args);
        if (result.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync(string.Join(Environment.NewLine, Mistakes(result))).ConfigureAwait(false);
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
        catch (Exception e) when (e is not OutOfMemoryException && Environment.GetEnvironmentVariable("EXPERIMENTS_STACK_TRACE") is null)
        {
            await Console.Error.WriteLineAsync($"Unexpected {e.GetType().Name}: {e.Message} (EXPERIMENTS_STACK_TRACE=1 shows where.)").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }

    // Typed once more with it, the command would throw away what is kept.
    private static bool BeginsAnew(ParseResult result) =>
        result.CommandResult.Command.Options.OfType<Option<bool>>().Any(option => option.Name == TrainCommand.Again && result.GetValue(option));

    // The terminal may be what went away.
    private static void Say(string sentence)
    {
        try
        {
            Console.Error.WriteLine(sentence);
        }
        catch (IOException)
        {
        }
    }

    /// <summary>A command whose help ends with examples.</summary>
    public static Command WithExamples(this Command command, params string[] examples)
    {
        command.Options.Add(new HelpOption { Action = new HelpWithExamples(examples) });
        return command;
    }

    /// <summary>Splits a list that was typed with commas.</summary>
    public static IEnumerable<string> SplitList(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>A format as it is typed: the name of an enumeration's value in lower case.</summary>
    /// <exception cref="ExperimentException">There is none of that name.</exception>
    public static T Format<T>(string name)
        where T : struct, Enum
    {
        var formats = Enum.GetValues<T>().ToDictionary(format => format.ToString().ToLowerInvariant());
        return formats.TryGetValue(name, out var found) ? found : throw new ExperimentException(Suggestion.Unknown("format", name, formats.Keys));
    }

    // An unknown flag is named as such, where the parser would take it for a value that is one too many.
    private static IEnumerable<string> Mistakes(ParseResult result)
    {
        var command = result.CommandResult.Command;
        var unknown = result.Tokens.Where(token => token.Type == TokenType.Argument && token.Value is ['-', '-' or (>= 'a' and <= 'z'), ..])
            .Select(token => token.Value.Split('=')[0]).ToList();
        foreach (var flag in unknown)
            yield return Suggestion.Unknown("option", flag, command.Options.Where(option => !option.Hidden).Select(option => option.Name));
        if (unknown.Count > 0)
            yield break;
        if (command is RootCommand or { Subcommands.Count: > 0 })
        {
            var names = command.Subcommands.Select(subcommand => subcommand.Name);
            yield return result.UnmatchedTokens.Count > 0
                ? Suggestion.Unknown("command", result.UnmatchedTokens[0], names)
                : $"Which command? {string.Join(", ", names)}; --help says what they do.";
            yield break;
        }

        foreach (var error in result.Errors)
            yield return $"{error.Message} '{command.Name} --help' shows what it takes.";
    }

    private sealed class HelpWithExamples(string[] examples) : SynchronousCommandLineAction
    {
        private readonly HelpAction _help = new();

        // --help is answered even where a required argument is missing.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = _help.Invoke(parseResult);
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var example in examples)
                output.WriteLine($"  {example}");
            output.WriteLine();
            return code;
        }
    }
}
