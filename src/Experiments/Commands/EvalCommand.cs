using System.CommandLine;
using System.Globalization;
using Experiments.Core;
using Experiments.Core.Data;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;

namespace Experiments.Commands;

/// <summary><c>eval</c>: the error of a checkpoint, ours or one from PyTorch, on a data set.</summary>
internal static class EvalCommand
{
    private static readonly string[] OfNetwork = ["model", "width", "shortcut", "activation", "norm-position", RunOptions.Norm, .. RunOptions.OfNorm];

    private static readonly string[] OfMachine = ["engine", "device", "threads"];

    private static readonly string[] Relevant =
    [
        .. OfNetwork, .. OfMachine, "dataset", "batch", "input", "augmentation", "train-limit", "test-limit", "validation", "precision", "seed",
    ];

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
        foreach (var option in new Option[] { statistics, mean, deviation })
            command.Options.Add(option);
        command.SetAction((result, cancellation) =>
        {
            var path = result.GetValue(file)!;
            var content = Safetensors.Read(path);
            var metadata = RunFile.Settings(content.Metadata);
            var settings = options.Settings(result, metadata with { Engine = RunSettings.Auto, Device = RunSettings.Auto });
            foreach (var option in OfNetwork.Select(name => RunOptions.Find(name)!).Where(option => content.Metadata.ContainsKey("model") && option.Get(metadata) != option.Get(settings)))
                throw new ExperimentException($"{path} is the checkpoint of a network with {option.Name} {option.Get(metadata) ?? "not given"}, not {option.Get(settings)}: leave --{option.Name} out.");
            var input = (result.GetValue(mean), result.GetValue(deviation)) switch
            {
                ({ } m, { } d) => new InputStatistics(RunFile.Split("input-mean", m), RunFile.Split("input-std", d)),
                (null, null) => RunFile.Statistics(content.Metadata),
                _ => throw new ExperimentException("--input-mean and --input-std belong together: give both or neither."),
            };
            var machine = options.Machine(result);
            Evaluate(path, content, Run.Create(machine.Resolve(settings)), input, Kinds(result.GetValue(statistics)), machine, cancellation);
            return Task.FromResult(ExitCode.Done);
        });
        return command.WithExamples(
            "eval results/train/runs/<run>/weights.safetensors",
            "eval results/train/runs/<run>/weights.safetensors --statistics all",
            "eval resnet20.safetensors --model resnet20 --shortcut projection --norm bn --dataset cifar10 --input-mean 0.491,0.482,0.447 --input-std 0.247,0.243,0.262");
    }

    private static void Evaluate(
        string path, Safetensors.Content content, Run run, InputStatistics? input, IReadOnlyList<NormStatistics> kinds, Machine machine, CancellationToken cancellation)
    {
        var state = Checkpoint.Fit(path, content, run.Network);
        using var dataset = Dataset.Open(run.Dataset, run.DataOptions with { Folder = machine.Data.Path });
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        engine.Write(state);
        var batches = new BatchSource(dataset, run.BatchOptions(engine.Layout, input));
        var loop = new TrainingLoop(run.Settings, batches, engine, run.Network);
        // The population's images are those that the training took after this epoch, so that its number is met again.
        var epoch = RunFile.Epoch(content.Metadata);
        Console.WriteLine($"{run.Network.Model} with {run.Network.Norm} on {dataset.Test.Count} images of {dataset.Description.Title}");
        foreach (var kind in kinds)
        {
            var score = loop.Evaluate(kind, epoch, cancellation);
            var label = run.Network.Norm.HasRunningStatistics ? RunOptions.Text(kind) + " statistics" : "own statistics";
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{label,-26} error {score.ErrorPercent:0.00}%  loss {score.MeanLoss:0.0000}"));
            if (!run.Network.Norm.HasRunningStatistics)
                break;
        }
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
