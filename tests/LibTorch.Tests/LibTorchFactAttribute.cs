namespace LibTorch.Tests;

/// <summary>A test that needs libtorch, skipped where it is missing, with the reason.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class LibTorchFactAttribute : FactAttribute
{
    public LibTorchFactAttribute() => Skip = LibTorchLibrary.Check();
}
