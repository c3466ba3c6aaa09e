using System.Globalization;
using Experiments.Core.Runs;

namespace Benchmarks.Comparison;

/// <summary>What scripts/compare.sh runs: measures every contender by turns, prints a table, and writes a CSV where nothing disturbed it.</summary>
internal static class Compare
{
    private static readonly int s_cores = Environment.ProcessorCount;

    public static int Run(ComparisonOptions options)
    {
        var rows = new List<ComparisonRow>();
        var leftOut = new HashSet<string>();
        var grid = (from precision in options.Precisions from norm in options.Norms from batch in options.Batches select (batch, norm, precision)).ToList();
        for (var i = 0; i < grid.Count; i++)
        {
            var (batch, norm, precision) = grid[i];
            Console.Error.WriteLine($"{i + 1} of {grid.Count}: batch {batch}, {norm}, {precision} ...");
            rows.AddRange(Measure(options, batch, norm, precision, leftOut));
        }

        if (rows.Count == 0)
            return 3;
        Print(options, rows);
        return ComparisonFile.Write(options, rows, Console.Error);
    }

    /// <summary>Measures one point of the grid. The contenders take turns: while one computes, the others sleep.</summary>
    private static List<ComparisonRow> Measure(ComparisonOptions options, int batch, string norm, string precision, HashSet<string> leftOut)
    {
        var sides = new List<Side>();
        try
        {
            foreach (var contender in Contenders(options, precision))
            {
                try
                {
                    sides.Add(new Side(contender, Command(options, contender, batch, norm, precision)));
                }
                catch (UnavailableException e)
                {
                    if (leftOut.Add($"{contender.Program} {precision}"))
                        Console.Error.WriteLine($"Left out {contender.Program} in {precision}: {e.Message}");
                }
            }

            var load = new MachineLoad(() => sides.Sum(side => side.ProcessorSeconds) + Environment.CpuUsage.TotalTime.TotalSeconds);
            for (var repetition = 0; repetition < options.Repetitions; repetition++)
            {
                foreach (var side in sides)
                    side.Measure();
            }

            var others = load.Others();
            return [.. sides.Select(side => new ComparisonRow(batch, norm, precision, side.Contender, side.Library, side.Median, side.Rates.Min(), side.Rates.Max(), side.Spread, others))];
        }
        finally
        {
            sides.ForEach(side => side.Dispose());
        }
    }

    private static IEnumerable<Contender> Contenders(ComparisonOptions options, string precision)
    {
        yield return new("onednn", s_cores, 1);
        yield return new("torch", s_cores, 1);
        foreach (var memory in OperatingSystem.IsLinux() ? new[] { "as-is", "kept" } : ["as-is"])
        {
            yield return new("torchsharp", s_cores, 1, memory);
            if (s_cores > 1)
                yield return new("torchsharp", 1, s_cores, memory);
        }

        if (!options.PyTorch)
            yield break;
        foreach (var program in precision == "bf16" ? new[] { "pytorch", "pytorch-autocast" } : ["pytorch"])
        {
            yield return new(program, s_cores, 1);
            if (s_cores > 1)
                yield return new(program, 1, s_cores);
        }
    }

    private static List<string> Command(ComparisonOptions options, Contender contender, int batch, string norm, string precision)
    {
        var seconds = options.Seconds.ToString(CultureInfo.InvariantCulture);
        return contender.Program switch
        {
            "torchsharp" => ["dotnet", typeof(Compare).Assembly.Location, "torchsharp", norm, $"{batch}", $"{contender.Threads}", seconds],

            // Debian's python, even if another comes first in the path: python3-torch is installed for this one.
            "pytorch" or "pytorch-autocast" =>
            [
                "/usr/bin/python3", Path.Combine(options.Root, "tests/Benchmarks/Comparison/pytorch_training.py"), "--norm", norm, "--batch", $"{batch}",
                "--threads", $"{contender.Threads}", "--seconds", seconds, .. contender.Program == "pytorch" ? Array.Empty<string>() : ["--autocast"],
            ],
            _ =>
            [
                Path.Combine(options.Root, "scripts/experiments"), "bench", "--by-turns", "--engine", contender.Program, "--model", "resnet20", "--norm", norm,
                .. norm == "gn" ? new[] { "--groups", "8" } : [], "--batch", $"{batch}", "--device", "cpu", "--precision", precision, "--threads", $"{contender.Threads}", "--seconds", seconds,
            ],
        };
    }

    private static void Print(ComparisonOptions options, List<ComparisonRow> rows)
    {
        var libraries = string.Join("; ", rows.DistinctBy(row => row.Contender.Program).Select(row => $"{row.Contender.Program}: {row.Library}"));
        Console.WriteLine();
        Console.WriteLine("Images per second of a training step: ResNet-20, 32x32x3, SGD with momentum 0.9 and weight decay 1e-4; GN has 8 groups.");
        Console.WriteLine($"{ProcessInformation.CpuName}, {s_cores} cores. {libraries}.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Medians of {options.Repetitions} repetitions of {options.Seconds} s, by turns. 'each': a process of one thread on every core, summed; 'one': one process with all cores."));
        Console.WriteLine("TorchSharp is the faster of two: its memory left as it is, or glibc told to keep what is freed. Spread: the widest of a row, (highest - lowest) / median.");
        Console.WriteLine();
        List<string> header = ["batch", "norm", "precision", "onednn each", "torch each", "TorchSharp each", "TorchSharp one", "onednn / TorchSharp", "torch / TorchSharp"];
        if (options.PyTorch)
            header.AddRange(["PyTorch each", "PyTorch one", "onednn / PyTorch"]);
        header.AddRange(["spread", "others"]);
        var lines = new List<List<string>> { header };
        foreach (var point in rows.GroupBy(row => (row.Batch, row.Norm, row.Precision)))
        {
            var (onednn, torch) = (Best(point, "onednn", each: true), Best(point, "torch", each: true));
            var (each, one) = (Best(point, "torchsharp", each: true), Best(point, "torchsharp", each: false));
            var peer = Larger(each, one);
            List<string> line = [$"{point.Key.Batch}", point.Key.Norm, point.Key.Precision, Rate(onednn), Rate(torch), Rate(each), Rate(one), Ratio(onednn, peer), Ratio(torch, peer)];
            if (options.PyTorch)
            {
                var (pytorchEach, pytorchOne) = (Best(point, "pytorch", each: true), Best(point, "pytorch", each: false));
                line.AddRange([Rate(pytorchEach), Rate(pytorchOne), Ratio(onednn, Larger(pytorchEach, pytorchOne))]);
            }

            line.AddRange([ComparisonFile.Percent(point.Max(row => row.Spread)), ComparisonFile.Percent(point.Max(row => row.Others))]);
            lines.Add(line);
        }

        var widths = Enumerable.Range(0, header.Count).Select(column => lines.Max(line => line[column].Length)).ToList();
        foreach (var line in lines)
            Console.WriteLine(string.Join("   ", line.Select((cell, column) => cell.PadLeft(widths[column]))));
        Console.WriteLine();

        static double? Best(IEnumerable<ComparisonRow> point, string program, bool each) => point
            .Where(row => row.Contender.Program.StartsWith(program, StringComparison.Ordinal) && (program != "torch" || row.Contender.Program == program))
            .Where(row => row.Contender.Threads == 1 == each || s_cores == 1).Max(row => (double?)row.Median);
        static double? Larger(double? a, double? b) => a is null || b > a ? b : a;
        static string Rate(double? rate) => rate is { } number ? number.ToString("0", CultureInfo.InvariantCulture) : "-";
        static string Ratio(double? ours, double? peer) => ours / peer is { } number ? number.ToString("0.00x", CultureInfo.InvariantCulture) : "-";
    }
}
