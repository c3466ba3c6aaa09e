namespace Experiments.Core.Networks;

/// <summary>
/// How a residual block's shortcut changes its shape. An identity (He et al. 2016, option A) takes every second pixel and fills new channels with
/// zeros. The paper does not say where the zeros stand. Published code has both ways, and a network that was trained with one is wrong with the
/// other.
/// </summary>
public enum Shortcut
{
    /// <summary>
    /// Half of the zeros before the old channels and half after them, as in most published CIFAR code: akamaster's pytorch_resnet_cifar10 and
    /// what was made from it, TensorFlow's official model, tensorpack's and Lasagne's examples.
    /// </summary>
    IdentityCentered,

    /// <summary>All zeros after the old channels, as in fb.resnet.torch and what was made from it.</summary>
    IdentityAppended,

    /// <summary>A 1x1 convolution and a norm (option B).</summary>
    Projection,
}
