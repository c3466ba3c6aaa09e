using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Experiments.CommandLine;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Experiments.Figures;
using Experiments.Torch;

namespace Experiments.Commands;

/// <summary><c>info</c>: which things that the program can use this machine has.</summary>
internal static class InfoCommand
{
    public static Command Create()
    {
        var command = new Command("info", "Say what engines, devices, libraries and data sets this machine has.");
        var folder = DataOption.Create();
        command.Options.Add(folder);
        command.SetAction(result => Show(ThisMachine.With(result.GetValue(folder))));
        return command.WithExamples("info");
    }

    private static int Show(Machine machine)
    {
        Line("program", $"Experiments {RunRecord.Version}{(RunRecord.Commit is { } commit ? $", commit {commit[..Math.Min(10, commit.Length)]}" : "")}, {RuntimeInformation.FrameworkDescription}");
        Line("system", RuntimeInformation.OSDescription);
        Line("processor", $"{ProcessInformation.CpuName}, {Environment.ProcessorCount} cores, {Instructions()}");
        Line("memory", string.Create(CultureInfo.InvariantCulture, $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0:0.0} GiB"));
        foreach (var engine in machine.Engines)
        {
            var answer = engine.Unavailable("cpu", Precision.Fp32);
            Line("engine", answer is null ? $"{engine.Name}: {engine.Library}, on {string.Join(", ", engine.Devices)}, in {Precisions(engine)}{(engine is TorchEngineProvider ? $"; {TorchEngineProvider.Memory}" : "")}" : $"{engine.Name}: not here. {answer}");
        }

        Line("figures", FigureWriter.Describe());
        foreach (var status in machine.Data.List())
            Line("data set", $"{status.Set.Name}: {(status.IsReady ? status.Place : status.Place is null ? $"not there. {status.Set.Source.HowToGet}" : string.Join(" ", status.Mistakes))}");
        return ExitCode.Done;
    }

    private static string Precisions(IEngineProvider engine) =>
        string.Join(" and ", new[] { Precision.Fp32, Precision.Bf16 }.Where(precision => engine.Unavailable("cpu", precision) is null)).ToLowerInvariant();

    private static void Line(string what, string text) => Console.WriteLine($"{what,-10} {text}");

    private static string Instructions() => Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "no AVX2";
}
