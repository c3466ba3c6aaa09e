using System.CommandLine;
using System.CommandLine.Completions;
using System.Text.Json;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Networks;
using Experiments.Core.Results;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Sweeps.Slurm;
using Experiments.Display;
using Experiments.Processes;
using Experiments.Reports;

namespace Experiments.Commands;

/// <summary><c>sweep</c>: a grid of runs, from a file, from the command line, or both.</summary>
internal static class SweepCommand
{
    public static Command Create()
    {
        var command = new Command("sweep", "Train a grid of runs, several side by side, and draw their figure. Options may be lists, as in --batch 32,8,2, and override the file; "
            + "each combination of values is a run. After a stop, the same command goes on, with half-done runs too.");
        var file = new Argument<string>("file") { Description = "a YAML file, the name of one in configs/, or a results folder to go on with", Arity = ArgumentArity.ZeroOrOne, HelpName = "FILE" };
        file.CompletionSources.Add(_ => SweepSource.Names.Select(name => new CompletionItem(name)));
        command.Arguments.Add(file);
        var options = new RunOptionSet(command, takesLists: true);
        var sweep = new SweepOptions(command);
        var slurm = new SlurmOptions(command);
        var execution = new ExecutionOptions(command);
        command.SetAction((result, cancellation) =>
        {
            var request = slurm.Read(result);
            var mode = sweep.Mode(result, request);
            var (json, report) = (sweep.IsJson(result, mode), sweep.HasReport(result, mode));
            var machine = options.Machine(result, forOthers: mode is not (SweepMode.Train or SweepMode.DryRun));
            var (asked, home) = Asked(result.GetValue(file), sweep.Form(result), mode == SweepMode.Status);
            var grid = sweep.WithSeeds(result, options.Grid(result, asked.Grid), options.Text(result, RunOptions.Seed));
            var folder = new SweepFolder(new ResultsFolder(sweep.Output(result) ?? home));
            folder.CheckIsNoFile();
            asked = asked with { Grid = grid, Name = folder.Results.Name };
            var atOnce = sweep.Jobs(result) ?? asked.Jobs;
            var more = execution.ToArguments(result);
            if (result.GetValue(file) is null && !options.AnyTyped(result) && !sweep.NamesSweep(result))
                throw new ExperimentException("sweep takes a file, such as configs/quick.yaml, or a grid in options, such as --norm bn,gn --batch 32,8,2; 'sweep --help' shows both.");
            if (mode is SweepMode.Slurm or SweepMode.PrintCommands)
                return Task.FromResult(GiveAway(asked, machine, folder, request, more, cancellation));
            List<(Sweep Asked, SweepFolder Folder)> parts = [.. folder.Pretraining(asked) is { } trainedFirst ? new[] { trainedFirst } : [], (asked, folder)];
            if (!json)
                return InTurnAsync(parts, part => ActAsync(mode, part.Asked, machine, part.Folder, atOnce, more, sweep.IsPlain(result), report, cancellation));
            JsonOutput.Write(new StatusDocument { Sweeps = [.. parts.Select(part => StatusInNumbers(part.Asked, machine, part.Folder, atOnce))] });
            return Task.FromResult(ExitCode.Done);
        });
        return command.WithExamples(
            "sweep quick",
            "sweep figure-1 --quick",
            "sweep figure-1 --quick --dry-run",
            "sweep figure-1 --quick --report",
            "sweep figure-1 --quick --seeds 2 --jobs 2 --out results/two-seeds",
            "sweep results/two-seeds --status",
            "sweep results/two-seeds --status --json",
            "sweep --norm bn,gn --batch 32,16,8,4,2 --model resnet20 --seeds 3 --out results/my-sweep",
            "sweep figure-1 --quick --print-commands | xargs -d '\\n' -P 8 -n 1 sh -c",
            "sweep figure-1 --quick --slurm --partition main --time 2:00:00 --max-parallel 20");
    }

    // Gives the missing runs to a cluster or, without a request to one, prints their commands.
    private static int GiveAway(Sweep asked, Machine machine, SweepFolder folder, SlurmRequest? request, IReadOnlyList<string> more, CancellationToken cancellation)
    {
        string CommandOf(Run run, IReadOnlyDictionary<string, string> checksums) =>
            ThisProgram.CommandLine([.. TrainOptions.Arguments(run, asked.Name, folder.Results, machine.Data, checksums), .. more]);

        // Runs that others begin with are trained alone; the same command asks for the rest when they have ended.
        if (folder.Pretraining(asked) is var (first, there) && IsOpen(first, machine, there))
        {
            Console.Error.WriteLine($"{asked.Name}: these are the runs that the others begin from; when they have ended, the same command goes on with the others.");
            (asked, folder) = (first, there);
        }

        return request is not null ? SlurmSweep.Submit(asked, machine, folder, request, CommandOf, cancellation)
            : PrintCommands(asked, machine, folder, CommandOf, cancellation);
    }

    private static Task<int> ActAsync(
        SweepMode mode, Sweep asked, Machine machine, SweepFolder folder, int? jobs, IReadOnlyList<string> more, bool plain, bool report, CancellationToken cancellation) =>
        mode switch
        {
            SweepMode.Status => Task.FromResult(Status(asked, machine, folder, jobs, plain)),
            SweepMode.DryRun => SweepDryRun.RunAsync(asked, machine, folder, jobs, plain, cancellation),
            _ => RunAsync(asked, machine, folder, jobs, more, plain, report, cancellation),
        };

    /// <summary>The sweep of a file, of a results folder, or of the command line alone, and the results folder that it goes to by default.</summary>
    private static (Sweep Asked, string Home) Asked(string? typed, SweepForm form, bool status)
    {
        var path = typed is null ? null : SweepSource.Find(typed, Terminal.Say);
        var block = form == SweepForm.Full ? null : EnumText.Of(form);
        if (path is null && block is not null)
            throw new ExperimentException($"--{block} takes the {block} block of a file; name the file.");
        if (Directory.Exists(path))
        {
            if (block is not null)
                throw new ExperimentException($"--{block} takes the {block} block of a file, and {path} is a results folder: leave it out.");
            var folder = new SweepFolder(new ResultsFolder(path));
            if (folder.Read() is { } there)
                return (there, path);
            return status && folder.RunsByHand() is { Count: > 0 } ? (new Sweep { Name = path }, path) : throw new ExperimentException($"{path} holds no sweep: there is no sweep.yaml.");
        }

        var asked = path is null ? new Sweep { Name = "sweep" } : SweepFile.Read(path, form);
        return (asked, asked.Out ?? Path.Combine(RepositoryFolder.Root, "results", asked.Name));
    }

    /// <summary>Whether a sweep has runs that have not ended.</summary>
    private static bool IsOpen(Sweep sweep, Machine machine, SweepFolder folder) => folder.Missing(folder.RunsOf(folder.Fit(sweep, machine))).Count > 0;

    // The runs that others begin from come first; if they do not end well, the others wait.
    private static async Task<int> InTurnAsync(IReadOnlyList<(Sweep Asked, SweepFolder Folder)> parts, Func<(Sweep Asked, SweepFolder Folder), Task<int>> act)
    {
        foreach (var part in parts)
        {
            if (await act(part).ConfigureAwait(false) is not ExitCode.Done and var code)
                return code;
        }

        return ExitCode.Done;
    }

    private static async Task<int> RunAsync(
        Sweep asked, Machine machine, SweepFolder folder, int? jobs, IReadOnlyList<string> more, bool plain, bool report, CancellationToken cancellation)
    {
        var checksums = folder.Prepare(asked, machine, cancellation);
        using var held = folder.Hold();
        var sweep = folder.Claim(asked, machine);
        var runs = folder.RunsOf(sweep);
        TellWhatIsWrong(folder, runs);
        var queued = SlurmQueue.Read(folder.Results).Tasks;
        var missing = folder.Missing([.. runs.Where(run => !queued.ContainsKey(run.Id))]);
        var atOnce = AtOnce(jobs, runs);
        if (queued.Count > 0)
            Console.WriteLine($"{queued.Count} runs wait or run in Slurm and are left to it.");
        foreach (var remark in Remarks(asked, runs))
            Console.WriteLine(remark);
        Console.WriteLine($"{Heading(asked, folder, runs, missing, atOnce)}, into {folder.Results.Root}");
        var display = new SweepDisplay(asked.Name, folder, runs, atOnce, plain);
        var runner = new SweepRunner(new ProcessLauncher(machine.Data, checksums, more), folder, display);
        Task<SweepOutcome> TrainAsync() => display.DuringAsync(() => runner.RunAsync(asked.Name, missing, atOnce, cancellation));
        var page = report ? new LiveReport(folder.Results) : null;
        if (page is not null)
            Console.WriteLine($"Report: {page.Path}, fresh while the sweep runs");
        var outcome = await (page is null ? TrainAsync() : page.DuringAsync(TrainAsync)).ConfigureAwait(false);
        foreach (var warning in outcome.Warnings)
            await Console.Error.WriteLineAsync(warning).ConfigureAwait(false);
        try
        {
            SweepReport.Show(sweep.References, folder.Results);
        }
        catch (ExperimentException e) when (outcome.Failures.Count > 0)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
        }

        if (outcome.Failures.Count == 0)
            return ExitCode.Done;
        await Console.Error.WriteLineAsync($"{outcome.Failures.Count} of {runs.Count} runs failed, as said above; the same command runs them again.").ConfigureAwait(false);
        return ExitCode.Failed;
    }

    /// <summary>How many runs are trained side by side: as many as was asked for, or as the machine has cores for.</summary>
    internal static int AtOnce(int? jobs, IReadOnlyList<Run> runs) => jobs ?? Math.Max(1, Environment.ProcessorCount / runs.Max(run => run.Settings.Threads));

    /// <summary>Choices of the program that a person may not expect: numbers of groups that the network decides, a network that shares its name.</summary>
    internal static IEnumerable<string> Remarks(Sweep asked, IReadOnlyList<Run> runs)
    {
        // The norms for which neither the sweep nor an axis of its grid gives groups.
        var open = asked.Grid.Expand().Select(settings => settings.Norm).Where(norm => norm.TakesDefaultGroups).Select(norm => norm.Name).ToHashSet();
        return runs.Where(run => open.Contains(run.Settings.Norm.Name))
            .Select(run => run.WhyOtherGroups(run.Settings with { Norm = new(run.Settings.Norm.Name) }) is { } why ? $"{run.Settings.Norm.Name} takes {run.Settings.Norm.Groups} groups in {run.Settings.Model}, since {why}." : null)
            .Concat(runs.Select(run => ModelCatalog.Remark(run.Settings.Model) is { } remark ? $"{remark}." : null)).OfType<string>().Distinct();
    }

    /// <summary>A sweep in a few words.</summary>
    internal static string Heading(Sweep asked, SweepFolder folder, IReadOnlyList<Run> runs, IReadOnlyList<Run> missing, int atOnce)
    {
        var halfDone = missing.Count(run => new RunFolder(folder.Results, run).Checkpoints.Any);
        return $"{asked.Name}: {runs.Count} {(runs.Count == 1 ? "run" : "runs")} on {string.Join(", ", runs.Select(run => run.Dataset.Title).Distinct())}, "
            + $"{runs.Count(folder.HasEnded)} finished before, {(halfDone > 0 ? $"{halfDone} half done, " : "")}"
            + (missing.Count == 0 ? "nothing left to do" : $"{Math.Min(atOnce, missing.Count)} side by side");
    }

    /// <summary>Says before anything is trained which rows cannot be read, and which results in the folder belong to no run of the sweep.</summary>
    internal static void TellWhatIsWrong(SweepFolder folder, IReadOnlyList<Run> runs)
    {
        foreach (var damage in folder.DamagedRows(runs))
            Console.Error.WriteLine($"{damage} The run counts as one that has not ended; when it is trained, this file is kept beside as row.csv.damaged.");
        if (folder.OthersThan(runs) is { Count: > 0 } others)
        {
            Console.Error.WriteLine($"{others.Count} {(others.Count == 1 ? "run" : "runs")} in {folder.Results.Root}, such as {others[0]}, {(others.Count == 1 ? "is" : "are")} not part of this sweep: "
                + "by run.yaml and row.csv there, they were trained with other options, or these files cannot be read. They stay as they are.");
        }
    }

    private static int PrintCommands(
        Sweep asked, Machine machine, SweepFolder folder, Func<Run, IReadOnlyDictionary<string, string>, string> commandOf, CancellationToken cancellation)
    {
        var checksums = folder.Prepare(asked, machine, cancellation);
        using var held = folder.Hold();
        var runs = folder.RunsOf(folder.Claim(asked, machine));
        TellWhatIsWrong(folder, runs);
        var missing = folder.Missing(runs);
        foreach (var run in SweepRunner.InOrder(missing))
            Console.WriteLine(commandOf(run, checksums));
        Console.Error.WriteLine($"{asked.Name}: {missing.Count} of {runs.Count} runs to train, a command each; {runs.Count - missing.Count} are finished.");
        return ExitCode.Done;
    }

    /// <summary>The runs that the folder would have with what was typed; if that is refused, prints why and returns the runs that it has.</summary>
    private static IReadOnlyList<Run> Runs(Sweep asked, Machine machine, SweepFolder folder)
    {
        var sweep = folder.Read();
        var there = sweep is null ? folder.RunsByHand() : folder.RunsOf(sweep);
        try
        {
            return sweep is null && there.Count > 0 ? there : folder.RunsOf(folder.Fit(asked, machine));
        }
        catch (ExperimentException e) when (there.Count > 0)
        {
            Console.Error.WriteLine(e.Message);
            return there;
        }
    }

    private static int Status(Sweep asked, Machine machine, SweepFolder folder, int? jobs, bool plain)
    {
        var (states, queue, sideBySide) = States(asked, machine, folder, jobs);
        Console.WriteLine($"{folder.Results.Root}\n");
        foreach (var line in SweepTable.Lines(states, Terminal.Width(plain)))
            Console.WriteLine(line);
        Console.WriteLine();
        foreach (var remark in SweepTable.Remarks(folder, states, queue))
            Console.WriteLine(remark);
        Console.WriteLine(SweepTable.Summary(folder.Results.Name, states, sideBySide));
        return ExitCode.Done;
    }

    private static StatusOfSweep StatusInNumbers(Sweep asked, Machine machine, SweepFolder folder, int? jobs)
    {
        var (states, queue, sideBySide) = States(asked, machine, folder, jobs);
        return new StatusOfSweep
        {
            Folder = folder.Results.Root,
            Name = folder.Results.Name,
            Holder = folder.Holder,
            Counts = Enum.GetValues<RunStage>().Reverse().ToDictionary(stage => JsonNamingPolicy.SnakeCaseLower.ConvertName(stage.ToString()), stage => states.Count(state => state.Stage == stage)),
            SecondsLeft = Forecast.Left(states, sideBySide)?.TotalSeconds,
            Remarks = [.. SweepTable.Remarks(folder, states, queue)],
            Runs = [.. states.Select(StatusOfRun.Of)],
        };
    }

    /// <summary>How far the runs are, what Slurm knows of them, and how many are trained side by side, now or when the sweep goes on.</summary>
    private static (IReadOnlyList<RunState> States, SlurmQueue Queue, int SideBySide) States(Sweep asked, Machine machine, SweepFolder folder, int? jobs)
    {
        var runs = Runs(asked, machine, folder);
        var queue = SlurmQueue.Read(folder.Results);
        var states = RunState.Read(folder, runs, queue);
        var underWay = states.Count(state => state.Stage == RunStage.UnderWay);
        return (states, queue, underWay > 0 ? underWay : AtOnce(jobs, runs));
    }
}
