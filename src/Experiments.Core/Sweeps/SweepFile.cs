using System.Collections.Immutable;
using System.Globalization;
using Experiments.Core.Figures;
using Experiments.Core.Files;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Results;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Experiments.Core.Sweeps;

/// <summary>Reads sweeps that people write as YAML, and writes a sweep as it was resolved.</summary>
public static class SweepFile
{
    private const string PretrainKey = "pretrain";

    private const string ByTheProgram = "The sweep as it was resolved, defaults included; the program wrote this.";

    private const string ByPeople = "What the file that it was read from says in its head:";

    /// <summary>The key of each short form's block.</summary>
    private static readonly ImmutableSortedDictionary<SweepForm, string> Blocks =
        ImmutableSortedDictionary<SweepForm, string>.Empty.Add(SweepForm.Quick, "quick").Add(SweepForm.Evening, "evening");

    private static readonly string[] OwnKeys = ["title", "source", "figure", "references", PretrainKey, .. Blocks.Values, "jobs", "out", Grid.Seeds];

    /// <summary>Reads a sweep; its name is the file's.</summary>
    /// <param name="path">The file.</param>
    /// <param name="form">The form. A short one overlays its block and adds its name to the sweep's, as in <c>figure-1-quick</c>.</param>
    /// <exception cref="ExperimentException">The sweep has mistakes; the message has all of them, each with file and line.</exception>
    public static Sweep Read(string path, SweepForm form = SweepForm.Full)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ExperimentException($"There is no sweep {path}: name a YAML file, as those in configs/, or a results folder.", ExperimentException.BadInput, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"Cannot read the sweep {path}: {e.Message}", ExperimentException.BadInput, e);
        }

        return Parse(text, path, Path.GetFileNameWithoutExtension(path), form);
    }

    /// <summary>Reads a sweep from text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="path">Where it is from, for messages.</param>
    /// <param name="name">The sweep's name.</param>
    /// <param name="form">The form.</param>
    /// <exception cref="ExperimentException">The sweep has mistakes; the message has all of them, each with file and line.</exception>
    public static Sweep Parse(string text, string path, string name, SweepForm form = SweepForm.Full)
    {
        var root = YamlText.Load(text, path);
        var reader = new Reader(path);
        var wanted = Blocks.GetValueOrDefault(form);
        var sweep = new Sweep { Name = wanted is null ? name : $"{name}-{wanted}", Head = HeadOf(text) };
        foreach (var (key, value) in root.Children)
            sweep = reader.TopLevel(sweep, key, value);
        reader.CheckPairs(root);
        sweep = sweep with { Grid = reader.Seeded(sweep.Grid, root) };
        if (wanted is not null && !root.Children.ContainsKey(wanted))
            reader.Mistakes.Add($"{path}: there is no {wanted} block for --{wanted}.");
        var (full, pretrain) = (sweep.Grid, sweep.Pretrain);
        foreach (var (key, value) in root.Children)
        {
            // Both blocks are read in any case, so that their mistakes are found now and not on the day they are used.
            if (key is not YamlScalarNode { Value: { } block } || value is not YamlMappingNode options || !Blocks.ContainsValue(block))
                continue;
            var (overlaid, before) = (full, pretrain);
            foreach (var (option, given) in options.Children)
            {
                if (option is YamlScalarNode { Value: PretrainKey })
                    before = reader.Pretrain(before, given);
                else
                    overlaid = reader.Option(overlaid, option, given, [Grid.Seeds, PretrainKey]);
            }

            reader.CheckPairs(options);
            overlaid = reader.Seeded(overlaid, options);
            if (block == wanted)
                sweep = sweep with { Grid = overlaid, Pretrain = before, Out = sweep.Out is { } folder ? $"{folder}-{wanted}" : null };
        }

        if (sweep.Pretrain is not null && (sweep.Grid.Axes.ContainsKey(RunOptions.From)
            || (sweep.Grid.Axes.TryGetValue(RunOptions.Norm, out var norms) && norms.Any(norm => norm.Own.Any(own => own.Key == RunOptions.From)))))
            reader.Mistakes.Add($"{path}: from and pretrain exclude each other: runs begin with the weights of a file, or of runs that are trained first.");
        return reader.Mistakes.Count == 0 ? sweep : throw ExperimentException.ForAll(reader.Mistakes);
    }

    /// <summary>A sweep as YAML that reads as the same sweep.</summary>
    /// <param name="sweep">The sweep.</param>
    public static string Write(Sweep sweep)
    {
        var root = new YamlMappingNode();
        if (sweep.Title is not null)
            root.Add("title", sweep.Title);
        if (sweep.Source is not null)
            root.Add("source", sweep.Source);
        var figures = sweep.Figures.Select(figure => (YamlNode)new YamlScalarNode(figure.Name())).ToList();
        root.Add("figure", figures is [var one] ? one : new YamlSequenceNode(figures) { Style = SequenceStyle.Flow });
        foreach (var option in RunOptions.All.Where(option => sweep.Grid.Axes.ContainsKey(option.Name)))
        {
            var values = sweep.Grid.Axes[option.Name].Select(Node).ToList();
            root.Add(option.Name, values is [YamlScalarNode only] ? only : new YamlSequenceNode(values) { Style = SequenceStyle.Flow });
        }

        if (sweep.Pretrain is { } pretrain)
            root.Add(PretrainKey, new YamlMappingNode(pretrain.Axes.SelectMany(axis => new YamlNode[] { new YamlScalarNode(axis.Key), Node(axis.Value[0]) })) { Style = MappingStyle.Flow });
        if (sweep.References.Length > 0)
            root.Add("references", new YamlSequenceNode(sweep.References.Select(Node)));
        return YamlText.Write(root, sweep.Head is { } head ? $"{ByTheProgram}\n{ByPeople}\n\n{head}" : ByTheProgram);
    }

    // The program's own lines are not part of the head that it kept.
    private static string? HeadOf(string text) => YamlText.Heading(text)?.Split('\n') is not { } lines ? null
        : lines[0] != ByTheProgram ? string.Join('\n', lines)
        : lines.Length > 3 && lines[1] == ByPeople ? string.Join('\n', lines[3..])
        : null;

    /// <summary>
    /// A sweep read from a results folder, as the version of the program that wrote it understood it. An option that it does not name was added later, and
    /// gets the value that <see cref="RunIdentity"/> leaves out.
    /// </summary>
    internal static Sweep AsWritten(Sweep sweep)
    {
        var grid = sweep.Grid;
        bool IsNamed(string key) => grid.Axes.ContainsKey(key)
            || (grid.Axes.TryGetValue(RunOptions.Norm, out var norms) && norms.Any(norm => norm.Own.Any(own => own.Key == key)));

        // Options that follow from the optimizer stay open if an optimizer is not SGD, and the activation if a network's default is not ReLU. Once, all runs
        // had SGD and ReLU.
        bool IsLeftOpen(string key) => (RunOptions.OfOptimizer.Contains(key) && Has(RunOptions.Optimizer, optimizer => optimizer != EnumText.Of(OptimizerKind.Sgd)))
            || (key == "activation" && Has("model", model => ModelCatalog.DefaultActivation(model) != ActivationKind.Relu));

        bool Has(string key, Func<string, bool> another) => grid.Axes.TryGetValue(key, out var values) && values.Any(value => another(value.Text));
        return sweep with
        {
            Grid = RunIdentity.Parts.Where(part => part.LeftOut is not null && !IsNamed(part.Name) && !IsLeftOpen(part.Name))
                .Aggregate(grid, (all, part) => all.With(part.Name, [new GridValue(part.LeftOut!)])),
        };
    }

    private static YamlNode Node(GridValue value) => value.Own.Length == 0
        ? new YamlScalarNode(value.Text)
        : new YamlMappingNode(new YamlScalarNode(value.Text),
            new YamlMappingNode(value.Own.SelectMany(own => new YamlNode[] { new YamlScalarNode(own.Key), new YamlScalarNode(own.Text) })))
        { Style = MappingStyle.Flow };

    private static YamlNode Node(Reference reference) => new YamlMappingNode(
        new YamlScalarNode("source"), new YamlScalarNode(reference.Source),
        new YamlScalarNode("error"), new YamlMappingNode(reference.Error.SelectMany(norm => new YamlNode[]
        {
            new YamlScalarNode(norm.Key),
            new YamlMappingNode(norm.Value.SelectMany(point => new YamlNode[] { Number(point.Key), Number(point.Value) })) { Style = MappingStyle.Flow },
        })));

    private static YamlScalarNode Number(double value) => new(value.ToString("R", CultureInfo.InvariantCulture));

    private sealed class Reader(string path)
    {
        public List<string> Mistakes { get; } = [];

        public Sweep TopLevel(Sweep sweep, YamlNode key, YamlNode value)
        {
            switch (key)
            {
                case YamlScalarNode { Value: "title" }:
                    return sweep with { Title = Scalar(value, "a title") };
                case YamlScalarNode { Value: "source" }:
                    return sweep with { Source = Scalar(value, "where the experiment is from") };
                case YamlScalarNode { Value: "figure" }:
                    return sweep with { Figures = Figures(value) };
                case YamlScalarNode { Value: "out" }:
                    return sweep with { Out = Scalar(value, "a folder") };
                case YamlScalarNode { Value: "jobs" }:
                    return sweep with { Jobs = Positive(value, "jobs") };
                case YamlScalarNode { Value: "references" }:
                    return sweep with { References = References(value) };
                case YamlScalarNode { Value: PretrainKey }:
                    return sweep with { Pretrain = Pretrain(sweep.Pretrain, value) };
                case YamlScalarNode { Value: { } block } when Blocks.ContainsValue(block):
                    if (value is not YamlMappingNode)
                        Mistakes.Add($"{At(value)} {block} takes options of its own, as in '{{ epochs: 4, seeds: 3 }}'.");
                    return sweep;
                default:
                    return sweep with { Grid = Option(sweep.Grid, key, value, OwnKeys) };
            }
        }

        /// <summary>Reads the options in which the runs that are trained first differ, and adds them to those read before.</summary>
        public Grid? Pretrain(Grid? before, YamlNode node)
        {
            string[] fromTheRun = [RunOptions.Norm, .. RunOptions.Carried, RunOptions.Seed, Grid.Seeds, "measure", "measure-layer", "measure-points"];
            var grid = before ?? Grid.Default;
            if (node is not YamlMappingNode)
                Mistakes.Add($"{At(node)} pretrain takes options in which the runs that are trained first differ, as in '{{ classes: 0-4, batch: 32 }}'.");
            foreach (var (key, value) in node is YamlMappingNode block ? block.Children.ToList() : [])
            {
                var name = (key as YamlScalarNode)?.Value ?? "";
                if (fromTheRun.Contains(name))
                    Mistakes.Add($"{At(key)} {name} cannot be given under pretrain: {(name is RunOptions.From or RunOptions.Freeze ? "runs that are trained first begin with random weights" : name.StartsWith("measure", StringComparison.Ordinal) ? "nothing is measured there" : "a run begins from one of the same norm and seed")}.");
                else if (Option(Grid.Default, key, value, []) is { Axes.Count: > 0 } read)
                {
                    if (read.Axes[name].Length > 1)
                        Mistakes.Add($"{At(value)} {name} has {read.Axes[name].Length} values under pretrain, but only one run is trained first for each norm and seed: give one.");
                    grid = grid.With(name, read.Axes[name]);
                }
            }

            return grid;
        }

        /// <summary>Reports keys of one block that exclude each other.</summary>
        public void CheckPairs(YamlMappingNode block)
        {
            if (RunOptions.Exclusive.All(key => block.Children.ContainsKey(key)))
                Mistakes.Add($"{At(block)} {string.Join(" and ", RunOptions.Exclusive)} exclude each other: give one of them, or each to a norm of its own.");
            if (block.Children.TryGetValue(RunOptions.Seed, out var seed) && seed is YamlSequenceNode && block.Children.ContainsKey(Grid.Seeds))
                Mistakes.Add($"{At(seed)} seed names the seeds and seeds says how many: give one of them.");
        }

        public Grid Option(Grid grid, YamlNode key, YamlNode value, string[] otherKeys)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (name == Grid.Seeds)
                return grid;
            if (RunOptions.Find(name) is not { } option)
            {
                Mistakes.Add($"{At(key)} {Suggestion.Unknown("key", name, RunOptions.All.Select(o => o.Name).Concat(otherKeys), "Keys are the options that 'sweep --help-all' lists, without dashes.")}");
                return grid;
            }

            var nodes = value is YamlSequenceNode list ? list.Children.AsEnumerable() : [value];
            var values = option.IsSet && value is YamlSequenceNode { Children.Count: > 0 }
                ? [.. Values(option, value, string.Join(',', nodes))]
                : nodes.SelectMany(node => Values(option, node, (node as YamlScalarNode)?.Value)).ToImmutableArray();
            if (value is YamlSequenceNode { Children.Count: 0 })
                Mistakes.Add($"{At(value)} {name} has an empty list of values.");
            return values.Length == 0 ? grid : grid.With(name, values);
        }

        public Grid Seeded(Grid grid, YamlMappingNode block)
        {
            var node = block.Children.FirstOrDefault(child => child.Key is YamlScalarNode { Value: Grid.Seeds }).Value;
            if (node is null)
                return grid;

            // Where both the seeds and their number are given, the mistake has been reported already.
            if (Positive(node, Grid.Seeds) is { } seeds && !(block.Children.TryGetValue(RunOptions.Seed, out var seed) && seed is YamlSequenceNode))
                Try(node, () => grid = grid.WithSeeds(seeds));
            return grid;
        }

        private int? Positive(YamlNode node, string key)
        {
            int? value = null;
            Try(node, () => value = RunOptions.Positive(key, node.ToString()));
            return value;
        }

        private IEnumerable<GridValue> Values(RunOption option, YamlNode node, string? text)
        {
            var mistakes = Mistakes.Count;
            IEnumerable<GridValue> values = node switch
            {
                _ when text is not null => [new GridValue(text)],
                YamlMappingNode { Children.Count: 1 } norm when option.Name == RunOptions.Norm => OwnValues(norm.Children[0].Key, norm.Children[0].Value),
                _ => [],
            };
            var read = 0;
            foreach (var value in values)
            {
                read++;
                if (Try(node, () => Grid.Check(option.Name, value)))
                    yield return value;
            }

            if (read == 0 && Mistakes.Count == mistakes)
                Mistakes.Add($"{At(node)} {option.Name} takes {(option.Name == RunOptions.Norm ? "a name, or one with its options as in '{ gn: { groups: 8 } }'" : $"a value such as {option.Value}")}, not '{Echo.Of(node.ToString())}'.");
        }

        /// <summary>The norms of an entry with options: where options are lists, one norm for each combination.</summary>
        private IEnumerable<GridValue> OwnValues(YamlNode norm, YamlNode own)
        {
            IEnumerable<GridValue> values = [new GridValue(norm.ToString())];
            if (Entries(own).Count(entry => RunOptions.Exclusive.Contains(entry.Key.ToString())) > 1)
            {
                Mistakes.Add($"{At(own)} {string.Join(" and ", RunOptions.Exclusive)} exclude each other: give each to a norm of its own, as in '[{{ gn: {{ groups: 8 }} }}, {{ gn: {{ channels-per-group: 16 }} }}]'.");
                return [];
            }

            foreach (var (key, value) in Entries(own))
            {
                if (key is not YamlScalarNode { Value: { } name } || !RunOptions.Carried.Contains(name))
                {
                    Mistakes.Add($"{At(key)} {Suggestion.Unknown("option of a norm", key.ToString(), RunOptions.Carried)}");
                    return [];
                }

                var texts = (value is YamlSequenceNode list ? list.Children.AsEnumerable() : [value]).Select(item => item.ToString()).ToList();
                values = values.SelectMany(start => texts.Select(text => start with { Own = start.Own.Add((name, text)) })).ToList();
            }

            return values.Where(value => value.Own.Length > 0);
        }

        private ImmutableArray<FigureKind> Figures(YamlNode node)
        {
            var figures = new List<FigureKind>();
            foreach (var item in node is YamlSequenceNode list ? list.Children.AsEnumerable() : [node])
                Try(item, () => figures.Add(FigureKinds.Parse(Scalar(item, "the figure's name") ?? "")));
            if (node is YamlSequenceNode { Children.Count: 0 })
                Mistakes.Add($"{At(node)} figure has an empty list of names.");
            return [.. figures.Distinct()];
        }

        private ImmutableArray<Reference> References(YamlNode node)
        {
            var references = ImmutableArray.CreateBuilder<Reference>();
            foreach (var item in node is YamlSequenceNode list ? list.Children.AsEnumerable() : [node])
            {
                if (item is YamlMappingNode { Children.Count: 2 } reference
                    && reference.Children.TryGetValue("source", out var source) && source is YamlScalarNode { Value: { } text }
                    && reference.Children.TryGetValue("error", out var error) && error is YamlMappingNode norms)
                {
                    foreach (var norm in norms.Children.Keys)
                        Try(norm, () => NormCatalog.Find(norm.ToString()));
                    references.Add(new Reference { Source = text, Error = norms.Children.ToDictionary(norm => norm.Key.ToString(), norm => (IReadOnlyDictionary<int, double>)Points(norm.Value)) });
                }
                else
                {
                    Mistakes.Add($"{At(item)} a reference has a source and an error by norm and batch size, as in "
                        + "'{ source: Wu & He 2018, error: { bn: { 32: 23.6, 2: 34.7 } } }'.");
                }
            }

            return references.ToImmutable();
        }

        private Dictionary<int, double> Points(YamlNode node)
        {
            var points = new Dictionary<int, double>();
            foreach (var (key, value) in Entries(node))
            {
                if (int.TryParse(key.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var batch) && batch > 0
                    && double.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var percent))
                    points[batch] = percent;
                else
                    Mistakes.Add($"{At(key)} expected a batch size and an error in percent, as in '32: 23.6', not '{Echo.Of($"{key}: {value}")}'.");
            }

            if (points.Count == 0)
                Mistakes.Add($"{At(node)} expected errors by batch size, as in '{{ 32: 23.6, 2: 34.7 }}'.");
            return points;
        }

        private string? Scalar(YamlNode node, string expected)
        {
            if (node is YamlScalarNode scalar)
                return scalar.Value;
            Mistakes.Add($"{At(node)} expected {expected}, not a list or keys.");
            return null;
        }

        private bool Try(YamlNode node, Action action)
        {
            var found = new List<string>();
            var right = ExperimentException.Try(action, found);
            Mistakes.AddRange(found.Select(mistake => $"{At(node)} {mistake.Replace("--", "", StringComparison.Ordinal)}"));
            return right;
        }

        private static IEnumerable<KeyValuePair<YamlNode, YamlNode>> Entries(YamlNode node) => node is YamlMappingNode mapping ? mapping.Children : [];

        private string At(YamlNode node) => $"{path}:{node.Start.Line}:";
    }
}
