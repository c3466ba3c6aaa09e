using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Experiments.Core.Figures;
using SkiaSharp;

namespace Experiments.Figures;

/// <summary>A sheet as the bytes of a file.</summary>
internal static class Picture
{
    /// <summary>The chunk pHYs: 11,811 pixels to the metre both ways, 300 to the inch; its last four bytes are its checksum.</summary>
    private static readonly byte[] Resolution =
    [
        0x00, 0x00, 0x00, 0x09, 0x70, 0x48, 0x59, 0x73, 0x00, 0x00, 0x2E, 0x23, 0x00, 0x00, 0x2E, 0x23, 0x01, 0x78, 0xA5, 0x3F, 0x76,
    ];

    private static readonly XNamespace SvgNamespace = "http://www.w3.org/2000/svg";

    public static byte[] Of(Sheet sheet, FigureFormat format, string title) => format switch
    {
        FigureFormat.Svg => OfSvg(sheet, title),
        FigureFormat.Png => OfPng(sheet),
        FigureFormat.Pdf => OfPdf(sheet, title),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };

    /// <summary>Skia writes text as text, each letter at its place. It names the font alone, and gives the page in pixels.</summary>
    public static XDocument Svg(Sheet sheet, string title)
    {
        using var written = new MemoryStream();
        using (var canvas = SKSvgCanvas.Create(SKRect.Create((float)sheet.Width, (float)sheet.Height), written))
            sheet.Render(canvas);
        written.Position = 0;
        var svg = XDocument.Load(written);
        var (width, height) = (Number(sheet.Width), Number(sheet.Height));
        svg.Root!.SetAttributeValue("width", $"{width}pt");
        svg.Root.SetAttributeValue("height", $"{height}pt");
        svg.Root.SetAttributeValue("viewBox", $"0 0 {width} {height}");
        svg.Root.SetAttributeValue("role", "img");
        svg.Root.AddFirst(new XElement(SvgNamespace + "title", title));
        // Skia numbers clips over all that a process draws.
        var clips = svg.Descendants(SvgNamespace + "clipPath").Select((clip, index) => (Old: clip.Attribute("id")!, New: $"clip{index + 1}")).ToDictionary(clip => $"url(#{clip.Old.Value})", clip => clip);
        foreach (var clipped in svg.Descendants().Select(element => element.Attribute("clip-path")).OfType<XAttribute>())
            clipped.Value = $"url(#{clips[clipped.Value].New})";
        foreach (var (old, name) in clips.Values)
            old.Value = name;
        foreach (var text in svg.Descendants(SvgNamespace + "text"))
        {
            text.Value = text.Value.Trim('\n', '\r', '\t');
            text.SetAttributeValue("font-family", Typefaces.FamilyAndOthers);
            foreach (var places in new[] { text.Attribute("x"), text.Attribute("y") }.OfType<XAttribute>())
                places.Value = places.Value.TrimEnd(' ', ',');
        }

        return svg;
    }

    private static byte[] OfSvg(Sheet sheet, string title)
    {
        using var bytes = new MemoryStream();
        using (var writer = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(false), Indent = true, IndentChars = "", NewLineChars = "\n" }))
            Svg(sheet, title).Save(writer);
        bytes.WriteByte((byte)'\n');
        return bytes.ToArray();
    }

    private static byte[] OfPng(Sheet sheet)
    {
        const float Scale = Sheet.Dpi / 72f;
        using var bitmap = new SKBitmap((int)Math.Round(sheet.Width * Scale), (int)Math.Round(sheet.Height * Scale));
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Scale(Scale);
            sheet.Render(canvas);
        }

        using var pixels = bitmap.PeekPixels();
        using var data = pixels.Encode(new SKPngEncoderOptions(SKPngEncoderFilterFlags.Sub, 6))!;
        return WithResolution(data.ToArray());
    }

    /// <summary>A PNG with its pixels to the metre, which Skia does not write: after the signature and the first chunk, IHDR.</summary>
    private static byte[] WithResolution(byte[] png) => [.. png.AsSpan(0, 8 + 25), .. Resolution, .. png.AsSpan(8 + 25)];

    private static byte[] OfPdf(Sheet sheet, string title)
    {
        using var written = new MemoryStream();
        using (var document = SKDocument.CreatePdf(written, new SKDocumentPdfMetadata { Title = title, RasterDpi = Sheet.Dpi, EncodingQuality = 101 })!)
        {
            sheet.Render(document.BeginPage((float)sheet.Width, (float)sheet.Height)!);
            document.EndPage();
            document.Close();
        }

        return written.ToArray();
    }

    private static string Number(double points) => points.ToString("0.##", CultureInfo.InvariantCulture);
}
