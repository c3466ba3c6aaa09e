namespace Experiments.Core.Training;

/// <summary>The weights that a training begins with in place of random ones: a file's, or those of a run that a sweep trains first.</summary>
public sealed record StartingWeights
{
    /// <summary>Digits of a checksum.</summary>
    public const int ChecksumDigits = 16;

    private const string RunPrefix = "run:";

    private StartingWeights()
    {
    }

    /// <summary>The full path of a file of weights, or of a run's folder; null: the weights are those of <see cref="Run"/>.</summary>
    public string? Path { get; private init; }

    /// <summary>The beginning of the SHA-256 of the file; null: the file has not been read.</summary>
    public string? Checksum { get; init; }

    /// <summary>The name of a run in the folder <c>pretrain</c> of the results folder; null: a file is named.</summary>
    public string? Run { get; private init; }

    /// <summary>
    /// What a run's identity contains of its starting weights. Of a file it is the checksum, whatever the path. Of a run that is trained first
    /// it is that run's name, which is known before the weights are and determines them.
    /// </summary>
    public string? Identity => Run is null ? Checksum : RunPrefix + Run;

    /// <summary>The part of the starting weights that is the same in runs that differ by their seed alone.</summary>
    public StartingWeights OfAnySeed => Run is null ? this : this with { Run = "" };

    /// <summary>The weights of a run that is trained first.</summary>
    public static StartingWeights OfRun(string run) => new() { Run = run };

    /// <summary>Reads what a user types: a path, a path with the file's checksum after a <c>#</c>, or <c>run:</c> and a run's name.</summary>
    public static StartingWeights Parse(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        if (text.StartsWith(RunPrefix, StringComparison.Ordinal))
            return OfRun(text[RunPrefix.Length..]);
        var mark = text.LastIndexOf('#');
        var isMarked = mark > 0 && text.Length - mark - 1 == ChecksumDigits && text[(mark + 1)..].All(char.IsAsciiHexDigitLower);
        return new StartingWeights { Path = System.IO.Path.GetFullPath(isMarked ? text[..mark] : text), Checksum = isMarked ? text[(mark + 1)..] : null };
    }

    /// <inheritdoc/>
    public override string ToString() => Run is not null ? RunPrefix + Run : Checksum is null ? Path! : $"{Path}#{Checksum}";
}
