using System.Text;

namespace Experiments.Core.Sweeps.Slurm;

/// <summary>The batch script of a job array, one run a task.</summary>
internal static class SlurmScript
{
    /// <summary>The script's text. The script lies in the folder of the file of commands, and Slurm runs it there.</summary>
    /// <param name="name">The sweep's name.</param>
    /// <param name="tasks">The number of tasks. Tasks and lines of commands are both numbered from 1.</param>
    /// <param name="cpus">Processors of a task.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="after">Jobs that must have ended before this one starts.</param>
    public static string Write(string name, int tasks, int cpus, SlurmRequest request, IReadOnlyList<string> after)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        void Option(string option, object? value)
        {
            if (value is not null)
                Line($"#SBATCH --{option}={value}");
        }

        Line("#!/bin/sh");
        Line($"# Trains runs of the sweep {name}, one a task: task N is line N of the file `commands` beside this one.");
        Line("# `sweep --slurm` wrote and submitted it; `sbatch job.sh` in this folder submits all of it once more.");
        Line("#");
        Option("job-name", string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-' ? letter : '_')));
        Option("array", $"1-{tasks}{(request.MaxParallel is { } most ? $"%{most}" : "")}");
        if (after.Count > 0)
            Option("dependency", $"afterany:{string.Join(':', after)}");
        Option("partition", request.Partition);
        Option("time", request.Time);
        Option("cpus-per-task", cpus);
        Option("gres", request.Gpus is { } gpus ? $"gpu:{gpus}" : null);
        Line("# A task that Slurm starts again goes on from its checkpoint, and its log goes on too.");
        Option("output", "%a.log");
        Option("open-mode", "append");
        Line("# A minute or two before the time limit the run is told to write a checkpoint and end.");
        Option("signal", "B:TERM@60");
        if (request.Further is not null)
            Line($"#SBATCH {request.Further}");
        Line("");
        Line("# For whoever submitted this and ended before it could write the number down.");
        Line("""[ -s job ] || echo "$SLURM_ARRAY_JOB_ID" >job""");
        Line("");
        Line("# The program takes the place of this shell, so that Slurm's signals reach it.");
        Line("""eval "exec $(sed -n "${SLURM_ARRAY_TASK_ID}p" commands)" """.TrimEnd());
        return text.ToString();
    }
}
