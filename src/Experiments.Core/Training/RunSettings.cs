using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Networks;
using Experiments.Core.Norms;

namespace Experiments.Core.Training;

/// <summary>Which parameters weight decay acts on.</summary>
public enum DecayOn
{
    /// <summary>All of them.</summary>
    All,

    /// <summary>Weights of convolutions and of the linear layer, not gamma, beta and biases.</summary>
    Weights,
}

/// <summary>Everything that is asked of one training. The names on the command line and in YAML are in <c>RunOptions</c>.</summary>
public sealed record RunSettings
{
    /// <summary>The value that leaves the choice of a data set, an engine or a device to the program.</summary>
    public const string Auto = "auto";

    /// <summary>The data set: a name of the catalog, or the full path of images of one's own.</summary>
    public string Dataset { get; init; } = Auto;

    /// <summary>The classes that are trained and tested on, as <see cref="Data.Sources.ClassSelection"/> writes them; null: all.</summary>
    public string? Classes { get; init; }

    /// <summary>Height and width that image files of one's own are scaled to; null: the default, or the images are no such files.</summary>
    public int? ImageSize { get; init; }

    /// <summary>The part of each class to test on, where images of one's own come without test images; null: they come with them.</summary>
    public double? TestPart { get; init; }

    /// <summary>The seed of the random choice of these test images; null: 0.</summary>
    public long? SplitSeed { get; init; }

    /// <summary>The network.</summary>
    public string Model { get; init; } = "small-cnn";

    /// <summary>Channels of the network's first stage; null: the network's own default.</summary>
    public int? Width { get; init; }

    /// <summary>How residual shortcuts change their shape; networks without shortcuts have <see cref="Shortcut.IdentityAppended"/>.</summary>
    public Shortcut Shortcut { get; init; } = Shortcut.IdentityCentered;

    /// <summary>The activation function; null: the network's own.</summary>
    public ActivationKind? Activation { get; init; }

    /// <summary>Where the norm stands.</summary>
    public NormPosition NormPosition { get; init; } = NormPosition.Before;

    /// <summary>The normalization, with its options.</summary>
    public NormOptions Norm { get; init; } = new("bn");

    /// <summary>Images per worker in a step.</summary>
    public int Batch { get; init; } = 32;

    /// <summary>Workers that share a step.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Passes over the training set.</summary>
    public int Epochs { get; init; } = 5;

    /// <summary>How a step follows from the gradient.</summary>
    public OptimizerKind Optimizer { get; init; }

    /// <summary>The learning rate at 32 images a worker; null: the optimizer's own default.</summary>
    public double? Lr { get; init; }

    /// <summary>How the rate follows the batch size; null: the optimizer's own default.</summary>
    public LearningRateScaling? LrScaling { get; init; }

    /// <summary>How the rate falls.</summary>
    public Schedule Schedule { get; init; } = Schedule.Step;

    /// <summary>Epochs over which the rate first rises.</summary>
    public int Warmup { get; init; }

    /// <summary>SGD's momentum; null: the default, or another optimizer.</summary>
    public double? Momentum { get; init; }

    /// <summary>AdamW's beta 1, of the average of gradients; null: the default, or another optimizer.</summary>
    public double? Beta1 { get; init; }

    /// <summary>AdamW's beta 2, of the average of squared gradients; null: the default, or another optimizer.</summary>
    public double? Beta2 { get; init; }

    /// <summary>The weight decay; null: the optimizer's own default.</summary>
    public double? WeightDecay { get; init; }

    /// <summary>Which parameters decay.</summary>
    public DecayOn DecayOn { get; init; } = DecayOn.All;

    /// <summary>The weights that the training begins with; null: random ones.</summary>
    public StartingWeights? From { get; init; }

    /// <summary>What of these weights stays as it is.</summary>
    public Frozen Freeze { get; init; }

    /// <summary>The factor that the initial weights are multiplied by.</summary>
    public double InitScale { get; init; } = 1;

    /// <summary>How pixels become a network's input.</summary>
    public InputNormalization Input { get; init; } = InputNormalization.ZScore;

    /// <summary>How training images are augmented.</summary>
    public Augmentation Augmentation { get; init; } = Augmentation.CropFlip;

    /// <summary>In which styles images are shown.</summary>
    public Domains Domains { get; init; }

    /// <summary>Recurrent networks: how many rows of its images a batch is trained on; null: all.</summary>
    public RowRange? Rows { get; init; }

    /// <summary>Training images, the classes in the set's own proportions; null: all.</summary>
    public int? TrainLimit { get; init; }

    /// <summary>Test images, likewise; null: all.</summary>
    public int? TestLimit { get; init; }

    /// <summary>Images held out of the training set to measure errors on; 0: the test set is used.</summary>
    public int Validation { get; init; }

    /// <summary>What is measured along the training.</summary>
    public MeasurementKinds Measure { get; init; }

    /// <summary>The norm whose layer is measured; null: the network's last.</summary>
    public string? MeasureLayer { get; init; }

    /// <summary>At how many steps something is measured, spaced evenly from the first step to the last.</summary>
    public int MeasurePoints { get; init; } = 20;

    /// <summary>The seed of all random numbers.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>The engine.</summary>
    public string Engine { get; init; } = Auto;

    /// <summary>The device.</summary>
    public string Device { get; init; } = Auto;

    /// <summary>The number format.</summary>
    public Precision Precision { get; init; } = Precision.Fp32;

    /// <summary>Threads to compute with.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The learning rate that the training begins with, after scaling: <see cref="LearningRate.Scaled"/>.</summary>
    public double ScaledLearningRate
    {
        get
        {
            var defaults = OptimizerDefaults.Of(Optimizer);
            return LearningRate.Scaled(Lr ?? defaults.Lr, Batch, LrScaling ?? defaults.LrScaling);
        }
    }

    /// <summary>The settings with the optimizer's own values where none are given.</summary>
    public RunSettings WithOptimizerDefaults()
    {
        var defaults = OptimizerDefaults.Of(Optimizer);
        return this with
        {
            Lr = Lr ?? defaults.Lr,
            LrScaling = LrScaling ?? defaults.LrScaling,
            WeightDecay = WeightDecay ?? defaults.WeightDecay,
            Momentum = Momentum ?? defaults.Momentum,
            Beta1 = Beta1 ?? defaults.Beta1,
            Beta2 = Beta2 ?? defaults.Beta2,
        };
    }

    /// <summary>A step of the training.</summary>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="step">The step within it, from 0.</param>
    /// <param name="stepsPerEpoch">Steps in an epoch.</param>
    public StepSettings StepAt(int epoch, int step, int stepsPerEpoch)
    {
        var number = ((long)epoch * stepsPerEpoch) + step;
        var ramp = Norm.RenormRamp is > 0 and var part ? Math.Min(1, number / (part * Epochs * stepsPerEpoch)) : 1;
        return new StepSettings(LearningRate.At(this, epoch, step, stepsPerEpoch), number, ramp);
    }
}
