using Experiments.Core;

namespace Experiments.Tests;

/// <summary>What <c>scripts/compare.sh</c> answers before it installs, builds or measures anything.</summary>
public sealed class ComparisonScriptTests
{
    private static readonly string Script = Path.Combine(RepositoryFolder.Root, "scripts", "compare.sh");

    [Fact]
    public void Help_is_as_reviewed()
    {
        var result = Cli.Run("--help", program: Script);
        Assert.Equal(0, result.ExitCode);
        Golden.Matches(result.Output, "help-compare.txt");
    }

    [Theory]
    [InlineData("--bacth 2", "Unknown option '--bacth'; --help shows what there is.")]
    [InlineData("--batch", "--batch takes a value; --help shows which.")]
    [InlineData("--quick --batch 2,two", "--batch takes batch sizes from 1 to 9999, separated by commas, not '2,two'.")]
    [InlineData("--norm gm", "--norm takes norms of none, bn, ln, in, gn, separated by commas, not 'gm'.")]
    [InlineData("--precision fp16", "--precision takes fp32 and bf16, separated by commas, not 'fp16'.")]
    [InlineData("--pytorch --repetitions 0", "--repetitions takes a whole number from 2 to 9999, not '0'.")]
    [InlineData("--repetitions 1", "--repetitions takes a whole number from 2 to 9999, not '1'.")]
    public void A_bad_option_is_answered_in_a_sentence(string arguments, string answer)
    {
        var result = Cli.Run(arguments, program: Script);
        Assert.Equal(answer + "\n", result.Error);
        Assert.Equal(2, result.ExitCode);
    }
}
