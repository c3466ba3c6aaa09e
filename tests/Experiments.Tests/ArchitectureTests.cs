using Experiments.Core;
using Mono.Cecil;

namespace Experiments.Tests;

/// <summary>
/// Which namespace uses which, read from the compiled assemblies: there are no circles, and a lower layer uses nothing of a higher one. (Read with
/// Mono.Cecil and not with ArchUnitNET: that takes three times as long, and does not see a type that is only passed on.)
/// </summary>
public sealed class ArchitectureTests
{
    private static readonly string[] Assemblies = ["Experiments.Core", "Experiments.Torch", "Experiments.OneDnn", "Experiments.Figures", "Experiments.Images", "Experiments"];

    private static readonly Lazy<ILookup<string, (string From, string To, string Why)>> Dependencies = new(() => Assemblies
        .SelectMany(name => Of(Path.Combine(AppContext.BaseDirectory, $"{name}.dll"))).Distinct().ToLookup(dependency => dependency.From));

    /// <summary>The layers from the bottom to the top; namespaces in one line may not use each other either.</summary>
    private static readonly string[][] Layers =
    [
        ["Core"],
        ["Core.Files", "Core.Norms"],
        ["Core.Data.Images", "Core.Results.Rows"],
        ["Core.Data.Sources", "Core.Data.Whitening", "Core.Networks", "Core.Results"],
        ["Core.Data", "Core.Results.Tables"],
        ["Core.Data.Batches", "Core.Figures"],
        ["Core.Training", "Figures"],
        ["Core.Training.Measurements", "Core.Training.Weights"],
        ["Core.Training.Checkpoints", "Core.Training.Timing"],
        ["Core.Runs", "Torch", "OneDnn.Kernels"],
        ["Core.Sweeps", "OneDnn.Interop"],
        ["Core.Sweeps.Slurm", "OneDnn.Compiled"],
        ["OneDnn", "Images"],
        ["", "Display"],
        ["CommandLine"],
        ["Processes", "Reports"],
        ["Commands"],
    ];

    [Fact]
    public void No_namespaces_know_each_other_in_a_circle()
    {
        var circles = Dependencies.Value.SelectMany(all => all).Where(dependency => Reaches(dependency.To, dependency.From)).ToList();
        Assert.True(circles.Count == 0, "in a circle: " + string.Join("; ", circles.Select(one => $"{one.From} knows {one.To} ({one.Why})").Take(20)));
    }

    [Fact]
    public void What_stands_below_knows_nothing_of_what_stands_above()
    {
        var level = Layers.SelectMany((layer, index) => layer.Select(name => (Name: Full(name), index))).ToDictionary(one => one.Name, one => one.index);
        var all = Dependencies.Value.SelectMany(all => all).ToList();
        Assert.All(all.SelectMany(one => new[] { one.From, one.To }).Distinct(), name => Assert.True(level.ContainsKey(name), $"{name} stands on no level"));
        var wrong = all.Where(one => level[one.From] <= level[one.To]).ToList();
        Assert.True(wrong.Count == 0, "upwards: " + string.Join("; ", wrong.Select(one => $"{one.From} knows {one.To} ({one.Why})").Take(20)));
    }

    /// <summary>What the order of the layers alone would allow.</summary>
    [Theory]
    [InlineData("Core.Networks", "Core.Data.Sources", "a network describes, and does not read data")]
    [InlineData("Core.Training", "Core.Results", "a training knows no results folder; its measurements know the rows that they yield")]
    [InlineData("Core.Training", "Core.Figures", "as above")]
    [InlineData("Core.Figures", "Core.Training", "figures read results, and nothing else")]
    [InlineData("Core.Results", "Core.Data", "results know neither data nor networks")]
    [InlineData("Core.Results", "Core.Data.Sources", "as above")]
    [InlineData("Core.Results", "Core.Networks", "as above")]
    [InlineData("Core.Results", "Core.Training", "as above")]
    [InlineData("Figures", "Core.Training", "pictures are made of figures")]
    [InlineData("Torch", "Core.Results", "an engine only does the arithmetic")]
    [InlineData("Torch", "Core.Runs", "as above")]
    [InlineData("OneDnn", "Core.Results", "as above")]
    [InlineData("OneDnn", "Core.Runs", "as above")]
    [InlineData("OneDnn", "Torch", "the engines share no code")]
    public void A_part_does_not_know_another(string part, string other, string because)
    {
        var wrong = Dependencies.Value.SelectMany(all => all)
            .Where(one => (one.From == Full(part) || one.From.StartsWith($"{Full(part)}.", StringComparison.Ordinal)) && one.To == Full(other)).ToList();
        Assert.True(wrong.Count == 0, $"{because}: {string.Join("; ", wrong.Select(one => one.Why).Take(20))}");
    }

    [Fact]
    public void A_namespace_is_a_folder()
    {
        foreach (var assembly in Assemblies)
        {
            var project = Path.Combine(RepositoryFolder.Root, "src", assembly);
            foreach (var file in Directory.EnumerateFiles(project, "*.cs", SearchOption.AllDirectories))
            {
                var folder = Path.GetRelativePath(project, Path.GetDirectoryName(file)!);
                if (folder.Split(Path.DirectorySeparatorChar)[0] is "bin" or "obj")
                    continue;
                var name = folder == "." ? assembly : $"{assembly}.{folder.Replace(Path.DirectorySeparatorChar, '.')}";
                var declared = File.ReadLines(file).FirstOrDefault(line => line.StartsWith("namespace ", StringComparison.Ordinal));
                Assert.True(declared is null || declared == $"namespace {name};", $"{file} declares {declared}");
            }
        }
    }

    private static string Full(string name) => name.Length == 0 ? "Experiments" : $"Experiments.{name}";

    private static bool Reaches(string from, string to)
    {
        var (seen, open) = (new HashSet<string>(), new Stack<string>([from]));
        while (open.TryPop(out var next))
        {
            foreach (var (_, known, _) in Dependencies.Value[next])
            {
                if (known == to)
                    return true;
                if (seen.Add(known))
                    open.Push(known);
            }
        }

        return false;
    }

    /// <summary>Every type of an assembly with the types of other namespaces of ours that it names. The program's start, in no namespace, may know all.</summary>
    private static List<(string From, string To, string Why)> Of(string path)
    {
        using var module = ModuleDefinition.ReadModule(path);
        return
        [
            .. from type in module.GetTypes()
               let outer = Outermost(type)
               where outer.Namespace.Length > 0
               from used in Used(type).SelectMany(Parts).Select(Outermost)
               where used.Namespace.Split('.')[0] == "Experiments" && used.Namespace != outer.Namespace
               select (outer.Namespace, used.Namespace, $"{outer.Name} names {used.Name}"),
        ];
    }

    private static IEnumerable<TypeReference?> Used(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(one => one.InterfaceType),
        .. type.GenericParameters.SelectMany(parameter => parameter.Constraints.Select(constraint => constraint.ConstraintType)),
        .. type.Fields.Select(field => field.FieldType),
        .. new ICustomAttributeProvider[] { type }.Concat(type.Fields).Concat(type.Properties).Concat(type.Methods).SelectMany(one => one.CustomAttributes).Select(attribute => attribute.AttributeType),
        .. type.Methods.SelectMany(Signature),
        .. type.Methods.SelectMany(method => method.GenericParameters.SelectMany(parameter => parameter.Constraints.Select(constraint => constraint.ConstraintType))),
        .. type.Methods.Where(method => method.HasBody).SelectMany(method => method.Body.Variables.Select(variable => variable.VariableType)
            .Concat(method.Body.Instructions.SelectMany(instruction => Named(instruction.Operand)))),
    ];

    private static IEnumerable<TypeReference?> Named(object? operand) => operand switch
    {
        TypeReference type => [type],
        FieldReference field => [field.DeclaringType, field.FieldType],
        MethodReference method => Signature(method),
        _ => [],
    };

    private static IEnumerable<TypeReference?> Signature(MethodReference method) =>
        [method.DeclaringType, method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType), .. method is GenericInstanceMethod generic ? generic.GenericArguments : []];

    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null => [],
        GenericInstanceType generic => [generic.ElementType, .. generic.GenericArguments.SelectMany(Parts)],
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };

    private static TypeReference Outermost(TypeReference type)
    {
        while (type.DeclaringType is { } outer)
            type = outer;
        return type;
    }
}
