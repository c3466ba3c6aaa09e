using System.Runtime.CompilerServices;

namespace Experiments.Core.Tests;

/// <summary>
/// Text compared with a file in the repository. After a change that is meant, look at the difference and refresh the files with
/// <c>REFRESH_GOLDEN=1 dotnet test tests/Experiments.Core.Tests</c>.
/// </summary>
internal static class Golden
{
    public static void Matches(string actual, string file, [CallerFilePath] string test = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(test)!, "Golden", file);
        if (Environment.GetEnvironmentVariable("REFRESH_GOLDEN") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.Equal(File.ReadAllText(path), actual);
    }
}
