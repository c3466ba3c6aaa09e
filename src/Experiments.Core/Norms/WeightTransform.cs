namespace Experiments.Core.Norms;

/// <summary>
/// How a convolution's kernel is changed before it is applied, output channel by output channel: v is learnt, w is applied, and the mean and the
/// sum of squares are over the In * K * K weights of one output channel. They are like those of a norm, but over weights.
/// </summary>
public enum WeightTransform
{
    /// <summary>Nothing: w = v.</summary>
    None,

    /// <summary>
    /// w = g * v / ||v||, with a gain g per output channel that is learnt (Salimans &amp; Kingma, "Weight normalization", NIPS 2016, Eqn 2).
    /// </summary>
    Normalization,

    /// <summary>
    /// w = (v - mean) / sqrt(var + epsilon), with the biased variance (Qiao et al., "Micro-batch training with batch-channel normalization
    /// and weight standardization", 2019, Eqns 9 and 10). The norm that follows brings the scale.
    /// </summary>
    Standardization,
}
