using System.CommandLine;
using System.CommandLine.Completions;
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
        var seeds = new CommandOption<string>("--seeds") { Heading = "Training", IsCommon = true, Description = "number of seeds, counted from --seed (default: 1)", HelpName = "N" };
        var quick = new CommandOption<bool>("--quick") { Heading = "Running", IsCommon = true, Description = "take the values of the file's quick block; results go to <name>-quick" };
        var evening = new CommandOption<bool>("--evening") { Heading = "Running", Description = "take the values of the file's evening block: hours, not days; results go to <name>-evening" };
        var jobs = new CommandOption<string>("--jobs") { Heading = "Running", IsCommon = true, Description = "runs side by side (default: the cores, divided by --threads)", HelpName = "N" };
        var output = new CommandOption<string>("--out") { Heading = "Files", IsCommon = true, Description = "results folder (default: results/<file's name>, or results/sweep)", HelpName = "FOLDER" };
        var status = new CommandOption<bool>("--status") { Heading = "Running", IsCommon = true, Description = "say how far the runs are, here or in another terminal; train nothing" };
        var dryRun = new CommandOption<bool>("--dry-run") { Heading = "Running", IsCommon = true, Description = "list the runs and about how long they take, measured by a few steps of each cell of the grid; leave the results folder as it is" };
        var print = new CommandOption<bool>("--print-commands") { Heading = "Running", Description = "print the commands that train the missing runs, one a line; train nothing" };
        var report = new CommandOption<bool>("--report") { Heading = "Running", IsCommon = true, Description = "keep report.html in the results folder fresh while the runs go on: open it in a browser, and it loads itself anew" };
        var plain = TrainOptions.PlainOption();
        foreach (var option in new Option[] { seeds, quick, evening, jobs, output, status, dryRun, print, report, plain })
            command.Options.Add(option);
        var slurm = new SlurmOptions(command);
        var execution = new ExecutionOptions(command);
        command.SetAction((result, cancellation) =>
        {
            var request = slurm.Read(result);
            List<string> instead = [.. new[] { status, dryRun, print }.Where(option => result.GetValue(option)).Select(option => option.Name), .. request is null ? [] : new[] { "--slurm" }];
            if (instead.Count > 1)
                throw new ExperimentException($"{string.Join(" and ", instead)} exclude each other: give one of them.");
            if (result.GetValue(jobs) is not null && (request is not null || result.GetValue(print)))
                throw new ExperimentException($"--jobs is how many runs this machine trains side by side, and with {instead[0]} it trains none{(request is null ? "" : ": give --max-parallel")}.");

            if (instead.Count > 0 && result.GetValue(report))
                throw new ExperimentException($"{report.Name} is kept fresh by the process that trains the runs, and with {instead[0]} it trains none: `report FOLDER` writes the report as it is now, at any time.");

            var machine = options.Machine(result, forOthers: instead is [var mode] && mode != dryRun.Name);
            var (asked, home) = Asked(result.GetValue(file), Form(result.GetValue(quick), result.GetValue(evening)), result.GetValue(status));
            var grid = options.Grid(result, asked.Grid);
            if (result.GetValue(seeds) is { } count)
            {
                if (options.Text(result, RunOptions.Seed) is { } named && named.Contains(',', StringComparison.Ordinal))
                    throw new ExperimentException($"--seed {named} names the seeds and --seeds {count} says how many: give one of them, or --seed with the first alone.");
                grid = grid.WithSeeds(RunOptions.Positive("seeds", count));
            }

            var folder = new SweepFolder(new ResultsFolder(result.GetValue(output) ?? home));
            folder.CheckIsNoFile();
            asked = asked with { Grid = grid, Name = folder.Results.Name };
            var atOnce = result.GetValue(jobs) is { } number ? RunOptions.Positive("jobs", number) : asked.Jobs;
            var more = execution.ToArguments(result);
            if (result.GetValue(file) is null && !options.AnyTyped(result) && result.GetValue(output) is null && result.GetValue(seeds) is null)
                throw new ExperimentException("sweep takes a file, such as configs/quick.yaml, or a grid in options, such as --norm bn,gn --batch 32,8,2; 'sweep --help' shows both.");
            string CommandOf(Run run, IReadOnlyDictionary<string, string> checksums) =>
                ThisProgram.CommandLine([.. TrainOptions.Arguments(run, asked.Name, folder.Results, machine.Data, checksums), .. more]);

            var before = folder.Pretraining(asked);
            if (before is var (first, there) && (request is not null || result.GetValue(print)) && IsOpen(first, machine, there))
            {
                // These runs are trained alone; the same command asks for the rest when they have ended.
                Console.Error.WriteLine($"{asked.Name}: these are the runs that the others begin from; when they have ended, the same command goes on with the others.");
                (asked, folder) = (first, there);
            }

            if (request is not null)
                return Task.FromResult(SlurmSweep.Submit(asked, machine, folder, request, CommandOf, cancellation));
            if (result.GetValue(print))
                return Task.FromResult(PrintCommands(asked, machine, folder, CommandOf, cancellation));
            List<(Sweep Asked, SweepFolder Folder)> parts = [.. before is { } trainedFirst ? new[] { trainedFirst } : [], (asked, folder)];
            return InTurnAsync(parts, part => result.GetValue(status) ? Task.FromResult(Status(part.Asked, machine, part.Folder, atOnce, result.GetValue(plain)))
                : result.GetValue(dryRun) ? SweepDryRun.RunAsync(part.Asked, machine, part.Folder, atOnce, result.GetValue(plain), cancellation)
                : RunAsync(part.Asked, machine, part.Folder, atOnce, more, result.GetValue(plain), result.GetValue(report), cancellation));
        });
        return command.WithExamples(
            "sweep quick",
            "sweep figure-1 --quick",
            "sweep figure-1 --quick --dry-run",
            "sweep figure-1 --quick --report",
            "sweep figure-1 --quick --seeds 2 --jobs 2 --out results/two-seeds",
            "sweep results/two-seeds --status",
            "sweep --norm bn,gn --batch 32,16,8,4,2 --model resnet20 --seeds 3 --out results/my-sweep",
            "sweep figure-1 --quick --print-commands | xargs -d '\\n' -P 8 -n 1 sh -c",
            "sweep figure-1 --quick --slurm --partition main --time 2:00:00 --max-parallel 20");
    }

    private static SweepForm Form(bool quick, bool evening) => (quick, evening) switch
    {
        (true, true) => throw new ExperimentException("--quick and --evening exclude each other: give one of them."),
        (true, false) => SweepForm.Quick,
        (false, true) => SweepForm.Evening,
        (false, false) => SweepForm.Full,
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
            Console.Error.WriteLine($"{others.Count} {(others.Count == 1 ? "run" : "runs")} in {folder.Results.Root}, such as {others[0]}, {(others.Count == 1 ? "is" : "are")} no part of this sweep: "
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
        var runs = Runs(asked, machine, folder);
        var queue = SlurmQueue.Read(folder.Results);
        var states = RunState.Read(folder, runs, queue);
        Console.WriteLine($"{folder.Results.Root}\n");
        foreach (var line in SweepTable.Lines(states, Terminal.Width(plain)))
            Console.WriteLine(line);
        Console.WriteLine();
        foreach (var remark in SweepTable.Remarks(folder, states, queue))
            Console.WriteLine(remark);
        var underWay = states.Count(state => state.Stage == RunStage.UnderWay);
        Console.WriteLine(SweepTable.Summary(folder.Results.Name, states, underWay > 0 ? underWay : AtOnce(jobs, runs)));
        return ExitCode.Done;
    }
}
