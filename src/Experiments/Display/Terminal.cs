using Spectre.Console;

namespace Experiments.Display;

/// <summary>What the program writes to.</summary>
internal static class Terminal
{
    /// <summary>Whether somebody looks on: a display may be drawn over and over.</summary>
    public static bool IsLive => AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
}
