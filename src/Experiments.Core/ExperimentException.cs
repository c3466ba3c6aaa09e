namespace Experiments.Core;

/// <summary>
/// Something the person at the terminal can put right: a value, a file, a missing package. The message is one sentence or a few that
/// say what was expected, what was found, where, and what to do. The program prints it without a stack trace and ends with
/// exit code <see cref="ExitCode"/>.
/// </summary>
public sealed class ExperimentException : Exception
{
    /// <summary>Exit code for input that is wrong: an option, a key, a value, a file's content.</summary>
    public const int BadInput = 2;

    /// <summary>Exit code for something that this machine lacks: a library, a program, a data set, a writable folder, a Slurm cluster that takes the job.</summary>
    public const int Unavailable = 3;

    /// <summary>Exit code if another process works on the same run or sweep.</summary>
    public const int Busy = 4;

    /// <summary>Creates the error for bad input.</summary>
    public ExperimentException(string message)
        : this(message, BadInput)
    {
    }

    /// <summary>Creates the error with its exit code and the error that led to it, if there is one.</summary>
    public ExperimentException(string message, int exitCode, Exception? inner = null)
        : base(message, inner) => ExitCode = exitCode;

    /// <summary>The exit code that the program ends with.</summary>
    public int ExitCode { get; }

    /// <summary>Runs an action. If this exception is thrown, its message is added to the mistakes, and the exception goes no further.</summary>
    /// <returns>Whether nothing was wrong.</returns>
    public static bool Try(Action action, ICollection<string> mistakes)
    {
        try
        {
            action();
            return true;
        }
        catch (ExperimentException e)
        {
            mistakes.Add(e.Message);
            return false;
        }
    }

    /// <summary>One error for several mistakes, each on a line of its own, so that they are mended together.</summary>
    public static ExperimentException ForAll(IReadOnlyList<string> mistakes) => new(string.Join(Environment.NewLine, mistakes));
}
