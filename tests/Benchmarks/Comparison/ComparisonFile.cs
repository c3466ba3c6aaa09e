using System.Globalization;
using Experiments.Core.Files;
using Experiments.Core.Runs;

namespace Benchmarks.Comparison;

/// <summary>One contender at one point of the grid.</summary>
/// <param name="Batch">Images per step.</param>
/// <param name="Norm">The norm.</param>
/// <param name="Precision">The precision.</param>
/// <param name="Contender">What was measured.</param>
/// <param name="Library">The library it computed with, and its version.</param>
/// <param name="Median">The median of its repetitions, in images per second.</param>
/// <param name="Lowest">The slowest repetition.</param>
/// <param name="Highest">The fastest repetition.</param>
/// <param name="Spread">How far the repetitions lie apart, as a part of the median.</param>
/// <param name="Others">The part of the machine that others used meanwhile.</param>
internal sealed record ComparisonRow(int Batch, string Norm, string Precision, Contender Contender, string Library, double Median, double Lowest, double Highest, double Spread, double Others)
{
    /// <summary>The largest spread of a measurement that counts.</summary>
    public const double MostSpread = 0.5;

    /// <summary>The largest part of the machine that others may use during a measurement that counts.</summary>
    public const double MostOthers = 0.1;

    /// <summary>Whether something else disturbed the measurement.</summary>
    public bool IsDisturbed => Spread > MostSpread || Others > MostOthers;
}

/// <summary>The CSV of a comparison. It is not written if a measurement was disturbed, unless that is asked for.</summary>
internal static class ComparisonFile
{
    /// <summary>Where the CSV goes. A quick comparison has a file of its own, so that it does not replace a full one.</summary>
    public static string PathOf(ComparisonOptions options) =>
        Path.Combine(options.Root, "results", "benchmarks", options.IsQuick ? "comparison-quick.csv" : "comparison.csv");

    /// <summary>Writes the CSV, or says why not.</summary>
    /// <param name="options">What was compared.</param>
    /// <param name="rows">What was measured.</param>
    /// <param name="error">Where the reason is written.</param>
    /// <returns>The exit code: 0 if the file was written, 1 if a measurement was disturbed.</returns>
    public static int Write(ComparisonOptions options, IReadOnlyList<ComparisonRow> rows, TextWriter error)
    {
        var disturbed = rows.Where(row => row.IsDisturbed).ToList();
        if (disturbed.Count > 0)
        {
            var (others, spread) = (disturbed.Max(row => row.Others), disturbed.Max(row => row.Spread));
            error.WriteLine($"Disturbed: {disturbed.Count} of {rows.Count} measurements. Other programs used up to {Percent(others)} of the machine ({Percent(ComparisonRow.MostOthers)} is allowed), "
                + $"and repetitions differ by up to {Percent(spread)} of their median ({Percent(ComparisonRow.MostSpread)} is allowed).");
            if (!options.Force)
            {
                error.WriteLine("No CSV was written. Measure again when the machine does nothing else; --force writes the CSV and marks these rows.");
                return 1;
            }
        }

        var path = PathOf(options);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var lines = rows.Select(row => string.Create(CultureInfo.InvariantCulture,
            $"{row.Batch},{row.Norm},{row.Precision},{row.Contender.Program},{row.Library.Replace(',', ';')},{row.Contender.Processes},{row.Contender.Threads},{row.Contender.Memory},"
            + $"{row.Median:0.0},{row.Lowest:0.0},{row.Highest:0.0},{options.Repetitions},{options.Seconds},{row.Spread:0.000},{row.Others:0.000},{(row.IsDisturbed ? "yes" : "no")},{ProcessInformation.CpuName.Replace(',', ';')}"));
        AtomicFile.WriteText(path, "batch,norm,precision,program,library,processes,threads,memory,images_per_second,lowest,highest,repetitions,seconds,spread,others,disturbed,cpu\n"
            + string.Concat(lines.Select(line => line + "\n")));
        Console.WriteLine($"Written to {Path.GetRelativePath(Environment.CurrentDirectory, path)}.");
        return 0;
    }

    /// <summary>A part in percent.</summary>
    public static string Percent(double part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part:0}%");
}
