using System.Collections.Immutable;
using Experiments.Core.Figures;
using Experiments.Core.Norms;
using Experiments.Core.Results;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>An experiment: its name, what it reproduces, its grid, and how it is drawn.</summary>
public sealed record Sweep
{
    /// <summary>Its name: the file's, or that of the results folder.</summary>
    public required string Name { get; init; }

    /// <summary>The figure's title, which says what the sweep shows.</summary>
    public string? Title { get; init; }

    /// <summary>Where the experiment is from.</summary>
    public string? Source { get; init; }

    /// <summary>
    /// The comment that its file begins with: in words, what it reproduces, what differs, what to expect. It speaks of all forms of the file. Null where there
    /// is none.
    /// </summary>
    public string? Head { get; init; }

    /// <summary>The figures drawn from it, one at least.</summary>
    public ImmutableArray<FigureKind> Figures { get; init; } = [FigureKind.ErrorAgainstBatch];

    /// <summary>Published numbers to show beside it.</summary>
    public ImmutableArray<Reference> References { get; init; } = [];

    /// <summary>How many runs at once; null: as many as the machine has cores for.</summary>
    public int? Jobs { get; init; }

    /// <summary>The results folder, relative to the current one; null: <c>results/</c> and the name.</summary>
    public string? Out { get; init; }

    /// <summary>The runs.</summary>
    public Grid Grid { get; init; } = Grid.Default;

    /// <summary>
    /// The options in which a run that is trained first differs from the run that begins with its weights, one value for each; the two have the same norm and
    /// seed. Null: runs begin with random weights, or with those of a file.
    /// </summary>
    public Grid? Pretrain { get; init; }

    /// <summary>The sweep of the runs whose weights this sweep's runs begin with; null: there is none.</summary>
    public Sweep? Pretraining
    {
        get
        {
            if (Pretrain is null)
                return null;
            var kept = new Grid(Grid.Axes.RemoveRange(NotPretrained));
            if (kept.Axes.TryGetValue(RunOptions.Norm, out var norms))
                kept = kept.With(RunOptions.Norm, [.. norms.Select(norm => norm with { Own = norm.Own.RemoveAll(own => own.Key == RunOptions.Freeze) }).Distinct()]);
            return new Sweep
            {
                Name = $"{Name}: {StartingState.PretrainFolder}",
                Title = Title is null ? null : $"{Title}: before",
                Source = Source,
                Jobs = Jobs,
                Grid = Pretrain.Axes.Aggregate(kept, (grid, axis) => grid.With(axis.Key, axis.Value)),
            };
        }
    }

    // Options that a run that is trained first does not take over from the run that begins with its weights.
    private static readonly string[] NotPretrained = [RunOptions.From, RunOptions.Freeze, "measure", "measure-layer", "measure-points"];

    /// <summary>
    /// The sweep with nothing left open: each <c>auto</c> becomes this machine's choice, the same for all runs, and every option has its values.
    /// </summary>
    /// <exception cref="ExperimentException">Something that is asked for is missing here, or a value is wrong.</exception>
    public Sweep Resolve(Machine machine)
    {
        var runs = Grid.Expand();
        var complete = runs.Select(run => Run.Complete(machine.Resolve(run))).ToList();
        var grid = Grid;
        foreach (var option in RunOptions.All.Where(option => NormCatalog.Options.All(own => own.Name != option.Name)))
        {
            // A value that follows from others (a network's own width) becomes an axis only where it is the same for all runs.
            var given = runs.Select(option.Get).Distinct().ToList();
            var resolved = complete.Select(option.Get).Distinct().ToList();
            if (!grid.Axes.ContainsKey(option.Name) && resolved is [{ } only])
                grid = grid.With(option.Name, [new GridValue(only)]);
            else if (!grid.Axes.ContainsKey(option.Name) && given is [{ } same])
                grid = grid.With(option.Name, [new GridValue(same)]); // what networks make of the value differs, as with a shortcut if some have none
            else if (grid.Axes.ContainsKey(option.Name) && (option.Name == RunOptions.Dataset || (!given.SequenceEqual(resolved) && resolved.Count <= given.Count)))
                grid = grid.With(option.Name, [.. resolved.OfType<string>().Select(text => new GridValue(text))]);
        }

        return this with { Grid = grid.With(RunOptions.Norm, [.. grid.Axes[RunOptions.Norm].Select(norm => WithDefaults(WithChecksum(norm), grid, complete))]) };
    }

    /// <summary>A norm, and if it carries the weights that it begins with, their full path and checksum, as a run's settings have them.</summary>
    private static GridValue WithChecksum(GridValue norm) => norm with
    {
        Own = [.. norm.Own.Select(own => own.Key == RunOptions.From ? (own.Key, StartingState.Found(StartingWeights.Parse(own.Text))!.ToString()) : own)],
    };

    /// <summary>
    /// A norm with the default of each of its options that neither the norm nor the grid gives, if that default is the same for all runs of the norm. A
    /// number of groups that differs from network to network stays open here; the runs' own settings have it.
    /// </summary>
    private static GridValue WithDefaults(GridValue norm, Grid grid, IReadOnlyList<RunSettings> complete)
    {
        bool IsGiven(string key) => grid.Axes.ContainsKey(key) || norm.Own.Any(own => own.Key == key);
        var asked = norm.Own.Aggregate(new RunSettings { Norm = new(norm.Text) }, (settings, own) => RunOptions.Find(own.Key)!.Set(settings, own.Text)).Norm;
        var completed = complete.Where(run => run.Norm.Name == norm.Text).Select(run => Run.Complete(run with { Norm = asked }).Norm).ToList();
        var open = from option in NormCatalog.Options
                   where !(RunOptions.Exclusive.Contains(option.Name) ? RunOptions.Exclusive : [option.Name]).Any(IsGiven)
                   let texts = completed.Select(option.Text).Distinct().ToList()
                   where texts is [not null]
                   select (option.Name, texts[0]!);
        return norm with { Own = norm.Own.AddRange(open) };
    }

    /// <summary>
    /// The settings of the runs in grid order, with the values that follow from others; it is not checked whether they can be trained or where their images
    /// are.
    /// </summary>
    /// <exception cref="ExperimentException">A value is wrong, or an option applies to no norm or no optimizer of the grid.</exception>
    internal IReadOnlyList<RunSettings> Settings() => [.. Expand().Select(Run.Complete).DistinctBy(RunIdentity.Of)];

    /// <summary>The runs in grid order, each checked before the first begins.</summary>
    /// <exception cref="ExperimentException">Runs cannot be trained; the message has all mistakes.</exception>
    public IReadOnlyList<Run> Runs()
    {
        var runs = new List<Run>();
        var mistakes = new List<string>();
        var images = new RunImages();
        foreach (var settings in Expand())
            ExperimentException.Try(() => runs.Add(Run.Create(settings, images)), mistakes);

        foreach (var same in runs.GroupBy(run => run.Dataset.Name).Select(group => group.Select(run => run.Settings.Dataset).Distinct().ToList()).Where(paths => paths.Count > 1))
            mistakes.Add($"{string.Join(" and ", same)} have the same name, so the results could not tell them apart: rename one, or train each in a sweep of its own.");

        if (Figures.Contains(FigureKind.ErrorAgainstGroups) && runs.Count > 0 && !runs.Any(run => NormCatalog.Find(run.Settings.Norm.Name).TakesGroups))
            mistakes.Add($"The figure {FigureKind.ErrorAgainstGroups.Name()} needs a norm with groups, such as --norm gn; the sweep has {string.Join(", ", runs.Select(run => run.Settings.Norm.Name).Distinct())}.");
        foreach (var (figure, measurement) in Figures.Select(figure => (figure, MeasurementFiles.All.FirstOrDefault(one => one.File == FigureKinds.Describe(figure).File).Measurement)))
        {
            if (measurement != MeasurementKinds.None && runs.Count > 0 && !runs.Any(run => run.Settings.Measure.HasFlag(measurement)))
                mistakes.Add($"The figure {figure.Name()} shows a measurement that no run of the sweep makes: give --measure {EnumText.Of(measurement)}.");
        }

        return mistakes.Count == 0 ? [.. runs.Distinct()] : throw ExperimentException.ForAll([.. mistakes.Distinct()]);
    }

    // The settings of each run, with the name of the run that it begins from, which follows from that run's settings.
    private IEnumerable<RunSettings> Expand()
    {
        if (Pretrain is null)
            return Grid.Expand();
        var defaults = new RunSettings();
        return Grid.Expand().Select(run => run with
        {
            From = StartingWeights.OfRun(Run.IdOf(Pretrain.Axes.Aggregate(
                run with { From = null, Freeze = Frozen.None, Measure = defaults.Measure, MeasureLayer = null, MeasurePoints = defaults.MeasurePoints },
                (settings, axis) => RunOptions.Find(axis.Key)!.Set(settings, axis.Value[0].Text)))),
        });
    }
}
