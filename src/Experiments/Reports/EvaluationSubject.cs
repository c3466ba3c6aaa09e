using System.Globalization;
using Experiments.Core;
using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Networks;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Experiments.Core.Training.Weights;

namespace Experiments.Reports;

/// <summary>Weights of a file in a network of this machine, with the images that it is evaluated on.</summary>
internal sealed class EvaluationSubject : IDisposable
{
    private readonly Dataset _dataset;
    private readonly IEngine _engine;

    /// <summary>Puts the weights into the network of a run.</summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="content">What was read from it, under our names.</param>
    /// <param name="run">The network, the data set and the machine's engine.</param>
    /// <param name="input">The statistics that inputs are standardized with; null: those of the training images.</param>
    /// <param name="machine">This machine.</param>
    /// <param name="cancellation">Ends the preparation of the images.</param>
    public EvaluationSubject(string path, Safetensors.Content content, Run run, InputStatistics? input, Machine machine, CancellationToken cancellation)
    {
        Run = run;
        var state = Checkpoint.Fit(path, content, run.Network);
        _dataset = machine.Open(run, null, cancellation);
        _engine = machine.Engine(run.Settings.Engine).Create(run.EngineSettings);
        _engine.Write(state);
        Loop = new TrainingLoop(run.Settings, new BatchSource(_dataset, run.BatchOptions(_engine.Layout, input)), _engine, run.Network);
        Epoch = RunFile.Epoch(path, content.Metadata);
    }

    /// <summary>What is evaluated.</summary>
    public Run Run { get; }

    /// <summary>Evaluates it.</summary>
    public TrainingLoop Loop { get; }

    /// <summary>The number of trained epochs. It decides the population's images: the same as in training, so that the error is the same.</summary>
    public int Epoch { get; }

    /// <summary>Network, norm and images in words.</summary>
    public string Title => $"{Run.Network.Model} with {Run.Network.Norm} on {_dataset.Test.Count} images of {_dataset.Description.Title}";

    /// <summary>
    /// Makes the subject of weights that do not say which identity shortcut they were trained with: evaluates both shortcuts and takes the one
    /// with the lower error or, if the errors are equal, with the lower loss.
    /// </summary>
    /// <param name="path">The file, for messages.</param>
    /// <param name="content">What was read from it, under our names.</param>
    /// <param name="settings">The run's settings, with any shortcut.</param>
    /// <param name="input">The statistics that inputs are standardized with; null: those of the training images.</param>
    /// <param name="machine">This machine.</param>
    /// <param name="say">Is told both errors and which shortcut was taken.</param>
    /// <param name="cancellation">Ends the evaluation.</param>
    public static EvaluationSubject OfEitherIdentity(
        string path, Safetensors.Content content, RunSettings settings, InputStatistics? input, Machine machine, Action<string> say, CancellationToken cancellation)
    {
        var all = new[] { Shortcut.IdentityCentered, Shortcut.IdentityAppended }.Select(shortcut =>
        {
            var subject = new EvaluationSubject(path, content, Run.Create(settings with { Shortcut = shortcut }), input, machine, cancellation);
            return (Name: EnumText.Of(shortcut), Subject: subject, Score: subject.Loop.Evaluate(NormStatistics.MovingAverage, subject.Epoch, cancellation));
        }).OrderBy(one => one.Score.Errors).ThenBy(one => double.IsNaN(one.Score.MeanLoss) ? double.MaxValue : one.Score.MeanLoss).ToList();
        all[1].Subject.Dispose();
        say(string.Create(CultureInfo.InvariantCulture, $"{path} cannot tell which shortcut it was trained with: with {all[0].Name} the error is {all[0].Score.ErrorPercent:0.00}%, with {all[1].Name} "
            + $"{all[1].Score.ErrorPercent:0.00}%. Took {all[0].Name}; --shortcut says which it is."));
        return all[0].Subject;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _engine.Dispose();
        _dataset.Dispose();
    }
}
