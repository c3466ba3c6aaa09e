namespace Experiments.Core.Norms;

/// <summary>
/// The noise that Santurkar et al. ("How does batch normalization help optimization?", NeurIPS 2018, section 2.2 and appendix) put after each BN to
/// make its output's distribution unstable: an activation a becomes <c>s * a + m</c>. Each step draws, for each channel, mu from U(-0.5, 0.5) and
/// sigma from U(1, 1.25), and then, for each sample of the channel, m from U(mu - 0.1, mu + 0.1) and s from N(sigma, 0.1). It is drawn in training
/// only.
/// </summary>
public static class ActivationNoise
{
    private const double Shift = 0.5, LargestScale = 1.25, Spread = 0.1;

    /// <summary>Draws a layer's noise for one step.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="step">The training step.</param>
    /// <param name="slot">The norm's position in the network.</param>
    /// <param name="channels">C.</param>
    /// <param name="scales">Receives s, [N, C].</param>
    /// <param name="shifts">Receives m, [N, C].</param>
    public static void Draw(long seed, long step, int slot, int channels, Span<float> scales, Span<float> shifts)
    {
        for (var channel = 0; channel < channels; channel++)
        {
            var random = new RandomStream((ulong)seed, RandomPurpose.ActivationNoise, checked((int)step), checked((slot * 65_536) + channel));
            var mean = (2 * random.NextDouble() * Shift) - Shift;
            var scale = 1 + (random.NextDouble() * (LargestScale - 1));
            for (var cell = channel; cell < scales.Length; cell += channels)
            {
                shifts[cell] = (float)(mean + (Spread * ((2 * random.NextDouble()) - 1)));
                scales[cell] = (float)(scale + (Spread * random.NextNormal()));
            }
        }
    }
}
