using Benchmarks.Comparison;

namespace Experiments.Tests;

/// <summary>When scripts/compare.sh writes its CSV, and where.</summary>
public sealed class ComparisonFileTests : IDisposable
{
    private static readonly ComparisonRow Quiet = new(2, "gn", "fp32", new("onednn", 2, 1), "oneDNN 2.7.0", 100, 90, 110, Spread: 0.5, Others: 0.1);

    private readonly TemporaryFolder _folder = new();

    private ComparisonOptions Options => new() { Root = _folder.Path };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Undisturbed_measurements_are_written()
    {
        Assert.Equal((0, ""), Write(Options, Quiet, Quiet with { Norm = "bn" }));
        var lines = File.ReadAllLines(ComparisonFile.PathOf(Options));
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("2,gn,fp32,onednn,oneDNN 2.7.0,2,1,as-is,100.0,90.0,110.0,5,2,0.500,0.100,no,", lines[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.51, 0.02, "Disturbed: 1 of 2 measurements. Other programs used up to 2% of the machine (10% is allowed), and repetitions differ by up to 51% of their median (50% is allowed).")]
    [InlineData(0.05, 0.11, "Disturbed: 1 of 2 measurements. Other programs used up to 11% of the machine (10% is allowed), and repetitions differ by up to 5% of their median (50% is allowed).")]
    public void A_disturbed_measurement_is_refused_and_an_earlier_file_stays(double spread, double others, string answer)
    {
        Write(Options, Quiet);
        var before = File.ReadAllText(ComparisonFile.PathOf(Options));
        var refused = Write(Options, Quiet, Quiet with { Norm = "bn", Spread = spread, Others = others });
        Assert.Equal((1, $"{answer}\nNo CSV was written. Measure again when the machine does nothing else; --force writes the CSV and marks these rows.\n"), refused);
        Assert.Equal(before, File.ReadAllText(ComparisonFile.PathOf(Options)));
    }

    [Fact]
    public void Force_writes_a_disturbed_measurement_and_marks_its_row()
    {
        var (exitCode, said) = Write(Options with { Force = true }, Quiet, Quiet with { Norm = "bn", Others = 0.4 });
        Assert.Equal(0, exitCode);
        Assert.StartsWith("Disturbed: 1 of 2 measurements.", said, StringComparison.Ordinal);
        Assert.Equal(["no", "yes"], File.ReadAllLines(ComparisonFile.PathOf(Options)).Skip(1).Select(line => line.Split(',')[15]));
    }

    [Fact]
    public void A_quick_comparison_does_not_replace_a_full_one()
    {
        Write(Options, Quiet);
        var full = File.ReadAllText(ComparisonFile.PathOf(Options));
        var quick = ComparisonOptions.Parse([_folder.Path, "--quick"]);
        Write(quick, Quiet with { Norm = "none" });
        Assert.Equal(full, File.ReadAllText(ComparisonFile.PathOf(Options)));
        Assert.Equal(_folder["results", "benchmarks", "comparison-quick.csv"], ComparisonFile.PathOf(quick));
    }

    private static (int ExitCode, string Error) Write(ComparisonOptions options, params ComparisonRow[] rows)
    {
        using var error = new StringWriter { NewLine = "\n" };
        return (ComparisonFile.Write(options, rows, error), error.ToString());
    }
}
