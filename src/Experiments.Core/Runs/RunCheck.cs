using System.Globalization;
using Experiments.Core.Data;
using Experiments.Core.Data.Sources;
using Experiments.Core.Data.Whitening;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;

namespace Experiments.Core.Runs;

/// <summary>
/// What is refused before a run begins: combinations of options that mean nothing, and numbers that the network or the images do not allow. Each method throws
/// an <see cref="ExperimentException"/> that says what to change.
/// </summary>
internal static class RunCheck
{
    /// <summary>Shortcut, norm, position of the norm and initialisation must suit the network.</summary>
    public static void Network(RunSettings complete, Norm norm)
    {
        if (complete.Shortcut == Shortcut.Projection && !ModelCatalog.IsResidual(complete.Model))
            throw new ExperimentException($"--shortcut {EnumText.Of(complete.Shortcut)} goes only with the resnet models, and {complete.Model} has {(ModelCatalog.HasNormAfterEachConvolution(complete.Model) ? "no shortcuts" : "shortcuts of its own")}: leave it out, or take --model resnet8.");
        if (complete.NormPosition == NormPosition.After && norm.Pooling is null)
            throw new ExperimentException($"--norm-position after needs a norm that normalizes activations, and --norm {norm.Name} does not (its shift would come after the activation): leave it out.");
        if (complete.NormPosition == NormPosition.After && norm.Weights == WeightTransform.Normalization)
            throw new ExperimentException($"--norm-position after does not go with --norm {norm.Name}: its weights are initialised from the convolution's output, so the norm must come directly after the convolution; leave it out.");
        if (!ModelCatalog.HasNormAfterEachConvolution(complete.Model) && ((complete.NormPosition == NormPosition.After && !ModelCatalog.IsTransformer(complete.Model)) || norm.Weights == WeightTransform.Normalization))
        {
            throw new ExperimentException((complete.NormPosition == NormPosition.After ? "--norm-position after" : $"--norm {norm.Name}")
                + $" needs a network with a norm after each convolution, and the norms of {complete.Model} are in other places: leave it out, or take --model resnet8.");
        }

        if (complete.InitScale is not 1 && norm.Weights == WeightTransform.Normalization)
            throw new ExperimentException($"--init-scale does not go with --norm {norm.Name}, whose gains are fitted to data, so the scale of the weights has no effect: leave it out.");
    }

    /// <summary>Only recurrent networks read an image row by row; they have their own activations and no convolutions.</summary>
    public static void Rows(RunSettings complete, DatasetDescription dataset)
    {
        if (!ModelCatalog.IsRecurrent(complete.Model) && (complete.Rows is not null || complete.Measure.HasFlag(MeasurementKinds.SequenceLength)))
            throw new ExperimentException($"{(complete.Rows is null ? "--measure sequence-length" : "--rows")} is for networks that read an image row by row, and {complete.Model} does not: leave it out, or take --model lstm or gru.");
        if (complete.Rows?.Most > dataset.Shape.Height)
            throw new ExperimentException($"--rows {complete.Rows} asks for more rows than the images of {dataset.Name} have: {dataset.Shape.Height}.");
        if (ModelCatalog.IsRecurrent(complete.Model))
        {
            if (complete.Activation is not ActivationKind.Relu)
                throw new ExperimentException($"--activation does not go with --model {complete.Model}, whose gates are sigmoids and tanh: leave it out.");
            if (complete.Measure.HasFlag(MeasurementKinds.CovariateShift))
                throw new ExperimentException($"--measure covariate-shift looks at convolutions, and {complete.Model} has none: leave it out.");
        }
    }

    /// <summary>The matrix of ZCA whitening must be of a size that can be computed.</summary>
    public static void Whitening(RunSettings complete, DatasetDescription dataset)
    {
        if (complete.Input == InputNormalization.Zca && dataset.Shape.Size > ZcaWhitening.MostValues)
            throw new ExperimentException($"--input zca needs the covariance of all values of an image, {ZcaWhitening.MostValues} at most, and an image of {dataset.Name} has {dataset.Shape.Size} ({dataset.Shape}): take smaller images, or --input pca.");
    }

    /// <summary>There must be enough images to train on, and to test on.</summary>
    public static void Images(Run run)
    {
        var (complete, dataset, network, norm) = (run.Settings, run.Dataset, run.Network, run.Network.Norm);
        Dataset.Check(dataset, run.DataOptions);
        var trained = Math.Min(complete.TrainLimit ?? int.MaxValue, dataset.TrainCount - complete.Validation);
        if ((long)complete.Batch * complete.Workers > trained)
            throw new ExperimentException($"--batch {complete.Batch} with --workers {complete.Workers} takes {(long)complete.Batch * complete.Workers} images a step, "
                + $"but there are only {trained} training images of {dataset.Name}: take a smaller batch.");
        var tested = complete.TestLimit ?? (complete.Validation > 0 ? complete.Validation : dataset.TestCount);
        if (norm.HasRunningStatistics && tested < norm.ImagesTogether(complete.Batch, complete.Workers) && network.SingleValued(tested, workers: 1) is { } single)
            throw new ExperimentException($"The errors are also measured with the test images' own statistics, and with {tested} test images these would be over a single value in layer {single.Slot.Name} of {network.Model}: test on more images.");
    }

    /// <summary>Warm-up, optimizer and measurements must suit each other and the network.</summary>
    public static void Training(Run run)
    {
        var (complete, network) = (run.Settings, run.Network);
        if (complete.Warmup > complete.Epochs)
            throw new ExperimentException($"--warmup {complete.Warmup} is longer than the training of --epochs {complete.Epochs}: take a shorter one.");
        if (complete.MeasureLayer is { } layer && network.NormSlots.All(slot => slot.Name != layer))
            throw new ExperimentException(Suggestion.Unknown("--measure-layer", layer, network.NormSlots.Select(slot => slot.Name)));
        foreach (var option in RunOptions.OfOptimizer.Select(name => RunOptions.Find(name)!).Where(option => option.Get(complete) is not null && !RunOptions.Takes(complete.Optimizer, option)))
            throw new ExperimentException($"--{option.Name} does not belong to --optimizer {EnumText.Of(complete.Optimizer)}: leave it out, or take --optimizer {string.Join(" or ", RunOptions.OptimizersWith(option))}.");
        foreach (var (name, value) in new[] { ("momentum", complete.Momentum), ("beta1", complete.Beta1), ("beta2", complete.Beta2) })
        {
            if (value >= 1)
                throw new ExperimentException(string.Create(CultureInfo.InvariantCulture, $"--{name} {value} would never forget a gradient: take a number from 0 to below 1."));
        }
    }

    /// <summary>What is frozen must come with the weights that the run begins with, and must leave what is measured.</summary>
    public static void Start(Run run)
    {
        var (settings, norm) = (run.Settings, run.Network.Norm);
        var frozen = EnumText.Of(settings.Freeze);
        if (settings is { From: not null, InitScale: not 1 })
            throw new ExperimentException("--init-scale multiplies the initial random weights, but --from begins with trained ones: leave one of the two out.");
        if (settings.Freeze == Frozen.None)
            return;
        if (settings.From is null)
            throw new ExperimentException($"--freeze {frozen} keeps a part of the weights that --from gives: give --from too, or leave it out.");
        if (settings.Freeze == Frozen.NormStatistics && !norm.HasRunningStatistics)
            throw new ExperimentException($"--freeze {frozen} does not go with --norm {norm.Name}, which keeps no running statistics: leave it out, or take --freeze norms.");
        if (norm.HasRunningStatistics && (norm.Renorm is not null || norm.IsNoisy))
            throw new ExperimentException($"--freeze {frozen} does not go with --norm {norm.Name}, which changes the statistics of a batch, and a frozen norm does not use them: take --norm bn.");
        if ((settings.Measure & (MeasurementKinds.Landscape | MeasurementKinds.CovariateShift)) != 0)
            throw new ExperimentException($"--measure landscape and covariate-shift look at the gradients of all layers, and --freeze {frozen} leaves some layers without one: leave one of the two out.");
    }
}
