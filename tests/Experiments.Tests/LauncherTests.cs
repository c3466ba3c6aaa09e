using System.Diagnostics;
using Experiments.Core;

namespace Experiments.Tests;

/// <summary><c>scripts/experiments</c> in its own folder, with a replacement for dotnet that records each build.</summary>
public sealed class LauncherTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _environment;

    public LauncherTests()
    {
        foreach (var folder in new[] { "scripts", "src/Experiments/Commands", "path" })
            Directory.CreateDirectory(_folder[folder]);
        foreach (var file in new[] { "Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig", "src/Experiments/Program.cs", "src/Experiments/Commands/A.cs" })
            File.WriteAllText(_folder[file], "");
        File.Copy(Path.Combine(RepositoryFolder.Root, "scripts", "experiments"), Launcher);

        // As a build does, it makes folders beside the sources.
        WriteProgram(_folder["path", "dotnet"], """
            #!/usr/bin/env bash
            set -eu
            cd "${0%/*}/.."
            echo "$*" >>builds
            [ ! -e broken ] || { echo "error CS0000: broken"; exit 1; }
            sleep 0.3
            mkdir -p src/Experiments/obj src/Experiments/bin/Release/net10.0
            touch src/Experiments/obj/project.assets.json
            cp program src/Experiments/bin/Release/net10.0/Experiments
            """);
        WriteProgram(_folder["program"], "#!/bin/sh\necho \"$PWD: $*\"\nread -r line && echo \"$line\"\nexit 7\n");
        _environment = new() { ["PATH"] = $"{_folder["path"]}:{Environment.GetEnvironmentVariable("PATH")}" };
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_builds_once_and_runs_the_program_in_the_callers_folder_with_its_arguments_and_exit_code()
    {
        var first = Run("train --norm gn");
        Assert.Equal((7, $"{_folder["scripts"]}: train --norm gn\n"), (first.ExitCode, first.Output));
        Assert.StartsWith("Building (NuGet downloads up to 140 MB the first time) ...", first.Error, StringComparison.Ordinal);
        var second = Run("plot");
        Assert.Equal((7, $"{_folder["scripts"]}: plot\n", ""), (second.ExitCode, second.Output, second.Error));
        Assert.Equal(1, Builds);
    }

    [Fact]
    public void It_builds_again_where_a_source_is_changed_added_or_deleted()
    {
        Run("");
        File.WriteAllText(_folder["src/Experiments/Commands/A.cs"], "changed");
        Assert.StartsWith("Building ...", Run("").Error, StringComparison.Ordinal);
        File.WriteAllText(_folder["src/Experiments/Commands/B.cs"], "");
        Run("");
        Assert.Equal(3, Builds);
        File.Delete(_folder["src/Experiments/Commands/B.cs"]);
        Run("");
        Assert.Equal(4, Builds);
        File.WriteAllText(_folder["Directory.Packages.props"], "changed");
        Run("");
        Assert.Equal(5, Builds);
        Assert.Equal("", Run("").Error);
    }

    [Fact]
    public void An_older_file_put_in_a_sources_place_is_a_change()
    {
        Run("");
        File.SetLastWriteTimeUtc(_folder["src/Experiments/Program.cs"], new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Run("");
        Assert.Equal(2, Builds);
    }

    [Fact]
    public void Calls_at_once_build_once()
    {
        var calls = Enumerable.Range(0, 4).Select(_ => Start("train")).ToList();
        foreach (var call in calls)
        {
            call.StandardInput.Close();
            Assert.Contains("train", call.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
            call.WaitForExit();
            Assert.Equal(7, call.ExitCode);
            call.Dispose();
        }

        Assert.Equal(1, Builds);
    }

    [Fact]
    public void A_program_that_runs_keeps_its_files_and_other_calls_use_it_as_it_is()
    {
        Run("");
        using var running = Start("sweep");
        Assert.Contains("sweep", running.StandardOutput.ReadLine(), StringComparison.Ordinal);
        File.WriteAllText(_folder["src/Experiments/Program.cs"], "changed");
        var other = Run("sweep --status");
        Assert.Equal((7, "The sources have changed, but the program is running; this call uses it as it was built.\n"), (other.ExitCode, other.Error));
        Assert.Equal(1, Builds);
        running.StandardInput.Close();
        running.WaitForExit();
        Run("");
        Assert.Equal(2, Builds);
    }

    [Fact]
    public void A_build_that_fails_shows_why_and_runs_nothing()
    {
        File.WriteAllText(_folder["broken"], "");
        var failed = Run("train");
        Assert.Equal((1, ""), (failed.ExitCode, failed.Output));
        Assert.EndsWith("error CS0000: broken\n", failed.Error, StringComparison.Ordinal);
        File.Delete(_folder["broken"]);
        Assert.Equal(7, Run("train").ExitCode);
    }

    [Fact]
    public void It_builds_once_whatever_way_leads_to_it_and_whatever_is_in_the_path()
    {
        Directory.CreateSymbolicLink(_folder["a link"], _folder.Path);
        File.CreateSymbolicLink(_folder["path", "experiments"], Launcher);
        foreach (var program in new[] { Launcher, _folder["a link", "scripts", "experiments"], _folder["path", "experiments"] })
            Assert.Equal(7, Run("", program).ExitCode);
        Assert.Equal(1, Builds);
    }

    [Fact]
    public void A_new_commit_is_a_change_however_git_keeps_it()
    {
        Directory.CreateDirectory(_folder[".git", "refs", "heads"]);
        File.WriteAllText(_folder[".git", "HEAD"], "ref: refs/heads/main\n");
        File.WriteAllText(_folder[".git", "refs", "heads", "main"], $"{new string('a', 40)}\n");
        Run("");
        Assert.Equal("", Run("").Error);
        File.WriteAllText(_folder[".git", "refs", "heads", "main"], $"{new string('b', 40)}\n");
        Run("");
        Assert.Equal(2, Builds);
        File.WriteAllText(_folder[".git", "HEAD"], $"{new string('b', 40)}\n");
        Assert.Equal("", Run("").Error);
        File.WriteAllText(_folder[".git", "HEAD"], $"{new string('c', 40)}\n");
        Run("");
        Assert.Equal(3, Builds);
    }

    [Fact]
    public void Where_nothing_can_be_written_and_nothing_is_built_it_says_so()
    {
        File.WriteAllText(_folder["src", "Experiments", "bin"], "");
        var result = Run("train");
        Assert.Equal((3, ""), (result.ExitCode, result.Output));
        Assert.Equal($"The program is not built yet, and {_folder["src", "Experiments", "bin"]} cannot be written: run this once as someone who may write there.\n", result.Error);
    }

    private string Launcher => _folder["scripts", "experiments"];

    private int Builds => File.ReadAllLines(_folder["builds"]).Length;

    private Cli.Result Run(string arguments, string? program = null)
    {
        using var process = Start(arguments, program);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new Cli.Result(process.ExitCode, output, error.GetAwaiter().GetResult());
    }

    private Process Start(string arguments, string? program = null) => Cli.Start(arguments, _folder["scripts"], _environment, program ?? Launcher, input: true);

    private static void WriteProgram(string path, string text)
    {
        File.WriteAllText(path, text);
        Cli.Run($"+x {path}", program: "chmod");
    }
}
