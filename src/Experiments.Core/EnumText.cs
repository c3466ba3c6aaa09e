using System.Text.RegularExpressions;

namespace Experiments.Core;

/// <summary>Values of enumerations as people type them and as files hold them.</summary>
public static partial class EnumText
{
    /// <summary>A value in lower case, its words joined by hyphens: <c>CropFlip</c> is <c>crop-flip</c>.</summary>
    public static string Of<T>(T value)
        where T : struct, Enum => WordStart().Replace(value.ToString(), "-").ToLowerInvariant();

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")]
    private static partial Regex WordStart();
}
