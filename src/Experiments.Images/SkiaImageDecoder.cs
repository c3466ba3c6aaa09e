using Experiments.Core.Data.Images;
using SkiaSharp;

namespace Experiments.Images;

/// <summary>Decodes PNG and JPEG files with Skia.</summary>
public sealed class SkiaImageDecoder : IImageDecoder
{
    // 400 MB decoded; a damaged header can tell of anything.
    private const long MostPixels = 100_000_000;

    // Between pixels linearly, from an image halved until it is less than twice as large, so that each of its pixels has a part in the result.
    private static readonly SKSamplingOptions Sampling = new(SKFilterMode.Linear, SKMipmapMode.Linear);

    /// <inheritdoc/>
    public string? Decode(string path, ImageShape shape, Span<byte> pixels)
    {
        ArgumentNullException.ThrowIfNull(shape);
        using var data = SKData.CreateCopy(File.ReadAllBytes(path));
        using var codec = SKCodec.Create(data);
        if (codec is null)
            return "cannot be decoded as PNG or JPEG";
        if (codec.EncodedFormat is not (SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg))
            return "is neither PNG nor JPEG, whatever its name says";
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > MostPixels)
            return $"has {width}x{height} pixels; expected {MostPixels / 1_000_000} million at most";
        using var stored = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
        if (codec.GetPixels(stored.Info, stored.GetPixels()) is not SKCodecResult.Success and var result)
            return result == SKCodecResult.IncompleteInput ? "ends early" : $"is damaged ({result})";
        stored.SetImmutable();
        using var image = SKImage.FromBitmap(stored);
        using var surface = SKSurface.Create(new SKImageInfo(shape.Width, shape.Height, SKColorType.Rgba8888, SKAlphaType.Premul));
        Draw(image, codec.EncodedOrigin, shape, surface.Canvas);
        using var drawn = surface.PeekPixels();
        var values = drawn.GetPixelSpan();
        var plane = shape.Height * shape.Width;
        for (var pixel = 0; pixel < plane; pixel++)
        {
            for (var channel = 0; channel < shape.Channels; channel++)
                pixels[(channel * plane) + pixel] = values[(4 * pixel) + channel];
        }

        return null;
    }

    private static void Draw(SKImage image, SKEncodedOrigin origin, ImageShape shape, SKCanvas canvas)
    {
        var upright = Upright(origin, image.Width, image.Height);
        var (width, height) = origin >= SKEncodedOrigin.LeftTop ? (image.Height, image.Width) : (image.Width, image.Height);
        var scale = Math.Max((float)shape.Width / width, (float)shape.Height / height);

        // The middle, by whole pixels where nothing is scaled.
        var (left, top) = ((shape.Width - (scale * width)) / 2, (shape.Height - (scale * height)) / 2);
        if (scale == 1)
            (left, top) = (MathF.Floor(left), MathF.Floor(top));
        var place = SKMatrix.CreateScaleTranslation(scale, scale, left, top).PreConcat(upright);

        // As a pattern that goes on at its edges, so that no edge is mixed with what lies beyond.
        using var pattern = image.ToShader(SKShaderTileMode.Clamp, SKShaderTileMode.Clamp, scale == 1 ? SKSamplingOptions.Default : Sampling, place);
        using var paint = new SKPaint { Shader = pattern };
        canvas.Clear(SKColors.White);
        canvas.DrawPaint(paint);
        canvas.Flush();
    }

    // EXIF 2.3, tag 274: from where a pixel is stored to where it belongs, in an image of so many pixels as stored.
    private static SKMatrix Upright(SKEncodedOrigin origin, int w, int h) => origin switch
    {
        SKEncodedOrigin.TopRight => new(-1, 0, w, 0, 1, 0, 0, 0, 1),
        SKEncodedOrigin.BottomRight => new(-1, 0, w, 0, -1, h, 0, 0, 1),
        SKEncodedOrigin.BottomLeft => new(1, 0, 0, 0, -1, h, 0, 0, 1),
        SKEncodedOrigin.LeftTop => new(0, 1, 0, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightTop => new(0, -1, h, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightBottom => new(0, -1, h, -1, 0, w, 0, 0, 1),
        SKEncodedOrigin.LeftBottom => new(0, 1, 0, -1, 0, w, 0, 0, 1),
        _ => SKMatrix.Identity,
    };
}
