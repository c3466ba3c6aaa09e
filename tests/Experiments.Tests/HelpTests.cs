namespace Experiments.Tests;

public sealed class HelpTests
{
    [Theory]
    [InlineData("")]
    [InlineData("train")]
    [InlineData("sweep")]
    [InlineData("collect")]
    [InlineData("plot")]
    [InlineData("table")]
    [InlineData("eval")]
    [InlineData("export")]
    [InlineData("data")]
    [InlineData("bench")]
    [InlineData("info")]
    public void Help_is_as_reviewed(string command)
    {
        var result = Cli.Run($"{command} --help");
        Assert.Equal(0, result.ExitCode);
        Golden.Matches(result.Output, $"help-{(command.Length == 0 ? "root" : command)}.txt");
    }
}
