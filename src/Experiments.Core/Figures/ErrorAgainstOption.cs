using Experiments.Core.Results;
using Experiments.Core.Results.Rows;

namespace Experiments.Core.Figures;

/// <summary>
/// Error against a numeric option, with a line for each norm. Batch sizes run from large to small as in the paper's figure 1, and others' numbers
/// stand in panels of their own, as rises above their own values. Against the learning rate or the scale of the initial weights, there is a panel
/// for each batch size.
/// </summary>
internal static class ErrorAgainstOption
{
    public static Figure Of(FigureSpec spec, OptionAxis axis, IReadOnlyList<SummaryRow> cells)
    {
        var ofBatch = axis == OptionAxis.Batch;
        var series = Series.Along(cells, ofBatch ? [axis.Property] : [axis.Property, nameof(Cell.Batch)]);
        var values = cells.Select(cell => axis.Of(cell)!.Value).ToList();
        // A single batch size is drawn too, since this is the figure that is drawn by default.
        if (!ofBatch && values.Distinct().Count() == 1)
            throw new ExperimentException($"{spec.Kind.Name()} needs runs with several values of --{axis.Name}; here all have {OptionAxis.Plain(values[0])}.");
        var batches = ofBatch ? [null] : cells.Select(cell => (int?)cell.Batch).Distinct().OrderDescending().ToList();
        var lines = batches.SelectMany((batch, panel) => series.Select((one, index) => new Line(
            panel, one with { Cells = [.. Sorted(one.Cells.Where(cell => batch is null || cell.Batch == batch), axis)] }, OffsetOf(index, series.Count),
            ofBatch && spec.Population && one.Cells.Any(cell => Math.Abs((cell.MeanErrorPopulation - cell.Mean) ?? 0) > 0.005))))
            .Where(line => line.Series.Cells.Count > 0).ToList();
        var references = (ofBatch ? spec.References : []).SelectMany((reference, panel) => reference.Error.Where(norm => norm.Value.Count > 0)
            .Select(norm => new Theirs(panel, LabelOf(norm.Key, series), norm.Key, norm.Value))).ToList();
        var looks = Palette.Assign([.. series.Select(one => (one.Label, one.Norm)), .. references.Select(one => (one.Label, one.Norm))]);
        var subtitle = spec.SubtitleOf(cells);
        var dense = axis.IsDense(cells);
        var drawn = lines.SelectMany(line => Drawn(line, axis, looks)).ToList();
        var points = drawn.SelectMany(one => one.Points).ToList();
        var ends = ErrorAxis.Ends(points);
        var span = references.GroupBy(one => one.Panel).Select(panel => Rises(panel)).Select(rises => rises.High - rises.Low).Append(ends.High - ends.Low).Max();
        var ours = ErrorAxis.Of(ErrorAxis.Label(cells), Over(ends, span, 100));
        return new Figure
        {
            Kind = spec.Kind,
            Title = spec.TitleText,
            Subtitle = references.Count > 0 ? "" : subtitle, // it would also stand above the references' panels
            Rows = Figure.InRows(
                batches.Select((batch, panel) =>
                {
                    var here = lines.Where(line => line.Panel == panel).ToList();
                    return new Panel
                    {
                        Name = references.Count > 0 ? "ours" : batches.Count > 1 ? $"batch {batch}" : "",
                        Title = references.Count > 0 ? subtitle : batches.Count > 1 ? $"batch {batch}" : "",
                        X = axis.For(values),
                        Y = ours,
                        Series = [.. here.SelectMany(line => Drawn(line, axis, looks))],
                        Crosses = ErrorAxis.Crosses(
                            here.SelectMany(line => line.Series.Cells.Select(cell => (axis.Of(cell)!.Value, cell, line.Series.Label, looks[line.Series.Label]))), dense),
                    };
                })
                .Concat(references.GroupBy(one => one.Panel).Select(panel => ReferencePanel(spec.References[panel.Key].Source, [.. panel], looks, span)))),
            Notes = [.. ErrorAxis.Notes(cells, points)],
        };
    }

    private static IEnumerable<PanelSeries> Drawn(Line line, OptionAxis axis, IReadOnlyDictionary<string, Look> looks)
    {
        var (label, look) = (line.Series.Label, looks[line.Series.Label]);
        yield return new PanelSeries
        {
            Label = label,
            Look = look,
            Shape = SeriesShape.Line,
            Offset = line.Offset,
            Points = [.. line.Series.Cells.Select(cell => ErrorAxis.Point(axis.Of(cell)!.Value, cell))],
        };
        if (line.Population)
        {
            yield return new PanelSeries
            {
                Label = $"{label}, population statistics",
                Look = look,
                Shape = SeriesShape.Dashes,
                Offset = line.Offset,
                Points = [.. line.Series.Cells.Select(cell => new FigurePoint(axis.Of(cell)!.Value, cell.MeanErrorPopulation ?? double.NaN))],
            };
        }
    }

    private static IEnumerable<SummaryRow> Sorted(IEnumerable<SummaryRow> cells, OptionAxis axis) =>
        axis.Falling ? cells.OrderByDescending(cell => axis.Of(cell)) : cells.OrderBy(cell => axis.Of(cell));

    private static Panel ReferencePanel(string source, IReadOnlyList<Theirs> lines, IReadOnlyDictionary<string, Look> looks, double span)
    {
        var batches = lines.SelectMany(line => line.Errors.Keys).Select(batch => (double)batch).ToList();
        return new Panel
        {
            Name = source,
            Title = source,
            X = OptionAxis.Batch.For(batches),
            Y = ErrorAxis.Of($"rise from batch {batches.Max()} (points)", Over(Rises(lines), span)),
            Series =
            [
                .. lines.Select((line, index) => new PanelSeries
                {
                    Label = line.Label,
                    Look = looks[line.Label],
                    Shape = SeriesShape.Line,
                    Offset = OffsetOf(index, lines.Count),
                    Points = [.. Reference.Rises(line.Errors).Select(point => new FigurePoint(point.Batch, point.Rise))],
                }),
            ],
        };
    }

    private static (double Low, double High) Rises(IEnumerable<Theirs> lines) =>
        ErrorAxis.Ends([.. lines.SelectMany(line => Reference.Rises(line.Errors)).Select(point => point.Rise)]);

    /// <summary>
    /// Widens the ends of an axis to a span of this many points: upwards, but at most to <paramref name="most"/>, and then downwards. Panels side
    /// by side then have slopes that the eye can compare.
    /// </summary>
    private static (double Low, double High) Over((double Low, double High) ends, double span, double most = double.PositiveInfinity) =>
        Math.Min(most, ends.Low + span) is var high && span > ends.High - ends.Low ? (high - span, high) : ends;

    private static double OffsetOf(int index, int count) => index - ((count - 1) / 2.0);

    /// <summary>
    /// The label of a reference's norm. If we have only one series of this norm, it is that one's label, since a reference does not say GN's number
    /// of groups.
    /// </summary>
    private static string LabelOf(string norm, IReadOnlyList<Series> series) =>
        series.Where(one => one.Norm == norm).ToList() is [var only] ? only.Label : NormLabel.Of(norm);

    private sealed record Line(int Panel, Series Series, double Offset, bool Population);

    private sealed record Theirs(int Panel, string Label, string Norm, IReadOnlyDictionary<int, double> Errors);
}
