using System.Globalization;

namespace Experiments.Core.Norms;

/// <summary>
/// An option that some norms have and others do not: its name on the command line and in YAML, its help, and its place in
/// <see cref="NormOptions"/>.
/// </summary>
/// <param name="Name">The name, without dashes.</param>
/// <param name="Help">What it does, in a sentence without a full stop.</param>
/// <param name="Get">Reads its value; null if it is not set.</param>
/// <param name="Set">Gives the options with another value of it.</param>
public sealed record NormOption(string Name, string Help, Func<NormOptions, double?> Get, Func<NormOptions, double, NormOptions> Set)
{
    /// <summary>Whether it takes only whole numbers.</summary>
    public bool IsWhole { get; init; }

    /// <summary>The smallest value that it takes.</summary>
    public double Least { get; init; }

    /// <summary>The largest value that it takes.</summary>
    public double Most { get; init; } = double.MaxValue;

    /// <summary>The words that are typed for its values 0, 1 and so on; empty if numbers are typed.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>
    /// The option that this one replaces, because it says the same in another way; null if there is none. Only one of the two is given, and only
    /// the replaced one has a default.
    /// </summary>
    public string? InPlaceOf { get; init; }

    /// <summary>Its value as it is typed; null where it is not set.</summary>
    public string? Text(NormOptions options) => Get(options) is not { } value ? null : Words.Count > 0 ? Words[(int)value] : value.ToString("R", CultureInfo.InvariantCulture);
}
