using System.CommandLine;
using Experiments;
using Experiments.Commands;

var root = new RootCommand("Trains one network with different normalization layers over a grid of batch sizes, and draws error against batch size "
    + "(Wu & He, \"Group Normalization\", ECCV 2018).")
{
    TrainCommand.Create(),
    SweepCommand.Create(),
    CollectCommand.Create(),
    PlotCommand.Create(),
    TableCommand.Create(),
    EvalCommand.Create(),
    ExportCommand.Create(),
    DataCommand.Create(),
    BenchCommand.Create(),
    InfoCommand.Create(),
};
return await CommandLine.RunAsync(root, args).ConfigureAwait(false);
