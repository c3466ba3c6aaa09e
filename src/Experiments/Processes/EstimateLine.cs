using System.Text.Json;
using Experiments.Core.Training.Timing;

namespace Experiments.Processes;

/// <summary>An estimate as the line of JSON by which a process tells it to the one that asked.</summary>
internal static class EstimateLine
{
    /// <summary>The line.</summary>
    public static string Write(TrainingEstimate estimate) => JsonSerializer.Serialize(estimate);

    /// <summary>Reads the line.</summary>
    /// <exception cref="JsonException">The line holds no estimate.</exception>
    public static TrainingEstimate Read(string line) => JsonSerializer.Deserialize<TrainingEstimate>(line) ?? throw new JsonException("There is no estimate.");
}
