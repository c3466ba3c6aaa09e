using Experiments.Core;

namespace Experiments.Engines.Tests;

/// <summary>libtorch is half a gigabyte, and some disks cannot hold links to it, so only programs that compute with it have it in their folder.</summary>
public sealed class OutputFolderTests
{
    private static readonly string[] s_withLibtorch = ["src/Experiments", "tests/Benchmarks", "tests/Experiments.Engines.Tests", "tests/Experiments.Tests"];

    [TorchFact]
    public void Of_what_is_built_only_the_program_and_what_runs_the_engines_has_libtorch()
    {
        var found = ProjectsWithLibtorch(RepositoryFolder.Root);
        Assert.Contains("tests/Experiments.Engines.Tests", found);
        Assert.Empty(found.Except(s_withLibtorch));
    }

    [Fact]
    public void A_project_that_gets_libtorch_is_found_wherever_it_lies_in_the_output()
    {
        using var root = new TemporaryFolder();
        foreach (var file in new[]
        {
            "src/A/bin/Debug/net10.0/runtimes/linux-x64/native/libtorch_cpu.so", "src/B/bin/Release/net10.0/win-x64/torch_cpu.dll", "tests/C/bin/Debug/net10.0/C.dll",
            "tests/D/libtorch_cpu.so",
        })
        {
            var path = Path.Combine(root.Path, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "");
        }

        Assert.Equal(["src/A", "src/B"], ProjectsWithLibtorch(root.Path));
    }

    private static string[] ProjectsWithLibtorch(string root) =>
    [
        .. from part in new[] { "src", "tests" }
           from project in Directory.GetDirectories(Path.Combine(root, part)).Order(StringComparer.Ordinal)
           let output = Path.Combine(project, "bin")
           where Directory.Exists(output) && Directory.EnumerateFiles(output, "*torch_cpu.*", SearchOption.AllDirectories).Any()
           select $"{part}/{Path.GetFileName(project)}",
    ];
}
