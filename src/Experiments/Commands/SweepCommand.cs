using System.CommandLine;
using System.Globalization;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Display;

namespace Experiments.Commands;

/// <summary><c>sweep</c>: a grid of runs, from a file, from the command line, or both.</summary>
internal static class SweepCommand
{
    public static Command Create()
    {
        var command = new Command("sweep", "Train a grid of runs, several side by side, and draw their figure. "
            + "An option may hold several values, separated by commas, and overrides the file; the grid is the product. The same command again goes on where it stopped, half-done runs included.");
        var file = new Argument<string>("file") { Description = "a sweep in YAML, as in configs/", Arity = ArgumentArity.ZeroOrOne, HelpName = "FILE" };
        command.Arguments.Add(file);
        var options = new RunOptionSet(command);
        var seeds = new Option<string>("--seeds") { Description = "how many seeds, counted from --seed (default: 1)", HelpName = "N" };
        var quick = new Option<bool>("--quick") { Description = "the file's quick block in place of the full values; results go to <name>-quick" };
        var jobs = new Option<string>("--jobs") { Description = "runs side by side (default: the cores, divided by --threads)", HelpName = "N" };
        var output = new Option<string>("--out") { Description = "results folder (default: results/<file's name>, or results/sweep)", HelpName = "FOLDER" };
        var list = new Option<bool>("--list") { Description = "list the runs and whether they are finished; run nothing" };
        var print = new Option<bool>("--print-commands") { Description = "print the commands that train the missing runs, one a line; run nothing" };
        foreach (var option in new Option[] { seeds, quick, jobs, output, list, print })
            command.Options.Add(option);
        var slurm = new SlurmOptions(command);
        var checkpoints = new CheckpointOptions(command);
        command.SetAction((result, cancellation) =>
        {
            var path = result.GetValue(file);
            var request = slurm.Read(result);
            if (new[] { result.GetValue(list), result.GetValue(print), request is not null }.Count(given => given) > 1)
                throw new ExperimentException("--list, --print-commands and --slurm exclude each other: give one of them.");
            if (request is not null && result.GetValue(jobs) is not null)
                throw new ExperimentException("--jobs is how many runs this machine trains side by side: with --slurm give --max-parallel.");
            var machine = options.Machine(result, forOthers: result.GetValue(list) || result.GetValue(print) || request is not null);
            if (path is null && result.GetValue(quick))
                throw new ExperimentException("--quick takes the quick block of a file; name the file.");
            var asked = path is null ? new Sweep { Name = "sweep" } : SweepFile.Read(path, result.GetValue(quick));
            var grid = options.Grid(result, asked.Grid);
            if (result.GetValue(seeds) is { } count)
                grid = grid.WithSeeds(RunOptions.Positive("seeds", count));
            asked = asked with { Grid = grid };
            var folder = new SweepFolder(new ResultsFolder(result.GetValue(output) ?? asked.Out ?? Path.Combine(RepositoryFolder.Root, "results", asked.Name)));
            var atOnce = result.GetValue(jobs) is { } number ? RunOptions.Positive("jobs", number) : asked.Jobs;
            if (result.GetValue(list))
                return Task.FromResult(List(asked, machine, folder));
            var checkpointArguments = checkpoints.ToArguments(result);
            string CommandOf(Run run) => ThisProgram.CommandLine([.. TrainCommand.Arguments(run, asked.Name, folder.Results, machine.Data), .. checkpointArguments]);
            return request is not null ? Task.FromResult(SlurmSweep.Submit(asked, machine, folder, request, CommandOf))
                : result.GetValue(print) ? Task.FromResult(PrintCommands(asked, machine, folder, CommandOf))
                : RunAsync(asked, machine, folder, atOnce, checkpointArguments, cancellation);
        });
        return command.WithExamples(
            "sweep configs/quick.yaml",
            "sweep configs/figure-1.yaml --quick",
            "sweep configs/figure-1.yaml --seeds 3 --jobs 4 --out results/three-seeds",
            "sweep --norm bn,gn --groups 8 --batch 32,16,8,4,2 --model resnet20 --seeds 3 --out results/mine",
            "sweep configs/figure-1.yaml --print-commands | xargs -d '\\n' -P 8 -n 1 sh -c",
            "sweep configs/figure-1.yaml --slurm --partition main --time 2:00:00 --max-parallel 20");
    }

    private static async Task<int> RunAsync(
        Sweep asked, Machine machine, SweepFolder folder, int? jobs, IReadOnlyList<string> checkpointArguments, CancellationToken cancellation)
    {
        var sweep = folder.Claim(asked, machine);
        var runs = sweep.Runs();
        var missing = folder.Missing(runs);
        var display = new SweepDisplay(asked.Name, runs.Count, missing);
        var runner = new SweepRunner(new ProcessLauncher(machine.Data, checkpointArguments), folder, display);
        var atOnce = jobs ?? Math.Max(1, Environment.ProcessorCount / runs.Max(run => run.Settings.Threads));
        Console.WriteLine($"{asked.Name}: {runs.Count} {(runs.Count == 1 ? "run" : "runs")} on {string.Join(", ", runs.Select(run => run.Dataset.Title).Distinct())}, "
            + $"{runs.Count - missing.Count} finished before, {Math.Min(atOnce, missing.Count)} side by side, into {folder.Results.Root}");
        var outcome = await display.DuringAsync(() => runner.RunAsync(asked.Name, missing, atOnce, machine, cancellation)).ConfigureAwait(false);
        foreach (var warning in outcome.Warnings)
            await Console.Error.WriteLineAsync(warning).ConfigureAwait(false);
        SweepReport.Show(sweep.References, folder.Results);
        if (outcome.Failures.Count == 0)
            return ExitCode.Done;
        await Console.Error.WriteLineAsync($"{outcome.Failures.Count} of {runs.Count} runs failed, as said above; the same command runs them again.").ConfigureAwait(false);
        return ExitCode.Failed;
    }

    private static int PrintCommands(Sweep asked, Machine machine, SweepFolder folder, Func<Run, string> commandOf)
    {
        var runs = folder.Claim(asked, machine).Runs();
        var missing = folder.Missing(runs);
        foreach (var run in SweepRunner.InOrder(missing))
            Console.WriteLine(commandOf(run));
        Console.Error.WriteLine($"{asked.Name}: {missing.Count} of {runs.Count} runs to train, a command each; {runs.Count - missing.Count} are finished.");
        return ExitCode.Done;
    }

    private static int List(Sweep asked, Machine machine, SweepFolder folder)
    {
        var runs = asked.Resolve(machine).Runs();
        foreach (var run in runs)
            Console.WriteLine($"{run.Id,-28} {Describe(folder.RowOf(run), CheckpointFolder.Of(folder.Results, run).Any)}");
        return ExitCode.Done;
    }

    private static string Describe(RunRow? row, bool halfDone) => row switch
    {
        null => halfDone ? "half done" : "not run",
        { Status: RunStatus.Finished } => string.Create(CultureInfo.InvariantCulture, $"finished, test error {row.Error:0.00}%"),
        { Status: RunStatus.Diverged } => $"diverged in epoch {row.DivergedEpoch}",
        _ => halfDone ? "failed, half done" : "failed",
    };
}
