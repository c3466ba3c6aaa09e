using System.Globalization;
using Experiments.Core.Results.Tables;
using Experiments.Core.Training;
using Experiments.Core.Training.Timing;

namespace Experiments.Display;

/// <summary>Where a training step's time goes, as text: by kernel, and by kernel and layer.</summary>
internal static class ProfileTable
{
    /// <summary>Both tables, the largest share first, and the share of the convolutions.</summary>
    /// <param name="times">What the engine measured.</param>
    /// <param name="timing">The steps it measured it in.</param>
    public static string Of(IReadOnlyList<KernelTime> times, StepTiming timing)
    {
        IReadOnlyList<string> Row(IEnumerable<string> labels, double seconds, long? calls) =>
        [
            .. labels,
            Text(1e6 * seconds / timing.Steps, "0.0"),
            Text(100 * seconds / timing.Seconds, "0.0") + "%",
            calls is { } count ? Text((double)count / timing.Steps, "0.##") : "",
        ];

        var kernels = Sum(times, time => time.Kernel);
        var inKernels = times.Sum(time => time.Seconds);
        var byKernel = kernels.Select(kernel => Row([kernel.Key], kernel.Seconds, kernel.Calls))
            .Append(Row(["in no kernel"], timing.Seconds - inKernels, null))
            .Append(Row(["whole step"], timing.Seconds, null));
        var byLayer = Sum(times, time => (time.Kernel, time.Layer)).Select(part => Row([part.Key.Kernel, part.Key.Layer], part.Seconds, part.Calls));
        var convolutions = kernels.Where(kernel => kernel.Key.StartsWith("convolution", StringComparison.Ordinal)).Sum(kernel => kernel.Seconds);
        return TextTable.Align("a step by kernel", ["kernel", "us/step", "share", "calls/step"], byKernel)
            + $"\nIn convolutions: {Text(100 * convolutions / timing.Seconds, "0.0")}% of the step.\n\n"
            + TextTable.Align("a step by kernel and layer", ["kernel", "layer", "us/step", "share", "calls/step"], byLayer, labels: 2);
    }

    private static List<(TKey Key, long Calls, double Seconds)> Sum<TKey>(IEnumerable<KernelTime> times, Func<KernelTime, TKey> key) =>
        [.. times.GroupBy(key).Select(part => (part.Key, part.Sum(time => time.Calls), Seconds: part.Sum(time => time.Seconds))).OrderByDescending(part => part.Seconds)];

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
