using System.CommandLine;
using System.Globalization;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Experiments.Core.Training.Timing;
using Experiments.Display;
using Experiments.Processes;
using Experiments.Torch;

namespace Experiments.Commands;

/// <summary><c>bench</c>: how fast an engine trains, and where a step's time goes.</summary>
internal static class BenchCommand
{
    private const string Dataset = "synthetic";

    private static readonly string[] Relevant =
    [
        RunOptions.Dataset, .. RunOptions.OfImages, "model", "width", "shortcut", "activation", "norm-position", RunOptions.Norm, .. RunOptions.OfNorm, "batch", "workers", RunOptions.Optimizer, .. RunOptions.OfOptimizer,
        "decay-on", "engine", "device", "precision", "threads", "seed",
    ];

    public static Command Create()
    {
        var command = new Command("bench", "Measure how many images a second an engine trains on: whole steps (forward, loss, backward, update) "
            + "on one batch of random images. Warm-up is not counted.");
        var options = new RunOptionSet(command, Relevant.Contains, option => option.Name == "dataset" ? $"{Dataset}; only its image size and classes count" : option.Default, readsData: false);
        var seconds = new Option<string>("--seconds") { Description = "seconds of a repetition, and of the warm-up before the first (default: 2)", HelpName = "X" };
        var repetitions = new Option<string>("--repetitions") { Description = "number of repetitions; their median is reported (default: 5)", HelpName = "N" };
        var processes = new Option<string>("--processes") { Description = "number of processes side by side, each with --threads; their images per second are added up (default: 1)", HelpName = "N" };
        var profile = new Option<bool>("--profile") { Description = "also print how much of a step each kernel takes, by kernel and by layer" };
        var byTurns = new Option<bool>("--by-turns") { Description = "measure one repetition for each line of standard input, and print its images and seconds; so several programs can be measured by turns" };
        foreach (var option in new Option[] { seconds, repetitions, processes, profile, byTurns })
            command.Options.Add(option);
        command.SetAction((result, cancellation) =>
        {
            var settings = options.Settings(result, new RunSettings { Dataset = Dataset });
            var length = result.GetValue(seconds) is { } time ? RunOptions.PositiveNumber("seconds", time) : 2;
            var times = result.GetValue(repetitions) is { } number ? RunOptions.Positive("repetitions", number) : 5;
            var count = result.GetValue(processes) is { } many ? RunOptions.Positive("processes", many) : 1;
            if (new[] { result.GetValue(profile), result.GetValue(byTurns), count > 1 }.Count(asked => asked) > 1)
                throw new ExperimentException("--profile, --by-turns and --processes above 1 exclude each other: give one of them.");
            var machine = options.Machine(result);
            var run = Run.Create(machine.Resolve(settings));
            if ((long)count * run.Settings.Threads > Environment.ProcessorCount)
                throw new ExperimentException($"--processes {count} with --threads {run.Settings.Threads} is more than this machine has cores: {Environment.ProcessorCount}.");
            return count > 1 ? SideBySideAsync(run, machine, length, times, count, cancellation)
                : Task.FromResult(result.GetValue(byTurns) ? ByTurns(run, machine, length, cancellation)
                : InThisProcess(run, machine, length, times, result.GetValue(profile), cancellation));
        });
        return command.WithExamples(
            "bench --model resnet20 --norm bn --batch 2",
            "bench --model resnet20 --norm gn --groups 8 --batch 2 --processes 2",
            "bench --model resnet20 --norm bn --batch 32 --profile");
    }

    private static int InThisProcess(Run run, Machine machine, double seconds, int repetitions, bool profile, CancellationToken cancellation)
    {
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        var profiled = engine as IProfiledEngine;
        if (profile && profiled is null)
            throw new ExperimentException($"The {run.Settings.Engine} engine does not say where its time goes: leave --profile out, or take another --engine.", ExperimentException.Unavailable);
        var benchmark = new StepBenchmark(engine, run.Network, run.Settings);
        Describe(run, machine, engine.Library, processes: 1);
        benchmark.WarmUp(seconds, cancellation);
        Report(run, seconds, [.. Enumerable.Range(0, repetitions).Select(_ => benchmark.Measure(seconds, cancellation).ImagesPerSecond)], processes: 1);
        if (!profile)
            return ExitCode.Done;

        profiled!.Profile(true);
        var timing = benchmark.Measure(seconds, cancellation);
        profiled.Profile(false);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"with every kernel timed: {timing.ImagesPerSecond:0.0} images/s, over {timing.Steps} steps"));
        Console.WriteLine();
        Console.Write(ProfileTable.Of(profiled.KernelTimes, timing));
        return ExitCode.Done;
    }

    private static async Task<int> SideBySideAsync(Run run, Machine machine, double seconds, int repetitions, int processes, CancellationToken cancellation)
    {
        var arguments = Relevant.Select(name => RunOptions.Find(name)!).Where(option => option.Get(run.Settings) is not null)
            .SelectMany(option => new[] { $"--{option.Name}", option.Get(run.Settings)! })
            .Prepend("bench").Concat(["--seconds", seconds.ToString("R", CultureInfo.InvariantCulture), "--by-turns"]).ToList();
        using var all = await SideBySide.StartAsync(processes, arguments, run.Settings.Threads, cancellation).ConfigureAwait(false);
        Describe(run, machine, all.Library, processes);
        var rates = new List<double>();
        for (var i = 0; i < repetitions; i++)
            rates.Add(await all.RepeatAsync(cancellation).ConfigureAwait(false));
        Report(run, seconds, rates, processes);
        return ExitCode.Done;
    }

    private static int ByTurns(Run run, Machine machine, double seconds, CancellationToken cancellation)
    {
        using var engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        var benchmark = new StepBenchmark(engine, run.Network, run.Settings);
        benchmark.WarmUp(seconds, cancellation);
        Console.WriteLine(TurnProtocol.Ready(run.Settings.Engine, engine.Library));

        // Waiting for a line does not react to Ctrl+C, so another thread waits for it. All training stays on the thread where it began, as in a run:
        // another thread gets memory of its own from the C library, and libtorch was measured to be a tenth slower with that.
        while (Task.Run(Console.ReadLine, cancellation).WaitAsync(cancellation).GetAwaiter().GetResult() is not null)
            Console.WriteLine(TurnProtocol.Repetition(benchmark.Measure(seconds, cancellation)));
        return ExitCode.Done;
    }

    private static void Describe(Run run, Machine machine, string library, int processes)
    {
        var (network, settings) = (run.Network, run.Settings);
        var workers = settings.Workers > 1 ? $" x {settings.Workers} workers" : "";
        Console.WriteLine($"{network.Model} with {network.Norm}, batch {settings.Batch}{workers}, {network.Input} images in {network.Classes} classes, {EnumText.Of(settings.Precision)}");
        Console.WriteLine($"engine {settings.Engine} ({library}) on {settings.Device}; {ProcessInformation.CpuName}, {Environment.ProcessorCount} cores; "
            + $"{(processes > 1 ? $"{processes} processes side by side, each with " : "")}{settings.Threads} {(settings.Threads > 1 ? "threads" : "thread")}");
        if (machine.Engine(settings.Engine) is TorchEngineProvider)
            Console.WriteLine(TorchEngineProvider.Memory);
    }

    private static void Report(Run run, double seconds, List<double> rates, int processes)
    {
        var median = Statistics.Median(rates);
        var milliseconds = 1000.0 * run.Settings.Batch * run.Settings.Workers * processes / median;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{median:0.0} images/s, {milliseconds:0.000} ms a step (median of {rates.Count} x {seconds} s; lowest {rates.Min():0.0}, highest {rates.Max():0.0})"));
    }
}
