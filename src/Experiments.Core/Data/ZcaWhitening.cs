namespace Experiments.Core.Data;

/// <summary>
/// Zero-phase whitening of whole images (Bell and Sejnowski, "The independent components of natural scenes are edge filters", 1997; for
/// CIFAR, Krizhevsky, "Learning multiple layers of features from tiny images", 2009, appendix A): W (x - m) with the mean image m and
/// W = U (Lambda + epsilon I)^-1/2 U^T, where U Lambda U^T is the [D, D] covariance over training images, D = C*H*W, on the scale from
/// 0 to 1. Of all whitenings it changes the images least.
/// </summary>
internal sealed class ZcaWhitening
{
    /// <summary>
    /// Added to every eigenvalue. Eigenvalues above 1e-3 hold 99.9% of CIFAR-10's variance, in a third of its 3072 directions (the largest
    /// is 55); what lies below is hardly more than the noise of rounding and of JPEG, and is amplified 32-fold at most. Epsilon also stands
    /// in for the variance of pixels that never change, and of directions that fewer images than D do not span.
    /// </summary>
    public const double Epsilon = 1e-3;

    /// <summary>
    /// The covariance is taken over at most so many training images, equally many of each class: three times as many as CIFAR's D, in
    /// seconds.
    /// </summary>
    public const int MostImages = 10_000;

    private const int ImagesAtOnce = 512;

    /// <summary>Takes a matrix that has been computed before.</summary>
    public ZcaWhitening(float[] matrix, float[] shift) => (Matrix, Shift) = (matrix, shift);

    /// <summary>W, [D, D] and symmetric.</summary>
    public float[] Matrix { get; }

    /// <summary>[D] values of -W (m - mean of the channel), to be added to the product of W and an image less the means of its channels.</summary>
    public float[] Shift { get; }

    /// <summary>Computes the whitening of a training set.</summary>
    public static ZcaWhitening Of(ImageSet training)
    {
        var images = Subset(training);
        var (size, plane) = (images.Shape.Size, images.Shape.Height * images.Shape.Width);
        var mean = MeanImage(images);
        var covariance = Covariance(images, mean);
        for (var i = 0; i < size; i++)
            covariance[(i * size) + i] += Epsilon;
        var whitening = SymmetricMatrix.InverseSquareRoot(covariance, size, Epsilon);

        // The images that it is applied to are less the means over all training images.
        var channels = InputStatistics.Of(training).Mean;
        var shift = new float[size];
        for (var row = 0; row < size; row++)
        {
            var sum = 0.0;
            for (var column = 0; column < size; column++)
                sum += whitening[(row * size) + column] * (mean[column] - channels[column / plane]);
            shift[row] = (float)-sum;
        }

        return new ZcaWhitening(Array.ConvertAll(whitening, value => (float)value), shift);
    }

    private static ImageSet Subset(ImageSet training) => training.Count <= MostImages
        ? training
        : training.Only(BalancedOrder.Of(training, DatasetPart.Train)[..MostImages]);

    private static double[] MeanImage(ImageSet images)
    {
        var sums = new long[images.Shape.Size];
        for (var i = 0; i < images.Count; i++)
        {
            var pixels = images.Pixels(i);
            for (var j = 0; j < sums.Length; j++)
                sums[j] += pixels[j];
        }

        return Array.ConvertAll(sums, sum => (double)sum / images.Count / 255);
    }

    // [D, D], biased: over the images.
    private static double[] Covariance(ImageSet images, double[] mean)
    {
        var size = mean.Length;
        var covariance = new double[size * size];
        for (var first = 0; first < images.Count; first += ImagesAtOnce)
        {
            var count = Math.Min(ImagesAtOnce, images.Count - first);
            var centred = new double[count * size];
            for (var i = 0; i < count; i++)
            {
                var pixels = images.Pixels(first + i);
                for (var j = 0; j < size; j++)
                    centred[(i * size) + j] = (pixels[j] / 255.0) - mean[j];
            }

            SymmetricMatrix.AddGram(centred, count, size, covariance);
        }

        SymmetricMatrix.Mirror(covariance, size);
        for (var i = 0; i < covariance.Length; i++)
            covariance[i] /= images.Count;
        return covariance;
    }
}
