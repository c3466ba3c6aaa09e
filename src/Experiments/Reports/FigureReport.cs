using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Figures;
using Experiments.Core.Results;
using Experiments.Core.Sweeps;
using Experiments.Figures;

namespace Experiments.Reports;

/// <summary>Which figures of results folders are drawn, of which runs, and how.</summary>
internal sealed record FigureRequest
{
    /// <summary>The figures; null: those that the first folder's sweep asks for, or error against batch size.</summary>
    public IReadOnlyList<FigureKind>? Kinds { get; init; }

    /// <summary>Their title; null: what each shows.</summary>
    public string? Title { get; init; }

    /// <summary>Draw the runs of this data set only.</summary>
    public string? Dataset { get; init; }

    /// <summary>Draw the runs of these norms only; null: of all.</summary>
    public IReadOnlyList<string>? Norms { get; init; }

    /// <summary>Whether published numbers stand beside ours.</summary>
    public bool HasReferences { get; init; } = true;

    /// <summary>Where the figures go; null: into the first folder.</summary>
    public string? Output { get; init; }

    /// <summary>In which formats; null: all.</summary>
    public IReadOnlyList<FigureFormat>? Formats { get; init; }

    /// <summary>How they are laid out.</summary>
    public FigurePage Page { get; init; } = new();
}

/// <summary>Draws results folders and says what was written.</summary>
internal static class FigureReport
{
    /// <summary>Draws those figures of one or several folders that can be drawn.</summary>
    /// <param name="folders">Results folders, or runs.csv files.</param>
    /// <param name="request">Which figures, and how; null: as the folder's sweep asks.</param>
    /// <exception cref="ExperimentException">Some figures could not be drawn; the message says why, in a sentence each. The others are written.</exception>
    public static void Draw(IReadOnlyList<string> folders, FigureRequest? request = null)
    {
        request ??= new FigureRequest();
        var data = Choose(FigureData.Read(folders), request, folders);
        var folder = ResultsFolder.At(folders[0]);
        var sweep = new SweepFolder(folder).Read();
        var mistakes = new List<ExperimentException>();
        foreach (var kind in request.Kinds ?? KindsOf(sweep))
        {
            var spec = SpecOf(kind, folders.Distinct().Count() == 1 ? sweep : null) with
            {
                Title = request.Title,
                References = request.HasReferences ? [.. (sweep?.References ?? []).Select(reference => Of(reference, request.Norms))] : [],
            };
            try
            {
                foreach (var file in FigureWriter.Write(FigureBuilder.Build(spec, data), request.Page, request.Output ?? folder.Root, request.Formats))
                    Console.WriteLine($"  {file}");
            }
            catch (ExperimentException e)
            {
                mistakes.Add(e);
            }
            catch (Exception e) when (e is not OutOfMemoryException && Environment.GetEnvironmentVariable(Invocation.StackTrace) is null)
            {
                // A fault of this program in one figure is no reason to lose the others, or the end of a sweep.
                mistakes.Add(new ExperimentException($"{kind.Name()} of {string.Join(", ", folders)} could not be drawn, because of a fault in this program ({e.GetType().Name}: {e.Message.TrimEnd('.')}). "
                    + $"{Invocation.StackTrace}=1 shows where.", ExitCode.Failed, e));
            }
        }

        if (mistakes.Count > 0)
            throw new ExperimentException(string.Join(Environment.NewLine, mistakes.Select(mistake => mistake.Message)), mistakes.Max(mistake => mistake.ExitCode), mistakes[0]);
    }

    /// <summary>The figures that a sweep asks for, or error against batch size.</summary>
    public static IReadOnlyList<FigureKind> KindsOf(Sweep? sweep) => sweep?.Figures is { Length: > 0 } asked ? asked : [FigureKind.ErrorAgainstBatch];

    /// <summary>A figure of a sweep. A sweep is titled after its main figure.</summary>
    public static FigureSpec SpecOf(FigureKind kind, Sweep? sweep) =>
        new() { Kind = kind, Purpose = kind == KindsOf(sweep)[0] ? sweep?.Title : null, References = sweep?.References ?? [] };

    private static FigureData Choose(FigureData all, FigureRequest request, IReadOnlyList<string> folders)
    {
        var data = all.Where(run => request.Dataset is null || run.Dataset == request.Dataset);
        if (data.Runs.Count == 0)
            throw new ExperimentException($"There are no runs{(request.Dataset is null ? "" : $" on {request.Dataset}")} in {string.Join(", ", folders)}.");
        if (request.Norms is not { } norms)
            return data;
        var there = data.Runs.Select(run => run.Norm).Distinct().ToList();
        var mistakes = norms.Where(norm => !there.Contains(norm)).Select(norm => $"There are no runs of norm '{norm}' in {string.Join(", ", folders)}; there are runs of {string.Join(", ", there)}.").ToList();
        return mistakes.Count > 0 ? throw ExperimentException.ForAll(mistakes) : data.Where(run => norms.Contains(run.Norm));
    }

    private static Reference Of(Reference reference, IReadOnlyList<string>? norms) => norms is null ? reference
        : reference with { Error = reference.Error.Where(norm => norms.Contains(norm.Key)).ToDictionary(norm => norm.Key, norm => norm.Value) };
}
