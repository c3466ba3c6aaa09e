using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;
using Experiments.Display;

namespace Experiments.Tests;

/// <summary>What is shown at terminals of several widths.</summary>
public sealed class DisplayTests
{
    private static readonly IReadOnlyList<RunState> States = [Finished("bn"), UnderWay("batch-renorm"), new(Of("gn"), RunStage.ToDo, null, null)];

    [Theory]
    [InlineData(200, "run,state,progress,epoch,train error,test error,images/s,time")]
    [InlineData(105, "run,state,progress,epoch,train error,test error,time")]
    [InlineData(98, "run,state,progress,epoch,test error,time")]
    [InlineData(85, "run,state,progress,epoch,test error,time")]
    [InlineData(80, "run,state,progress,test error,time")]
    [InlineData(70, "run,state,test error,time")]
    [InlineData(55, "run,state,test error,time")]
    public void Columns_go_one_by_one_and_state_error_and_time_stay(int width, string columns)
    {
        var lines = SweepTable.Lines(States, width);
        Assert.Equal(columns.Split(','), lines[0].Split("  ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).SelectMany(title => title.Split("state ", StringSplitOptions.TrimEntries) is [var only] ? [only] : new[] { title }));
        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Assert.EndsWith("1 min 05 s", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("30 s left", lines[2], StringComparison.Ordinal);
        Assert.Contains("12.34%", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_finished_is_at_100_percent()
    {
        var lines = SweepTable.Lines(States);
        Assert.Contains(" 100% ", lines[1], StringComparison.Ordinal);
        Assert.Contains("  25% ", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void The_line_of_a_training_keeps_how_far_it_is_and_the_time_left()
    {
        var progress = Progress();
        Assert.Equal("━━━━━━──────────────────   25%  epoch 1/2  loss NaN  error NaN%  100 images/s  30 s left", TrainingDisplay.Line(progress, 100));
        Assert.DoesNotContain("─", TrainingDisplay.Line(progress, 80), StringComparison.Ordinal);
        Assert.Equal(" 25%  30 s left", TrainingDisplay.Line(progress, 20));
    }

    [Fact]
    public void Lines_that_a_narrower_terminal_has_broken_in_two_are_all_taken_away()
    {
        var width = 80;
        using var output = new StringWriter();
        using var lines = new LiveLines((most, _) => [new LiveLine(new string('a', Math.Min(70, most))), new LiveLine("b")], output, () => (width, 24));
        output.GetStringBuilder().Clear();
        lines.Draw();
        Assert.StartsWith("\r\e[2A\e[J", output.ToString(), StringComparison.Ordinal);
        output.GetStringBuilder().Clear();
        width = 30;
        lines.WriteAbove("it ended");
        Assert.StartsWith("\r\e[4A\e[Jit ended\n" + new string('a', 29) + "\nb\n", output.ToString(), StringComparison.Ordinal);
    }

    private static TrainingProgress Progress() => new(1, 2, 0.25, default, null, 100, TimeSpan.FromSeconds(30));

    private static RunState UnderWay(string norm) => new(Of(norm), RunStage.UnderWay, null, new RunProgress(Progress(), Environment.MachineName, 1));

    private static RunState Finished(string norm) => new(Of(norm), RunStage.Finished,
        RunRecord.Failed(Of(norm), "mine") with { Status = RunStatus.Finished, Error = 12.34, TrainError = 10.5, ImagesPerSecond = 1234, Seconds = 65 }, null);

    private static Run Of(string norm) => Run.Create(new RunSettings { Dataset = "synthetic", Engine = "onednn", Device = "cpu", Norm = new(norm), Epochs = 2 });
}
