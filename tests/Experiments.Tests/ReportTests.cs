using System.Text.RegularExpressions;
using Experiments.Core;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Sweeps;
using Experiments.Core.Tests.Results;
using Experiments.Reports;

namespace Experiments.Tests;

/// <summary>What a report says. How it looks and sorts in a browser is in ReportInBrowserTests.</summary>
public sealed partial class ReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void It_says_what_was_asked_what_came_out_how_sure_it_is_and_how_to_repeat_it()
    {
        var page = Text(Write(Folder("mine", [.. Sample.Figure1(), Sample.Run("ln", 32, 1, 15.25), Sample.Run("ln", 4).Diverged(), Sample.Run("ln", 2).Failed()])));
        Assert.Contains("Each of 33 runs trains resnet20 (269,722 parameters) for 100 epochs on 50,000 images of CIFAR-10.", page, StringComparison.Ordinal);
        Assert.Contains("the share of 10,000 test images that the trained network puts into a wrong class, in percent, as the median of the last five epochs", page, StringComparison.Ordinal);
        Assert.Contains("BN is Batch Normalization", page, StringComparison.Ordinal);
        Assert.Matches(@"BN: from batch 32 to batch 2 the error rises from 13\.8% to 19\.\d%, a difference of \+6\.\d points \(95% interval .*, paired over 2 seeds\)\.", page);
        Assert.Contains("difference to BN in points, paired over seeds: mean ± 95% interval (seeds)", page, StringComparison.Ordinal);
        Assert.Contains("The loss stopped being a finite number in epoch 2 of 100.", page, StringComparison.Ordinal);
        Assert.Contains("Failed: the disk is full", page, StringComparison.Ordinal);
        Assert.Contains("a processor, of some kind", page, StringComparison.Ordinal);
        Assert.Contains("libtorch 1.13.1", page, StringComparison.Ordinal);
        Assert.Contains("mine: 30 of 33 runs finished, 2 diverged, 1 failed", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_run_has_its_curve_and_its_log_and_each_figure_is_in_the_page()
    {
        var html = Write(Folder("mine", Sample.Figure1()));
        Assert.Equal(Sample.Figure1().Count, Regex.Count(html, "<svg class=\"spark\""));
        Assert.Equal(2 * Sample.Figure1().Count, Regex.Count(html, "<polyline class=\"(train|test)\" points=\"1,[\\d.]+ [\\d.]+,[\\d.]+\">"));
        Assert.Contains("<pre id=\"log-bn-32-1\" tabindex=\"0\">epoch 1/100\nepoch 2/100</pre>", html, StringComparison.Ordinal);
        Assert.Contains("<title>Error against batch size</title>", html, StringComparison.Ordinal);
        Assert.Equal(5, Regex.Count(html, "<caption>")); // the settings, errors, differences to BN, the runs, and the one that diverged
    }

    [Fact]
    public void It_loads_nothing_and_its_ids_are_unique_and_its_links_lead_to_files()
    {
        var folder = Folder("a folder, 100% #1", Sample.Figure1());
        var html = Write(folder);
        foreach (Match address in Address().Matches(html))
        {
            var target = address.Groups["target"].Value;
            Assert.True(target.StartsWith('#') ? html.Contains($"id=\"{target[1..]}\"", StringComparison.Ordinal) : File.Exists(Path.Combine(folder.Root, Uri.UnescapeDataString(target))), target);
        }

        Assert.DoesNotMatch(@"(src|@import|url\(\s*['""]?(?!#))\s*=?\s*['""]?(https?:)?//", html);
        Assert.DoesNotContain("<link", html, StringComparison.Ordinal);
        var ids = Id().Matches(html).Select(id => id.Value).ToList();
        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void A_name_or_a_log_cannot_become_markup()
    {
        const string Hostile = "</pre><script>alert(1)</script>&amp; \"quoted\" \u001b[31m";
        var folder = Folder("a&b <i>", [Sample.Run(), Sample.Run("gn", groups: 8) with { Host = Hostile, Dataset = "<img src=x onerror=alert(1)>" }], log: Hostile);
        File.WriteAllText(Path.Combine(folder.Root, "sweep.yaml"), SweepFile.Write(new Sweep { Name = "x", Title = Hostile.Replace("\u001b", "", StringComparison.Ordinal), Source = "<b>bold</b>", Head = "<i>head</i>" }));
        var html = Write(folder);
        Assert.Single(Regex.Matches(html, "<script"));
        Assert.DoesNotMatch("<(img|b|i)[ >]", html);
        Assert.DoesNotContain('\u001b', html);
        Assert.Contains("&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp; &quot;quoted&quot;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sweep_of_which_nothing_has_run_is_reported_too()
    {
        var folder = new ResultsFolder(_folder["begun"]);
        Directory.CreateDirectory(folder.Root);
        var sweep = SweepFile.Parse("# Asks a thing.\n#\n# Differs     in much.\n# Seen        something else.\ntitle: A question\ndataset: synthetic\nnorm: [bn, ln]\nbatch: [8, 4]\nmodel: small-cnn\nengine: torch\ndevice: cpu\nseeds: 2", "x", "x");
        File.WriteAllText(Path.Combine(folder.Root, "sweep.yaml"), SweepFile.Write(sweep));
        var html = Write(folder);
        var page = Text(html);
        Assert.Contains("begun: 0 of 8 runs finished, 8 to do. This report is of what there is so far.", page, StringComparison.Ordinal);
        Assert.Contains("Each of 8 runs trains small-cnn", page, StringComparison.Ordinal);
        Assert.Contains("No run has ended yet.", page, StringComparison.Ordinal);
        Assert.Contains("<dt>Differs</dt>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<dt>Seen</dt>", html, StringComparison.Ordinal);
        Assert.DoesNotContain("http-equiv", html, StringComparison.Ordinal);
    }

    [Fact]
    public void One_seed_has_no_interval() =>
        Assert.Contains("with one seed there is no interval", Text(Write(Folder("mine", [Sample.Run(), Sample.Run("ln", error: 15)]))), StringComparison.Ordinal);

    [Fact]
    public void Several_folders_stand_side_by_side_in_the_folder_that_holds_them()
    {
        Folder("one", Sample.Figure1());
        Folder("deeper/two", [Sample.Run(), Sample.Run("ln", error: 15)]);
        var result = Cli.Run("report one deeper/two one", _folder.Path);
        Assert.Equal((0, "Report: report.html\n", ""), (result.ExitCode, result.Output, result.Error));
        var html = File.ReadAllText(_folder["report.html"]);
        Assert.Contains("2 sweeps side by side", html, StringComparison.Ordinal);
        Assert.Contains("<a href=\"#s2-report\">two</a>", html, StringComparison.Ordinal);
        Assert.Contains("<a href=\"deeper/two/runs.csv\">", html, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(html, "<h3>What came out</h3>"));
        var ids = Id().Matches(html).Select(id => id.Value).ToList();
        Assert.Equal(ids.Distinct(), ids);
    }

    [Fact]
    public void Several_folders_are_compared_with_the_first_where_they_share_something()
    {
        var one = Folder("one/x", [.. Sample.Figure1(), Sample.Run("ln", 32, 1, 15)]);
        var two = Folder("two/x", [.. Sample.Figure1().Select(run => run with { Epochs = 50, Error = run.Error + (run.Norm == "bn" ? 2 + (0.1 * run.Seed) : 0) })]);
        var other = Folder("other", [Sample.Run("ln", 32, 9)]);
        var begun = new ResultsFolder(_folder["begun"]);
        Directory.CreateDirectory(begun.Root);
        File.WriteAllText(Path.Combine(begun.Root, "sweep.yaml"), SweepFile.Write(SweepFile.Parse("dataset: synthetic\nnorm: bn\nmodel: small-cnn", "x", "x")));
        ReportPage.Write([one, two, other, begun], _folder["all.html"]);
        var html = File.ReadAllText(_folder["all.html"]);
        var page = Text(html);
        Assert.Contains("<h3>two/x compared with one/x</h3>", html, StringComparison.Ordinal);
        Assert.Matches(@"norm one/x two/x two/x - one/x BN, batch 32 13\.\d ± \d\.\d \(3\) 1\d\.\d ± \d\.\d \(3\) \+2\.2 ± 0\.2 \(3\) ?\*", page);
        Assert.Contains("The two cells of a row differ in epochs (100 in one/x, 50 in two/x).", page, StringComparison.Ordinal);
        Assert.Contains("* is significant at the 5% level after Holm's correction", page, StringComparison.Ordinal);
        Assert.Contains("Left out are cells without a partner: 1 of 11 in one/x, 0 of 10 in two/x.", page, StringComparison.Ordinal);
        Assert.Contains("one/x and other share ", page, StringComparison.Ordinal);
        Assert.Contains("There is nothing to compare yet: no run of begun has ended.", page, StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_folder_without_the_runs_own_folders_is_reported_from_its_csvs()
    {
        var page = Text(Write(new ResultsFolder(Path.Combine(RepositoryFolder.Root, "results", "reference", "quick")), _folder["quick.html"]));
        Assert.Contains("quick: 50 of 50 runs finished.", page, StringComparison.Ordinal);
        Assert.Contains("the folder keeps no epochs, so there are no curves", page, StringComparison.Ordinal);
        Assert.Contains("From the head of configs/quick.yaml", page, StringComparison.Ordinal);
        Assert.Contains("git checkout fcc0ef3272c85ecf0843db04080e01b42d11fa97", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("report nowhere", "There is no results folder nowhere.")]
    [InlineData("report .", "is no results folder: it has neither sweep.yaml nor runs.csv nor runs/.")]
    [InlineData("report . --out .", "--out takes a file, such as ./report.html; . is a folder.")]
    [InlineData("sweep quick --report --status", "--report is kept fresh by the process that trains the runs, and with --status it trains none")]
    public void A_mistake_is_answered_in_a_sentence(string command, string answer)
    {
        var result = Cli.Run(command, _folder.Path);
        Assert.Equal(ExitCode.BadInput, result.ExitCode);
        Assert.Contains(answer, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [TrainsFact]
    public void A_sweeps_report_reloads_while_it_runs_and_no_longer_when_it_was_stopped_or_has_ended()
    {
        const string Sweep = "sweep --dataset synthetic --train-limit 400 --test-limit 100 --model resnet8 --width 8 --norm bn,ln --batch 4 --epochs 40 --jobs 1 --report --out s";
        var file = _folder["s", "report.html"];
        using (var process = Cli.Start(Sweep, _folder.Path))
        {
            _ = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEndAsync();
            while (!File.Exists(file) && !process.HasExited)
                Thread.Sleep(20);
            Assert.Contains("<meta http-equiv=\"refresh\" content=\"10\">", File.ReadAllText(file), StringComparison.Ordinal);
            Assert.Contains("0 of 2 runs finished", File.ReadAllText(file), StringComparison.Ordinal);
            Cli.Signal(process, 2);
            process.WaitForExit();
            Assert.Equal(130, process.ExitCode);
            Assert.Contains("Report: s/report.html", output.Result, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("http-equiv", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Matches("[01] of 2 runs? finished", File.ReadAllText(file)); // on a busy machine the first may end before the signal arrives
        Assert.Equal(0, Cli.Run(Sweep, _folder.Path).ExitCode);
        Assert.Contains("s: 2 of 2 runs finished.", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.DoesNotContain("http-equiv", File.ReadAllText(file), StringComparison.Ordinal);
    }

    /// <summary>A folder in which these runs have ended, two epochs and a log each.</summary>
    internal static ResultsFolder FolderAt(string path, IReadOnlyList<RunRow> rows, string? log = null)
    {
        var folder = new ResultsFolder(path);
        foreach (var row in rows)
        {
            folder.WriteRow(row with { Seconds = 75, ImagesPerSecond = 1234.5 });
            folder.Write(row.Key(), [row.Epoch(1, 60).Row, row.Epoch(2, row.Error ?? 90).Row]);
            File.WriteAllText(Path.Combine(folder.PathOf(row.Run), "log.txt"), log ?? "epoch 1/100\nepoch 2/100\n" + (row.Status == RunStatus.Failed ? "Failed: the disk is full\n" : ""));
        }

        folder.Rebuild();
        return folder;
    }

    private ResultsFolder Folder(string name, IReadOnlyList<RunRow> rows, string? log = null) => FolderAt(_folder[name.Split('/')], rows, log);

    private static string Write(ResultsFolder folder, string? file = null)
    {
        file ??= Path.Combine(folder.Root, ReportPage.FileName);
        ReportPage.Write([folder], file);
        return File.ReadAllText(file);
    }

    // What a reader sees, on one line.
    private static string Text(string html) => Blanks().Replace(System.Net.WebUtility.HtmlDecode(Tag().Replace(html, " ")), " ").Replace(" .", ".", StringComparison.Ordinal);

    [GeneratedRegex("</?[a-z][^>]*>|<!DOCTYPE html>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex("(?<=\\sid=\")[^\"]*")]
    private static partial Regex Id();

    [GeneratedRegex("href=\"(?<target>[^\"]*)\"")]
    private static partial Regex Address();
}
