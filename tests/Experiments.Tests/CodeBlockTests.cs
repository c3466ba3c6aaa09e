using System.Diagnostics;
using Experiments.Commands;
using Experiments.Core;

namespace Experiments.Tests;

/// <summary>Each block of code of README and docs is run here as it stands there, or says why not.</summary>
public sealed class CodeBlockTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public static TheoryData<string> ThatRun => [.. CodeBlock.All.Where(block => block.IsRun).Select(block => block.Place)];

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Every_block_is_run_or_says_why_not_and_every_command_in_it_is_the_programs()
    {
        Assert.NotEmpty(ThatRun);
        Assert.Empty(CodeBlock.All.SelectMany(block => block.Mistakes()));
    }

    [Fact]
    public void Every_example_of_the_help_is_the_programs() =>
        Assert.Empty(Directory.GetFiles(Path.Combine(RepositoryFolder.Root, "tests", "Experiments.Tests", "Golden"), "help-*.txt")
            .Select(file => new CodeBlock(Path.GetFileName(file), 1, "sh", string.Concat(File.ReadLines(file).SkipWhile(line => !line.StartsWith("Examples", StringComparison.Ordinal)).Skip(1).Select(line => line + "\n")), []))
            .SelectMany(block => block.Mistakes()));

    [Theory]
    [InlineData("scripts/experiments train --nrom gn   # a training", "Unknown option '--nrom'. Did you mean '--norm'?")]
    [InlineData("for norm in bn gn; do scripts/experiments trian --norm bn; done", "Unknown command 'trian'. Did you mean 'train'?")]
    [InlineData("scripts/experiments sweep --norm bn,gm | tail", "Unknown --norm 'gm'. Did you mean 'gn'?")]
    [InlineData("scripts/experiments sweep x.yaml \\\n  --batchs 2", "Unknown option '--batchs'. Did you mean '--batch'?")]
    [InlineData("scripts/experiment train", "there is no scripts/experiment")]
    [InlineData("scripts/compare.sh --qiuck", "scripts/compare.sh does not know --qiuck")]
    public void A_slip_in_a_command_of_a_page_is_found(string code, string mistake)
    {
        var page = $"Text.\n\n```sh\n{code}\n```\n";
        Assert.Equal($"page.md:3: {mistake}", Assert.Single(CodeBlock.Read("page.md", page).Single().Mistakes()), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("```python\nimport pandas\n```\n", "nothing runs this block of 'python', and no comment above it says why, who does, or where the lines are from")]
    [InlineData("```\nwhat is this\n```\n", "nothing runs this block of '', and no comment above it says why, who does, or where the lines are from")]
    [InlineData("<!-- not run: a reason -->\nOther text.\n```csharp\nnew();\n```\n", "nothing runs this block of 'csharp', and no comment above it says why, who does, or where the lines are from")]
    [InlineData("<!-- not run:  -->\n```sh\nls\n```\n", "the reason why it is not run is empty")]
    [InlineData("<!-- run by NobodyTests -->\n```csharp\nnew();\n```\n", "no test NobodyTests names this page")]
    [InlineData("<!-- from src/Experiments/Program.cs -->\n```csharp\nreturn 0;\n```\n", "src/Experiments/Program.cs has no line return 0;")]
    [InlineData("```yaml\nnorms: bn\n```\n", "page.yaml:1: Unknown key 'norms'. Did you mean 'norm'?")]
    public void A_block_that_nobody_runs_is_found(string page, string mistake) =>
        Assert.Contains(mistake, Assert.Single(CodeBlock.Read("page.md", page).Single().Mistakes()), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(ThatRun))]
    [Trait("Speed", "slow")]
    public async Task A_block_of_commands_does_what_it_says_as_it_stands(string place)
    {
        var block = CodeBlock.All.Single(block => block.Place == place);
        LookLikeAClone();
        foreach (var (folder, other) in block.Folders)
            Copy(Path.Combine(RepositoryFolder.Root, other), _root[folder.Split('/')]);
        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", block.Code]) { WorkingDirectory = _root.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var command in AllCommands.Create().Subcommands)
        {
            var options = block.With.Chunk(2).Where(option => CodeBlock.Has(command, option[0])).Select(option => string.Join(' ', option));
            start.Environment[$"WITH_{command.Name}"] = string.Join(' ', options);
        }

        using var bash = Process.Start(start)!;
        var error = bash.StandardError.ReadToEndAsync();
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        Assert.True(bash.ExitCode == 0, $"{block.Place} ends with {bash.ExitCode}:\n{output}\n{await error}");
    }

    // The program takes this folder for its repository, so that results and prepared data are written here and nowhere else.
    private void LookLikeAClone()
    {
        foreach (var folder in new[] { "bin", "scripts", "results", "data" })
            Directory.CreateDirectory(_root[folder]);
        File.WriteAllText(_root["Experiments.sln"], "");
        Directory.CreateSymbolicLink(_root["configs"], Path.Combine(RepositoryFolder.Root, "configs"));
        Directory.CreateSymbolicLink(_root["results", "reference"], Path.Combine(RepositoryFolder.Root, "results", "reference"));

        // .NET takes the folder that the real files of the program lie in for the program's.
        foreach (var file in new DirectoryInfo(AppContext.BaseDirectory).EnumerateFileSystemInfos())
        {
            if (file.Name is "Experiments" or "Experiments.dll")
                File.Copy(file.FullName, _root["bin", file.Name]);
            else
                File.CreateSymbolicLink(_root["bin", file.Name], file.FullName);
        }

        File.WriteAllText(_root["scripts", "experiments"], $"#!/usr/bin/env bash\nwith=WITH_${{1:-}}\nexec '{_root["bin", "Experiments"]}' \"$@\" ${{!with:-}}\n");
        Cli.Run($"+x {_root["scripts", "experiments"]}", program: "chmod");
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }
}
