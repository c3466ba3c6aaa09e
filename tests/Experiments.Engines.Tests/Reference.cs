using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Experiments.Engines.Tests;

/// <summary>PyTorch, as pytorch_reference.py uses it.</summary>
internal static class Reference
{
    /// <summary>The system's Python, whose packages are Debian's.</summary>
    internal const string Python = "/usr/bin/python3";

    /// <summary>Runs one of the script's commands in a folder of its files.</summary>
    internal static void Script(string command, string folder)
    {
        var (exitCode, output) = Run(Path.Combine(AppContext.BaseDirectory, "pytorch_reference.py"), command, folder);
        Assert.True(exitCode == 0, output);
    }

    internal static (int ExitCode, string Output) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd() + error.Result;
            process.WaitForExit();
            return (process.ExitCode, output);
        }
        catch (Win32Exception exception)
        {
            return (-1, exception.Message);
        }
    }

    internal static T Read<T>(string folder, string file) =>
        JsonSerializer.Deserialize<T>(File.ReadAllText(Path.Combine(folder, file)), JsonSerializerOptions.Web)!;

    internal static void Write<T>(string folder, string file, T value) =>
        File.WriteAllText(Path.Combine(folder, file), JsonSerializer.Serialize(value, JsonSerializerOptions.Web));
}

/// <summary>A folder for one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("experiments-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
