using System.Xml.Linq;
using Experiments.Core;
using Experiments.Core.Figures;
using Experiments.Core.Files;

namespace Experiments.Figures;

/// <summary>Draws figures, and writes the pictures and what they show.</summary>
public static class FigureWriter
{
    /// <summary>The program's exit code for a fault of its own.</summary>
    private const int Failed = 1;

    /// <summary>Writes the data that a figure shows as CSV, and a picture of it in each format.</summary>
    /// <param name="figure">What it shows.</param>
    /// <param name="page">How it is set.</param>
    /// <param name="folder">Where the files go.</param>
    /// <param name="formats">In which formats; null: all.</param>
    /// <returns>The files written, the data first.</returns>
    /// <exception cref="ExperimentException">The folder cannot be written to, the page has no room for the figure, or the pictures cannot be drawn, on this machine or for a fault in what draws
    /// them (the data is then there nevertheless).</exception>
    public static IReadOnlyList<string> Write(Figure figure, FigurePage page, string folder, IReadOnlyList<FigureFormat>? formats = null)
    {
        ArgumentNullException.ThrowIfNull(figure);
        ArgumentNullException.ThrowIfNull(page);
        var name = figure.Kind.Name();
        var data = Path.Combine(folder, figure.Kind.DataFile());
        CsvFile.Write(data, FigureRow.Of(figure));
        var files = new List<string> { data };
        Draw(figure, page, $"{data} holds what it shows", sheet =>
        {
            foreach (var format in formats ?? Enum.GetValues<FigureFormat>())
            {
                var file = Path.Combine(folder, $"{name}.{format.ToString().ToLowerInvariant()}");
                AtomicFile.WriteBytes(file, Picture.Of(sheet, format, figure.Title));
                files.Add(file);
            }
        });
        return files;
    }

    /// <summary>A figure as an SVG document, to be set into a page.</summary>
    /// <param name="figure">What it shows.</param>
    /// <param name="page">How it is set.</param>
    /// <exception cref="ExperimentException">The page has no room for the figure, or it cannot be drawn, on this machine or because of a fault in the drawing code.</exception>
    public static XElement Svg(Figure figure, FigurePage page)
    {
        ArgumentNullException.ThrowIfNull(figure);
        ArgumentNullException.ThrowIfNull(page);
        XElement? svg = null;
        Draw(figure, page, "the CSVs hold what it shows", sheet => svg = Picture.Svg(sheet, figure.Title).Root);
        return svg!;
    }

    /// <summary>What draws here, with versions, or why nothing does.</summary>
    public static string Describe()
    {
        try
        {
            Typefaces.Use();
            return $"ScottPlot {VersionOf(typeof(ScottPlot.Plot))} on SkiaSharp {VersionOf(typeof(SkiaSharp.SKCanvas))}";
        }
        catch (Exception error) when (IsOfLibrary(error))
        {
            return $"SkiaSharp's library does not load here ({Reason(error)})";
        }
    }

    private static void Draw(Figure figure, FigurePage page, string whereElse, Action<Sheet> draw)
    {
        try
        {
            draw(new Sheet(figure, page));
        }
        catch (Exception error) when (IsOfLibrary(error))
        {
            throw new ExperimentException(
                $"{figure.Kind.Name()} cannot be drawn on this machine, since SkiaSharp's library does not load here ({Reason(error)}); {whereElse}.",
                ExperimentException.Unavailable, error);
        }
        catch (Exception error) when (error is not ExperimentException)
        {
            // A fault of the libraries that draw is no reason to lose the other figures, or the end of a sweep.
            throw new ExperimentException($"{figure.Kind.Name()} could not be drawn, because of a fault in the drawing code ({error.GetType().Name}: {Reason(error).TrimEnd('.')}); {whereElse}.", Failed, error);
        }
    }

    private static string VersionOf(Type type) => type.Assembly.GetName().Version!.ToString(3);

    private static bool IsOfLibrary(Exception error) => error is TypeInitializationException or DllNotFoundException or EntryPointNotFoundException or BadImageFormatException;

    private static string Reason(Exception error) => error.GetBaseException().Message.Split('\n')[0].Trim();
}
