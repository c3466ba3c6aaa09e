namespace Benchmarks.Comparison;

/// <summary>What is compared. scripts/compare.sh has checked the values.</summary>
internal sealed record ComparisonOptions
{
    /// <summary>The repository.</summary>
    public required string Root { get; init; }

    /// <summary>Batch sizes.</summary>
    public int[] Batches { get; init; } = [2, 8, 32, 128];

    /// <summary>Norms, of none, bn, ln, in and gn.</summary>
    public string[] Norms { get; init; } = ["bn", "gn"];

    /// <summary>Precisions of our engines, of fp32 and bf16.</summary>
    public string[] Precisions { get; init; } = ["fp32"];

    /// <summary>Repetitions that the medians are over: at least two, since a single one does not show whether something disturbed it.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Seconds of a repetition.</summary>
    public double Seconds { get; init; } = 2;

    /// <summary>Whether Debian's PyTorch is measured too.</summary>
    public bool PyTorch { get; init; }

    /// <summary>Whether it is the quick comparison, which has a file of its own.</summary>
    public bool IsQuick { get; init; }

    /// <summary>Whether disturbed rows are written, marked.</summary>
    public bool Force { get; init; }

    /// <summary>Reads the repository's folder and the options.</summary>
    public static ComparisonOptions Parse(string[] words)
    {
        var options = new ComparisonOptions { Root = words[0] };
        if (words.Contains("--quick"))
            options = options with { Batches = [2, 32], Repetitions = 3, Seconds = 1, IsQuick = true };
        for (var i = 1; i < words.Length; i++)
        {
            options = words[i] switch
            {
                "--quick" => options,
                "--pytorch" => options with { PyTorch = true },
                "--force" => options with { Force = true },
                "--batch" => options with { Batches = [.. words[++i].Split(',').Select(int.Parse)] },
                "--norm" => options with { Norms = words[++i].Split(',') },
                "--precision" => options with { Precisions = words[++i].Split(',') },
                "--repetitions" => options with { Repetitions = int.Parse(words[++i]) },
                _ => throw new ArgumentException($"Unknown option '{words[i]}'.", nameof(words)),
            };
        }

        return options;
    }
}
