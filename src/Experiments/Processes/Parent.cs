namespace Experiments.Processes;

/// <summary>The process that started this one and holds the other end of its standard input.</summary>
internal static class Parent
{
    /// <summary>
    /// Asks this process to end when its parent ends, for whatever reason: the kernel closes a dead process's pipes. So a sweep that is killed
    /// leaves no runs behind that nobody knows of.
    /// </summary>
    /// <param name="stopping">Set if the process is about to end already: a second signal of the same kind would end it at once.</param>
    public static void TerminateWithIt(CancellationToken stopping) => new Thread(() =>
    {
        using var input = Console.OpenStandardInput();
        Span<byte> nothing = stackalloc byte[1];
        while (input.Read(nothing) > 0)
            continue;
        if (!stopping.IsCancellationRequested)
            Signal.AskToEnd(Environment.ProcessId);
    })
    { IsBackground = true, Name = "parent" }.Start();
}
