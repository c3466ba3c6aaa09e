using System.Globalization;

namespace Experiments.Core.Norms;

/// <summary>An option that some norms have and others do not: its name on the command line and in YAML, its help, and its place in <see cref="NormOptions"/>.</summary>
/// <param name="Name">The name, without dashes.</param>
/// <param name="Help">What it does, in a sentence without a full stop.</param>
/// <param name="Get">Its value; null where it is not set.</param>
/// <param name="Set">The options with another value of it.</param>
public sealed record NormOption(string Name, string Help, Func<NormOptions, double?> Get, Func<NormOptions, double, NormOptions> Set)
{
    /// <summary>Whether it takes whole numbers alone.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The smallest value that it takes.</summary>
    public double Least { get; init; }

    /// <summary>The largest value that it takes.</summary>
    public double Most { get; init; } = double.MaxValue;

    /// <summary>What is typed for its values, from 0 on; none where these are numbers.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The option that says the same in another way, so that only one of the two is given and only that one has a default; null where there is none.</summary>
    public string? InPlaceOf { get; init; }

    /// <summary>Its value as it is typed; null where it is not set.</summary>
    public string? Text(NormOptions options) => Get(options) is not { } value ? null : Words.Count > 0 ? Words[(int)value] : value.ToString("R", CultureInfo.InvariantCulture);
}
