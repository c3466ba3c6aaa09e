using System.Diagnostics;

namespace Experiments;

/// <summary>This program once more, as a process of its own.</summary>
internal static class ThisProgram
{
    /// <summary>How to start it, with its output and its errors to be read.</summary>
    /// <param name="arguments">What it is to do.</param>
    /// <param name="threads">The threads it may compute with: processes side by side share the cores.</param>
    public static ProcessStartInfo Start(IEnumerable<string> arguments, int threads)
    {
        // Run as `dotnet Experiments.dll`, the process is dotnet's and the program its first argument.
        var host = Environment.ProcessPath!;
        var start = new ProcessStartInfo(host) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(host) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["OMP_NUM_THREADS"] = $"{threads}";
        return start;
    }
}
