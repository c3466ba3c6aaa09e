namespace Experiments.Core;

/// <summary>Where the default folders, <c>data/</c> and <c>results/</c>, lie.</summary>
public static class RepositoryFolder
{
    /// <summary>
    /// The repository's root: the nearest folder above the program, or above the current folder, that holds Experiments.sln; the current
    /// folder where there is none, as for a program that was copied elsewhere.
    /// </summary>
    public static string Root { get; } = Above(AppContext.BaseDirectory) ?? Above(Environment.CurrentDirectory) ?? Environment.CurrentDirectory;

    private static string? Above(string folder)
    {
        for (var here = new DirectoryInfo(folder); here is not null; here = here.Parent)
        {
            if (File.Exists(Path.Combine(here.FullName, "Experiments.sln")))
                return here.FullName;
        }

        return null;
    }
}
