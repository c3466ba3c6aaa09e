using Experiments.Core.Data;
using Experiments.Core.Training;

namespace Experiments.Core.Sweeps;

/// <summary>What this machine has: the engines, in order of preference, and the data sets. It settles what was asked for as <c>auto</c>.</summary>
/// <param name="engines">The engines, the preferred one first.</param>
/// <param name="data">The data folder.</param>
public sealed class Machine(IReadOnlyList<IEngineProvider> engines, DataFolder data)
{
    // The data set of a run that names none: real images where they are installed.
    private readonly Lazy<string> _defaultDataset = new(() => data.Status(DatasetCatalog.Find("fashion-mnist")).IsReady ? "fashion-mnist" : "synthetic");

    /// <summary>The engines, the preferred one first.</summary>
    public IReadOnlyList<IEngineProvider> Engines { get; } = engines;

    /// <summary>The data folder.</summary>
    public DataFolder Data { get; } = data;

    /// <summary>The settings with data set, engine and device named.</summary>
    /// <exception cref="ExperimentException">The engine is missing or cannot do what is asked; the message says what would do.</exception>
    public RunSettings Resolve(RunSettings settings)
    {
        if (settings.Threads > Environment.ProcessorCount)
            throw new ExperimentException($"--threads {settings.Threads} is more than this machine has cores: take 1 to {Environment.ProcessorCount}.");
        var engine = EngineFor(settings);
        return settings with
        {
            Dataset = settings.Dataset == RunSettings.Auto ? _defaultDataset.Value : settings.Dataset,
            Engine = engine.Name,
            Device = settings.Device == RunSettings.Auto ? engine.Devices[0] : settings.Device,
        };
    }

    /// <summary>The engine of a name.</summary>
    public IEngineProvider Engine(string name) => Engines.First(engine => engine.Name == name);

    private IEngineProvider EngineFor(RunSettings settings)
    {
        var candidates = Engines.Where(engine => settings.Engine == RunSettings.Auto || engine.Name == settings.Engine).ToList();
        var answers = new List<string>();
        foreach (var engine in candidates)
        {
            var device = settings.Device == RunSettings.Auto ? engine.Devices.FirstOrDefault("cpu") : settings.Device;
            if (engine.Unavailable(device, settings.Precision) is not { } answer)
                return engine;
            answers.Add(answer);
        }

        throw new ExperimentException(string.Join(Environment.NewLine, answers), ExperimentException.Unavailable);
    }
}
