using System.Globalization;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Experiments.Core.Training.Timing;
using Experiments.Display;
using Experiments.Processes;

namespace Experiments.Commands;

/// <summary><c>train --dry-run</c>: what a training would be, and how long.</summary>
internal static class TrainDryRun
{
    /// <summary>Prints it for a person.</summary>
    public static int Report(Run run, RunEstimator estimator, ResultsFolder folder, CancellationToken cancellation)
    {
        var (network, settings) = (run.Network, run.Settings);
        Console.WriteLine("A few steps are timed, and nothing is kept.");
        var (estimate, from) = estimator.Measure(run, Console.WriteLine, cancellation);
        var workers = settings.Workers > 1 ? $" x {settings.Workers} workers" : "";
        Say("run", $"{run.Id}, into {folder.Root}");
        Say("network", $"{network.Model} with {network.Norm}, {network.ParameterCount} parameters");
        Say("data", $"{run.Dataset.Title}: {estimate.TrainImages} training and {estimate.TestImages} {(settings.Validation > 0 ? "validation" : "test")} images, {network.Input}, {network.Classes} classes");
        Say("training", string.Create(CultureInfo.InvariantCulture,
            $"batch {settings.Batch}{workers}, learning rate {settings.ScaledLearningRate:G4}, {estimate.StepsPerEpoch} steps an epoch, {settings.Epochs} {(settings.Epochs == 1 ? "epoch" : "epochs")}"));
        if (settings.Measure != MeasurementKinds.None)
            Say("measures", EnumText.Of(settings.Measure));
        if (from is not null)
            Say("half done", RunLog.Describe(from, settings.Epochs, estimate.StepsPerEpoch));
        Say("engine", $"{settings.Engine} ({estimate.Library}) on {settings.Device}, {EnumText.Of(settings.Precision)}, {settings.Threads} {(settings.Threads > 1 ? "threads" : "thread")}");
        if (estimate.MemoryMib is { } memory)
            Say("memory", string.Create(CultureInfo.InvariantCulture, $"{memory:0} MiB"));
        Say("time", Describe(estimate, from));
        return ExitCode.Done;

        static void Say(string what, string text) => Console.WriteLine($"{what,-9} {text}");
    }

    /// <summary>Answers the sweep that started this process, in a line: the run as a whole, whatever there is of it in a folder.</summary>
    public static int Answer(Run run, RunEstimator estimator, CancellationToken cancellation)
    {
        Console.WriteLine(EstimateLine.Write(estimator.Measure(run, Console.Error.WriteLine, cancellation).Estimate));
        return ExitCode.Done;
    }

    private static string Describe(TrainingEstimate estimate, TrainingPosition? from)
    {
        var time = estimate.Left(from);
        var parts = new[] { ("steps", time.Steps), ("evaluations", time.Evaluations), ("measurements", time.Measurements), ("files", time.Files), ("beginning and end", time.Once) };
        return string.Create(CultureInfo.InvariantCulture, $"about {TrainingDisplay.Describe(time.Total)}{(from is null ? "" : " left")}, ")
            + $"of which {string.Join(", ", parts.Where(part => part.Item2 > 0).Select(part => $"{part.Item1} {Seconds(part.Item2)}"))}; "
            + string.Create(CultureInfo.InvariantCulture, $"{1000 * estimate.StepSeconds:G3} ms a step, measured over {estimate.TimedSteps} {(estimate.TimedSteps == 1 ? "step" : "steps")}");
    }

    private static string Seconds(double seconds) =>
        seconds < 10 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s") : TrainingDisplay.Describe(TimeSpan.FromSeconds(seconds));
}
