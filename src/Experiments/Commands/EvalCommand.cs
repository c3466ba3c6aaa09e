using System.CommandLine;
using System.Globalization;
using Experiments.Core;
using Experiments.Core.Data;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;
using Experiments.Core.Training.Measuring;

namespace Experiments.Commands;

/// <summary><c>eval</c>: the error of a checkpoint, ours or one from PyTorch, on a data set.</summary>
internal static class EvalCommand
{
    private static readonly string[] OfNetwork = ["model", "width", "shortcut", "activation", "norm-position", RunOptions.Norm, .. RunOptions.OfNorm];

    private static readonly string[] OfMachine = ["engine", "device", "threads"];

    private static readonly string[] Relevant =
    [
        .. OfNetwork, .. OfMachine, RunOptions.Dataset, .. RunOptions.OfImages, "batch", "input", "augmentation", "train-limit", "test-limit", "validation", "precision", "seed",
    ];

    private static readonly Dictionary<string, ShiftKind> ShiftKinds = Enum.GetValues<ShiftKind>().ToDictionary(RunOptions.Text);

    public static Command Create()
    {
        var command = new Command("eval", "Measure the error of a checkpoint on a data set.");
        var file = new Argument<string>("checkpoint") { Description = "a .safetensors file: a run's weights, or weights from PyTorch under torchvision's names", HelpName = "CHECKPOINT" };
        command.Arguments.Add(file);
        var options = new RunOptionSet(command, Relevant.Contains, option => OfMachine.Contains(option.Name) ? option.Default : "the checkpoint's");
        var statistics = new Option<string>("--statistics")
        {
            Description = "where norms over samples take mean and variance from (default: moving-average)",
            HelpName = "moving-average|population|batch|all",
        };
        var mean = new Option<string>("--input-mean") { Description = "mean of each channel that the weights were trained with, on a scale from 0 to 1 (default: the checkpoint's, else the training set's)", HelpName = "X,X,X" };
        var deviation = new Option<string>("--input-std") { Description = "likewise the standard deviation", HelpName = "X,X,X" };
        var shift = new Option<string>("--shift")
        {
            Description = "change the test images as CIFAR-10-C does before they are normalized, and print a table",
            HelpName = string.Join('|', ShiftKinds.Keys.Append("all")),
        };
        var strength = new Option<string>("--strength") { Description = "how much --shift changes (default: all)", HelpName = $"1..{DataShift.Strongest}|all" };
        var csv = new Option<string>("--csv") { Description = "write the table, with losses, to this file as well", HelpName = "FILE" };
        foreach (var option in new Option[] { statistics, mean, deviation, shift, strength, csv })
            command.Options.Add(option);
        command.SetAction((result, cancellation) =>
        {
            var path = result.GetValue(file)!;
            var content = Safetensors.Read(path);
            var metadata = RunFile.Settings(path, content.Metadata);
            var settings = options.Settings(result, metadata with { Engine = RunSettings.Auto, Device = RunSettings.Auto });
            var isOurs = content.Metadata.ContainsKey("model");
            foreach (var option in OfNetwork.Append("input").Select(name => RunOptions.Find(name)!).Where(option => isOurs && option.Get(metadata) != option.Get(settings)))
                throw new ExperimentException($"{path} is the checkpoint of a network with {option.Name} {option.Get(metadata) ?? "not given"}, not {option.Get(settings)}: leave --{option.Name} out.");
            var input = (result.GetValue(mean), result.GetValue(deviation)) switch
            {
                ({ } m, { } d) => new InputStatistics(RunFile.Split("input-mean", m), RunFile.Split("input-std", d)),
                (null, null) => settings.Input == InputNormalization.ZScore ? RunFile.Statistics(path, content.Metadata) : null,
                _ => throw new ExperimentException("--input-mean and --input-std belong together: give both or neither."),
            };
            var machine = options.Machine(result);
            var shifts = Shifts(result.GetValue(shift), result.GetValue(strength), result.GetValue(csv));
            var trained = isOurs ? Run.IdOf(metadata) : "";
            Evaluate(path, content, trained, Run.Create(machine.Resolve(settings)), input, Kinds(result.GetValue(statistics)), shifts, result.GetValue(csv), machine, cancellation);
            return Task.FromResult(ExitCode.Done);
        });
        return command.WithExamples(
            "eval results/train/runs/<run>/weights.safetensors",
            "eval results/train/runs/<run>/weights.safetensors --statistics all",
            "eval results/train/runs/<run>/weights.safetensors --statistics all --shift all --csv shifts.csv",
            "eval resnet20.safetensors --model resnet20 --shortcut projection --norm bn --dataset cifar10 --input-mean 0.491,0.482,0.447 --input-std 0.247,0.243,0.262");
    }

    // The run is what is evaluated now, on this machine and perhaps other images; trained is the name of the run that left the weights.
    private static void Evaluate(
        string path, Safetensors.Content content, string trained, Run run, InputStatistics? input, IReadOnlyList<NormStatistics> kinds,
        IReadOnlyList<DataShift> shifts, string? csv, Machine machine, CancellationToken cancellation)
    {
        var state = Checkpoint.Fit(path, content, run.Network);
        using var dataset = machine.Open(run);
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        engine.Write(state);
        var batches = new BatchSource(dataset, run.BatchOptions(engine.Layout, input));
        var loop = new TrainingLoop(run.Settings, batches, engine, run.Network);
        // The population's images are those that the training took after this epoch, so that its number is met again.
        var epoch = RunFile.Epoch(path, content.Metadata);
        var hasChoice = run.Network.Norm.HasRunningStatistics;
        kinds = hasChoice ? kinds : [NormStatistics.MovingAverage];
        var subject = $"{run.Network.Model} with {run.Network.Norm} on {dataset.Test.Count} images of {dataset.Description.Title}";
        if (shifts.Count > 0)
        {
            var scores = kinds.SelectMany(kind => loop.Evaluate(kind, epoch, shifts, cancellation).Zip(shifts, (score, shift) => new ShiftedScore(shift, kind, score)));
            var rows = scores.Select(score => MeasurementRecord.Of(run, score) with { Run = trained }).ToList();
            Console.Write(DistributionShiftRow.Table($"{subject}: error in %", rows));
            if (csv is not null)
                CsvFile.Write(csv, rows);
            return;
        }

        Console.WriteLine(subject);
        foreach (var kind in kinds)
        {
            var score = loop.Evaluate(kind, epoch, cancellation);
            var name = hasChoice ? RunOptions.Text(kind) : "own";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name + " statistics",-26} error {score.ErrorPercent:0.00}%  loss {score.MeanLoss:0.0000}"));
        }
    }

    // None where no table is asked for; the images as they are lead the table of all kinds.
    private static IReadOnlyList<DataShift> Shifts(string? kind, string? strength, string? csv)
    {
        if (kind is null)
        {
            return strength is null && csv is null ? []
                : throw new ExperimentException($"{(strength is null ? "--csv" : "--strength")} goes with --shift: give a kind of shift, or all.");
        }

        IEnumerable<ShiftKind> kinds = kind == "all" ? ShiftKinds.Values
            : ShiftKinds.TryGetValue(kind, out var one) ? [one]
            : throw new ExperimentException(Suggestion.Unknown("--shift", kind, ShiftKinds.Keys.Append("all")));
        var strengths = Enumerable.Range(1, DataShift.Strongest).Select(number => number.ToString(CultureInfo.InvariantCulture)).ToList();
        if (strength is not (null or "all") && !strengths.Contains(strength))
            throw new ExperimentException($"--strength takes 1 to {DataShift.Strongest}, or all, not '{strength}'.");
        return [.. kinds.SelectMany(DataShift.AllOf).Where(shift => shift == DataShift.None || strength is null or "all" || strength == strengths[shift.Strength - 1])];
    }

    private static IReadOnlyList<NormStatistics> Kinds(string? text)
    {
        if (text is null)
            return [NormStatistics.MovingAverage];
        var kinds = Enum.GetValues<NormStatistics>().ToDictionary(RunOptions.Text);
        return text == "all" ? [.. kinds.Values]
            : kinds.TryGetValue(text, out var kind) ? [kind]
            : throw new ExperimentException(Suggestion.Unknown("--statistics", text, kinds.Keys.Append("all")));
    }
}
