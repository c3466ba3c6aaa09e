using System.CommandLine;
using Experiments.Core;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps.Slurm;

namespace Experiments.CommandLine;

/// <summary>The options of <c>sweep</c> that give its runs to a Slurm cluster.</summary>
internal sealed class SlurmOptions
{
    private const string Heading = "On a Slurm cluster";

    private readonly Option<bool> _slurm = new CommandOption<bool>("--slurm")
    {
        Heading = Heading,
        Description = "submit the missing runs to this Slurm cluster, a task for each run; its machines must share the results folder",
    };

    private readonly Option<string> _partition = new CommandOption<string>("--partition") { Heading = Heading, Description = "with --slurm: partition (default: the cluster's)", HelpName = "NAME" };
    private readonly Option<string> _time = new CommandOption<string>("--time") { Heading = Heading, Description = "with --slurm: time limit of a run; where it is too short, the same command goes on with the run (default: the cluster's)", HelpName = "TIME" };
    private readonly Option<string> _cpus = new CommandOption<string>("--cpus") { Heading = Heading, Description = "with --slurm: processors of a run (default: its --threads)", HelpName = "N" };
    private readonly Option<string> _gpus = new CommandOption<string>("--gpus") { Heading = Heading, Description = "with --slurm: GPUs of a run (default: none)", HelpName = "N" };
    private readonly Option<string> _maxParallel = new CommandOption<string>("--max-parallel") { Heading = Heading, Description = "with --slurm: runs at once (default: as many as the cluster takes)", HelpName = "N" };
    private readonly Option<string> _further = new CommandOption<string>("--sbatch") { Heading = Heading, Description = "with --slurm: more options for sbatch, as they are typed there: --sbatch=\"--account=me --mem=4G\"", HelpName = "OPTIONS" };

    /// <summary>Adds the options to a command.</summary>
    public SlurmOptions(Command command)
    {
        foreach (var option in new Option[] { _slurm, _partition, _time, _cpus, _gpus, _maxParallel, _further })
            command.Options.Add(option);
    }

    /// <summary>What is asked of the cluster; null if the runs are not given to one.</summary>
    /// <exception cref="ExperimentException">A value is no positive number, or an option was given without --slurm.</exception>
    public SlurmRequest? Read(ParseResult result)
    {
        if (!result.GetValue(_slurm))
        {
            return new[] { _partition, _time, _cpus, _gpus, _maxParallel, _further }.FirstOrDefault(option => result.GetValue(option) is not null) is { } alone
                ? throw new ExperimentException($"{alone.Name} belongs to --slurm: give that too, or leave it out.")
                : null;
        }

        return new SlurmRequest
        {
            Partition = result.GetValue(_partition),
            Time = result.GetValue(_time),
            Cpus = Positive(result, _cpus),
            Gpus = Positive(result, _gpus),
            MaxParallel = Positive(result, _maxParallel),
            Further = result.GetValue(_further),
        };
    }

    private static int? Positive(ParseResult result, Option<string> option) => result.GetValue(option) is { } text ? RunOptions.Positive(option.Name[2..], text) : null;
}
