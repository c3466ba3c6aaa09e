namespace Experiments.Core.Training;

/// <summary>How the learning rate falls.</summary>
public enum Schedule
{
    /// <summary>The rate is divided by 10 after 30, 60 and 90% of the epochs, rounded up, as in the paper.</summary>
    Step,

    /// <summary>Half a cosine down to 0, step by step.</summary>
    Cosine,
}

/// <summary>How the learning rate follows the batch size.</summary>
public enum LearningRateScaling
{
    /// <summary>In proportion to the batch size; the given rate is for 32 images a worker: the paper's rule.</summary>
    Linear,

    /// <summary>In proportion to the square root of the batch size: the rule for optimizers that divide by the gradient's size.</summary>
    Sqrt,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>The learning rate of every step: the paper's rule for the batch size, then warm-up and schedule.</summary>
public static class LearningRate
{
    /// <summary>The batch size that <c>--lr</c> is given for.</summary>
    public const int ReferenceBatch = 32;

    /// <summary>
    /// SGD's linear rule, the paper's (Wu &amp; He 2018, section 4.1, after Goyal et al. 2017): the rate at 32 images a worker, times batch / 32.
    /// AdamW's: times the square root of that (Malladi et al. 2022; see <see cref="OptimizerDefaults"/>). The number of workers has no influence.
    /// </summary>
    /// <param name="lr">The rate at 32 images a worker.</param>
    /// <param name="batch">Images per worker in a step.</param>
    /// <param name="scaling">Which rule is followed.</param>
    public static double Scaled(double lr, int batch, LearningRateScaling scaling) => scaling switch
    {
        LearningRateScaling.Linear => lr * batch / ReferenceBatch,
        LearningRateScaling.Sqrt => lr * Math.Sqrt((double)batch / ReferenceBatch),
        LearningRateScaling.None => lr,
        _ => throw new ArgumentOutOfRangeException(nameof(scaling), scaling, "unknown scaling"),
    };

    /// <summary>The learning rate of one step: it rises evenly over the epochs of the warm-up, and then falls as the schedule says.</summary>
    /// <param name="settings">The training's settings.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="step">The step within it, from 0.</param>
    /// <param name="stepsPerEpoch">Steps in an epoch.</param>
    public static double At(RunSettings settings, int epoch, int step, int stepsPerEpoch)
    {
        var passed = epoch + ((double)step / stepsPerEpoch);
        if (passed < settings.Warmup)
            return settings.ScaledLearningRate * ((epoch * (double)stepsPerEpoch) + step + 1) / ((double)settings.Warmup * stepsPerEpoch);
        return settings.ScaledLearningRate * settings.Schedule switch
        {
            Schedule.Step => Math.Pow(0.1, DropsOf(settings.Epochs).Count(drop => epoch >= drop)),
            Schedule.Cosine => 0.5 * (1 + Math.Cos(Math.PI * passed / settings.Epochs)),
            var unknown => throw new ArgumentOutOfRangeException(nameof(settings), unknown, "unknown schedule"),
        };
    }

    // In whole numbers: 0.3 * 10 is a little more than 3 in floating point, and would round up to 4.
    private static IEnumerable<int> DropsOf(int epochs) => new[] { 30, 60, 90 }.Select(percent => ((epochs * percent) + 99) / 100);
}
