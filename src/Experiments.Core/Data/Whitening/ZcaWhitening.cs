using Experiments.Core.Data.Images;
using MathNet.Numerics;
using MathNet.Numerics.LinearAlgebra;

namespace Experiments.Core.Data.Whitening;

/// <summary>
/// Zero-phase whitening of whole images (Bell and Sejnowski, "The independent components of natural scenes are edge filters", 1997; for
/// CIFAR, Krizhevsky, "Learning multiple layers of features from tiny images", 2009, appendix A): W (x - m) with the mean image m and
/// W = U (Lambda + epsilon I)^-1/2 U^T, where U Lambda U^T is the [D, D] covariance over training images, D = C*H*W, on the scale from
/// 0 to 1. Of all whitenings it changes the images least.
/// </summary>
internal sealed class ZcaWhitening
{
    /// <summary>
    /// Added to every eigenvalue, so that no direction is amplified more than tenfold. This matters for directions with hardly more than the
    /// noise of rounding and of JPEG, for pixels that never change, and for directions that fewer than D images do not span. The eigenvalues
    /// above it hold 98.9% of CIFAR-10's variance (490 of 3072, the largest 55) and 97.5% of Fashion-MNIST's (299 of 784, the largest 20).
    /// <para>It is chosen for cropped images. In uncropped images, pixels near the edge hardly ever vary, and a small epsilon amplifies them;
    /// a crop moves content there. The mean square of whitened training images, uncropped and cropped:</para>
    /// <code>
    /// epsilon   Fashion-MNIST   CIFAR-10
    /// 0.001     0.82   3.29     0.34   0.51
    /// 0.01      0.43   1.11     0.18   0.22
    /// 0.1       0.13   0.29     0.07   0.07
    /// </code>
    /// </summary>
    public const double Epsilon = 0.01;

    /// <summary>
    /// The most training images that the covariance is taken over, with the classes in the set's own proportions. They are three times as
    /// many as CIFAR's D and take seconds.
    /// </summary>
    public const int MostImages = 10_000;

    /// <summary>The largest D, the values of an image: the matrix has D^2 values, and computing its eigenvectors takes time in proportion to D^3.</summary>
    public const int MostValues = 4096;

    private const int ImagesAtOnce = 512;

    private const int RowsAtOnce = 64;

    /// <summary>Takes a matrix and an offset that were computed before.</summary>
    public ZcaWhitening(float[] matrix, float[] offset) => (Matrix, Offset) = (matrix, offset);

    /// <summary>W, [D, D] and symmetric.</summary>
    public float[] Matrix { get; }

    /// <summary>[D] values of -W (m - mean of the channel). They are added to the product of W and an image less the means of its channels.</summary>
    public float[] Offset { get; }

    /// <summary>
    /// Computes the whitening of a training set. For D = 3072 the eigenvectors alone take a minute of one core, for D = 784 a second.
    /// </summary>
    /// <param name="training">The training images.</param>
    /// <param name="threads">Number of threads to compute with; it does not change a bit of the result.</param>
    /// <param name="cancellation">Cancels the computation.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ZcaWhitening Of(ImageSet training, int threads = 1, CancellationToken cancellation = default)
    {
        var images = Subset(training);
        var mean = MeanImage(images);
        var covariance = Covariance(images, mean, threads, cancellation);
        var whitening = Interruptible(() => WhiteningOf(covariance, threads), cancellation);

        // The whitening is applied to images from which the channel means over all training images are subtracted.
        var (channels, plane) = (InputStatistics.Of(training).Mean, training.Shape.Height * training.Shape.Width);
        var offset = -(whitening * mean.MapIndexed((i, value) => value - channels[i / plane]));
        return new ZcaWhitening(Array.ConvertAll(whitening.ToRowMajorArray(), value => (float)value), [.. offset.Select(value => (float)value)]);
    }

    private static Matrix<double> WhiteningOf(Matrix<double> covariance, int threads)
    {
        Control.MaxDegreeOfParallelism = threads;
        var decomposition = covariance.Evd(Symmetricity.Symmetric);

        // Rounding can leave an eigenvalue of 0 slightly negative.
        var scale = decomposition.EigenValues.Map(value => 1 / Math.Sqrt(Math.Max(0, value.Real) + Epsilon));
        return (decomposition.EigenVectors * Matrix<double>.Build.DiagonalOfDiagonalVector(scale)).TransposeAndMultiply(decomposition.EigenVectors);
    }

    // The library's decomposition cannot be stopped. After a cancellation nobody waits for it, and it ends with the process at the latest.
    private static T Interruptible<T>(Func<T> compute, CancellationToken cancellation)
    {
        var work = Task.Run(compute, CancellationToken.None);
        work.Wait(cancellation);
        return work.Result;
    }

    private static ImageSet Subset(ImageSet training) => training.Count <= MostImages
        ? training
        : training.Only(BalancedOrder.Of(training, DatasetPart.Train)[..MostImages]);

    private static Vector<double> MeanImage(ImageSet images)
    {
        var sums = new long[images.Shape.Size];
        for (var i = 0; i < images.Count; i++)
        {
            var pixels = images.Pixels(i);
            for (var j = 0; j < sums.Length; j++)
                sums[j] += pixels[j];
        }

        return Vector<double>.Build.Dense(sums.Length, i => (double)sums[i] / images.Count / 255);
    }

    // [D, D], biased: divided by the number of images. Sums of ImagesAtOnce products in 24 bits are off by far less than epsilon.
    private static Matrix<double> Covariance(ImageSet images, Vector<double> mean, int threads, CancellationToken cancellation)
    {
        var size = mean.Count;
        var sums = new double[size * size];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        for (var first = 0; first < images.Count; first += ImagesAtOnce)
        {
            var count = Math.Min(ImagesAtOnce, images.Count - first);
            var (centred, transposed) = (new PackedMatrix(count, size), new float[size * count]);
            var image = new float[size];
            for (var i = 0; i < count; i++)
            {
                var pixels = images.Pixels(first + i);
                for (var j = 0; j < size; j++)
                    image[j] = transposed[(j * count) + i] = (float)((pixels[j] / 255.0) - mean[j]);
                centred.SetRow(i, image);
            }

            Parallel.For(0, (size + RowsAtOnce - 1) / RowsAtOnce, parallel, block =>
            {
                var (row, rows) = (block * RowsAtOnce, Math.Min(RowsAtOnce, size - (block * RowsAtOnce)));
                var products = new float[rows * size];
                centred.AddProduct(transposed.AsSpan(row * count, rows * count), products);
                for (var i = 0; i < products.Length; i++)
                    sums[(row * size) + i] += products[i];
            });
        }

        return Matrix<double>.Build.Dense(size, size, sums) / images.Count;
    }
}
