using System.Globalization;
using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Sources;

/// <summary>The images of a <c>.npz</c> archive: [N, H, W] for grey images, [N, H, W, C] or [N, C, H, W] with 1 or 3 channels.</summary>
/// <param name="Array">The array.</param>
/// <param name="Shape">The size of an image.</param>
/// <param name="IsChannelsLast">Whether a pixel's channels lie side by side.</param>
/// <param name="ToPixel">The factor that brings a value to a scale from 0 to 255.</param>
internal sealed record NpzImages(NpyArray Array, ImageShape Shape, bool IsChannelsLast, double ToPixel) : ImageArray(Array.Where, Array.Sizes[0], Shape)
{
    // The names of images and labels of the training and the test part: those of MedMNIST, and those that Keras and its users save.
    private static readonly string[][] Pairs =
    [
        ["train_images", "train_labels", "test_images", "test_labels"],
        ["x_train", "y_train", "x_test", "y_test"],
        ["X_train", "y_train", "X_test", "y_test"],
    ];

    private static readonly string[][] Single = [["images", "labels"], ["x", "y"], ["X", "y"]];

    /// <summary>Finds images and labels in an archive.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="remarks">Receives a sentence about arrays that are not used.</param>
    /// <returns>The training images, and the test images or null if there are none.</returns>
    /// <exception cref="ExperimentException">Images or labels are missing, or their shapes or values are not possible for images and labels.</exception>
    public static (LabelledImages Train, LabelledImages? Test) Open(string path, ICollection<string> remarks)
    {
        var names = NpyArray.NamesIn(path);
        string[]? Known(string[][] lists) => lists.FirstOrDefault(list => list.All(names.Contains));
        if ((Known(Pairs) ?? Known(Single)) is not { } used)
        {
            throw new ExperimentException($"{path} holds {(names.Count == 0 ? "no arrays" : $"the arrays {Echo.Of(string.Join(", ", names), 200)}")}; expected {string.Join(", ", Pairs[0])}, "
                + $"or {string.Join(", ", Pairs[1])}, or with --test-part {string.Join(" and ", Single[0])}.");
        }

        if (names.Except(used).ToList() is { Count: > 0 } left)
            remarks.Add($"{path}: {Echo.Of(string.Join(", ", left), 120)} {(left.Count == 1 ? "is" : "are")} not used.");
        var train = Images(NpyArray.Open(path, used[0]), whole: null);
        return (new(train, Labels(NpyArray.Open(path, used[1]))),
            used.Length == 2 ? null : new(Images(NpyArray.Open(path, used[2]), whole: train), Labels(NpyArray.Open(path, used[3]))));
    }

    /// <inheritdoc/>
    public override void Read(ImageTaker take)
    {
        var pixels = new byte[Shape.Size];
        var plane = Shape.Height * Shape.Width;
        Array.Read((index, values) =>
        {
            for (var i = 0; i < values.Length; i++)
                pixels[IsChannelsLast ? (i % Shape.Channels * plane) + (i / Shape.Channels) : i] = Pixel(values[i], index);
            take(index, pixels);
        });
    }

    private byte Pixel(double value, int index)
    {
        var pixel = Math.Round(value * ToPixel);
        return pixel is >= 0 and <= 255 ? (byte)pixel : throw NoPixel(Array, value, index);
    }

    private static NpzImages Images(NpyArray array, NpzImages? whole)
    {
        var (shape, isChannelsLast) = array.Sizes switch
        {
            [_, var h, var w] => (new ImageShape(1, h, w), false),
            [_, var h, var w, 1 or 3] => (new ImageShape(array.Sizes[3], h, w), true),
            [_, 1 or 3, var h, var w] => (new ImageShape(array.Sizes[1], h, w), false),
            _ => throw new ExperimentException($"{array.Where} has shape {array.Shape}; expected images as [N, H, W], [N, H, W, C] or [N, C, H, W] with 1 or 3 channels C."),
        };
        return new NpzImages(array, shape, isChannelsLast, array.Kind switch
        {
            'b' => 255,
            'f' => whole?.ToPixel ?? (Largest(array) <= 1 ? 255 : 1),
            _ => 1,
        });
    }

    private static double Largest(NpyArray array)
    {
        var largest = 0.0;
        array.Read((index, values) =>
        {
            foreach (var value in values)
                largest = value is >= 0 and <= 255 ? Math.Max(largest, value) : throw NoPixel(array, value, index);
        });
        return largest;
    }

    private static long[] Labels(NpyArray array)
    {
        if (array.Sizes is not ([_] or [_, 1]))
            throw new ExperimentException($"{array.Where} has shape {array.Shape}; expected one label for each image, as [N] or [N, 1].");
        var labels = new long[array.Sizes[0]];
        array.Read((index, values) => labels[index] = Math.Abs(values[0]) < 1L << 52 && values[0] == Math.Truncate(values[0]) ? (long)values[0]
            : throw new ExperimentException(string.Create(CultureInfo.InvariantCulture, $"{array.Where}: label {index} (counted from 0) is {values[0]}; expected a whole number.")));
        return labels;
    }

    private static ExperimentException NoPixel(NpyArray array, double value, int index) => new(string.Create(
        CultureInfo.InvariantCulture, $"{array.Where}: image {index} (counted from 0) has the value {value}; expected 0 to 255, or floating-point numbers from 0 to 1, in all images alike."));
}
