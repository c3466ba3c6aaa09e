namespace Experiments.Core.Norms;

/// <summary>
/// Batch Renormalization's limits (Ioffe, "Batch Renormalization", NIPS 2017, algorithm 1): what BN computes from a batch is corrected
/// towards the moving averages mean' and sd',
/// <code>
///   x^ = (x - mean) / sd * r + d,    r = sd / sd' within [1 / r_max, r_max],    d = (mean - mean') / sd' within [-d_max, d_max]
/// </code>
/// where no gradient flows through r and d. With r_max = 1 and d_max = 0 it is BN.
/// </summary>
/// <param name="RMax">The largest r.</param>
/// <param name="DMax">The largest |d|.</param>
public sealed record BatchRenorm(double RMax, double DMax)
{
    /// <summary>The correction of one statistic.</summary>
    /// <param name="mean">The batch's mean.</param>
    /// <param name="deviation">The batch's sqrt(var + epsilon).</param>
    /// <param name="movingMean">The moving average of the mean.</param>
    /// <param name="movingDeviation">sqrt(moving average of the variance + epsilon).</param>
    /// <param name="ramp">From 0, where it is BN, to 1, where the limits are <see cref="RMax"/> and <see cref="DMax"/>.</param>
    public (double R, double D) Correct(double mean, double deviation, double movingMean, double movingDeviation, double ramp)
    {
        var (rMax, dMax) = Limits(ramp);
        return (Math.Clamp(deviation / movingDeviation, 1 / rMax, rMax), Math.Clamp((mean - movingMean) / movingDeviation, -dMax, dMax));
    }

    /// <summary>The limits at a point of the ramp.</summary>
    public (double RMax, double DMax) Limits(double ramp) => (1 + (ramp * (RMax - 1)), ramp * DMax);
}
