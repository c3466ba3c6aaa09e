using System.Text.Json;
using System.Text.Json.Serialization;

namespace Experiments.Core.Files;

/// <summary>JSON in which every number comes back as it was, those that are not finite included.</summary>
internal static class ExactJson
{
    public static JsonSerializerOptions Options { get; } = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, IgnoreReadOnlyProperties = true };
}
