using System.Collections.Immutable;
using Experiments.Core.Data.Images;

namespace Experiments.Core.Data.Sources;

/// <summary>What a data set is: the size of its images, its classes, the number of images, and where they come from.</summary>
public sealed record DatasetDescription
{
    /// <summary>The name on the command line, for example <c>cifar10</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The name in prose, for example <c>CIFAR-10</c>.</summary>
    public required string Title { get; init; }

    /// <summary>The size of every image.</summary>
    public required ImageShape Shape { get; init; }

    /// <summary>The classes in the order of their labels.</summary>
    public required ImmutableArray<string> ClassNames { get; init; }

    /// <summary>Number of training images.</summary>
    public required int TrainCount { get; init; }

    /// <summary>Number of test images.</summary>
    public required int TestCount { get; init; }

    /// <summary>Where the images come from and how their files are read.</summary>
    public required DatasetSource Source { get; init; }

    /// <summary>Whether both parts are published with equally many images of each class, so that other counts show damage.</summary>
    public bool IsBalanced { get; init; } = true;

    /// <summary>A sentence for each thing that a person should know about how the files were read.</summary>
    public ImmutableArray<string> Remarks { get; init; } = [];

    /// <summary>The set that this one has some classes of; null if this set is whole.</summary>
    public DatasetDescription? Whole { get; init; }

    /// <summary>The labels of its classes in <see cref="Whole"/>, in ascending order; empty if this set is whole.</summary>
    public ImmutableArray<int> Labels { get; init; } = [];

    /// <summary>Number of classes.</summary>
    public int Classes => ClassNames.Length;

    /// <summary>Number of images in one part of the set.</summary>
    public int Count(DatasetPart part) => part switch
    {
        DatasetPart.Train => TrainCount,
        DatasetPart.Test => TestCount,
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "A data set has a training and a test part."),
    };
}
