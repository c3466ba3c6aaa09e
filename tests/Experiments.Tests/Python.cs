using System.ComponentModel;
using Experiments.Core;

namespace Experiments.Tests;

/// <summary>The system's Python, whose packages are Debian's, with the scripts that stand beside the tests.</summary>
internal static class Python
{
    /// <summary>The program.</summary>
    internal const string Program = "/usr/bin/python3";

    /// <summary>Whether it has these modules, joined by commas.</summary>
    internal static bool CanImport(string modules)
    {
        try
        {
            return Cli.Run($"-c import\t{modules}", program: Program).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    /// <summary>Why a test that needs a module is skipped; null if the module is there.</summary>
    internal static string? WhyNot(string module) => CanImport(module) ? null : $"{Program} cannot import {module}: on Debian, apt-get install python3-{module}.";

    /// <summary>Runs a script.</summary>
    internal static Cli.Result Run(string script, string arguments, string? folder = null) =>
        Cli.Run($"{Path.Combine(RepositoryFolder.Root, "tests", "Experiments.Tests", script)} {arguments}", folder, program: Program);
}
