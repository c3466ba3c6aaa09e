namespace Experiments.Reports;

/// <summary>What <c>info --json</c> prints.</summary>
internal sealed record MachineDocument
{
    /// <summary>The program's version.</summary>
    public required string Version { get; init; }

    /// <summary>The commit the program was built from, where known.</summary>
    public required string? Commit { get; init; }

    /// <summary>The .NET that runs it.</summary>
    public required string Framework { get; init; }

    /// <summary>The operating system.</summary>
    public required string System { get; init; }

    /// <summary>The processor's name.</summary>
    public required string Cpu { get; init; }

    /// <summary>Cores that the program may use.</summary>
    public required int Cores { get; init; }

    /// <summary>The widest vector instructions that it has: <c>AVX-512</c>, <c>AVX2</c> or <c>no AVX2</c>.</summary>
    public required string Instructions { get; init; }

    /// <summary>Memory that the program may use, in GiB.</summary>
    public required double MemoryGib { get; init; }

    /// <summary>The engines, the preferred one first.</summary>
    public required IReadOnlyList<EngineOfMachine> Engines { get; init; }

    /// <summary>What draws figures, with versions, or why nothing does.</summary>
    public required string Figures { get; init; }

    /// <summary>The data sets of the catalog.</summary>
    public required IReadOnlyList<DatasetOfMachine> Datasets { get; init; }
}

/// <summary>An engine, as this machine has it.</summary>
internal sealed record EngineOfMachine
{
    /// <summary>The name on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>The library that computes and its version; null where it is missing.</summary>
    public required string? Library { get; init; }

    /// <summary>The devices it can compute on, the best first.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>The precisions it can compute in on a processor.</summary>
    public required IReadOnlyList<string> Precisions { get; init; }

    /// <summary>What else its speed depends on, in a few words.</summary>
    public string? Remark { get; init; }

    /// <summary>Why it cannot compute here, and what would help; null if it can.</summary>
    public required string? Problem { get; init; }
}

/// <summary>A data set, as this machine has it.</summary>
internal sealed record DatasetOfMachine
{
    /// <summary>The name on the command line.</summary>
    public required string Name { get; init; }

    /// <summary>The folder or archive that it lies in; null where it is missing.</summary>
    public required string? Place { get; init; }

    /// <summary>Why it cannot be used, and what would help; null if it can.</summary>
    public required string? Problem { get; init; }
}
