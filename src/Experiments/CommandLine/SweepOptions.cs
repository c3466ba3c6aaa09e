using System.CommandLine;
using Experiments.Core;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Sweeps.Slurm;

namespace Experiments.CommandLine;

/// <summary>What <c>sweep</c> does with its runs.</summary>
internal enum SweepMode
{
    /// <summary>Trains them on this machine.</summary>
    Train,

    /// <summary>Shows how far they are.</summary>
    Status,

    /// <summary>Lists them and the time they take.</summary>
    DryRun,

    /// <summary>Prints the commands that train them.</summary>
    PrintCommands,

    /// <summary>Submits them to a cluster.</summary>
    Slurm,
}

/// <summary>The options of <c>sweep</c> that are not those of a training: how many seeds, from which block of the file, where to, and what is done.</summary>
internal sealed class SweepOptions
{
    private readonly Option<string> _seeds = new CommandOption<string>("--seeds") { Heading = "Training", IsCommon = true, Description = "number of seeds, counted from --seed (default: 1)", HelpName = "N" };
    private readonly Option<bool> _quick = new CommandOption<bool>("--quick") { Heading = "Running", IsCommon = true, Description = "take the values of the file's quick block; results go to <name>-quick" };
    private readonly Option<bool> _evening = new CommandOption<bool>("--evening") { Heading = "Running", Description = "take the values of the file's evening block: hours, not days; results go to <name>-evening" };
    private readonly Option<string> _jobs = new CommandOption<string>("--jobs") { Heading = "Running", IsCommon = true, Description = "runs side by side (default: the cores, divided by --threads)", HelpName = "N" };
    private readonly Option<string> _output = new CommandOption<string>("--out") { Heading = "Files", IsCommon = true, Description = "results folder (default: results/<file's name>, or results/sweep)", HelpName = "FOLDER" };
    private readonly Option<bool> _status = new CommandOption<bool>("--status") { Heading = "Running", IsCommon = true, Description = "show how far the runs are, also while another terminal trains them; train nothing" };
    private readonly Option<bool> _dryRun = new CommandOption<bool>("--dry-run") { Heading = "Running", IsCommon = true, Description = "list the runs and about how long they take, measured by a few steps of each cell of the grid; leave the results folder as it is" };
    private readonly Option<bool> _print = new CommandOption<bool>("--print-commands") { Heading = "Running", Description = "print the commands that train the missing runs, one a line; train nothing" };
    private readonly Option<bool> _report = new CommandOption<bool>("--report") { Heading = "Running", IsCommon = true, Description = "keep report.html in the results folder fresh while the runs go on: open it in a browser, and it loads itself anew" };
    private readonly Option<bool> _json = new CommandOption<bool>(JsonOutput.Name) { Heading = "Running", Description = "with --status: print one JSON document instead, with the fields that docs/results.md lists" };
    private readonly Option<bool> _plain = TrainOptions.PlainOption();

    /// <summary>Adds the options to a command.</summary>
    public SweepOptions(Command command)
    {
        foreach (var option in new Option[] { _seeds, _quick, _evening, _jobs, _output, _status, _dryRun, _print, _report, _json, _plain })
            command.Options.Add(option);
    }

    /// <summary>What is done with the runs.</summary>
    /// <param name="result">What was typed.</param>
    /// <param name="slurm">What is asked of a cluster; null if nothing is.</param>
    /// <exception cref="ExperimentException">Options were given that exclude each other.</exception>
    public SweepMode Mode(ParseResult result, SlurmRequest? slurm)
    {
        (SweepMode Mode, Option<bool> Option)[] modes = [(SweepMode.Status, _status), (SweepMode.DryRun, _dryRun), (SweepMode.PrintCommands, _print)];
        List<(SweepMode Mode, string Option)> typed =
        [
            .. modes.Where(one => result.GetValue(one.Option)).Select(one => (one.Mode, one.Option.Name)),
            .. slurm is null ? [] : new[] { (SweepMode.Slurm, "--slurm") },
        ];
        if (typed.Count > 1)
            throw new ExperimentException($"{string.Join(" and ", typed.Select(one => one.Option))} exclude each other: give one of them.");
        var mode = typed.Count == 0 ? SweepMode.Train : typed[0].Mode;
        if (result.GetValue(_jobs) is not null && mode is (SweepMode.Slurm or SweepMode.PrintCommands))
            throw new ExperimentException($"--jobs is how many runs this machine trains side by side, and with {typed[0].Option} it trains none{(slurm is null ? "" : ": give --max-parallel")}.");
        return mode;
    }

    /// <summary>The block of the file whose values are taken.</summary>
    /// <exception cref="ExperimentException">Two blocks were given.</exception>
    public SweepForm Form(ParseResult result) => (result.GetValue(_quick), result.GetValue(_evening)) switch
    {
        (true, true) => throw new ExperimentException("--quick and --evening exclude each other: give one of them."),
        (true, false) => SweepForm.Quick,
        (false, true) => SweepForm.Evening,
        (false, false) => SweepForm.Full,
    };

    /// <summary>The grid with the seeds that were asked for.</summary>
    /// <param name="result">What was typed.</param>
    /// <param name="grid">The grid.</param>
    /// <param name="named">The value of --seed as it was typed; null if it was not.</param>
    /// <exception cref="ExperimentException">The number is wrong, or does not go with the seeds that are named.</exception>
    public Grid WithSeeds(ParseResult result, Grid grid, string? named)
    {
        if (result.GetValue(_seeds) is not { } count)
            return grid;
        if (named is not null && named.Contains(',', StringComparison.Ordinal))
            throw new ExperimentException($"--seed {named} names the seeds and --seeds {count} says how many: give one of them, or --seed with the first alone.");
        return grid.WithSeeds(RunOptions.Positive(_seeds.Name[2..], count));
    }

    /// <summary>How many runs are trained side by side; null if it was not said.</summary>
    /// <exception cref="ExperimentException">The value is not a positive number.</exception>
    public int? Jobs(ParseResult result) => result.GetValue(_jobs) is { } number ? RunOptions.Positive(_jobs.Name[2..], number) : null;

    /// <summary>The results folder; null if it was not typed.</summary>
    public string? Output(ParseResult result) => result.GetValue(_output);

    /// <summary>Whether plain lines are shown.</summary>
    public bool IsPlain(ParseResult result) => result.GetValue(_plain);

    /// <summary>Whether a report is kept while the runs are trained.</summary>
    /// <exception cref="ExperimentException">They are not trained by this process.</exception>
    public bool HasReport(ParseResult result, SweepMode mode) => result.GetValue(_report) && (mode == SweepMode.Train ? true
        : throw new ExperimentException($"--report is kept fresh by the process that trains the runs, and with --{EnumText.Of(mode)} it trains none: `report FOLDER` writes the report as it is now, at any time."));

    /// <summary>Whether the runs are shown as JSON.</summary>
    /// <exception cref="ExperimentException">The runs are not shown at all.</exception>
    public bool IsJson(ParseResult result, SweepMode mode) => result.GetValue(_json) && (mode == SweepMode.Status
        ? true : throw new ExperimentException("--json is what --status prints for other programs: give --status too, or leave it out."));

    /// <summary>Whether a grid of the command line alone is meant: seeds or a results folder are given.</summary>
    public bool NamesSweep(ParseResult result) => result.GetValue(_output) is not null || result.GetValue(_seeds) is not null;
}
