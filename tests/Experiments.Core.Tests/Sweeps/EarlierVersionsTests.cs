using Experiments.Core.Data;
using Experiments.Core.Results;
using Experiments.Core.Results.Rows;
using Experiments.Core.Runs;
using Experiments.Core.Sweeps;
using Experiments.Core.Tests.Training;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Sweeps;

/// <summary>Results folders that earlier versions of the program have made.</summary>
public sealed class EarlierVersionsTests : IDisposable
{
    private static readonly string Published = Path.Combine(RepositoryFolder.Root, "results", "reference");

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> PublishedFolders => [.. Directory.GetDirectories(Published).Select(folder => Path.GetFileName(folder)).Order()];

    public void Dispose() => _folder.Dispose();

    // The rows are as they were published. They come from several versions; some had fewer options, and most gave runs other names than today.
    [Theory, MemberData(nameof(PublishedFolders))]
    public void Every_published_row_is_a_run_that_would_not_be_trained_again(string name)
    {
        var (folder, runs) = Restore(name);
        Assert.NotEmpty(runs);
        var sweep = folder.Read()!;
        Assert.Equal(runs.Order(), folder.RunsOf(sweep).Select(run => run.Id).Order());
        Assert.Empty(folder.Missing(folder.RunsOf(sweep)));
        Assert.Empty(folder.OthersThan(folder.RunsOf(sweep)));

        // Versions whose rows have no optimizer gave runs other names.
        var header = File.ReadLines(Path.Combine(Published, name, "runs.csv")).First();
        if (!header.Contains(",optimizer,", StringComparison.Ordinal))
            Assert.All(sweep.Runs(), run => Assert.DoesNotContain(run.Id, runs));
    }

    [Theory, MemberData(nameof(PublishedFolders))]
    public void The_config_of_a_published_folder_goes_on_there(string name)
    {
        var (folder, runs) = Restore(name);
        // figure-1-quick is the quick form of figure-1.
        var form = Enum.GetValues<SweepForm>().FirstOrDefault(form => name.EndsWith($"-{EnumText.Of(form)}", StringComparison.Ordinal));
        var file = form == SweepForm.Full ? name : name[..^$"-{EnumText.Of(form)}".Length];
        var config = SweepFile.Read(Path.Combine(RepositoryFolder.Root, "configs", $"{file}.yaml"), form);
        var now = folder.RunsOf(folder.Fit(config, new Machine([new Anything("onednn"), new Anything("torch")], new DataFolder())));
        Assert.Subset(now.Select(run => run.Id).ToHashSet(), runs.ToHashSet());
        Assert.Equal(now.Count - runs.Count, folder.Missing(now).Count);
    }

    [Fact]
    public void A_finished_run_is_kept_under_the_name_it_has()
    {
        var (folder, run) = Trained();
        var old = Rename(folder, run);
        var found = folder.Find(run);
        Assert.Equal((old, run), (found.Id, found));
        Assert.True(folder.HasEnded(found));
        Assert.Equal(old, new RunExecutor(Machine, folder.Results, "mine").Execute(found, null, _ => Assert.Fail("It is trained again."), null, default).Run);
        Assert.Equal([old], folder.Results.RunNames);
    }

    [Fact]
    public void A_half_done_run_goes_on_under_the_name_it_has()
    {
        var folder = new SweepFolder(new ResultsFolder(_folder["mine"]));
        var run = NewRun();
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => new RunExecutor(Machine, folder.Results, "mine").Execute(run, null, _ => stop.Cancel(), null, stop.Token));
        var old = Rename(folder, run);
        Directory.Delete(Path.Combine(folder.Results.PathOf(old), "checkpoints"), recursive: true);

        // its checkpoint, as that version named it
        var said = new List<string>();
        using var again = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => new RunExecutor(Machine, folder.Results, "mine").Execute(folder.Find(run), null, _ => again.Cancel(), null, again.Token));
        var row = new RunExecutor(Machine, folder.Results, "mine").Execute(folder.Find(run), null, null, said.Add, default);
        Assert.Contains("Goes on from ", Assert.Single(said), StringComparison.Ordinal);
        Assert.Equal((old, RunStatus.Finished), (row.Run, row.Status));
        Assert.Equal([old], folder.Results.RunNames);
    }

    [Fact]
    public void Another_run_is_not_taken_for_it()
    {
        var (folder, run) = Trained();
        Rename(folder, run);
        var other = Run.Create(run.Settings with { Lr = 0.2 });
        Assert.Equal(other.Id, folder.Find(other).Id);
        File.Delete(Path.Combine(folder.Results.PathOf("gn-g8-b8-s1-01234567"), "run.yaml"));
        Assert.Equal(other.Id, folder.Find(other).Id);
        Assert.NotEqual(run.Id, folder.Find(run).Id);
        var measured = Run.Create(run.Settings with { Measure = MeasurementKinds.Percentiles });
        Assert.Equal(measured.Id, folder.Find(measured).Id);
        Assert.Equal("gn-g8-b8-s1-01234567", Assert.Single(folder.OthersThan([other])));
    }

    [Fact]
    public void An_option_that_a_folder_does_not_name_is_as_promised_and_not_as_the_default_is_today()
    {
        var text = RunFile.Write(NewRun());
        Assert.Contains("\nmomentum: 0.9\n", text, StringComparison.Ordinal);
        var sweep = SweepFile.AsWritten(SweepFile.Parse(text.Replace("\nmomentum: 0.9\n", "\n", StringComparison.Ordinal), "run.yaml", "run"));
        Assert.Equal("0.9", Assert.Single(sweep.Grid.Axes["momentum"]).Text);
        Assert.Equal(NewRun(), Assert.Single(sweep.Runs()));
    }

    // The default activation and shortcut depend on the network, so the list of default values does not have them.
    [Fact]
    public void A_sweep_of_several_networks_reads_as_it_was_written()
    {
        var sweep = SweepFile.Parse("model: [small-cnn, resnet8, convnext-6]\nnorm: [bn, ln-channels]\ndataset: synthetic\n", "mine.yaml", "mine").Resolve(Machine);
        var there = SweepFile.AsWritten(SweepFile.Parse(SweepFile.Write(sweep), "sweep.yaml", "mine"));
        Assert.Equal(sweep.Runs().Select(run => run.Identity), there.Runs().Select(run => run.Identity));
        Assert.Equal(["relu", "relu", "relu", "relu", "gelu", "gelu"], sweep.Runs().Select(run => RunOptions.Find("activation")!.Get(run.Settings)));
        Assert.Equal(2, sweep.Runs().Count(run => run.Settings.Shortcut == Core.Networks.Shortcut.IdentityCentered));
    }

    private static Machine Machine { get; } = new([new RecordingProvider()], new DataFolder());

    private static Run NewRun() => Run.Create(Machine.Resolve(new RunSettings { Dataset = "synthetic", Norm = new("gn", 8), Batch = 8, Epochs = 2, TrainLimit = 40, TestLimit = 20 }));

    private (SweepFolder Folder, Run Run) Trained()
    {
        var folder = new SweepFolder(new ResultsFolder(_folder["mine"]));
        new RunExecutor(Machine, folder.Results, "mine").Execute(NewRun(), null, null, null, default);
        return (folder, NewRun());
    }

    // As if a version that gives another hash had left it.
    private static string Rename(SweepFolder folder, Run run)
    {
        var old = $"{run.Id[..^8]}01234567";
        Directory.Move(folder.Results.PathOf(run.Id), folder.Results.PathOf(old));
        foreach (var file in Directory.GetFiles(folder.Results.PathOf(old), "*.csv"))
            File.WriteAllText(file, File.ReadAllText(file).Replace(run.Id, old, StringComparison.Ordinal));
        return old;
    }

    /// <summary>A published folder, with the part of runs/ that can be made again from what was published.</summary>
    private (SweepFolder Folder, IReadOnlyList<string> Runs) Restore(string name)
    {
        var (from, to) = (Path.Combine(Published, name), _folder[name]);
        Directory.CreateDirectory(to);
        File.Copy(Path.Combine(from, "sweep.yaml"), Path.Combine(to, "sweep.yaml"));
        var runs = new List<string>();
        foreach (var file in Directory.GetFiles(from, "*.csv").Where(file => Path.GetFileName(file) is "runs.csv" or "percentiles.csv" or "histograms.csv" or "landscape.csv" or "covariate-shift.csv" or "distribution-shift.csv"))
        {
            var lines = File.ReadAllLines(file);
            foreach (var rows in lines.Skip(1).GroupBy(line => line.Split(',')[0]))
            {
                var isRow = Path.GetFileName(file) == "runs.csv";
                var folder = Directory.CreateDirectory(Path.Combine(to, "runs", rows.Key)).FullName;
                File.WriteAllLines(Path.Combine(folder, isRow ? "row.csv" : Path.GetFileName(file)), [lines[0], .. rows]);
                if (isRow)
                    runs.Add(rows.Key);
            }
        }

        return (new SweepFolder(new ResultsFolder(to)), runs);
    }

    // What the published runs were trained with.
    private sealed class Anything(string name) : IEngineProvider
    {
        public string Name => name;

        public string? Library => $"{name} 1.0";

        public IReadOnlyList<string> Devices => ["cpu"];

        public string? Unavailable(string device, Precision precision) => null;

        public IEngine Create(EngineSettings settings) => throw new NotSupportedException();
    }
}
