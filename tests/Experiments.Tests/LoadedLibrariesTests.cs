namespace Experiments.Tests;

/// <summary>A run loads the library of its own engine alone: libtorch is half a gigabyte, and does not load everywhere.</summary>
public sealed class LoadedLibrariesTests
{
    [TrainsFact]
    public void A_run_on_onednn_does_not_load_libtorch_also_where_it_was_chosen_as_the_fastest()
    {
        foreach (var engine in new[] { "--engine onednn", "--device cpu", "" })
        {
            var maps = MapsOfATraining(engine);
            Assert.Contains("libdnnl", maps, StringComparison.Ordinal);
            Assert.DoesNotContain("libtorch", maps, StringComparison.OrdinalIgnoreCase);
        }
    }

    [TrainsFact("torch")]
    public void A_run_on_torch_loads_libtorch() =>
        Assert.Contains("libtorch_cpu", MapsOfATraining("--engine torch --device cpu"), StringComparison.Ordinal);

    /// <summary>The files mapped by a process that has just trained.</summary>
    private static string MapsOfATraining(string options)
    {
        using var process = Cli.Start($"bench --model resnet8 --width 8 --groups 2 --norm gn --batch 2 --seconds 0.02 --by-turns {options}", input: true);
        try
        {
            Assert.StartsWith("ready", process.StandardOutput.ReadLine(), StringComparison.OrdinalIgnoreCase);
            return File.ReadAllText($"/proc/{process.Id}/maps");
        }
        finally
        {
            process.StandardInput.Close();
            process.WaitForExit();
        }
    }
}
