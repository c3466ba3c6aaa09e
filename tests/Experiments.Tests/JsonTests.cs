using System.Text.Json;
using System.Text.RegularExpressions;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;
using Experiments.Display;

namespace Experiments.Tests;

/// <summary><c>--json</c>: one document on the standard output and nothing else, with the numbers of the CSVs.</summary>
public sealed partial class JsonTests : IDisposable
{
    private static readonly string Quick = Path.Combine(RepositoryFolder.Root, "results", "reference", "quick");

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_table_has_the_numbers_of_summary_csv_and_of_differences_csv()
    {
        var document = Read($"table {Quick} --json");
        Assert.Equal("error", document.GetProperty("value").GetString());
        var tables = document.GetProperty("tables").EnumerateArray().ToList();
        Assert.Equal(3, tables.Count);
        var summary = SummaryRow.Of(ResultsFolder.ReadRuns(Quick));
        var means = tables[0].GetProperty("cells").EnumerateArray().ToList();
        Assert.Equal(summary.Count, means.Count);
        foreach (var cell in means)
        {
            var row = summary.Single(row => row.Norm == cell.GetProperty("cell").GetProperty("norm").GetString() && row.Batch == cell.GetProperty("cell").GetProperty("batch").GetInt32());
            Assert.Equal(("mean", row.N, row.Mean, row.Ci95Low, row.NFailed),
                (cell.GetProperty("kind").GetString(), cell.GetProperty("n").GetInt32(), Number(cell, "mean"), Number(cell, "ci95_low"), cell.GetProperty("n_failed").GetInt32()));
            Assert.Equal(row.Groups, Number(cell.GetProperty("cell"), "groups"));
            Assert.Null(Number(cell, "p"));
        }

        var differences = tables[1].GetProperty("cells").EnumerateArray().Select(cell => (Number(cell, "mean"), Number(cell, "ci95_high"), cell.GetProperty("baseline").GetProperty("norm").GetString()));
        Assert.Equal(DifferenceRow.Of(ResultsFolder.ReadRuns(Quick)).Select(row => (row.MeanDifference, row.Ci95High, (string?)row.BaselineNorm)), differences);
        Assert.Contains(tables[2].GetProperty("cells").EnumerateArray(), cell => cell.GetProperty("kind").GetString() == "published" && cell.GetProperty("cell").ValueKind == JsonValueKind.Null);
        Assert.All(tables, table => Assert.NotEmpty(table.GetProperty("heading").GetString()!));
    }

    [Fact]
    public void A_comparison_has_both_folders_and_the_difference()
    {
        var other = Path.Combine(Path.GetDirectoryName(Quick)!, "table-3-quick");
        var table = Assert.Single(Read($"table {Quick} {other} --json").GetProperty("tables").EnumerateArray());
        Assert.Equal(["quick", "table-3-quick", "table-3-quick - quick"], table.GetProperty("cells").EnumerateArray().Select(cell => cell.GetProperty("column").GetString()));
        Assert.Equal([5, 4, 4], table.GetProperty("cells").EnumerateArray().Select(cell => cell.GetProperty("cell").GetProperty("epochs").GetInt32()));
        Assert.True(Number(table.GetProperty("cells")[2], "p_holm") > 0);
    }

    [TrainsFact]
    public void The_status_of_a_sweep_has_a_runs_numbers_and_null_for_one_to_do()
    {
        var first = Cli.Run("sweep --dataset synthetic --train-limit 100 --test-limit 100 --epochs 1 --model resnet8 --width 8 --norm gn --groups 4 --batch 8 --seeds 2 --out s --print-commands", _folder.Path).Output.Split('\n')[0];
        Assert.Equal(0, Cli.Run(first.Split(' ', 2)[1]).ExitCode);
        var sweep = Assert.Single(Read("sweep s --status --json").GetProperty("sweeps").EnumerateArray());
        Assert.Equal(("s", 1, 1, 0), (sweep.GetProperty("name").GetString(), Count("finished"), Count("to_do"), Count("under_way")));
        var row = Assert.Single(ResultsFolder.ReadRuns(_folder["s"]));
        var runs = sweep.GetProperty("runs").EnumerateArray().ToDictionary(run => run.GetProperty("stage").GetString()!);
        Assert.Equal((row.Run, row.Error, row.Seconds, 1.0, 4.0), (runs["finished"].GetProperty("run").GetString(), Number(runs["finished"], "test_error"), Number(runs["finished"], "seconds"),
            Number(runs["finished"], "progress"), Number(runs["finished"], "groups")));
        Assert.All(["test_error", "seconds", "progress", "epoch", "host"], field => Assert.Equal(JsonValueKind.Null, runs["to_do"].GetProperty(field).ValueKind));

        int Count(string stage) => sweep.GetProperty("counts").GetProperty(stage).GetInt32();
    }

    [Fact]
    public void What_is_no_number_is_null()
    {
        var run = Run.Create(new RunSettings { Dataset = "synthetic", Engine = "onednn", Device = "cpu", Norm = new("bn"), Epochs = 2 });
        var progress = new TrainingProgress(1, 2, 0.25, new Score(200, double.NaN, 100), double.PositiveInfinity, 100, TimeSpan.FromSeconds(30));
        var status = JsonDocument.Parse(JsonOutput.Text(StatusOfRun.Of(new RunState(run, RunStage.UnderWay, null, new RunProgress(progress, "there", 1))))).RootElement;
        Assert.Equal(JsonValueKind.Null, status.GetProperty("test_error").ValueKind);
        Assert.Equal(("under_way", "there", 0.25, 30.0), (status.GetProperty("stage").GetString(), status.GetProperty("host").GetString(), Number(status, "progress"), Number(status, "seconds_left")));
    }

    [Fact]
    public void The_machine_has_its_engines_and_data_sets()
    {
        var machine = Read("info --json");
        Assert.Equal(["onednn", "torch"], machine.GetProperty("engines").EnumerateArray().Select(engine => engine.GetProperty("name").GetString()));
        Assert.Equal(Environment.ProcessorCount, machine.GetProperty("cores").GetInt32());
        Assert.Contains(machine.GetProperty("datasets").EnumerateArray(), set => set.GetProperty("name").GetString() == "synthetic" && set.GetProperty("problem").ValueKind == JsonValueKind.Null);
    }

    [Theory]
    [InlineData("table nowhere --json")]
    [InlineData("sweep nowhere --status --json")]
    public void A_mistake_leaves_the_output_empty(string arguments)
    {
        var result = Cli.Run(arguments, _folder.Path);
        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.NotEmpty(result.Error);
    }

    private JsonElement Read(string arguments)
    {
        var result = Cli.Run(arguments, _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        var document = JsonDocument.Parse(result.Output).RootElement;
        Assert.All(Names(document), name => Assert.Matches(SnakeCase(), name));
        return document;
    }

    private static double? Number(JsonElement element, string field) => element.GetProperty(field) is { ValueKind: not JsonValueKind.Null } value ? value.GetDouble() : null;

    private static IEnumerable<string> Names(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(property => Names(property.Value).Prepend(property.Name)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Names),
        _ => [],
    };

    [GeneratedRegex("^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    private static partial Regex SnakeCase();
}
