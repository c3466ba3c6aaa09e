using System.CommandLine;
using System.Globalization;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Data;
using Experiments.Core.Networks;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;
using Experiments.Display;
using Experiments.Processes;

namespace Experiments.Commands;

/// <summary><c>train</c>: one run, into a results folder that it may share with others.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var command = new Command("train", "Train one network.");
        var options = new RunOptionSet(command);
        var output = new CommandOption<string>("--out") { Heading = "Files", IsCommon = true, Description = "results folder; several runs may share one (default: results/train)", HelpName = "FOLDER" };
        var again = new CommandOption<bool>(TrainOptions.Again) { Heading = "Running", IsCommon = true, Description = "train anew even if the run is finished or half done" };
        var dryRun = new CommandOption<bool>("--dry-run") { Heading = "Running", IsCommon = true, Description = "say what would be trained and about how long it takes, measured by a few steps; leave the results folder as it is" };
        var answer = new Option<bool>(TrainOptions.DryRunAnswer) { Description = "a dry run for a sweep's dry run; the answer is one line of JSON", Hidden = true };
        var experiment = new CommandOption<string>("--experiment") { Heading = "Files", Description = "name of the experiment in the results (default: the results folder's)", HelpName = "NAME" };
        var images = new CommandOption<string>("--images-checksum") { Heading = "Files", Description = "train only where the data set's images have this checksum, as runs.csv has it", HelpName = "CHECKSUM" };
        var owned = new Option<bool>(TrainOptions.EndWithParent) { Description = "end, with a checkpoint, when the standard input ends", Hidden = true };
        var plain = TrainOptions.PlainOption();
        command.Options.Add(output);
        command.Options.Add(again);
        command.Options.Add(dryRun);
        command.Options.Add(answer);
        command.Options.Add(experiment);
        command.Options.Add(images);
        command.Options.Add(owned);
        command.Options.Add(plain);
        var execution = new ExecutionOptions(command);
        command.SetAction((result, cancellation) =>
        {
            var settings = options.Settings(result, new RunSettings());
            var machine = options.Machine(result);
            var folder = new SweepFolder(new ResultsFolder(result.GetValue(output) ?? Path.Combine(RepositoryFolder.Root, "results", "train")));
            folder.CheckIsNoFile();
            var run = folder.Find(Run.Create(machine.Resolve(settings)));

            // A sweep that measures its cells has checked its folder itself.
            var measuresCell = result.GetValue(answer);
            if (!measuresCell)
                folder.Admit(run);
            var name = result.GetValue(experiment) ?? folder.Results.Name;
            var executor = new RunExecutor(machine, folder.Results, name)
            {
                Again = result.GetValue(again),
                CheckpointEvery = execution.CheckpointEvery(result) ?? RunExecutor.UsualMinutes,
                AllowDifferentMachine = execution.AllowDifferentMachine(result),
                ImagesChecksum = Checksum(result.GetValue(images)),
                TensorBoard = execution.TensorBoard(result),
            };
            CheckImages(run, machine, executor, folder);
            if (result.GetValue(owned))
                Parent.TerminateWithIt(cancellation);
            var estimator = new RunEstimator(machine, folder.Results) { Again = executor.Again, AllowDifferentMachine = executor.AllowDifferentMachine, ImagesChecksum = executor.ImagesChecksum };
            return Task.FromResult(measuresCell ? TrainDryRun.Answer(run, estimator, cancellation)
                : Train(run, settings, executor, folder, result.GetValue(plain), result.GetValue(dryRun) ? estimator : null, cancellation));
        });
        return command.WithExamples(
            "train --norm gn --groups 32 --batch 2",
            "train --dataset cifar10 --model resnet20 --norm gn --batch 2 --epochs 100",
            "train --norm bn --batch 2 --workers 8 --out results/mine",
            "train --dataset cifar10 --model resnet20 --epochs 100 --dry-run",
            $"for norm in bn gn; do {HelpText.Program} train --norm $norm --batch 4 --out results/two; done");
    }

    // Images of one's own may have changed since the run was trained on them.
    private static void CheckImages(Run run, Machine machine, RunExecutor executor, SweepFolder folder)
    {
        if (executor.Again || !OwnImages.IsPath(run.Settings.Dataset) || folder.RowOf(run) is not { Status: not RunStatus.Failed, ImagesChecksum: { } then })
            return;
        using var now = machine.Open(run);
        if (now.Checksum != then)
            throw new ExperimentException($"This run is finished, and was trained on other images than {run.Settings.Dataset} holds now (checksum {then} then, {now.Checksum} now): --again trains it anew, and --out takes another folder.");
    }

    private static int Train(Run run, RunSettings asked, RunExecutor executor, SweepFolder folder, bool plain, RunEstimator? estimator, CancellationToken cancellation)
    {
        using var display = TrainingDisplay.Create(plain, run);
        if (!executor.Again && folder.RowOf(run) is { Status: not RunStatus.Failed } finished)
        {
            if (estimator is null)
                Rebuild(folder, finished, display);
            display.Say($"This run is finished already; --again trains it anew. {Outcome(finished)}");
            SayWhatIsNext(run, folder.Results, display);
            return ExitCode.Done;
        }

        if (estimator is not null)
            return TrainDryRun.Report(run, estimator, folder.Results, cancellation);
        if (ModelCatalog.Remark(run.Settings.Model) is { } remark)
            display.Say($"{remark}.");
        display.Say(Subject(run, asked));
        var row = display.During(progress => executor.Execute(run, progress, epoch => display.Epoch(epoch), display.Say, cancellation));
        Rebuild(folder, row, display);
        display.Say(Outcome(row));
        SayWhatIsNext(run, folder.Results, display);
        return ExitCode.Done;
    }

    /// <summary>What is trained, in a line.</summary>
    /// <param name="run">The run.</param>
    /// <param name="asked">The settings as they were asked for, in which some may be open.</param>
    internal static string Subject(Run run, RunSettings asked)
    {
        var settings = run.Settings;
        string Of(string key) => RunOptions.Find(key)!.Get(settings)!;
        var norm = run.WhyOtherGroups(asked) is { } why ? run.Network.Norm.ToString().Replace("groups", $"groups, since {why}", StringComparison.Ordinal) : run.Network.Norm.ToString();
        var dataset = asked.Dataset != RunSettings.Auto ? run.Dataset.Title
            : run.Dataset.Name == "synthetic" ? "the synthetic data set (no --dataset was given, and Fashion-MNIST is not installed: see data list)"
            : $"{run.Dataset.Title} (--dataset takes another)";
        return string.Create(CultureInfo.InvariantCulture, $"Training {run.Network.Model} of width {settings.Width} with {norm} on {dataset}: ")
            + string.Create(CultureInfo.InvariantCulture, $"{Count(settings.Epochs, "epoch")}, batch {settings.Batch}{(settings.Workers > 1 ? $" x {settings.Workers} workers" : "")}, ")
            + string.Create(CultureInfo.InvariantCulture, $"learning rate {settings.ScaledLearningRate:G4}{(settings.Optimizer == OptimizerKind.Sgd ? "" : $" by {Of(RunOptions.Optimizer)}")}, {settings.Engine} on {settings.Device} in {Of("precision")}, {Count(settings.Threads, "thread")}, seed {settings.Seed}.");
    }

    private static string Count(int count, string noun) => count == 1 ? $"{count} {noun}" : $"{count} {noun}s";

    private static void SayWhatIsNext(Run run, ResultsFolder results, TrainingDisplay display)
    {
        var root = Path.GetRelativePath(Environment.CurrentDirectory, results.Root);
        var shown = root.StartsWith("..", StringComparison.Ordinal) && root.Length > results.Root.Length ? results.Root : root;
        var at = new ResultsFolder(shown);
        display.Say($"Results: {Path.Combine(shown, "runs.csv")}; weights and log: {at.PathOf(run.Id)}");
        display.Say($"Next: {ThisProgram.ToType("table", shown)}   (or plot, or the same training with another --norm or --batch)");
    }

    private static string? Checksum(string? typed) => typed is null || (typed.Length == Dataset.ChecksumDigits && typed.All(char.IsAsciiHexDigitLower)) ? typed
        : throw new ExperimentException($"--images-checksum takes {Dataset.ChecksumDigits} hexadecimal digits, as in runs.csv's column images_checksum, not '{Echo.Of(typed)}'.");

    private static void Rebuild(SweepFolder folder, RunRow row, TrainingDisplay display)
    {
        foreach (var warning in folder.Rebuild(unlessHas: row))
            display.Say(warning);
    }

    private static string Outcome(RunRow row) => row.Status == RunStatus.Diverged
        ? $"Diverged in epoch {row.DivergedEpoch}: the loss was no longer finite."
        : FormattableString.Invariant($"Test error {row.Error:0.00}%")
            + (row.ErrorMeasure == "last" ? "" : " (median of the last five epochs)")
            + (row.ErrorPopulation == row.Error ? "" : FormattableString.Invariant($"; with population statistics {row.ErrorPopulation:0.00}%"))
            + FormattableString.Invariant($"; {row.ImagesPerSecond:0} images/s.");
}
