using System.Collections.Immutable;
using System.Globalization;
using Experiments.Core.Norms;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>One value on an axis of a grid.</summary>
/// <param name="Text">The value as typed.</param>
public sealed record GridValue(string Text)
{
    /// <summary>The options that a norm carries with it, also what is frozen of it and the weights that it begins with: for <c>{ gn: { groups: 8 } }</c>, groups and 8.</summary>
    public ImmutableArray<(string Key, string Text)> Own { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(GridValue? other) => other is not null && Text == other.Text && Own.SequenceEqual(other.Own);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>For example <c>gn (groups 8)</c>.</summary>
    public override string ToString() => Own.Length == 0 ? Text : $"{Text} ({string.Join(", ", Own.Select(own => $"{own.Key} {own.Text}"))})";
}

/// <summary>
/// The grid of a sweep: for each option that is given, the list of its values. The runs are all combinations, but an option is left out where it does not
/// apply: a norm without groups gets no number of groups, and AdamW no momentum.
/// </summary>
/// <param name="Axes">The values by option; options that are not given keep their default.</param>
public sealed record Grid(ImmutableSortedDictionary<string, ImmutableArray<GridValue>> Axes)
{
    /// <summary>The key for a number of seeds.</summary>
    public const string Seeds = "seeds";

    /// <summary>One run, all options at their defaults.</summary>
    public static Grid Default { get; } = new(ImmutableSortedDictionary.Create<string, ImmutableArray<GridValue>>(StringComparer.Ordinal));

    /// <summary>
    /// The grid with one axis replaced; renamed values get their present names. A later option replaces an earlier one: groups given here replace those that
    /// a norm carried before.
    /// </summary>
    public Grid With(string key, ImmutableArray<GridValue> values)
    {
        var axes = Axes.SetItem(key, [.. values.Select(value => value with { Text = RunOptions.Find(key)?.PresentNameOf(value.Text) ?? value.Text })]);
        if (RunOptions.Carried.Contains(key))
        {
            var replaced = RunOptions.Exclusive.Contains(key) ? RunOptions.Exclusive : [key];
            axes = axes.RemoveRange(replaced.Where(other => other != key));
            if (axes.TryGetValue(RunOptions.Norm, out var norms))
                axes = axes.SetItem(RunOptions.Norm, [.. norms.Select(norm => norm with { Own = norm.Own.RemoveAll(own => replaced.Contains(own.Key)) }).Distinct()]);
        }

        return new Grid(axes);
    }

    /// <summary>The grid with this many consecutive seeds, from its first seed on, or from 1 if it has none.</summary>
    /// <exception cref="ExperimentException">The grid's seeds are not consecutive, so some of them would be lost.</exception>
    public Grid WithSeeds(int seeds)
    {
        IReadOnlyList<long> there = Axes.TryGetValue(RunOptions.Seed, out var given)
            ? [.. given.Select(value => RunOptions.Find(RunOptions.Seed)!.Set(new RunSettings(), value.Text).Seed)] : [1];
        if (there.Where((seed, index) => seed != there[0] + index).Any())
            throw new ExperimentException($"--seeds {seeds} counts on from one seed, but --seed names {string.Join(", ", there)}: name all seeds with --seed, or give --seed {there[0]} --seeds {seeds}.");
        return With(RunOptions.Seed, [.. Enumerable.Range(0, seeds).Select(i => new GridValue((there[0] + i).ToString(CultureInfo.InvariantCulture)))]);
    }

    /// <summary>
    /// The settings of every run, in grid order: options in the order of <see cref="RunOptions.All"/>, the first varying slowest, the seed
    /// fastest.
    /// </summary>
    /// <exception cref="ExperimentException">A value is wrong, or an option applies to no norm or no optimizer of the grid.</exception>
    public IReadOnlyList<RunSettings> Expand()
    {
        IEnumerable<RunSettings> runs = [new RunSettings()];
        foreach (var option in RunOptions.All.Where(option => Axes.ContainsKey(option.Name)))
        {
            runs = RunOptions.OfOptimizer.Contains(option.Name)
                ? runs.SelectMany(run => RunOptions.Takes(run.Optimizer, option) ? Axes[option.Name].Select(value => Apply(option, value, run)) : [run])
                : option.Name == RunOptions.From
                ? runs.SelectMany(run => run.From is null ? Axes[option.Name].Select(value => Apply(option, value, run)) : [run])
                : option.Name == RunOptions.Freeze
                ? runs.SelectMany(run => run.Freeze == Frozen.None ? Axes[option.Name].Select(value => Apply(option, value, run)) : [run])
                : RunOptions.OfNorm.Contains(option.Name)
                ? runs.SelectMany(run => IsOpen(option, run) ? Axes[option.Name].Select(value => option.Set(run, value.Text)) : [run])
                : runs.SelectMany(run => Axes[option.Name].Select(value => Apply(option, value, run)));
        }

        var all = runs.Distinct().ToList();
        foreach (var option in RunOptions.All.Where(option => RunOptions.OfNorm.Contains(option.Name) && Axes.ContainsKey(option.Name)))
        {
            if (all.All(run => option.Get(run) is null))
                throw new ExperimentException($"--{option.Name} belongs to --norm {string.Join(" or ", NormsWith(option))}, but the sweep's norms are {string.Join(", ", all.Select(run => run.Norm.Name).Distinct())}.");
        }

        foreach (var option in RunOptions.All.Where(option => RunOptions.OfOptimizer.Contains(option.Name) && Axes.ContainsKey(option.Name)))
        {
            if (all.All(run => !RunOptions.Takes(run.Optimizer, option)))
                throw new ExperimentException($"--{option.Name} belongs to --optimizer {string.Join(" or ", RunOptions.OptimizersWith(option))}, but the sweep's optimizers are {string.Join(", ", all.Select(run => EnumText.Of(run.Optimizer)).Distinct())}.");
        }

        return all;
    }

    // An option that every norm has, such as affine, is not in the catalogue.
    private static bool Takes(NormCatalog.Entry norm, RunOption option) => NormCatalog.Options.FirstOrDefault(own => own.Name == option.Name) is not { } ofSome || norm.Takes(ofSome);

    /// <summary>Checks one value of an option and, if it is a norm, the options that it carries.</summary>
    /// <exception cref="ExperimentException">The value, or an option that it carries, is wrong.</exception>
    public static void Check(string key, GridValue value)
    {
        var settings = Apply(RunOptions.Find(key)!, value, new RunSettings());
        if (value.Own.Length > 0)
            NormCatalog.Create(settings.Norm);
    }

    private static RunSettings Apply(RunOption option, GridValue value, RunSettings run) =>
        value.Own.Aggregate(option.Set(run, value.Text), (settings, own) => RunOptions.Find(own.Key)!.Set(settings, own.Text));

    // A norm that carries the option keeps its own value; a norm that has no such option gets none.
    private static bool IsOpen(RunOption option, RunSettings run) => Takes(NormCatalog.Find(run.Norm.Name), option)
        && (RunOptions.Exclusive.Contains(option.Name) ? RunOptions.Exclusive : [option.Name]).All(key => RunOptions.Find(key)!.Get(run) is null);

    private static IEnumerable<string> NormsWith(RunOption option) => NormCatalog.Entries.Where(entry => Takes(entry, option)).Select(entry => entry.Name);
}
