using System.CommandLine;
using System.Globalization;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Files;
using Experiments.Core.Networks;
using Experiments.Core.Results.Rows;
using Experiments.Core.Results.Tables;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Experiments.Core.Training.Measurements;
using Experiments.Core.Training.Weights;
using Experiments.Reports;

namespace Experiments.Commands;

/// <summary><c>eval</c>: the error of a checkpoint, ours or one from PyTorch, on a data set.</summary>
internal static class EvalCommand
{
    private static readonly string[] OfNetwork = ["model", "width", "shortcut", "activation", "norm-position", RunOptions.Norm, .. RunOptions.OfNorm];

    private static readonly string[] OfMachine = ["engine", "device", "threads"];

    private static readonly string[] Relevant =
    [
        .. OfNetwork, .. OfMachine, RunOptions.Dataset, "classes", .. RunOptions.OfImages, "batch", "input", "augmentation", "domains", "train-limit", "test-limit", "validation", "precision", "seed",
    ];

    public static Command Create()
    {
        var command = new Command("eval", "Measure the error of a checkpoint on a data set.");
        var file = new Argument<string>("checkpoint") { Description = "a run's folder, or a file of weights: safetensors, or .pt, .pth or .th from PyTorch", HelpName = "CHECKPOINT" };
        command.Arguments.Add(file);
        var options = new RunOptionSet(command, Relevant.Contains, option => OfMachine.Contains(option.Name) ? option.Default : "the checkpoint's");
        var evaluation = new EvaluationOptions(command);
        command.SetAction((result, cancellation) =>
        {
            var path = WeightFile.Locate(result.GetValue(file)!);
            var content = ForeignNames.Resolve(path, WeightFile.Read(path));
            var metadata = content.Metadata.ContainsKey("model") ? RunFile.Settings(path, content.Metadata) : null;
            var settings = Asked(path, content, metadata, options, result);
            var input = evaluation.Input(result) ?? (settings.Input == InputNormalization.ZScore ? RunFile.Statistics(path, content.Metadata) : null);
            var machine = options.Machine(result);
            settings = machine.Resolve(settings);
            CheckImages(path, content, settings);
            var alterations = evaluation.Alterations(result);
            if (content.Resolved is { } resolved)
                Console.WriteLine(resolved);
            var kinds = evaluation.Statistics(result);
            var isOpen = !content.Metadata.ContainsKey("shortcut") && ModelCatalog.IsResidual(settings.Model) && settings.Shortcut != Shortcut.Projection && options.Text(result, "shortcut") is null;
            using var subject = isOpen
                ? EvaluationSubject.OfEitherIdentity(path, content, settings, input, machine, Console.WriteLine, cancellation)
                : new EvaluationSubject(path, content, Run.Create(settings), input, machine, cancellation);
            var trained = metadata is null ? "" : Run.IdOf(metadata);
            return Task.FromResult(Evaluate(path, subject, trained, kinds, alterations, evaluation.Csv(result), cancellation));
        });
        return command.WithExamples(
            "eval results/train/runs/<run>",
            "eval results/train/runs/<run> --statistics all",
            "eval results/train/runs/<run> --statistics all --shift all --csv shifts.csv",
            "eval resnet20.pth --dataset cifar10 --input-mean 0.491,0.482,0.447 --input-std 0.247,0.243,0.262");
    }

    // The settings of the network and its images: those of the run that left the weights or, for foreign weights, what their shapes show; then what was typed.
    private static RunSettings Asked(string path, Safetensors.Content content, RunSettings? metadata, RunOptionSet options, ParseResult result)
    {
        var start = metadata ?? Recognized(path, content, new RunSettings(), name => options.Text(result, name) is not null);
        var settings = options.Settings(result, start with { Engine = RunSettings.Auto, Device = RunSettings.Auto });
        if (metadata is null)
            return settings;
        foreach (var option in OfNetwork.Append("input").Select(name => RunOptions.Find(name)!).Where(option => option.Get(metadata) != option.Get(settings)))
            throw new ExperimentException($"{path} is the checkpoint of a network with {option.Name} {option.Get(metadata) ?? "not given"}, not {option.Get(settings)}: leave --{option.Name} out.");
        return settings;
    }

    // Trained is the name of the run that left the weights; they are evaluated on this machine now, and perhaps on other images.
    private static int Evaluate(
        string path, EvaluationSubject subject, string trained, IReadOnlyList<NormStatistics> kinds, IReadOnlyList<Alteration> alterations, string? csv,
        CancellationToken cancellation)
    {
        var (run, loop, epoch) = (subject.Run, subject.Loop, subject.Epoch);
        var hasChoice = run.Network.Norm.HasRunningStatistics;
        kinds = hasChoice ? kinds : [NormStatistics.MovingAverage];
        var areFinite = new List<bool>();
        if (alterations.Count > 0)
        {
            var rows = kinds.SelectMany(kind => DistributionShiftScores.Measure(loop, kind, alterations, epoch, cancellation)).ToList();
            Console.Write(DistributionShiftTable.Of($"{subject.Title}: error in %", rows));
            if (csv is not null)
                CsvFile.Write(csv, rows.Select(row => new OfRun<DistributionShiftRow> { Key = run.Key with { Run = trained }, Row = row }));
            areFinite.AddRange(rows.Select(row => row.Error is not null));
        }
        else
        {
            Console.WriteLine(subject.Title);
            foreach (var kind in kinds)
            {
                var score = loop.Evaluate(kind, epoch, cancellation);
                var name = hasChoice ? EnumText.Of(kind) : "own";
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name + " statistics",-26} ") + (score.IsFinite
                    ? string.Create(CultureInfo.InvariantCulture, $"error {score.ErrorPercent:0.00}%  loss {score.MeanLoss:0.0000}") : "some scores are NaN or infinite"));
                areFinite.Add(score.IsFinite);
            }
        }

        if (areFinite.All(isFinite => isFinite))
            return ExitCode.Done;
        Console.Error.WriteLine($"Some scores of the network are NaN or infinite, so there is no error to report for them: with the weights of {path}, values leave the range of {EnumText.Of(run.Settings.Precision)}.");
        return ExitCode.Failed;
    }

    // Takes from the weights' shapes what was not given; what they leave open, the message asks for.
    private static RunSettings Recognized(string path, Safetensors.Content content, RunSettings settings, Func<string, bool> isGiven)
    {
        var network = NetworkOfWeights.Of(content.Tensors);
        if (network.Model is null && !isGiven("model"))
        {
            var shown = content.Tensors.Take(3).Select(tensor => $"{content.NameInFile(tensor.Key)} [{string.Join(", ", tensor.Value.Shape)}]");
            throw new ExperimentException($"{path} holds no weights of a network that is known here (CIFAR's resnets of three equally long stages, small-cnn, and vgg and convnext under this program's names): "
                + (content.Tensors.Count == 0 ? "it holds no tensors." : $"it begins with {string.Join(", ", shown)}. --model compares them with one."));
        }

        if (network.Norm is null && !isGiven(RunOptions.Norm))
            throw new ExperimentException($"{path} does not tell which norm its network has, since {string.Join(", ", network.Norms)} have the same weights: give --norm{(network.Norms.Contains("gn") ? ", and --groups with gn" : "")}.");
        return settings with
        {
            Model = network.Model ?? settings.Model,
            Width = network.Width ?? settings.Width,
            Shortcut = network.Shortcut ?? settings.Shortcut,
            Norm = new(network.Norm ?? network.Norms[0], Affine: network.Affine),
        };
    }

    // Runs before the tensors are compared one by one, to say that the data set is what differs.
    private static void CheckImages(string path, Safetensors.Content content, RunSettings settings)
    {
        var network = NetworkOfWeights.Of(content.Tensors);
        var dataset = Run.DatasetOf(settings);
        if ((network.Channels ?? dataset.Shape.Channels) == dataset.Shape.Channels && (network.Classes ?? dataset.Classes) == dataset.Classes)
            return;
        var fitting = DatasetCatalog.All.Where(other => other.Shape.Channels == network.Channels && other.Classes == network.Classes).Select(other => other.Name).ToList();
        throw new ExperimentException($"{path} holds weights for images of {Channels(network.Channels)} in {network.Classes} classes, and {dataset.Name} has {Channels(dataset.Shape.Channels)} and {dataset.Classes} classes: "
            + (fitting.Count > 0 ? $"give --dataset {string.Join(" or ", fitting)}." : "give --dataset with such images."));

        static string Channels(int? channels) => channels == 1 ? "1 channel" : $"{channels} channels";
    }
}
