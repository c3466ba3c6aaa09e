namespace Experiments.Core.Networks;

/// <summary>
/// The steps from a residual network to ConvNeXt, as Liu et al. 2022 (section 2, figure 2) took them. Each step adds one change to all those before
/// it. <c>convnext-step0</c> to <c>convnext-step7</c> are the networks of these steps; that of the last step is <c>convnext-6</c>.
/// </summary>
public enum ConvNeXtStep
{
    /// <summary>Four stages of 1, 2, 2 and 1 blocks of two 3x3 convolutions, with ReLUs.</summary>
    ResNet,

    /// <summary>The numbers of blocks in the stages are as 1 : 1 : 3 : 1.</summary>
    StageRatio,

    /// <summary>The first convolution cuts the image into patches: its kernel is as wide as its stride.</summary>
    PatchifyStem,

    /// <summary>A block is a depthwise 3x3 convolution, a 1x1 convolution to four times the channels, and a 1x1 convolution back.</summary>
    DepthwiseConvolution,

    /// <summary>The depthwise kernel is 7x7.</summary>
    LargeKernel,

    /// <summary>GELU in place of ReLU.</summary>
    Gelu,

    /// <summary>One activation a block, between its two 1x1 convolutions, and none after the sum.</summary>
    FewerActivations,

    /// <summary>One norm a block, after the depthwise convolution; a layer scale takes the place of the gamma that ends a branch.</summary>
    FewerNorms,

    /// <summary>A norm and a 2x2 convolution of their own between stages, a norm before the classifier, and a bias in every convolution.</summary>
    ConvNeXt,
}
