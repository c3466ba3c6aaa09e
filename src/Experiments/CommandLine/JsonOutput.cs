using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Experiments.CommandLine;

/// <summary>The option <c>--json</c>: what a command says, as one JSON document for other programs, with nothing else on the standard output.</summary>
internal static class JsonOutput
{
    /// <summary>The option's name.</summary>
    public const string Name = "--json";

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for readers of JSON, not for a page of HTML
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new FiniteConverter() },
    };

    /// <summary>What the option does, in its help.</summary>
    public const string Description = "print one JSON document instead, with the fields that docs/results.md lists";

    /// <summary>Prints a document. Its fields are called as the columns of the CSVs are, numbers are numbers, and what is missing is null.</summary>
    public static void Write<T>(T document) => Console.WriteLine(Text(document));

    /// <summary>The document as text.</summary>
    internal static string Text<T>(T document) => JsonSerializer.Serialize(document, s_options);

    // JSON has no number that is not finite.
    private sealed class FiniteConverter : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException("What the program prints is not read back.");

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options)
        {
            if (double.IsFinite(value))
                writer.WriteNumberValue(value);
            else
                writer.WriteNullValue();
        }
    }
}
