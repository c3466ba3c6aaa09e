namespace Experiments.Core.Results;

/// <summary>
/// A cell of the grid: the columns of <see cref="RunRow"/> that were asked for, without the seed. Runs of one cell differ by their
/// seed alone, so their errors may be averaged; two cells compare equal when all of these do.
/// </summary>
public record Cell
{
    /// <inheritdoc cref="RunRow.Dataset"/>
    public required string Dataset { get; init; }

    /// <inheritdoc cref="RunRow.Model"/>
    public required string Model { get; init; }

    /// <inheritdoc cref="RunRow.Width"/>
    public required int Width { get; init; }

    /// <inheritdoc cref="RunRow.Shortcut"/>
    public required string Shortcut { get; init; }

    /// <inheritdoc cref="RunRow.Norm"/>
    public required string Norm { get; init; }

    /// <inheritdoc cref="RunRow.Groups"/>
    public int? Groups { get; init; }

    /// <inheritdoc cref="RunRow.ChannelsPerGroup"/>
    public int? ChannelsPerGroup { get; init; }

    /// <inheritdoc cref="RunRow.Batch"/>
    public required int Batch { get; init; }

    /// <inheritdoc cref="RunRow.Workers"/>
    public required int Workers { get; init; }

    /// <inheritdoc cref="RunRow.Epochs"/>
    public required int Epochs { get; init; }

    /// <inheritdoc cref="RunRow.Lr"/>
    public required double Lr { get; init; }

    /// <inheritdoc cref="RunRow.LrScaling"/>
    public required string LrScaling { get; init; }

    /// <inheritdoc cref="RunRow.LearningRate"/>
    public required double LearningRate { get; init; }

    /// <inheritdoc cref="RunRow.Schedule"/>
    public required string Schedule { get; init; }

    /// <inheritdoc cref="RunRow.Warmup"/>
    public required int Warmup { get; init; }

    /// <inheritdoc cref="RunRow.Momentum"/>
    public required double Momentum { get; init; }

    /// <inheritdoc cref="RunRow.WeightDecay"/>
    public required double WeightDecay { get; init; }

    /// <inheritdoc cref="RunRow.DecayOn"/>
    public required string DecayOn { get; init; }

    /// <inheritdoc cref="RunRow.Augmentation"/>
    public required string Augmentation { get; init; }

    /// <inheritdoc cref="RunRow.TrainLimit"/>
    public int? TrainLimit { get; init; }

    /// <inheritdoc cref="RunRow.TestLimit"/>
    public int? TestLimit { get; init; }

    /// <inheritdoc cref="RunRow.Validation"/>
    public required int Validation { get; init; }

    /// <inheritdoc cref="RunRow.Engine"/>
    public required string Engine { get; init; }

    /// <inheritdoc cref="RunRow.Device"/>
    public required string Device { get; init; }

    /// <inheritdoc cref="RunRow.Precision"/>
    public required string Precision { get; init; }

    /// <summary>The cell that a run belongs to.</summary>
    public static Cell Of(RunRow run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return new Cell
        {
            Dataset = run.Dataset,
            Model = run.Model,
            Width = run.Width,
            Shortcut = run.Shortcut,
            Norm = run.Norm,
            Groups = run.Groups,
            ChannelsPerGroup = run.ChannelsPerGroup,
            Batch = run.Batch,
            Workers = run.Workers,
            Epochs = run.Epochs,
            Lr = run.Lr,
            LrScaling = run.LrScaling,
            LearningRate = run.LearningRate,
            Schedule = run.Schedule,
            Warmup = run.Warmup,
            Momentum = run.Momentum,
            WeightDecay = run.WeightDecay,
            DecayOn = run.DecayOn,
            Augmentation = run.Augmentation,
            TrainLimit = run.TrainLimit,
            TestLimit = run.TestLimit,
            Validation = run.Validation,
            Engine = run.Engine,
            Device = run.Device,
            Precision = run.Precision,
        };
    }

    /// <summary>The cell alone, without what a derived row says about it.</summary>
    internal Cell Alone() => new(this);
}
