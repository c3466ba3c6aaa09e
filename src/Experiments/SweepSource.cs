using Experiments.Core;
using Experiments.Core.Sweeps;

namespace Experiments;

/// <summary>Finds the file or folder of the sweep that was typed.</summary>
internal static class SweepSource
{
    private static string Configs => Path.Combine(RepositoryFolder.Root, "configs");

    /// <summary>The names of the sweeps in <c>configs/</c>.</summary>
    public static IReadOnlyList<string> Names => Directory.Exists(Configs)
        ? [.. Directory.EnumerateFiles(Configs, "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)] : [];

    /// <summary>
    /// The head of the file in <c>configs/</c> that a sweep was made from, for a results folder whose sweep.yaml does not keep it; null where no file there has
    /// the sweep's name, title and source.
    /// </summary>
    public static (string File, string Head)? HeadOf(Sweep sweep)
    {
        var name = Enum.GetValues<SweepForm>().Select(form => $"-{EnumText.Of(form)}").Where(form => sweep.Name.EndsWith(form, StringComparison.Ordinal)).Select(form => sweep.Name[..^form.Length]).FirstOrDefault(sweep.Name);
        var file = Path.Combine(Configs, $"{name}.yaml");
        if (sweep.Title is null || !File.Exists(file))
            return null;
        try
        {
            var there = SweepFile.Read(file);
            return (there.Title, there.Source) == (sweep.Title, sweep.Source) && there.Head is { } head ? ($"configs/{name}.yaml", head) : null;
        }
        catch (ExperimentException)
        {
            return null;
        }
    }

    /// <summary>
    /// The file or folder that was meant: what lies at the path, else the file of that name in <c>configs/</c>, with or without its ending, from
    /// whatever folder.
    /// </summary>
    /// <param name="typed">The path or name.</param>
    /// <param name="say">Is told which file was taken, if it is not the path itself.</param>
    /// <exception cref="ExperimentException">There is no such file or folder; the message suggests names.</exception>
    public static string Find(string typed, Action<string> say)
    {
        if (Path.Exists(typed))
            return typed;
        string[] others = [$"{typed}.yaml", Path.Combine(Configs, typed), Path.Combine(Configs, $"{typed}.yaml"), Path.Combine(RepositoryFolder.Root, typed), Path.Combine(RepositoryFolder.Root, $"{typed}.yaml")];
        if (others.FirstOrDefault(Path.Exists) is { } found)
        {
            var shown = Path.GetRelativePath(Environment.CurrentDirectory, found);
            say($"{typed} is {shown}.");
            return shown;
        }

        var nearest = Suggestion.Nearest(Path.GetFileNameWithoutExtension(typed), Names);
        throw new ExperimentException($"There is no sweep {typed}{(nearest is null ? $": name one in configs/ ({string.Join(", ", Names)}), another YAML file, or a results folder." : $". Did you mean '{nearest}'?")}");
    }
}
