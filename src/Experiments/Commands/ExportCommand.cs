using System.CommandLine;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Files;
using Experiments.Core.Training.Weights;

namespace Experiments.Commands;

/// <summary><c>export</c>: a run's weights as a file that PyTorch loads.</summary>
internal static class ExportCommand
{
    // What the tensors do not say, but whoever builds the network in PyTorch must know.
    private static readonly string[] NotInTensors =
    [
        "shortcut", "activation", "norm-position", "norm", "groups", "channels-per-group", "weight-standardization", "dataset", "input", "input-mean", "input-std",
    ];

    public static Command Create()
    {
        var command = new Command("export", "Write a run's weights as a state dictionary that PyTorch loads.");
        var run = new Argument<string>("run") { Description = "a run's folder, or its weights.safetensors", HelpName = "RUN" };
        var to = new Option<string>("--to") { Description = "file to write; its ending chooses the format", HelpName = "FILE.pt|FILE.safetensors", Required = true };
        command.Arguments.Add(run);
        command.Options.Add(to);
        command.SetAction(result => Export(WeightFile.Locate(result.GetValue(run)!), result.GetValue(to)!));
        return command.WithExamples(
            "export results/train/runs/<run> --to resnet20.pt",
            "export results/train/runs/<run>/weights.safetensors --to resnet20.safetensors");
    }

    private static int Export(string path, string file)
    {
        var write = Writer(file);
        var content = WeightFile.Read(path);
        if (!content.Metadata.ContainsKey("model"))
            throw new ExperimentException($"{path} is not a checkpoint of this program: its metadata names no model.");
        AtomicFile.WriteBytes(file, write([.. content.Tensors.Select(tensor => (tensor.Key, tensor.Value))], content.Metadata));
        var known = NotInTensors.Where(content.Metadata.ContainsKey).Select(key => $"{key} {content.Metadata[key]}");
        Console.WriteLine($"{file}: {content.Tensors.Count} tensors of {content.Metadata["model"]}, named {string.Join(", ", content.Tensors.Keys.Take(3))}, ...");
        Console.WriteLine($"What the network in PyTorch must have besides: {string.Join(", ", known)}");
        return ExitCode.Done;
    }

    private static Func<List<(string Name, Safetensors.Tensor Tensor)>, IReadOnlyDictionary<string, string>, byte[]> Writer(string file) => Path.GetExtension(file).ToUpperInvariant() switch
    {
        ".PT" or ".PTH" or ".TH" => (tensors, _) => PyTorchWriter.Write(tensors),
        ".SAFETENSORS" => Safetensors.Write,
        ".ONNX" => throw new ExperimentException("ONNX is not written, since no well-kept library of .NET does: export a .pt file, and torch.onnx.export writes the network that loads it."),
        _ => throw new ExperimentException($"--to takes a file that ends in .pt, .pth, .th or .safetensors, not '{file}'."),
    };
}
