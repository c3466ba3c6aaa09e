using System.ComponentModel;

namespace Experiments.Tests;

/// <summary>Programs of the system that some tests need.</summary>
internal static class Tool
{
    /// <summary>Whether a command is there and ends with exit code 0.</summary>
    public static bool Works(string program, string arguments)
    {
        try
        {
            return Cli.Run(arguments, program: program).ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test that trains on its own small disk, which is mounted in memory. Linux lets only some users do that.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : TrainsFactAttribute
{
    private static readonly Lazy<bool> s_mounts = new(() => Tool.Works("unshare", "-Urm mount -t tmpfs tmpfs /mnt"));

    public SmallDiskFactAttribute() => Skip ??= s_mounts.Value ? null : "Needs to mount a small disk: unshare -Urm mount -t tmpfs tmpfs /mnt.";
}
