using System.Globalization;
using System.Text.RegularExpressions;

namespace Experiments.Core.Sweeps.Slurm;

/// <summary>Runs Slurm's programs, which query the cluster and submit to it.</summary>
internal static partial class SlurmProgram
{
    /// <summary>Runs one of Slurm's programs to its end.</summary>
    /// <returns>What the program printed.</returns>
    /// <exception cref="ExperimentException">The program is not on this machine, or it failed; the message has its own words.</exception>
    public static string Run(string program, IEnumerable<string> arguments, string? folder = null)
    {
        var (exitCode, output, complaints) = ExternalProgram.Run(program, arguments,
            $"Slurm's {program} is not on this machine: run this on the login node of a Slurm cluster. For another way to start the runs, --print-commands prints their commands.",
            folder);
        return exitCode == 0 ? output : throw new ExperimentException($"Slurm's {program} answered: {Sentence(complaints, program)}", ExperimentException.Unavailable);
    }

    /// <summary>The most tasks that an array may have here, numbered from 1.</summary>
    /// <exception cref="ExperimentException">The cluster cannot be asked, or has no arrays.</exception>
    public static int LongestArray()
    {
        var match = MaxArraySize().Match(Run("scontrol", ["show", "config"]));
        return match.Success && int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) - 1 is var most and > 0 ? most
            : throw new ExperimentException("This Slurm cluster takes no job arrays (its MaxArraySize is below 2): --print-commands prints the commands for scripts of your own.", ExperimentException.Unavailable);
    }

    // "sbatch: error: A\nsbatch: error: B" is "A; B."
    private static string Sentence(string complaints, string program)
    {
        var said = complaints.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => line.Replace($"{program}: error: ", "", StringComparison.Ordinal).TrimEnd('.')).ToList();
        return said.Count == 0 ? "nothing, and failed." : $"{string.Join("; ", said)}.";
    }

    [GeneratedRegex(@"^MaxArraySize\s*=\s*(\d+)", RegexOptions.Multiline)]
    private static partial Regex MaxArraySize();
}
