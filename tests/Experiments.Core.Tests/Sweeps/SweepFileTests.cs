using Experiments.Core.Figures;
using Experiments.Core.Sweeps;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Sweeps;

public sealed class SweepFileTests
{
    private const string Example = """
        title: Error against batch size
        source: Wu & He 2018, figure 1 and table 2
        dataset: cifar10
        model: resnet20
        epochs: 100
        seeds: 5
        batch: [32, 16, 8, 4, 2]
        norm: [bn, { gn: { groups: 8 } }]
        figure: error-against-batch
        references:
          - source: a paper
            error: { bn: { 32: 23.6, 2: 34.7 } }
        quick: { dataset: fashion-mnist, model: resnet8, epochs: 4, train-limit: 20000, seeds: 3 }
        """;

    [Fact]
    public void The_head_that_people_wrote_is_kept_through_every_rewriting()
    {
        const string Head = "A title.\n\nReproduces  this.\nDiffers     that:\n            # and more";
        var sweep = SweepFile.Parse($"# {Head.Replace("\n", "\n# ", StringComparison.Ordinal)}\n\n# Not the head.\nnorm: bn\n", "a.yaml", "a");
        Assert.Equal(Head, sweep.Head);
        var once = SweepFile.Write(sweep);
        Assert.Equal(once, SweepFile.Write(SweepFile.Parse(once, "sweep.yaml", "a")));
        Assert.Equal(Head, SweepFile.Parse(once, "sweep.yaml", "a").Head);
        Assert.Null(SweepFile.Parse(SweepFile.Write(sweep with { Head = null }), "sweep.yaml", "a").Head);
    }

    [Fact]
    public void The_example_of_the_design_is_fifty_runs_in_grid_order()
    {
        var sweep = SweepFile.Parse(Example, "figure-1.yaml", "figure-1");
        var runs = sweep.Grid.Expand();
        Assert.Equal(50, runs.Count);
        Assert.Equal(("bn", 32, 1L), (runs[0].Norm.Name, runs[0].Batch, runs[0].Seed));
        Assert.Equal(("bn", 32, 5L), (runs[4].Norm.Name, runs[4].Batch, runs[4].Seed));
        Assert.Equal(("gn", 2, 5L), (runs[49].Norm.Name, runs[49].Batch, runs[49].Seed));
        Assert.All(runs, run => Assert.Equal(run.Norm.Name == "gn" ? 8 : null, run.Norm.Groups));
        Assert.Equal("a paper", Assert.Single(sweep.References).Source);
        Assert.Equal(34.7, sweep.References[0].Error["bn"][2]);
    }

    [Fact]
    public void Runs_begin_from_runs_of_the_same_norm_and_seed_that_are_trained_first()
    {
        const string text = """
            dataset: synthetic
            engine: torch
            device: cpu
            classes: 5-9
            seeds: 2
            batch: [32, 4]
            lr: 0.01
            measure: percentiles
            norm: [bn, { bn: { freeze: norm-statistics } }, gn]
            pretrain: { classes: 0-4, batch: 32, lr: 0.1, epochs: 7 }
            quick: { epochs: 1, pretrain: { epochs: 2 } }
            """;
        var sweep = SweepFile.Parse(text, "transfer.yaml", "transfer");
        var first = sweep.Pretraining!.Runs();
        Assert.Equal(["bn 1", "bn 2", "gn 1", "gn 2"], first.Select(run => $"{run.Settings.Norm.Name} {run.Settings.Seed}"));
        Assert.All(first, run => Assert.Equal((32, 0.1, 7, "0-4", null, Frozen.None, MeasurementKinds.None),
            (run.Settings.Batch, run.Settings.Lr, run.Settings.Epochs, run.Settings.Classes, run.Settings.From, run.Settings.Freeze, run.Settings.Measure)));
        var runs = sweep.Runs();
        Assert.Equal(12, runs.Count);
        Assert.All(runs, run => Assert.Equal(first.Single(before => before.Settings.Norm.Name == run.Settings.Norm.Name && before.Settings.Seed == run.Settings.Seed).Id, run.Settings.From!.Run));
        Assert.Equal(6, runs.Select(run => run.Cell).Distinct().Count());
        Assert.Equal(runs.Select(run => run.Id), SweepFile.AsWritten(SweepFile.Parse(SweepFile.Write(sweep), "x", "x")).Runs().Select(run => run.Id));
        Assert.Equal([2], SweepFile.Parse(text, "transfer.yaml", "transfer", SweepForm.Quick).Pretraining!.Runs().Select(run => run.Settings.Epochs).Distinct());
    }

    [Theory]
    [InlineData("pretrain: { norm: gn }", "norm cannot be given under pretrain: a run begins from one of the same norm and seed.")]
    [InlineData("pretrain: { from: here }", "from cannot be given under pretrain: runs that are trained first begin with random weights.")]
    [InlineData("pretrain: { batch: [32, 4] }", "batch has 2 values under pretrain, but only one run is trained first for each norm and seed: give one.")]
    [InlineData("pretrain: yes", "pretrain takes options in which the runs that are trained first differ")]
    [InlineData("pretrain: { epochs: 2 }\nfrom: here", "from and pretrain exclude each other")]
    [InlineData("pretrain: { epochs: 2 }\nnorm: [{ bn: { from: here } }]", "from and pretrain exclude each other")]
    public void What_cannot_be_trained_first_is_refused(string text, string answer) =>
        Assert.Contains(answer, Assert.Throws<ExperimentException>(() => SweepFile.Parse(text, "x.yaml", "x")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_quick_block_overlays_the_sweep_and_has_a_name_of_its_own()
    {
        var sweep = SweepFile.Parse(Example, "figure-1.yaml", "figure-1", SweepForm.Quick);
        Assert.Equal("figure-1-quick", sweep.Name);
        var runs = sweep.Grid.Expand();
        Assert.Equal(30, runs.Count);
        Assert.All(runs, run => Assert.Equal(("fashion-mnist", "resnet8", 4, 20000), (run.Dataset, run.Model, run.Epochs, run.TrainLimit)));
    }

    [Fact]
    public void Each_short_form_overlays_the_full_one_and_not_another()
    {
        const string text = "batch: [32, 2]\nepochs: 100\nmodel: resnet20\nquick: { epochs: 4, model: resnet8 }\nevening: { epochs: 30, seeds: 3 }";
        var evening = SweepFile.Parse(text, "a.yaml", "a", SweepForm.Evening);
        Assert.Equal("a-evening", evening.Name);
        Assert.Equal(6, evening.Grid.Expand().Count);
        Assert.All(evening.Grid.Expand(), run => Assert.Equal(("resnet20", 30), (run.Model, run.Epochs)));
        Assert.Equal("bad.yaml: there is no evening block for --evening.",
            Assert.Throws<ExperimentException>(() => SweepFile.Parse("epochs: 3\nquick: { epochs: 1 }", "bad.yaml", "bad", SweepForm.Evening)).Message);
        // Mistakes in a block are reported also if another form is asked for.
        Assert.Contains("epoch", Assert.Throws<ExperimentException>(() => SweepFile.Parse("epochs: 3\nevening: { epoch: 1 }", "bad.yaml", "bad")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_reads_as_the_same_sweep()
    {
        var sweep = SweepFile.Parse(Example, "figure-1.yaml", "figure-1");
        var again = SweepFile.Parse(SweepFile.Write(sweep), "sweep.yaml", "figure-1");
        Assert.Equal(sweep.Grid.Expand(), again.Grid.Expand());
        Assert.Equal((sweep.Title, sweep.Source), (again.Title, again.Source));
        Assert.Equal(sweep.Figures.ToArray(), again.Figures.ToArray());
        Assert.Equal(SweepFile.Write(sweep), SweepFile.Write(again));
    }

    [Fact]
    public void A_sweep_may_ask_for_several_figures_each_once()
    {
        var sweep = SweepFile.Parse("figure: [landscape, covariate-shift, landscape]", "a.yaml", "a");
        Assert.Equal([FigureKind.Landscape, FigureKind.CovariateShift], sweep.Figures.ToArray());
        Assert.Equal(sweep.Figures.ToArray(), SweepFile.Parse(SweepFile.Write(sweep), "sweep.yaml", "a").Figures.ToArray());
        Assert.Contains("\nfigure: [landscape, covariate-shift]\n", SweepFile.Write(sweep), StringComparison.Ordinal);
    }

    [Fact]
    public void A_norm_may_hold_a_list_of_its_own()
    {
        var sweep = SweepFile.Parse("norm: [ln, { gn: { groups: [2, 4] } }, { gn: { channels-per-group: 16 } }]", "a.yaml", "a");
        Assert.Equal(["ln", "gn 2", "gn 4", "gn  16"], sweep.Grid.Expand().Select(run => $"{run.Norm.Name} {run.Norm.Groups} {run.Norm.ChannelsPerGroup}".Trim()));
    }

    [Fact]
    public void Mistakes_are_reported_together_each_with_its_line_and_the_nearest_name()
    {
        var error = Assert.Throws<ExperimentException>(() => SweepFile.Parse("""
            epoch: 3
            batch: [32, two]
            norm: [bm]
            figure: error-against-bach
            seeds: 0
            lr: [0.1, -1]
            quick: { model: resnet18 }
            """, "my.yaml", "my")).Message;
        Assert.Equal(
            [
                "my.yaml:1: Unknown key 'epoch'. Did you mean 'epochs'?",
                "my.yaml:2: batch takes a whole number from 1, not 'two'.",
                "my.yaml:3: Unknown norm 'bm'. Did you mean 'bn'?",
                "my.yaml:4: Unknown figure 'error-against-bach'. Did you mean 'error-against-batch'?",
                "my.yaml:6: lr takes a number above 0, not '-1'.",
                "my.yaml:5: seeds takes a whole number from 1, not '0'.",
                "my.yaml:7: resnet18 is a network for ImageNet; this program has He et al.'s networks for CIFAR",
            ],
            error.Split(Environment.NewLine).Select(line => line.Split(" Known:")[0].Split(": their depth")[0]));
    }

    [Fact]
    public void Jobs_and_out_are_the_sweeps_own_and_no_part_of_what_is_written()
    {
        var sweep = SweepFile.Parse("norm: bn\njobs: 3\nout: there", "a.yaml", "a");
        Assert.Equal((3, "there"), (sweep.Jobs, sweep.Out));
        Assert.DoesNotContain("there", SweepFile.Write(sweep), StringComparison.Ordinal);
        Assert.Contains("a.yaml:1: jobs takes a whole number from 1, not 'all'.",
            Assert.Throws<ExperimentException>(() => SweepFile.Parse("jobs: all", "a.yaml", "a")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("batch: [1, 2\nnorm: bn", "bad.yaml:1: not valid YAML")]
    [InlineData("- a\n- b", "bad.yaml:1: expected keys and values")]
    [InlineData("", "bad.yaml:1: expected keys and values")]
    [InlineData("batch: 2\nbatch: 4", "bad.yaml:2: not valid YAML")]
    [InlineData("batch: { a: 3 }", "bad.yaml:1: batch takes a value such as N")]
    [InlineData("batch: []", "bad.yaml:1: batch has an empty list")]
    [InlineData("norm: { bn: { groups: 3 } }", "bad.yaml:1: groups does not belong to norm bn")]
    [InlineData("norm: { gn: { grups: 3 } }", "bad.yaml:1: Unknown option of a norm 'grups'. Did you mean 'groups'?")]
    [InlineData("groups: 2\nchannels-per-group: 4", "bad.yaml:1: groups and channels-per-group exclude each other")]
    [InlineData("norm: { gn: { groups: 2, channels-per-group: 4 } }", "bad.yaml:1: groups and channels-per-group exclude each other")]
    [InlineData("seed: [5, 9]\nseeds: 2", "bad.yaml:1: seed names the seeds and seeds says how many")]
    [InlineData("seed: [5, 9]\nquick: { seeds: 2 }", "bad.yaml:2: seeds 2 counts on from one seed, but seed names 5, 9")]
    [InlineData("quick: { title: x }", "bad.yaml:1: Unknown key 'title'.")]
    [InlineData("references: [ { source: x, error: { fooo: { 2: 3 } } } ]", "bad.yaml:1: Unknown norm 'fooo'.")]
    [InlineData("figure: []", "bad.yaml:1: figure has an empty list of names.")]
    [InlineData("figure:\n  - landscape\n  - landscap", "bad.yaml:3: Unknown figure 'landscap'. Did you mean 'landscape'?")]
    [InlineData("references: [ { source: x } ]", "bad.yaml:1: a reference has a source and an error")]
    public void A_file_that_is_no_sweep_is_answered_with_its_line(string text, string answer) =>
        Assert.StartsWith(answer, Assert.Throws<ExperimentException>(() => SweepFile.Parse(text, "bad.yaml", "bad")).Message, StringComparison.Ordinal);

    public static TheoryData<string, string> Damaged => new()
    {
        { "? &x {? *x : 1}\n: 2", ":1: not valid YAML: *x is used inside the value that it names." },
        { "batch: &x [1, *x]", ":1: not valid YAML: *x is used inside the value that it names." },
        { new string('[', 100_000), ":1: not valid YAML: lists and keys nest more than 32 deep here; a sweep needs four." },
        { string.Concat(Enumerable.Repeat("{a: ", 20_000)), ":1: not valid YAML: lists and keys nest more than 32 deep here" },
        { string.Concat(Enumerable.Repeat("- ", 20_000)), ":1: not valid YAML: lists and keys nest more than 32 deep here" },
        { "\n" + string.Concat(Enumerable.Range(0, 5_000).Select(depth => $"{new string(' ', depth)}a:\n")), ":34: not valid YAML: lists and keys nest more than 32 deep here" },
        { "a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d]", ":5: not valid YAML: with its aliases filled in, it holds more than 10000 values." },
        { "batch: *nowhere", ":1: not valid YAML:" },
        { " : x", ":1:" },
        { "norm: bn\n\n : x", ":3:" },
        { "norm: bn\n\0: o", ":2: not valid YAML: it holds the character U+0000" },
        { "norm: bn\nquick:\n\tepochs: 1\n\tseeds: 2", ":3: not valid YAML:" },
        { "norm: bn\nmodel: \"small\nepochs: 3", ":2: not valid YAML:" },
        { "norm: bn\nmodel: 'small", ":2: not valid YAML:" },
        { "norm: bn\nmodel: [small", ":2: not valid YAML:" },
        { "norm: bn\n---\nnorm: gn", ":1: expected keys and values" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void What_the_parser_cannot_take_is_answered_in_a_line_that_names_its_own(string text, string answer)
    {
        var error = Assert.Throws<ExperimentException>(() => SweepFile.Parse(text, "bad.yaml", "bad"));
        Assert.Equal(2, error.ExitCode);
        Assert.StartsWith($"bad.yaml{answer}", error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 1, 300);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("no", false)]
    [InlineData("off", false)]
    [InlineData("False", false)]
    [InlineData("yes", true)]
    [InlineData("ON", true)]
    [InlineData("true", true)]
    public void YAMLs_other_words_for_on_and_off_are_understood(string word, bool on) =>
        Assert.Equal(on, Assert.Single(SweepFile.Parse($"weight-standardization: {word}", "a.yaml", "a").Grid.Expand()).Norm.WeightStandardization);

    [Fact]
    public void Of_what_came_no_more_than_a_line_is_echoed()
    {
        var value = string.Join("\\n", Enumerable.Repeat("no such model", 1000));
        foreach (var text in new[] { $"model: \"{value}\"", $"\"{value}\": 2", $"batch: \"{value}\"", $"norm: {{ \"{value}\": {{ groups: 2 }} }}", $"figure: \"{value}\"", $"batch: {{ \"{value}\": 3 }}", $"references: [ {{ source: x, error: {{ bn: {{ \"{value}\": 3 }} }} }} ]" })
        {
            var error = Assert.Throws<ExperimentException>(() => SweepFile.Parse(text, "bad.yaml", "bad")).Message;
            Assert.All(error.Split(Environment.NewLine), line => Assert.InRange(line.Length, 1, 600));
            Assert.InRange(error.Split('\n').Length, 1, 2);
        }
    }

    [Fact]
    public void Every_sweep_in_configs_reads_in_each_of_its_forms_and_can_be_trained()
    {
        var files = Directory.GetFiles(Path.Combine(RepositoryFolder.Root, "configs"), "*.yaml");
        Assert.NotEmpty(files);
        foreach (var file in files)
        {
            Assert.DoesNotContain("TODO", File.ReadAllText(file), StringComparison.Ordinal);
            foreach (var form in Enum.GetValues<SweepForm>().Where(form => form == SweepForm.Full || File.ReadAllText(file).Contains($"\n{EnumText.Of(form)}:", StringComparison.Ordinal)))
            {
                var sweep = SweepFile.Read(file, form);
                Assert.NotNull(sweep.Title);
                Assert.NotNull(sweep.Source);
                Assert.NotEmpty(sweep.Runs());
                Assert.NotEmpty(sweep.Figures);
            }
        }
    }
}
