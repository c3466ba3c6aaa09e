namespace Experiments.Core.Tests;

/// <summary>A test that needs a file or a program of the machine. If that is missing, the test is skipped and says so.</summary>
internal sealed class FactWhereAttribute : FactAttribute
{
    /// <param name="needed">What is needed, in words.</param>
    /// <param name="fileOrProgram">A file by its whole path, or a program on the PATH.</param>
    public FactWhereAttribute(string needed, string fileOrProgram)
    {
        var places = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        if (!places.Select(place => Path.Combine(place, fileOrProgram)).Any(File.Exists))
            Skip = $"Needs {needed}.";
    }
}
