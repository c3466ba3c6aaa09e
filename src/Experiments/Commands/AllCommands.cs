using System.CommandLine;
using Experiments.CommandLine;

namespace Experiments.Commands;

/// <summary>The program's commands.</summary>
internal static class AllCommands
{
    /// <summary>The program, with a command below it for each thing that it does.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("Trains one network with different normalization layers over a grid of batch sizes, and draws error against batch size "
            + "(Wu & He, \"Group Normalization\", ECCV 2018).")
        {
            TrainCommand.Create(),
            SweepCommand.Create(),
            CollectCommand.Create(),
            PlotCommand.Create(),
            TableCommand.Create(),
            ReportCommand.Create(),
            EvalCommand.Create(),
            ExportCommand.Create(),
            DataCommand.Create(),
            BenchCommand.Create(),
            InfoCommand.Create(),
            CompletionCommand.Create(),
        };
        HelpText.AddTo(root, [$"{HelpText.Program} train --norm gn --groups 32 --batch 2", $"{HelpText.Program} sweep figure-1 --quick", $"{HelpText.Program} plot results/figure-1-quick"]);
        return root;
    }
}
