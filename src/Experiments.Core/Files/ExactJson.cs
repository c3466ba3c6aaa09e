using System.Text.Json;
using System.Text.Json.Serialization;

namespace Experiments.Core.Files;

/// <summary>JSON in which every number reads back unchanged, also those that are not finite.</summary>
internal static class ExactJson
{
    public static JsonSerializerOptions Options { get; } = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, IgnoreReadOnlyProperties = true };
}
