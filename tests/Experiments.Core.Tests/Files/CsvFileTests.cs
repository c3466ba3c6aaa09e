using System.Globalization;
using Experiments.Core.Files;
using Experiments.Core.Results.Rows;
using Experiments.Core.Tests.Results;
using FsCheck;
using FsCheck.Fluent;

namespace Experiments.Core.Tests.Files;

public sealed class CsvFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Csv => _folder["runs.csv"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_headers_are_those_that_are_documented()
    {
        static string Header<T>() => $"{(typeof(T).GenericTypeArguments is [var row] ? row : typeof(T)).Name}: {string.Join(",", Column.Of(typeof(T)).Select(column => column.Name))}\n";
        Golden.Matches(Header<RunRow>() + Header<OfRun<EpochRow>>() + Header<SummaryRow>() + Header<DifferenceRow>() + Header<OfRun<PercentileRow>>()
            + Header<OfRun<HistogramRow>>() + Header<OfRun<LandscapeRow>>() + Header<OfRun<CovariateShiftRow>>() + Header<OfRun<DistributionShiftRow>>() + Header<OfRun<SequenceLengthRow>>(), "headers.txt");
    }

    [Fact]
    public void Rows_come_back_as_they_were_written()
    {
        RunRow[] rows =
        [
            Sample.Run() with { Host = "a \"quoted\", comma\nand line", Commit = null, Cpu = "Prozessor für ±" },
            Sample.Run("gn", groups: 8).Diverged() with { TrainLoss = double.NaN, TestLoss = double.PositiveInfinity },
            Sample.Run().Failed(),
        ];
        CsvFile.Write(Csv, rows);
        Assert.Equal(rows, CsvFile.Read<RunRow>(Csv));
    }

    [Fact]
    public void Any_number_comes_back_as_the_same_bits_under_any_culture()
    {
        var before = CultureInfo.CurrentCulture;
        var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        commas.NumberFormat.NumberDecimalSeparator = ",";
        try
        {
            CultureInfo.CurrentCulture = commas;
            Prop.ForAll<double, long>((number, seed) =>
            {
                CsvFile.Write(Csv, [Sample.Run(seed: seed, error: number)]);
                var read = CsvFile.Read<RunRow>(Csv)[0];
                return read.Seed == seed && BitConverter.DoubleToInt64Bits(read.Error!.Value) == BitConverter.DoubleToInt64Bits(number);
            }).QuickCheckThrowOnFailure();
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Fact]
    public void Columns_may_stand_in_any_order_and_unknown_ones_are_passed_over()
    {
        CsvFile.Write(Csv, [Sample.Run().Epoch(1, 20)]);
        var lines = File.ReadAllLines(Csv).Select(line => string.Join(',', line.Split(',').Reverse().Prepend("unknown")));
        File.WriteAllLines(Csv, lines);
        Assert.Equal([Sample.Run().Epoch(1, 20)], CsvFile.Read<OfRun<EpochRow>>(Csv));
    }

    [Theory]
    [InlineData(",batch,", ",bach,", "line 1: missing column batch.")]
    [InlineData(",32,1,100,", ",many,1,100,", "line 2, column batch: 'many' is not a whole number.")]
    [InlineData(",32,1,100,", ",,1,100,", "line 2, column batch: '' is not a whole number.")]
    [InlineData(",13.6,", ",\"13,6\",", "line 2, column error: '13,6' is not a number.")]
    [InlineData(",finished,", ",done,", "line 2, column status: 'done' is not one of finished, diverged, failed.")]
    [InlineData(",here,\"a processor, of some kind\",0.1.0,,2026-01-02T03:04:05Z", "", "line 2: the line ends before column host.")]
    public void A_damaged_file_is_refused_with_file_line_and_column(string found, string replacement, string message)
    {
        CsvFile.Write(Csv, [Sample.Run()]);
        var text = File.ReadAllText(Csv);
        Assert.Contains(found, text, StringComparison.Ordinal);
        File.WriteAllText(Csv, text.Replace(found, replacement, StringComparison.Ordinal));
        var error = Assert.Throws<ExperimentException>(() => CsvFile.Read<RunRow>(Csv));
        Assert.Equal($"{Csv}, {message}", error.Message);
        Assert.Equal(ExperimentException.BadInput, error.ExitCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not,a,table\n1,2,3\n")]
    [InlineData("run,\"experiment\n")]
    public void What_is_no_table_of_runs_is_refused_by_name(string text)
    {
        File.WriteAllText(Csv, text);
        Assert.Contains(Csv, Assert.Throws<ExperimentException>(() => CsvFile.Read<RunRow>(Csv)).Message, StringComparison.Ordinal);
    }
}
