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
    [InlineData("report")]
    [InlineData("eval")]
    [InlineData("export")]
    [InlineData("data")]
    [InlineData("bench")]
    [InlineData("info")]
    [InlineData("completion")]
    [InlineData("train", "-all")]
    [InlineData("sweep", "-all")]
    public void Help_is_as_reviewed(string command, string all = "")
    {
        var result = Cli.Run($"{command} --help{all}");
        Assert.Equal(0, result.ExitCode);
        Golden.Matches(result.Output, $"help{all}-{(command.Length == 0 ? "root" : command)}.txt");
    }

    [Theory]
    [InlineData("tr", "train")]
    [InlineData("train --mod", "--model")]
    [InlineData("train --model vgg1", "vgg11,vgg13,vgg16,vgg19")]
    [InlineData("sweep --norm bn,ghost", "bn,ghost-bn")]
    [InlineData("sweep figure-", "figure-1,figure-5,figure-6")]
    [InlineData("data g", "get")]
    [InlineData("table x --basel", "--baseline")]
    [InlineData("table x --baseline mean", "mean-only-bn")]
    [InlineData("table x --columns renorm", "renorm_ramp")]
    public void A_shell_completes_commands_options_and_values(string line, string expected)
    {
        var start = new System.Diagnostics.ProcessStartInfo(Cli.Program, [$"[suggest:{line.Length}]", line]) { RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        var candidates = process.StandardOutput.ReadToEnd().Split('\n').Where(candidate => candidate.StartsWith(line.Split(' ')[^1], StringComparison.Ordinal));
        Assert.Equal(expected, line.Contains("norm", StringComparison.Ordinal) ? candidates.Single() : string.Join(',', candidates));
    }

    [Fact]
    public void In_bash_a_word_is_completed_to_its_end()
    {
        const string script = "source <(\"$0\" completion bash); COMP_LINE=\"experiments sweep --norm bn,ghost\"; COMP_POINT=${#COMP_LINE}; _experiments 2>/dev/null; echo \"${COMPREPLY[*]}\"";
        using var bash = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("bash", ["-c", script, Cli.Program]) { RedirectStandardOutput = true })!;
        Assert.Equal("bn,ghost-bn\n", bash.StandardOutput.ReadToEnd());
    }
}
