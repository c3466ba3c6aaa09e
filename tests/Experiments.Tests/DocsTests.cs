using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Experiments.Core;
using Experiments.Core.Figures;
using Experiments.Core.Results.Rows;
using Experiments.Core.Results.Tables;
using Experiments.Core.Runs;
using Experiments.Display;
using Experiments.Reports;
using YamlDotNet.RepresentationModel;

namespace Experiments.Tests;

/// <summary>
/// The parts of docs/ that follow from the code stand between marks there, and <c>REFRESH_GOLDEN=1 dotnet test tests/Experiments.Tests</c>
/// writes them anew.
/// </summary>
public sealed partial class DocsTests
{
    private static readonly Lazy<Dictionary<string, XElement>> Docs = new(() => new[] { typeof(RunRow), typeof(TableDocument) }.SelectMany(type => XDocument
        .Load(Path.ChangeExtension(type.Assembly.Location, ".xml")).Descendants("member"))
        .DistinctBy(member => member.Attribute("name")!.Value) // each assembly has generated code of the same name
        .ToDictionary(member => member.Attribute("name")!.Value));

    [Fact]
    public void It_has_the_table_of_options_with_their_defaults() =>
        Holds("options", "| option | what it does | default |\n| --- | --- | --- |\n" + string.Concat(RunOptions.All.Select(option =>
            $"| `--{option.Name} {option.Value.Replace("|", "\\|", StringComparison.Ordinal)}` | {option.Help} | {option.Default} |\n")));

    [Fact]
    public void It_has_the_table_of_figures() =>
        Holds("figures", "| figure | what it shows | drawn from |\n| --- | --- | --- |\n"
            + string.Concat(FigureKinds.All.Select(figure => $"| `{figure.Name}` | {figure.Shows} | {figure.File} |\n")));

    [Fact]
    public void It_has_every_column_of_every_csv()
    {
        Holds("columns of runs.csv", Columns(typeof(RunRow)));
        Holds("columns of epochs.csv", Columns(typeof(RunKey), typeof(EpochRow)));
        Holds("columns of summary.csv", Columns(typeof(SummaryRow)));
        Holds("columns of differences.csv", Columns(typeof(DifferenceRow)));
        Holds("columns of percentiles.csv", Columns(typeof(PercentileRow)));
        Holds("columns of histograms.csv", Columns(typeof(HistogramRow)));
        Holds("columns of landscape.csv", Columns(typeof(LandscapeRow)));
        Holds("columns of covariate-shift.csv", Columns(typeof(CovariateShiftRow)));
        Holds("columns of distribution-shift.csv", Columns(typeof(DistributionShiftRow)));
        Holds("columns of sequence-length.csv", Columns(typeof(SequenceLengthRow)));
    }

    [Fact]
    public void It_has_every_field_of_every_json_document()
    {
        Holds("fields of table", Fields(typeof(TableDocument)));
        Holds("fields of a table", Fields(typeof(TableOfDocument)));
        Holds("fields of a cell", Fields(typeof(TableEntry)));
        Holds("fields of status", Fields(typeof(StatusDocument)));
        Holds("fields of a sweep", Fields(typeof(StatusOfSweep)));
        Holds("fields of a run", Fields(typeof(StatusOfRun)));
        Holds("fields of info", Fields(typeof(MachineDocument)));
        Holds("fields of an engine", Fields(typeof(EngineOfMachine)));
        Holds("fields of a data set", Fields(typeof(DatasetOfMachine)));
    }

    [Fact]
    public void The_citation_file_has_what_its_format_asks_for_and_the_programs_own_version()
    {
        var file = (YamlMappingNode)Read(File.ReadAllText(Path.Combine(RepositoryFolder.Root, "CITATION.cff")));
        Assert.Equal("1.2.0", Text("cff-version"));
        Assert.Equal(("software", "MIT", RunRecord.Version), (Text("type"), Text("license"), Text("version")));
        Assert.NotEmpty(Text("title"));
        Assert.NotEmpty(Text("message"));
        Assert.Equal("The Experiments authors", ((YamlScalarNode)Assert.Single((YamlSequenceNode)file["authors"])["name"]).Value);
        Assert.Contains("The Experiments authors", File.ReadAllText(Path.Combine(RepositoryFolder.Root, "LICENSE")), StringComparison.Ordinal);
        var paper = Assert.Single((YamlSequenceNode)file["references"]);
        Assert.Equal(("conference-paper", "Group Normalization", "2018"), (paper["type"].ToString(), paper["title"].ToString(), paper["year"].ToString()));
        Assert.Equal(["Wu", "He"], ((YamlSequenceNode)paper["authors"]).Select(author => author["family-names"].ToString()));

        string Text(string key) => ((YamlScalarNode)file[key]).Value!;

        static YamlNode Read(string text)
        {
            var yaml = new YamlStream();
            yaml.Load(new StringReader(text));
            return Assert.Single(yaml.Documents).RootNode;
        }
    }

    [Fact]
    public void Every_command_in_it_has_its_help_and_every_file_it_names_is_there()
    {
        var readme = File.ReadAllText(Readme);
        foreach (var page in Pages.Append(Readme))
        {
            var text = File.ReadAllText(page);
            foreach (Match file in FileName().Matches(text))
                Assert.True(File.Exists(Path.Combine(RepositoryFolder.Root, file.Value)), $"{page} names {file.Value}");
            foreach (Match link in Link().Matches(text))
                Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value)), $"{page} leads to {link.Groups[1].Value}");
        }

        foreach (var command in new[] { "train", "sweep", "collect", "plot", "table", "report", "eval", "export", "data", "bench", "info" })
            Assert.Contains($"`{command}", readme, StringComparison.Ordinal);
    }

    [Fact]
    public void A_newcomer_reads_the_readme_to_its_end() => Assert.InRange(File.ReadLines(Readme).Count(), 1, 200);

    private static string Readme => Path.Combine(RepositoryFolder.Root, "README.md");

    private static string[] Pages => Directory.GetFiles(Path.Combine(RepositoryFolder.Root, "docs"), "*.md");

    private static string Columns(params Type[] rows) => "| column | what it holds |\n| --- | --- |\n" + string.Concat(
        rows.SelectMany(row => row.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.DeclaringType == row || row == typeof(RunRow)))
            .Select(property => $"| `{Snake(property.Name)}` | {Text(Summary($"P:{property.DeclaringType!.FullName}.{property.Name}"))} |\n"));

    private static string Fields(Type document) => "| field | what it holds |\n| --- | --- |\n" + string.Concat(document.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Select(property => $"| `{Snake(property.Name)}` | {Text(Summary($"P:{document.FullName}.{property.Name}"))} |\n"));

    private static XElement Summary(string member) =>
        Docs.Value[member].Element("summary") ?? Summary(Docs.Value[member].Element("inheritdoc")!.Attribute("cref")!.Value);

    private static string Text(XElement summary) => Blanks().Replace(string.Concat(summary.Nodes().Select(node => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" } see => $"`{Snake(see.Attribute("cref")!.Value.Split('.')[^1])}`",
        _ => "",
    })), " ").Trim().TrimEnd('.').Replace("|", "\\|", StringComparison.Ordinal);

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    private static void Holds(string part, string text)
    {
        var (begin, end) = ($"<!-- {part} -->\n", $"<!-- end of {part} -->");
        var path = Assert.Single(Pages, page => File.ReadAllText(page).Contains(begin, StringComparison.Ordinal));
        var readme = File.ReadAllText(path);
        var (from, to) = (readme.IndexOf(begin, StringComparison.Ordinal) + begin.Length, readme.IndexOf(end, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("REFRESH_GOLDEN") == "1")
        {
            readme = $"{readme[..from]}{text}{readme[to..]}";
            File.WriteAllText(path, readme);
            to = from + text.Length;
        }

        Assert.Equal(text, readme[from..to]);
    }

    [GeneratedRegex(@"\b(configs|scripts|results/reference|data|src|docs)/[\w./-]+\.(yaml|sh|svg|md|csv|cs)\b")]
    private static partial Regex FileName();

    [GeneratedRegex(@"\]\((?!https?:)([^)#]+)(?:#[\w-]+)?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
