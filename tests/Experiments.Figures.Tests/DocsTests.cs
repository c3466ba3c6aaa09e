using System.Diagnostics;
using Experiments.Core;
using Experiments.Core.Tests;

namespace Experiments.Figures.Tests;

public sealed class DocsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [FactWhere("matplotlib and pandas (Debian: python3-matplotlib python3-pandas)", "/usr/lib/python3/dist-packages/matplotlib/__init__.py"), Trait("Speed", "slow")]
    public void The_lines_that_redraw_a_figure_from_its_data_do_so()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryFolder.Root, "docs", "experiments.md"));
        var code = page.Split("<!-- redraw -->\n```python\n")[1].Split("```\n<!-- end of redraw -->")[0];
        Assert.Equal(5, code.TrimEnd().Split('\n').Length);
        Directory.CreateSymbolicLink(_folder["results"], Path.Combine(RepositoryFolder.Root, "results"));
        Assert.Equal((0, ""), Python(code));
        Assert.True(new FileInfo(_folder["error-against-batch.png"]).Length > 10_000);
    }

    private (int ExitCode, string Complaints) Python(string code)
    {
        var start = new ProcessStartInfo("/usr/bin/python3", ["-c", code]) { WorkingDirectory = _folder.Path, RedirectStandardError = true };
        start.Environment["MPLBACKEND"] = "agg";
        using var process = Process.Start(start)!;
        var complaints = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, complaints);
    }
}
