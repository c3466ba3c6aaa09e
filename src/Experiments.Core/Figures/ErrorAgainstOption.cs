using Experiments.Core.Results;
using static Experiments.Core.Figures.GnuplotScript;

namespace Experiments.Core.Figures;

/// <summary>
/// Error against a numeric option, a line a norm: against batch size, from large to small as in the paper's figure 1, with others' numbers
/// in panels of their own, as rises above their own values; against the learning rate or the scale of the initial
/// weights, a panel a batch size.
/// </summary>
internal static class ErrorAgainstOption
{
    public static Drawing Draw(FigureSpec spec, OptionAxis axis, IReadOnlyList<SummaryRow> cells)
    {
        var ofBatch = axis == OptionAxis.Batch;
        var series = Series.Along(cells, ofBatch ? [axis.Property] : [axis.Property, nameof(Cell.Batch)]);
        var values = cells.Select(cell => axis.Of(cell)!.Value).ToList();
        // A batch size alone is drawn: that figure is the one that is drawn where none is asked for.
        if (!ofBatch && values.Distinct().Count() == 1)
            throw new ExperimentException($"{spec.Kind.Name()} needs runs with several values of --{axis.Name}; here all have {Number(values[0])}.");
        var batches = ofBatch ? [null] : cells.Select(cell => (int?)cell.Batch).Distinct().OrderDescending().ToList();
        var lines = batches.SelectMany((batch, panel) => series.Select((one, index) => new Ours(
            panel, one with { Cells = [.. one.Cells.Where(cell => batch is null || cell.Batch == batch)] },
            batches.Count == 1 ? $"series{index + 1}" : $"series{index + 1}_batch{batch}", axis.Shift(values, index, series.Count),
            ofBatch && spec.Population && one.Cells.Any(cell => Math.Abs((cell.MeanErrorPopulation - cell.Mean) ?? 0) > 0.005))))
            .Where(line => line.Series.Cells.Count > 0).ToList();
        var references = (ofBatch ? spec.References : []).SelectMany((reference, panel) => reference.Error.Where(norm => norm.Value.Count > 0)
            .Select((norm, index) => new Theirs(panel, LabelOf(norm.Key, series), norm.Key, $"reference{panel + 1}_{index + 1}", norm.Value))).ToList();
        var styles = Palette.Assign([.. series.Select(one => (one.Label, one.Norm)), .. references.Select(one => (one.Label, one.Norm))]);
        var subtitle = spec.Subtitle ?? Series.InCommon(cells);
        return new Drawing
        {
            Title = spec.Title,
            Subtitle = references.Count > 0 ? "" : subtitle, // it would stand above somebody else's panel as well
            Legend =
            [
                .. lines.DistinctBy(line => line.Series.Label).SelectMany(line => Legend(line, styles)),
                .. references.Where(one => series.All(ours => ours.Label != one.Label)).DistinctBy(one => one.Label)
                    .Select(one => new LegendEntry(one.Label, styles[one.Label])),
            ],
            Data =
            [
                .. lines.Select(line => new DataBlock(line.Block, line.Series.Label, $"{axis.Name}  {ErrorAxis.CellColumns}",
                    [.. Sorted(line.Series.Cells, axis).Select(cell => ErrorAxis.Row(axis.Of(cell)!.Value, cell))])),
                .. references.Select(one => new DataBlock(one.Block, $"{one.Label}: {spec.References[one.Panel].Source}", "batch  rise  error",
                    [.. Reference.Rises(one.Errors).Select(point => $"{point.Batch}  {Number(point.Rise)}  {Number(one.Errors[point.Batch])}")])),
            ],
            Panels = Rows(
                batches.Select((batch, panel) => OurPanel(axis, cells, [.. lines.Where(line => line.Panel == panel)], lines, styles,
                        references.Count > 0 ? subtitle : batches.Count > 1 ? $"batch {batch}" : ""))
                    .Concat(references.GroupBy(one => one.Panel).Select(panel => ReferencePanel(spec.References[panel.Key].Source, [.. panel], styles)))),
            Notes = [.. ErrorAxis.Notes(cells, Populations(lines), axis.IsDense(cells))],
        };
    }

    private static Panel OurPanel(
        OptionAxis axis, IReadOnlyList<SummaryRow> cells, IReadOnlyList<Ours> here, IReadOnlyList<Ours> everywhere,
        IReadOnlyDictionary<string, LineStyle> styles, string title)
    {
        var dense = axis.IsDense(cells);
        return new Panel
        {
            Title = title,
            XLabel = axis.Label,
            YLabel = ErrorAxis.Label(cells),
            Settings =
            [
                .. axis.Settings(cells.Select(cell => axis.Of(cell)!.Value)),
                ErrorAxis.Range(cells, Populations(everywhere), everywhere.GroupBy(line => line.Panel).Max(panel => ErrorAxis.MarkRows(Marks([.. panel]), dense))),
                .. ErrorAxis.Marks(Marks(here), dense),
            ],
            Plots =
            [
                .. here.Where(line => line.Population)
                    .Select(line => $"${line.Block} using ($1*{Number(line.Shift)}):7 with lines ls {styles[line.Series.Label].Number} {Dashes}"),
                .. here.SelectMany(line => ErrorAxis.Line(line.Block, styles[line.Series.Label], line.Shift)),
            ],
        };

        List<(double X, SummaryRow Cell, LineStyle Style)> Marks(IReadOnlyList<Ours> lines) =>
            [.. lines.SelectMany(line => line.Series.Cells.Select(cell => (axis.Of(cell)!.Value, cell, styles[line.Series.Label])))];
    }

    private static IEnumerable<SummaryRow> Sorted(IEnumerable<SummaryRow> cells, OptionAxis axis) =>
        axis.Falling ? cells.OrderByDescending(cell => axis.Of(cell)) : cells.OrderBy(cell => axis.Of(cell));

    private static IEnumerable<double> Populations(IEnumerable<Ours> lines) =>
        lines.Where(line => line.Population).SelectMany(line => line.Series.Cells).Select(cell => cell.MeanErrorPopulation).OfType<double>();

    private static Panel ReferencePanel(string source, IReadOnlyList<Theirs> lines, IReadOnlyDictionary<string, LineStyle> styles)
    {
        var batches = lines.SelectMany(line => line.Errors.Keys).Select(batch => (double)batch).ToList();
        return new Panel
        {
            Title = source,
            XLabel = OptionAxis.Batch.Label,
            YLabel = $"rise from batch {batches.Max()} (points)",
            Settings =
            [
                .. OptionAxis.Batch.Settings(batches),
                ErrorAxis.Range([.. lines.SelectMany(line => Reference.Rises(line.Errors)).Select(point => point.Rise)], floor: double.NegativeInfinity),
            ],
            Plots =
            [
                .. lines.Select((line, index) =>
                    $"${line.Block} using ($1*{Number(OptionAxis.Batch.Shift(batches, index, lines.Count))}):2 with linespoints ls {styles[line.Label].Number} pi 1"),
            ],
        };
    }

    private static IEnumerable<LegendEntry> Legend(Ours line, IReadOnlyDictionary<string, LineStyle> styles)
    {
        var style = styles[line.Series.Label];
        yield return new LegendEntry(line.Series.Label, style);
        if (line.Population)
            yield return new LegendEntry($"{line.Series.Label}, population statistics", style, LineKind.Dashed);
    }

    /// <summary>A reference's GN is drawn as ours where there is one GN of ours alone, since a reference names no number of groups.</summary>
    private static string LabelOf(string norm, IReadOnlyList<Series> series) =>
        series.Where(one => one.Norm == norm).ToList() is [var only] ? only.Label : NormLabel.Of(norm);

    private sealed record Ours(int Panel, Series Series, string Block, double Shift, bool Population);

    private sealed record Theirs(int Panel, string Label, string Norm, string Block, IReadOnlyDictionary<int, double> Errors);
}
