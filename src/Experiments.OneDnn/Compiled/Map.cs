using Experiments.Core.Data.Images;
using Experiments.Core.Training;

namespace Experiments.OneDnn.Compiled;

/// <summary>What flows from one operation to the next: feature maps [N, H, W, C], and in the backward pass their gradients.</summary>
/// <param name="shape">The size of one image's map.</param>
/// <param name="precision">The number format.</param>
/// <param name="data">Where it lies.</param>
/// <param name="needsGradient">Whether anything before it learns.</param>
internal sealed class Map(ImageShape shape, Precision precision, Buffer data, bool needsGradient)
{
    private readonly List<(Buffer Buffer, bool Shared)> _gradients = [];

    /// <summary>[C, H, W].</summary>
    internal ImageShape Shape { get; } = shape;

    /// <summary>H * W.</summary>
    internal int Area => Shape.Height * Shape.Width;

    /// <summary>The number format.</summary>
    internal Precision Precision { get; } = precision;

    /// <summary>Where it lies.</summary>
    internal Buffer Data { get; } = data;

    /// <summary>Whether anything before it learns.</summary>
    internal bool NeedsGradient { get; } = needsGradient;

    /// <summary>The operations that read it.</summary>
    internal int Readers { get; private set; }

    /// <summary>Whether the operation that made the map reads it again in the backward pass.</summary>
    internal bool KeptByMaker { get; set; }

    /// <summary>The gradients that its readers left, to be added up: one a reader.</summary>
    internal IReadOnlyList<(Buffer Buffer, bool Shared)> Gradients => _gradients;

    /// <summary>Says that an operation reads the map at this moment of the forward pass.</summary>
    internal void ReadAt(int time)
    {
        Readers++;
        Data.UsedAt(time);
    }

    /// <summary>Adds the gradient that a reader leaves.</summary>
    /// <param name="buffer">Where it lies.</param>
    /// <param name="shared">Whether somebody else needs the buffer as it is.</param>
    internal void AddGradient(Buffer buffer, bool shared = false) => _gradients.Add((buffer, shared));

    /// <summary>The gradient of a map that has one reader.</summary>
    /// <exception cref="NotSupportedException">It has several, and its maker cannot add their gradients up.</exception>
    internal Buffer OnlyGradient(string maker) => _gradients is [var (buffer, _)] ? buffer
        : throw new NotSupportedException($"The output of {maker} is read {_gradients.Count} times, which the onednn engine cannot do: take --engine torch.");

    /// <summary>The gradients of a map that has one reader or two.</summary>
    /// <exception cref="NotSupportedException">It has more, or none.</exception>
    internal (Buffer First, Buffer? Second) OneOrTwoGradients(string maker) => _gradients switch
    {
        [var (only, _)] => (only, null),
        [var (first, _), var (second, _)] => (first, second),
        _ => throw new NotSupportedException($"The output of {maker} is read {_gradients.Count} times, and the onednn engine adds up two gradients: take --engine torch."),
    };

    /// <summary>Bytes of one image of a shape.</summary>
    internal static long Bytes(ImageShape shape, Precision precision) =>
        (long)shape.Size * (precision == Precision.Bf16 ? sizeof(ushort) : sizeof(float));
}
