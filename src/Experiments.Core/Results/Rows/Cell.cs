namespace Experiments.Core.Results.Rows;

/// <summary>
/// A cell of the grid: what was asked of a run, without the seed. Runs of one cell differ by their seed alone, so their errors may be averaged; two
/// cells are equal if all their values are.
/// </summary>
public record Cell
{
    /// <summary>The name of <c>identity-appended</c> in older rows, written when there was only one identity shortcut.</summary>
    public const string IdentityOnce = "identity";

    /// <summary>The data set trained on: a name, or for images of your own the name of the folder, with a slash after it, or of the archive.</summary>
    public required string Dataset { get; init; }

    /// <summary>The classes trained and tested on, by their labels in the data set, where they were not all.</summary>
    public string? Classes { get; init; }

    /// <summary>Height in pixels that images of your own were scaled to.</summary>
    public int? ImageSize { get; init; }

    /// <summary>The part of each class that was held out as test images, where they were.</summary>
    public double? TestPart { get; init; }

    /// <summary>The seed that these test images were chosen with.</summary>
    public long? SplitSeed { get; init; }

    /// <summary>The network.</summary>
    public required string Model { get; init; }

    /// <summary>Channels of the network's first stage.</summary>
    public required int Width { get; init; }

    /// <summary>
    /// How a residual network's shortcuts change their shape: <c>identity-centered</c>, <c>identity-appended</c> or <c>projection</c>; other
    /// networks have <c>identity-appended</c>. Older rows say <c>identity</c> for it.
    /// </summary>
    public required string Shortcut { get; init => field = value == IdentityOnce ? "identity-appended" : value; }

    /// <summary>The activation function: <c>relu</c>, <c>sigmoid</c> or <c>tanh</c>.</summary>
    public string Activation { get; init; } = "relu";

    /// <summary>Where the norm stands: <c>before</c> or <c>after</c> the activation.</summary>
    public string NormPosition { get; init; } = "before";

    /// <summary>The normalization, for example <c>gn</c>.</summary>
    public required string Norm { get; init; }

    /// <summary>Number of groups of channels, G, where the norm has them.</summary>
    public int? Groups { get; init; }

    /// <summary>GN's channels per group, C/G, where the number of groups follows from it.</summary>
    public int? ChannelsPerGroup { get; init; }

    /// <summary>Images of a worker that share a statistic, where that is a choice.</summary>
    public int? VirtualBatch { get; init; }

    /// <summary>Which places share a statistic, where the norm leaves that open and it is not all of them: <c>one</c>.</summary>
    public string? Places { get; init; }

    /// <summary>Batch Renormalization's r_max.</summary>
    public double? RMax { get; init; }

    /// <summary>Batch Renormalization's d_max.</summary>
    public double? DMax { get; init; }

    /// <summary>The part of the training over which these limits rise from BN's.</summary>
    public double? RenormRamp { get; init; }

    /// <summary>Whether the convolutions' weights are standardized: <c>on</c> or <c>off</c>.</summary>
    public string WeightStandardization { get; init; } = "off";

    /// <summary>What is learnt after normalizing: <c>scale-and-shift</c>, <c>scale</c>, <c>shift</c> or <c>none</c>.</summary>
    public string? Affine { get; init; }

    /// <summary>Images per worker in a step: those BN takes its statistics over.</summary>
    public required int Batch { get; init; }

    /// <summary>Workers that share one step.</summary>
    public required int Workers { get; init; }

    /// <summary>Epochs asked for.</summary>
    public required int Epochs { get; init; }

    /// <summary>The optimizer: <c>sgd</c> or <c>adamw</c>.</summary>
    public string Optimizer { get; init; } = "sgd";

    /// <summary><c>--lr</c>: the learning rate at 32 images a worker.</summary>
    public required double Lr { get; init; }

    /// <summary><c>linear</c> (lr * batch / 32), <c>sqrt</c> (lr * sqrt(batch / 32)) or <c>none</c>.</summary>
    public required string LrScaling { get; init; }

    /// <summary>The learning rate that the run began with, after scaling.</summary>
    public required double LearningRate { get; init; }

    /// <summary><c>step</c> or <c>cosine</c>.</summary>
    public required string Schedule { get; init; }

    /// <summary>Epochs over which the learning rate rises to its start value.</summary>
    public required int Warmup { get; init; }

    /// <summary>Momentum of SGD.</summary>
    public required double? Momentum { get; init; }

    /// <summary>AdamW's beta 1, of its average of gradients.</summary>
    public double? Beta1 { get; init; }

    /// <summary>AdamW's beta 2, of its average of squared gradients.</summary>
    public double? Beta2 { get; init; }

    /// <summary>Weight decay.</summary>
    public required double WeightDecay { get; init; }

    /// <summary>Which parameters decay: <c>all</c>, or <c>weights</c> (not gamma, beta and biases).</summary>
    public required string DecayOn { get; init; }

    /// <summary>Where the training began with given weights: their checksum, or <c>pretrain</c> where the sweep trained them first, a run for each norm and seed.</summary>
    public string? StartsFrom { get; init; }

    /// <summary>What of these weights stayed as it was: <c>none</c>, <c>norm-statistics</c>, <c>norms</c> or <c>all-but-last</c>.</summary>
    public string Freeze { get; init; } = "none";

    /// <summary>What the initial weights were multiplied by.</summary>
    public double InitScale { get; init; } = 1;

    /// <summary>What was done to pixels: <c>none</c>, <c>min-max</c>, <c>z-score</c>, <c>pca</c> or <c>zca</c>.</summary>
    public string Input { get; init; } = "z-score";

    /// <summary>Augmentation of training images: <c>crop-flip</c>, <c>flip</c> or <c>none</c>.</summary>
    public required string Augmentation { get; init; }

    /// <summary>In which styles images were shown: <c>none</c> (as they are), <c>mixed</c> within a batch, or one <c>by-batch</c>.</summary>
    public string Domains { get; init; } = "none";

    /// <summary>Rows of an image that a recurrent network was trained on, drawn for each batch, as in <c>12..20</c>, where not all.</summary>
    public string? Rows { get; init; }

    /// <summary>Training images, where limited.</summary>
    public int? TrainLimit { get; init; }

    /// <summary>Test images, where limited.</summary>
    public int? TestLimit { get; init; }

    /// <summary>Images held out of the training set, on which the errors are then measured; 0: the test set is used.</summary>
    public required int Validation { get; init; }

    /// <summary>The engine, for example <c>onednn</c>.</summary>
    public required string Engine { get; init; }

    /// <summary><c>cpu</c> or <c>cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary><c>fp32</c> or <c>bf16</c>.</summary>
    public required string Precision { get; init; }

    /// <summary>
    /// The name of the results folder that the cell is of, if several folders are shown together; otherwise empty. It is not a column of a file.
    /// </summary>
    internal string Source { get; init; } = "";

    /// <summary>The cell that a row belongs to, without the row's further columns.</summary>
    internal Cell ToCell() => new(this);
}
