namespace Experiments.Tests;

public sealed class HelpTests
{
    [Theory]
    [InlineData("")]
    [InlineData("train")]
    [InlineData("sweep")]
    [InlineData("plot")]
    [InlineData("eval")]
    [InlineData("data")]
    [InlineData("info")]
    public void Help_is_as_reviewed(string command)
    {
        var result = Cli.Run($"{command} --help");
        Assert.Equal(0, result.ExitCode);
        Golden.Matches(result.Output, $"help-{(command.Length == 0 ? "root" : command)}.txt");
    }

    [Fact]
    public void The_readme_has_the_table_of_options_with_their_defaults() =>
        ReadmeHolds("options", "| option | what it does | default |\n| --- | --- | --- |\n" + string.Concat(Core.Sweeps.RunOptions.All.Select(option =>
            $"| `--{option.Name} {option.Value.Replace("|", "\\|", StringComparison.Ordinal)}` | {option.Help} | {option.Default} |\n")));

    // REFRESH_GOLDEN=1 writes the part of the README between its marks anew.
    private static void ReadmeHolds(string part, string text)
    {
        var path = Path.Combine(Core.RepositoryFolder.Root, "README.md");
        var (begin, end) = ($"<!-- {part} -->\n", $"<!-- end of {part} -->");
        var readme = File.ReadAllText(path);
        var (from, to) = (readme.IndexOf(begin, StringComparison.Ordinal) + begin.Length, readme.IndexOf(end, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("REFRESH_GOLDEN") == "1")
        {
            readme = $"{readme[..from]}{text}{readme[to..]}";
            File.WriteAllText(path, readme);
            to = from + text.Length;
        }

        Assert.Equal(text, readme[from..to]);
    }
}
