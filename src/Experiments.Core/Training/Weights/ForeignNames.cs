using System.Text.RegularExpressions;

namespace Experiments.Core.Training.Weights;

/// <summary>
/// Turns the names that published code gives to a network's tensors into those of our checkpoints, which are torchvision's. It knows the names
/// in akamaster's and kuangliu's repositories (<c>linear</c>, <c>shortcut.0</c>), and the prefixes that wrappers of a network put before its names.
/// </summary>
public static partial class ForeignNames
{
    // The prefixes that DataParallel, torch.compile and modules that hold a network put before its names.
    private static readonly string[] s_prefixes = ["module.", "_orig_mod.", "state_dict.", "model.", "net."];

    // A part of a name, torchvision's part in its place, and how a message shows the latter.
    private static readonly (Regex From, string To, string Shown)[] s_parts =
    [
        (LastLayer(), "fc.", "fc"),
        (ShortcutConvolution(), "downsample.0.", "downsample.0"),
        (ShortcutNorm(), "downsample.1.", "downsample.1"),
        (Norm(), "bn$1.", "bn"),
    ];

    /// <summary>The tensors under the names of our checkpoints, and what each was called in the file.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="content">What was read from it.</param>
    /// <exception cref="ExperimentException">Two tensors would get the same name.</exception>
    public static Safetensors.Content Resolve(string path, Safetensors.Content content)
    {
        var done = content.Under.Length == 0 ? new List<string>() : [$"took the tensors under {Echo.Of(content.Under)}"];
        var cut = "";
        while (s_prefixes.FirstOrDefault(prefix => content.Tensors.Count > 0 && content.Tensors.Keys.All(name => name.AsSpan(cut.Length).StartsWith(prefix))) is { } common)
            cut += common;
        if (cut.Length > 0)
            done.Add($"dropped the prefix '{cut}'");

        var tensors = new Dictionary<string, Safetensors.Tensor>();
        var names = new Dictionary<string, string>();
        var renamed = new List<string>();
        var hasNorms = content.Tensors.Keys.Any(name => NormOrTransform().IsMatch(name));
        foreach (var (name, tensor) in content.Tensors)
        {
            var present = Present(name[cut.Length..], hasNorms, renamed);
            if (!tensors.TryAdd(present, tensor))
                throw new ExperimentException($"{path} has two tensors for {Echo.Of(present)}: {Echo.Of(names[present])} and {Echo.Of(name)}.");
            names[present] = name;
        }

        if (renamed.Count > 0)
            done.Add($"renamed {string.Join(", ", renamed.Distinct())}");
        return content with { Tensors = tensors, NamesInFile = names, Resolved = done.Count == 0 ? null : $"{path}: {Sentence(done)}." };
    }

    private static string Present(string name, bool hasNorms, List<string> renamed)
    {
        foreach (var (from, to, shown) in s_parts)
        {
            if (from.Match(name) is not { Success: true } match)
                continue;
            var number = match.Groups[1].Value;
            renamed.Add($"{match.Value.TrimEnd('.')[..^number.Length]} to {shown}");
            name = from.Replace(name, to, 1);
        }

        // If no norm follows a convolution, our checkpoints keep the convolution's bias in the norm's slot.
        if (hasNorms || ConvolutionBias().Match(name) is not { Success: true })
            return name;
        renamed.Add("the biases of convolutions, as a network without norms keeps them");
        return ConvolutionBias().Replace(name, "bn$1.bias");
    }

    private static string Sentence(List<string> parts) => parts.Count == 1 ? parts[0] : $"{string.Join(", ", parts[..^1])} and {parts[^1]}";

    [GeneratedRegex(@"^(?:linear|classifier)\.(?=weight$|bias$)")]
    private static partial Regex LastLayer();

    [GeneratedRegex(@"\bshortcut\.(?:0|conv)\.")]
    private static partial Regex ShortcutConvolution();

    [GeneratedRegex(@"\bshortcut\.(?:1|norm|bn)\.")]
    private static partial Regex ShortcutNorm();

    [GeneratedRegex(@"\b(?:gn|norm|ln)(\d+)\.")]
    private static partial Regex Norm();

    [GeneratedRegex(@"\b(?:bn|gn|norm|ln)\d+\.|\.weight_[gv]$")]
    private static partial Regex NormOrTransform();

    [GeneratedRegex(@"\bconv(\d+)\.bias$")]
    private static partial Regex ConvolutionBias();
}
