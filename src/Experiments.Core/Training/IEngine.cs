using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;

namespace Experiments.Core.Training;

/// <summary>The number format an engine keeps activations and convolution weights in.</summary>
public enum Precision
{
    /// <summary>32-bit floating point throughout.</summary>
    Fp32,

    /// <summary>bfloat16 activations and convolution weights; master weights, statistics and accumulation in fp32.</summary>
    Bf16,
}

/// <summary>Where a norm over samples takes mean and variance from at evaluation. Other norms have no choice.</summary>
public enum NormStatistics
{
    /// <summary>The moving averages kept in training: the usual choice.</summary>
    MovingAverage,

    /// <summary>Moments of training images, collected at frozen weights.</summary>
    Population,

    /// <summary>Moments of the evaluated batch itself, as in training.</summary>
    Batch,
}

/// <summary>The side of a norm's slot that is observed.</summary>
public enum SlotSide
{
    /// <summary>What enters the norm.</summary>
    Input,

    /// <summary>The norm's output, with scale, shift and noise, before a residual is added and before the activation.</summary>
    Output,
}

/// <summary>What an engine is built for.</summary>
/// <param name="Network">The network.</param>
/// <param name="Batch">Images per worker in a training step.</param>
/// <param name="Workers">Workers that share a step: BN takes its statistics within one, gradients are averaged over all.</param>
/// <param name="Device"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
/// <param name="Precision">The number format.</param>
/// <param name="Threads">Threads to compute with.</param>
/// <param name="Momentum">SGD's momentum.</param>
/// <param name="WeightDecay">The weight decay.</param>
/// <param name="DecayNormsAndBiases">Whether gamma, beta, biases and gains decay as well as the weights.</param>
/// <param name="Seed">The seed of a noisy norm's noise.</param>
/// <param name="Optimizer">How a step follows from the gradient.</param>
/// <param name="Beta1">AdamW's beta 1.</param>
/// <param name="Beta2">AdamW's beta 2.</param>
/// <param name="Freeze">What training leaves as it is.</param>
public sealed record EngineSettings(
    Network Network,
    int Batch,
    int Workers = 1,
    string Device = "cpu",
    Precision Precision = Precision.Fp32,
    int Threads = 1,
    double Momentum = 0.9,
    double WeightDecay = 1e-4,
    bool DecayNormsAndBiases = true,
    long Seed = 1,
    OptimizerKind Optimizer = OptimizerKind.Sgd,
    double Beta1 = 0.9,
    double Beta2 = 0.999,
    Frozen Freeze = Frozen.None)
{
    /// <summary>
    /// Whether norms with running statistics normalize with these in training too, and leave them as they are. They are constants then: if
    /// g is the gradient by the output, the gradient by the input is gamma * g / sqrt(var + epsilon).
    /// </summary>
    public bool StatisticsAreFrozen => Freeze != Frozen.None && Network.Norm.HasRunningStatistics;

    /// <summary>Whether a step leaves a parameter as it is. It has no gradient then.</summary>
    public bool IsFrozen(Parameter parameter) => Freeze switch
    {
        Frozen.None or Frozen.NormStatistics => false,
        Frozen.Norms => parameter.Layer is NormSlot,
        Frozen.AllButLast => parameter.Layer != Network.LastLayer,
        _ => throw new InvalidOperationException($"unknown {Freeze}"),
    };

    /// <summary>Whether a parameter decays: all do, or weights alone.</summary>
    public bool Decays(Parameter parameter) =>
        DecayNormsAndBiases || parameter.Kind is ParameterKind.ConvolutionWeight or ParameterKind.LinearWeight;
}

/// <summary>
/// The arithmetic of a training, and nothing else: what makes two runs the same experiment (initial weights, order of the data,
/// augmentation, schedule, metrics) lies outside. Two engines that are given the same seed run the same experiment.
/// </summary>
public interface IEngine : IDisposable
{
    /// <summary>The library that computes and its version, for the record.</summary>
    string Library { get; }

    /// <summary>The memory layout that the engine needs images in.</summary>
    ImageLayout Layout { get; }

    /// <summary>
    /// One step on workers x batch images, by the gradient g of the mean cross-entropy over all of them. The optimizers are as PyTorch writes them.
    /// SGD, with the velocity v, 0 at first:
    /// <code>
    /// v = momentum * v + (g + decay * w)
    /// w = w - rate * v
    /// </code>
    /// AdamW, with the averages m and s, 0 at first, and t = 1 in the first step; the decay is apart from the gradient, and epsilon is 1e-8:
    /// <code>
    /// w = w - rate * decay * w
    /// m = beta1 * m + (1 - beta1) * g
    /// s = beta2 * s + (1 - beta2) * g^2
    /// w = w - rate * (m / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + epsilon)
    /// </code>
    /// (Loshchilov &amp; Hutter 2019, algorithm 2, the rate being both their alpha and their schedule's multiplier, as in PyTorch).
    /// </summary>
    /// <param name="batch">The images: worker after worker.</param>
    /// <param name="step">The rate of this step, and what else depends on how far the training is.</param>
    /// <param name="scores">Receives the class scores [N, classes] before the update.</param>
    void Train(ImageBatch batch, StepSettings step, Span<float> scores);

    /// <summary>Computes class scores without an update.</summary>
    /// <param name="batch">Any number of images up to its capacity.</param>
    /// <param name="statistics">Where norms over samples take their statistics from; the batch's own are taken over the whole batch, as by one worker.</param>
    /// <param name="scores">Receives the class scores [N, classes].</param>
    void Evaluate(ImageBatch batch, NormStatistics statistics, Span<float> scores);

    /// <summary>Forgets the population statistics collected so far.</summary>
    void ForgetPopulation();

    /// <summary>
    /// A forward pass with the batch's own statistics that changes no weight and no moving average, and pools each norm's moments into
    /// the population's by Chan's formula.
    /// </summary>
    void CollectPopulation(ImageBatch batch);

    /// <summary>
    /// The mean cross-entropy of a training batch and its gradient by every parameter as they are in this step, without decay, without an
    /// update, and without a change of moving averages. The gradient by a parameter that is frozen is 0.
    /// </summary>
    (double Loss, IReadOnlyList<NamedArray> Gradients) LossAndGradients(ImageBatch batch, StepSettings step);

    /// <summary>Gives what enters or leaves a norm in a forward pass, by one worker, as in this step of the training. The pass changes nothing.</summary>
    /// <param name="batch">Any number of images up to its capacity.</param>
    /// <param name="step">The step.</param>
    /// <param name="slot">The name of the norm's slot.</param>
    /// <param name="side">Whether what enters the norm is wanted or what leaves it.</param>
    /// <param name="values">Receives the feature map [N, H, W, C].</param>
    /// <exception cref="ArgumentException">The network has no such slot, or the map is of another size.</exception>
    void Observe(ImageBatch batch, StepSettings step, string slot, SlotSide side, Span<float> values);

    /// <summary>A copy of parameters, running statistics and what the optimizer remembers.</summary>
    EngineState Read();

    /// <summary>Replaces parameters, running statistics and what the optimizer remembers; the last is zero if the state has none.</summary>
    /// <exception cref="ArgumentException">A name or shape is not the network's.</exception>
    void Write(EngineState state);
}

/// <summary>An engine that this program may have: whether it works here, and how to make one.</summary>
public interface IEngineProvider
{
    /// <summary>The name on the command line.</summary>
    string Name { get; }

    /// <summary>The library that computes and its version; null where it is missing.</summary>
    string? Library { get; }

    /// <summary>The devices it can compute on here, the best first; empty where its library is missing.</summary>
    IReadOnlyList<string> Devices { get; }

    /// <summary>Why it cannot compute on this device in this precision, in one sentence that says what would help; null if it can.</summary>
    string? Unavailable(string device, Precision precision);

    /// <summary>Why it does not compute the network that settings ask for, in one sentence that says what would help; null if it does.</summary>
    string? Refuses(RunSettings settings) => null;

    /// <summary>Makes an engine. Its parameters are zero until they are written.</summary>
    IEngine Create(EngineSettings settings);
}
