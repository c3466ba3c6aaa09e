using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Experiments.CommandLine;
using Experiments.Core.Data;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Experiments.Figures;
using Experiments.Reports;
using Experiments.Torch;

namespace Experiments.Commands;

/// <summary><c>info</c>: which things that the program can use this machine has.</summary>
internal static class InfoCommand
{
    public static Command Create()
    {
        var command = new Command("info", "Say what engines, devices, libraries and data sets this machine has.");
        var folder = DataOption.Create();
        var json = new Option<bool>(JsonOutput.Name) { Description = JsonOutput.Description };
        command.Options.Add(folder);
        command.Options.Add(json);
        command.SetAction(result =>
        {
            var machine = Describe(ThisMachine.With(result.GetValue(folder)));
            if (result.GetValue(json))
                JsonOutput.Write(machine);
            else
                Show(machine);
            return ExitCode.Done;
        });
        return command.WithExamples("info", "info --json");
    }

    private static MachineDocument Describe(Machine machine) => new()
    {
        Version = RunRecord.Version,
        Commit = RunRecord.Commit,
        Framework = RuntimeInformation.FrameworkDescription,
        System = RuntimeInformation.OSDescription,
        Cpu = ProcessInformation.CpuName,
        Cores = Environment.ProcessorCount,
        Instructions = Avx512F.IsSupported ? "AVX-512" : Avx2.IsSupported ? "AVX2" : "no AVX2",
        MemoryGib = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0,
        Engines = [.. machine.Engines.Select(Describe)],
        Figures = FigureWriter.Describe(),
        Datasets = [.. machine.Data.List().Select(Describe)],
    };

    private static EngineOfMachine Describe(IEngineProvider engine)
    {
        var problem = engine.Unavailable("cpu", Precision.Fp32);
        return new EngineOfMachine
        {
            Name = engine.Name,
            Library = engine.Library,
            Devices = problem is null ? engine.Devices : [],
            Precisions = [.. new[] { Precision.Fp32, Precision.Bf16 }.Where(precision => engine.Unavailable("cpu", precision) is null).Select(precision => precision.ToString().ToLowerInvariant())],
            Remark = problem is null && engine is TorchEngineProvider ? TorchEngineProvider.Memory : null,
            Problem = problem,
        };
    }

    private static DatasetOfMachine Describe(DatasetStatus status) => new()
    {
        Name = status.Set.Name,
        Place = status.Place,
        Problem = status.IsReady ? null : status.Place is null ? $"not there. {status.Set.Source.HowToGet}" : string.Join(" ", status.Mistakes),
    };

    private static void Show(MachineDocument machine)
    {
        Line("program", $"Experiments {machine.Version}{(machine.Commit is { } commit ? $", commit {commit[..Math.Min(10, commit.Length)]}" : "")}, {machine.Framework}");
        Line("system", machine.System);
        Line("processor", $"{machine.Cpu}, {machine.Cores} cores, {machine.Instructions}");
        Line("memory", string.Create(CultureInfo.InvariantCulture, $"{machine.MemoryGib:0.0} GiB"));
        foreach (var engine in machine.Engines)
        {
            Line("engine", engine.Problem is { } problem ? $"{engine.Name}: not here. {problem}"
                : $"{engine.Name}: {engine.Library}, on {string.Join(", ", engine.Devices)}, in {string.Join(" and ", engine.Precisions)}{(engine.Remark is { } remark ? $"; {remark}" : "")}");
        }

        Line("figures", machine.Figures);
        foreach (var set in machine.Datasets)
            Line("data set", $"{set.Name}: {set.Problem ?? set.Place}");
    }

    private static void Line(string what, string text) => Console.WriteLine($"{what,-10} {text}");
}
