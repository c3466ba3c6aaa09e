using System.Globalization;
using System.Xml.Linq;
using Experiments.Core.Results.Rows;

namespace Experiments.Reports;

/// <summary>The errors of a run's epochs as a curve of the height of a line of text: test error, and training error paler. All curves of a table have one scale.</summary>
internal sealed class Sparkline
{
    private const double Width = 96;
    private const double Height = 20;

    // Room for half of a line's width.
    private const double Edge = 1;

    private readonly int _epochs;

    /// <summary>The scale that holds all these runs.</summary>
    public Sparkline(IReadOnlyList<ReportedRun> runs)
    {
        var errors = runs.SelectMany(run => run.Epochs).SelectMany(epoch => new[] { epoch.TrainError, epoch.TestError }).OfType<double>().Where(double.IsFinite).ToList();
        (Low, High) = errors.Count > 0 ? (errors.Min(), errors.Max()) : (0, 100);
        _epochs = runs.Select(run => run.Row.Epochs).DefaultIfEmpty(1).Max();
    }

    /// <summary>The error at the lower edge, in percent.</summary>
    public double Low { get; }

    /// <summary>The error at the upper edge, in percent.</summary>
    public double High { get; }

    /// <summary>The curve; null for a run without epochs.</summary>
    public XElement? Of(ReportedRun run)
    {
        if (run.Epochs.Count == 0)
            return null;
        var test = run.Epochs.Select(epoch => epoch.TestError).OfType<double>().ToList();
        var words = test.Count == 0 ? "no test error" : string.Create(CultureInfo.InvariantCulture, $"test error {test[0]:0.0}% after the first epoch, {test[^1]:0.0}% after epoch {run.Epochs[^1].Epoch}");
        return new XElement("svg", new XAttribute("class", "spark"), new XAttribute("viewBox", Invariant($"0 0 {Width} {Height}")), new XAttribute("role", "img"), new XAttribute("aria-label", words),
            new XElement("title", words), Curve("train", run.Epochs, epoch => epoch.TrainError), Curve("test", run.Epochs, epoch => epoch.TestError));
    }

    private IEnumerable<XElement> Curve(string name, IReadOnlyList<EpochRow> epochs, Func<EpochRow, double?> error)
    {
        var points = epochs.Select(epoch => (epoch.Epoch, Error: error(epoch))).Where(point => point.Error is { } value && double.IsFinite(value)).Select(point => (X: X(point.Epoch), Y: Y(point.Error!.Value))).ToList();
        if (points.Count == 0)
            return [];
        if (points.Count == 1)
            return [new XElement("circle", new XAttribute("class", name), new XAttribute("cx", Invariant($"{points[0].X:0.##}")), new XAttribute("cy", Invariant($"{points[0].Y:0.##}")), new XAttribute("r", "1.2"))];
        return [new XElement("polyline", new XAttribute("class", name), new XAttribute("points", string.Join(' ', points.Select(point => Invariant($"{point.X:0.##},{point.Y:0.##}")))))];
    }

    private double X(int epoch) => Edge + ((Width - (2 * Edge)) * (_epochs > 1 ? (epoch - 1.0) / (_epochs - 1) : 0.5));

    private double Y(double error) => Height - Edge - ((Height - (2 * Edge)) * (High > Low ? (error - Low) / (High - Low) : 0.5));

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
