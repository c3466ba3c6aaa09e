using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Experiments.Core;
using Experiments.Core.Figures;
using Experiments.Core.Tests;

namespace Experiments.Figures.Tests;

public sealed partial class FigureTests : IDisposable
{
    private const double Column = 3.3 * 72, Page = 7 * 72;

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<FigureKind, double> KindsAndWidths
    {
        get
        {
            var all = new TheoryData<FigureKind, double>();
            foreach (var kind in Enum.GetValues<FigureKind>())
            {
                all.Add(kind, Column);
                all.Add(kind, Page);
                all.Add(kind, 0);
            }

            return all;
        }
    }

    public static TheoryData<FigureKind> Kinds => [.. Enum.GetValues<FigureKind>()];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(KindsAndWidths))]
    public void At_every_width_text_is_7_to_9_points_stays_on_the_page_and_lies_over_no_other(FigureKind kind, double width)
    {
        var page = new FigurePage { Width = width > 0 ? width : null };
        var sheet = new Sheet(FigureSample.Of(kind), page);
        var texts = DrawnText.In(Svg(kind, page)).Where(text => text.Text.Length > 0).ToList();
        Assert.All(texts, text => Assert.InRange(text.Size, 7, 9));
        Assert.All(texts, text => Assert.True(text.Left >= 0 && text.Right <= sheet.Width && text.Top >= 0 && text.Bottom <= sheet.Height, $"'{text.Text}' leaves the page"));
        foreach (var (index, text) in texts.Index())
            Assert.All(texts.Skip(index + 1), other => Assert.False(text.Overlaps(other), $"'{text.Text}' and '{other.Text}' lie over each other"));
    }

    [Theory]
    [MemberData(nameof(KindsAndWidths))]
    public void Panels_have_room_stay_apart_and_no_word_lies_over_them(FigureKind kind, double width)
    {
        var page = new FigurePage { Width = width > 0 ? width : null };
        var areas = new Sheet(FigureSample.Of(kind), page).Areas.Select(one => one.Area).ToList();
        Assert.All(areas, area => Assert.True(area.Width > 90 && area.Height > 60, $"{area.Width} x {area.Height}"));
        Assert.Single(areas.Select(area => Math.Round(area.Width, 2)).Distinct());
        Assert.Single(areas.Select(area => Math.Round(area.Height, 2)).Distinct());
        foreach (var text in DrawnText.In(Svg(kind, page)).Where(text => text.Text.Length > 0))
        {
            Assert.All(areas, area => Assert.False(
                Math.Min(text.Right, area.Right) - Math.Max(text.Left, area.Left) > 0.3 && Math.Min(text.Bottom, area.Bottom) - Math.Max(text.Top, area.Top) > 0.3, $"'{text.Text}' lies over a panel"));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void All_that_is_to_be_read_stands_in_the_SVG_as_text(FigureKind kind)
    {
        var figure = FigureSample.Of(kind);
        var read = string.Join(' ', DrawnText.In(Svg(kind, new FigurePage())).Select(text => text.Text));
        var words = new[] { figure.Title, figure.Subtitle }.Concat(figure.Notes).Concat(figure.Legend.Select(entry => entry.Label)).Concat(figure.Panels.Select(panel => panel.X.Label))
            .SelectMany(text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Distinct();
        Assert.All(words, word => Assert.Contains(word, read, StringComparison.Ordinal));
    }

    [Fact]
    public void An_SVG_names_its_size_in_points_and_fonts_of_the_same_widths_for_where_its_own_is_missing()
    {
        var svg = XDocument.Parse(Svg(FigureKind.ErrorAgainstBatch, new FigurePage { Width = Column }));
        Assert.Equal("237.6pt", svg.Root!.Attribute("width")!.Value);
        Assert.StartsWith("0 0 237.6 ", svg.Root.Attribute("viewBox")!.Value, StringComparison.Ordinal);
        Assert.All(DrawnText.In(svg.ToString()), text => Assert.Equal("Liberation Sans, Arimo, Arial, Helvetica, sans-serif", text.Family));
    }

    [Fact]
    public void Title_and_legend_stand_over_one_middle_that_of_the_panels()
    {
        var sheet = new Sheet(FigureSample.Of(FigureKind.DistributionShift), new FigurePage());
        var middle = (sheet.Areas.Min(one => one.Area.Left) + sheet.Areas.Max(one => one.Area.Right)) / 2;
        Assert.Equal(middle, DrawnText.In(Svg(FigureKind.DistributionShift, new FigurePage())).Single(text => text.Text == "Error on shifted test images").Middle, 0.5);
    }

    [Fact]
    public void A_reference_beside_ours_has_as_many_points_over_the_same_height()
    {
        var figure = FigureSample.Of(FigureKind.ErrorAgainstBatch);
        var (ours, theirs) = (figure.Panels.First(), figure.Panels.Last());
        Assert.NotEqual(ours.Y.Label, theirs.Y.Label);
        Assert.Equal(ours.Y.High - ours.Y.Low, theirs.Y.High - theirs.Y.Low, 9);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_PNG_has_300_pixels_to_the_inch_and_a_PDF_is_of_the_same_size_with_its_font_in_it(FigureKind kind)
    {
        var files = FigureWriter.Write(FigureSample.Of(kind), new FigurePage { Width = Column }, _folder.Path);
        Assert.Equal(new[] { kind.DataFile(), $"{kind.Name()}.svg", $"{kind.Name()}.png", $"{kind.Name()}.pdf" }, files.Select(Path.GetFileName));
        using var png = SkiaSharp.SKBitmap.Decode(files[2]);
        Assert.Equal(990, png.Width);
        var bytes = File.ReadAllBytes(files[2]);
        Assert.Equal("pHYs"u8.ToArray(), bytes[37..41]);
        Assert.Equal([0, 0, 0x2E, 0x23, 0, 0, 0x2E, 0x23, 1], bytes[41..50]);
        var pdf = Encoding.Latin1.GetString(File.ReadAllBytes(files[3]));
        Assert.StartsWith("%PDF-", pdf, StringComparison.Ordinal);
        Assert.Contains("ExperimentsSans", pdf, StringComparison.Ordinal);
        var box = MediaBox().Match(pdf);
        Assert.Equal(237.6, double.Parse(box.Groups[1].Value, CultureInfo.InvariantCulture), 0.3);
        Assert.Equal(png.Height * 72 / 300.0, double.Parse(box.Groups[2].Value, CultureInfo.InvariantCulture), 0.3);
    }

    [Fact]
    public void A_picture_drawn_twice_is_the_same_bytes()
    {
        foreach (var folder in new[] { "a", "b" })
            FigureWriter.Write(FigureSample.Of(FigureKind.Landscape), new FigurePage(), _folder[folder]);
        foreach (var file in new[] { "landscape.svg", "landscape.png", "landscape.pdf", "landscape-drawn.csv" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(_folder["a"], file)), File.ReadAllBytes(Path.Combine(_folder["b"], file)));
    }

    [Fact]
    public void A_height_is_kept_and_one_without_room_is_answered_with_one_that_does()
    {
        var figure = FigureSample.Of(FigureKind.CovariateShift);
        Assert.Equal(180, new Sheet(figure, new FigurePage { Height = 180 }).Height, 0.2);
        var error = Assert.Throws<ExperimentException>(() => new Sheet(figure, new FigurePage { Height = 80 }));
        Assert.Contains("this one needs", error.Message, StringComparison.Ordinal);
        var needed = double.Parse(Needed().Match(error.Message).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal(needed * 72, new Sheet(figure, new FigurePage { Height = needed * 72 }).Height, 0.2);
    }

    [Fact]
    public void Without_title_and_notes_only_what_a_caption_does_not_say_is_left()
    {
        var figure = FigureSample.Of(FigureKind.ErrorAgainstLr);
        var texts = DrawnText.In(Svg(FigureKind.ErrorAgainstLr, new FigurePage { HasTitle = false, HasNotes = false })).Select(text => text.Text).ToList();
        Assert.DoesNotContain(figure.Title, texts);
        Assert.DoesNotContain(texts, text => text.Contains("seeds", StringComparison.Ordinal));
        Assert.Contains("learning rate at 32 images a worker", texts);
    }

    [Theory]
    [InlineData("3.3in", 237.6)]
    [InlineData("25.4mm", 72)]
    [InlineData("8.4cm", 238.11)]
    [InlineData("240pt", 240)]
    public void A_length_has_a_unit(string text, double points) => Assert.Equal(points, FigurePage.Length(text, "--width"), 0.01);

    [Theory]
    [InlineData("3.3", "3.3in, 84mm, 8.4cm or 240pt, not '3.3'")]
    [InlineData("widein", "240pt, not 'widein'")]
    [InlineData("0.2in", "from 1in to 100in, not '0.2in'")]
    public void A_length_that_is_none_is_answered_with_what_would_do(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ExperimentException>(() => FigurePage.Length(text, "--width")).Message, StringComparison.Ordinal);

    [Fact]
    public void Lines_told_apart_by_colour_differ_in_marker_or_dash_too()
    {
        foreach (var figure in Enum.GetValues<FigureKind>().Select(FigureSample.Of))
            Assert.Equal(figure.Legend.Count, figure.Legend.Select(entry => (entry.Look.Marker, entry.Look.Dash, entry.Shape)).Distinct().Count());
    }

    [Fact]
    public void A_PDF_is_small_since_its_font_holds_what_is_used_alone() =>
        Assert.InRange(new FileInfo(FigureWriter.Write(FigureSample.Of(FigureKind.ErrorByNorm), new FigurePage(), _folder.Path, [FigureFormat.Pdf])[1]).Length, 10_000, 70_000);

    [Fact]
    public void A_column_of_four_panels_fits_on_a_page() =>
        Assert.InRange(new Sheet(FigureSample.Of(FigureKind.DistributionShift), new FigurePage { Width = Column }).Height, 500, 9 * 72);

    [Theory]
    [InlineData("no colour")]
    [InlineData("")]
    public void A_fault_in_what_draws_is_told_in_a_sentence_and_leaves_the_data(string colour)
    {
        var figure = FigureSample.Of(FigureKind.ErrorAgainstBatch);
        var panels = figure.Panels.Select(panel => panel with { Series = [.. panel.Series.Select(series => series with { Look = series.Look with { Colour = colour } })] });
        var spoilt = figure with { Rows = [[.. panels]] };
        var error = Assert.Throws<ExperimentException>(() => FigureWriter.Write(spoilt, new FigurePage(), _folder.Path));
        Assert.Equal(1, error.ExitCode);
        Assert.Matches(@"^error-against-batch could not be drawn, because of a fault in the drawing code \(\w+: .+\); .*error-against-batch.csv holds what it shows\.$", error.Message);
        Assert.True(File.Exists(_folder["error-against-batch.csv"]));
        Assert.False(File.Exists(_folder["error-against-batch.svg"]));
    }

    private string Svg(FigureKind kind, FigurePage page) =>
        File.ReadAllText(FigureWriter.Write(FigureSample.Of(kind), page, _folder.Path, [FigureFormat.Svg])[1]);

    [GeneratedRegex(@"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]")]
    private static partial Regex MediaBox();

    [GeneratedRegex(@"needs ([\d.]+)in")]
    private static partial Regex Needed();
}
