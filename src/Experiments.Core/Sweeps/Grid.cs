using System.Collections.Immutable;
using System.Globalization;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>One value on an axis of a grid.</summary>
/// <param name="Text">The value as typed.</param>
/// <param name="Own">The options that a norm carries with it: for <c>{ gn: { groups: 8 } }</c>, groups and 8. Null: none.</param>
public sealed record GridValue(string Text, (string Key, string Text)? Own = null);

/// <summary>
/// The grid of a sweep: for each option that is given, the list of its values. The runs are their product, less what would say the same
/// twice: a number of groups is not given to a norm without groups.
/// </summary>
/// <param name="Axes">The values by option; options that are not given keep their default.</param>
public sealed record Grid(ImmutableSortedDictionary<string, ImmutableArray<GridValue>> Axes)
{
    /// <summary>The key by which a number of seeds is asked for.</summary>
    public const string Seeds = "seeds";

    /// <summary>One run, all options at their defaults.</summary>
    public static Grid Default { get; } = new(ImmutableSortedDictionary.Create<string, ImmutableArray<GridValue>>(StringComparer.Ordinal));

    /// <summary>The grid with an axis replaced. What is said later wins: groups replace those that a norm carried before.</summary>
    public Grid With(string key, ImmutableArray<GridValue> values)
    {
        var axes = Axes.SetItem(key, values);
        if (RunOptions.OfNorm.Contains(key))
        {
            axes = axes.RemoveRange(RunOptions.OfNorm.Where(other => other != key));
            if (axes.TryGetValue(RunOptions.Norm, out var norms))
                axes = axes.SetItem(RunOptions.Norm, [.. norms.Select(norm => norm with { Own = null }).Distinct()]);
        }

        return new Grid(axes);
    }

    /// <summary>The grid with so many seeds, counted on from the first it had, or from 1.</summary>
    public Grid WithSeeds(int seeds)
    {
        var first = Axes.TryGetValue(RunOptions.Seed, out var given) ? RunOptions.Find(RunOptions.Seed)!.Set(new RunSettings(), given[0].Text).Seed : 1;
        return With(RunOptions.Seed, [.. Enumerable.Range(0, seeds).Select(i => new GridValue((first + i).ToString(CultureInfo.InvariantCulture)))]);
    }

    /// <summary>
    /// The settings of every run, in grid order: options in the order of <see cref="RunOptions.All"/>, the first varying slowest, the seed
    /// fastest.
    /// </summary>
    /// <exception cref="ExperimentException">Values that are wrong, all of them at once.</exception>
    public IReadOnlyList<RunSettings> Expand()
    {
        IEnumerable<RunSettings> runs = [new RunSettings()];
        foreach (var option in RunOptions.All.Where(option => Axes.ContainsKey(option.Name)))
        {
            runs = RunOptions.OfNorm.Contains(option.Name)
                ? runs.SelectMany(run => TakesGroupsFromAxis(run) ? Axes[option.Name].Select(value => option.Set(run, value.Text)) : [run])
                : runs.SelectMany(run => Axes[option.Name].Select(value => Apply(option, value, run)));
        }

        var all = runs.Distinct().ToList();
        if (RunOptions.OfNorm.FirstOrDefault(Axes.ContainsKey) is { } unused && !all.Any(run => run.Groups is not null || run.ChannelsPerGroup is not null))
            throw new ExperimentException($"--{unused} belongs to --norm gn, and no norm here is one: {string.Join(", ", all.Select(run => run.Norm).Distinct())}.");
        return all;
    }

    /// <summary>Checks one value of an option, and that a norm may carry what it carries.</summary>
    /// <exception cref="ExperimentException">It may not.</exception>
    public static void Check(string key, GridValue value)
    {
        var settings = Apply(RunOptions.Find(key)!, value, new RunSettings());
        if (value.Own is not null)
            NormCatalog.Create(settings.Norm, settings.Groups, settings.ChannelsPerGroup);
    }

    private static RunSettings Apply(RunOption option, GridValue value, RunSettings run)
    {
        run = option.Set(run, value.Text);
        return value.Own is { } own ? RunOptions.Find(own.Key)!.Set(run, own.Text) : run;
    }

    // A norm that brought groups of its own keeps them; one without groups takes none.
    private static bool TakesGroupsFromAxis(RunSettings run) =>
        NormCatalog.Find(run.Norm).TakesGroups && run.Groups is null && run.ChannelsPerGroup is null;
}
