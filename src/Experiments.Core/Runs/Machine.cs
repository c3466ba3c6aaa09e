using Experiments.Core.Data;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>What this machine has: the engines, in order of preference, and the data sets. It chooses a value for each setting that is <c>auto</c>.</summary>
/// <param name="engines">The engines, the preferred one first.</param>
/// <param name="data">The data folder.</param>
/// <param name="say">Called with a sentence: once when another engine replaces a preferred one that is missing, and when preparing data takes a while, here
/// or in another process.</param>
public sealed class Machine(IReadOnlyList<IEngineProvider> engines, DataFolder data, Action<string>? say = null)
{
    private bool _said;

    // The data set of a run that names none: real images where they are installed.
    private readonly Lazy<string> _defaultDataset = new(() => data.Status(DatasetCatalog.Find("fashion-mnist")).IsReady ? "fashion-mnist" : "synthetic");

    /// <summary>The engines, the preferred one first.</summary>
    public IReadOnlyList<IEngineProvider> Engines { get; } = engines;

    /// <summary>The data folder.</summary>
    public DataFolder Data { get; } = data;

    /// <summary>
    /// Whether runs are computed on other machines: if engine and device are both named, it is then not checked whether this machine has them. The number of
    /// threads is not checked either.
    /// </summary>
    public bool ForOthers { get; init; }

    /// <summary>The settings with data set, engine and device named.</summary>
    /// <exception cref="ExperimentException">The engine is missing or cannot do what is asked; the message says what would do.</exception>
    public RunSettings Resolve(RunSettings settings)
    {
        settings = settings with { From = StartingState.Found(settings.From) };
        if (ForOthers && settings.Engine != RunSettings.Auto && settings.Device != RunSettings.Auto)
        {
            if (Engines.FirstOrDefault(engine => engine.Name == settings.Engine)?.Refuses(settings) is { } refused)
                throw new ExperimentException(refused);
            return settings with { Dataset = DatasetOf(settings) };
        }

        if (!ForOthers && settings.Threads > Environment.ProcessorCount)
            throw new ExperimentException($"--threads {settings.Threads} is more than this machine has cores: take 1 to {Environment.ProcessorCount}.");
        var engine = EngineFor(settings);
        return settings with
        {
            Dataset = DatasetOf(settings),
            Engine = engine.Name,
            Device = settings.Device == RunSettings.Auto ? engine.Devices[0] : settings.Device,
        };
    }

    /// <summary>Opens the data set of a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="checksum">The checksum that the images must have; null: any.</param>
    /// <param name="cancellation">Ends the preparation of the images, and the wait for another process that prepares them.</param>
    /// <exception cref="ExperimentException">The data set is not there, its files are wrong, or its images have another checksum.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public Dataset Open(Run run, string? checksum = null, CancellationToken cancellation = default)
    {
        var dataset = Dataset.Open(run.Dataset, run.DataOptions with
        {
            Folder = Data.Path,
            Decoder = Data.Decoder,
            Say = say,
            Threads = run.Settings.Threads,
            Cancellation = cancellation,
        });
        if (checksum is null || checksum == dataset.Checksum)
            return dataset;
        dataset.Dispose();
        throw new ExperimentException($"The run expects images of {dataset.Name} with the checksum {checksum}, but those on this machine have {dataset.Checksum}: the files have changed, or are another version.");
    }

    /// <summary>The engine of this name.</summary>
    public IEngineProvider Engine(string name) => Engines.First(engine => engine.Name == name);

    private string DatasetOf(RunSettings settings) => settings.Dataset == RunSettings.Auto ? _defaultDataset.Value : settings.Dataset;

    private IEngineProvider EngineFor(RunSettings settings)
    {
        // Without a choice, a GPU is preferred to a processor, and then the engine that comes first in the list.
        var candidates = Engines.Where(engine => settings.Engine == RunSettings.Auto || engine.Name == settings.Engine)
            .Select(engine => (Engine: engine, Device: settings.Device == RunSettings.Auto ? engine.Devices.FirstOrDefault("cpu") : settings.Device))
            .OrderByDescending(candidate => candidate.Device != "cpu");
        var answers = new List<string>();
        string? missing = null;
        foreach (var (engine, device) in candidates)
        {
            // Whether the engine refuses the settings at all is checked before what this machine lacks.
            if (engine.Refuses(settings) is { } refused)
            {
                if (settings.Engine != RunSettings.Auto)
                    throw new ExperimentException(refused);
                answers.Add(refused);
                continue;
            }

            if (engine.Unavailable(device, settings.Precision) is not { } answer)
            {
                if (missing is not null && !_said)
                    say?.Invoke($"{missing} Until then the {engine.Name} engine is used, which is slower.");
                _said |= missing is not null;
                return engine;
            }

            answers.Add(answer);
            if (engine.Library is null)
                missing ??= answer;
        }

        if (ForOthers)
            answers.Add("The runs are for other machines: give both --engine and --device, and this machine's engines and devices do not matter.");
        throw new ExperimentException(string.Join(Environment.NewLine, answers), ExperimentException.Unavailable);
    }
}
