using System.Text.Json;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Results.Rows;
using Experiments.Core.Training;
using Experiments.Core.Training.Measurements;

namespace Experiments.Core.Tests.Training.Measurements;

public sealed class MeasurementTests
{
    private const double Rate = 0.5;

    /// <summary>Parameters: conv1.weight [1, 2, 1, 1], norm1.bias [1], conv2.weight [2, 1, 1, 1].</summary>
    private static readonly Network TwoLayers = new("two-layers", new ImageShape(2, 1, 1), 2, NormCatalog.Create(new("none")),
        [new Convolution("conv1", 2, 1, 1), new NormSlot("norm1", 1), new Convolution("conv2", 1, 2, 1)]);

    private static readonly MeasurementPoint At = new(new StepSettings(Rate, Number: 6), 1.5);

    [Fact]
    public void On_a_quadratic_loss_the_smoothness_is_the_curvature_along_the_gradient()
    {
        // with A = diag(1, 2, 3, 4, 5) and w = 1: g = (1, 2, 3, 4, 5), A g = (1, 4, 9, 16, 25)
        var engine = new QuadraticEngine(TwoLayers, Diagonal(1, 2, 3, 4, 5));
        engine.Set([1, 1, 1, 1, 1], [9, 8, 7, 6, 5]);
        var before = engine.Read();
        var landscape = new LandscapeMeasurement(engine);
        landscape.BeforeStep(At, Batch, default);
        landscape.AfterStep(At, Batch);

        var (squared, along, across) = (55.0, 1 + 8 + 27 + 64 + 125, 1 + 16 + 81 + 256 + 625);
        Assert.Equal(new LandscapeRow { Step = 6, Epoch = 1.5, StepSize = 0, Loss = 7.5 }, landscape.Rows[0]);
        Assert.Equal(8, landscape.Rows.Skip(1).Count());
        Assert.All(landscape.Rows.Skip(1), point =>
        {
            var eta = point.StepSize;
            Assert.Equal(7.5 - (eta * squared) + (eta * eta * along / 2), point.Loss, 1e-3);
            Assert.Equal(eta * Math.Sqrt(across), point.GradientDistance!.Value, 1e-4);
            Assert.Equal(Math.Sqrt(across / squared), point.Smoothness!.Value, 1e-5);
        });
        Same(before, engine.Read());
    }

    [Fact]
    public void Step_sizes_lie_evenly_on_a_logarithmic_scale_about_the_steps_own_rate()
    {
        var engine = new QuadraticEngine(TwoLayers, Diagonal(1, 1, 1, 1, 1));
        engine.Set([1, 2, 3, 4, 5], new float[5]);
        var landscape = new LandscapeMeasurement(engine);
        landscape.BeforeStep(At, Batch, default);
        var sizes = landscape.Rows.Skip(1).Select(point => point.StepSize).ToList();
        Assert.Equal(Rate / 4, sizes[0], 1e-12);
        Assert.Equal(Rate * 4, sizes[^1], 1e-12);
        Assert.All(sizes.Zip(sizes.Skip(1)), pair => Assert.Equal(Math.Pow(16, 1 / 7.0), pair.Second / pair.First, 1e-12));
    }

    [Fact]
    public void Covariate_shift_is_the_change_of_a_layers_gradient_when_those_before_it_have_made_their_step()
    {
        // conv2's first value goes with conv1's first, its second against norm1's shift, which has a curvature of 2
        var curvature = Diagonal(1, 1, 2, 1, 1);
        (curvature[0, 3], curvature[3, 0]) = (1, 1);
        (curvature[2, 4], curvature[4, 2]) = (-1, -1);
        var engine = new QuadraticEngine(TwoLayers, curvature);
        engine.Set([1, 2, 3, 1, -1], new float[5]);
        var shift = new CovariateShiftMeasurement(engine, TwoLayers);
        shift.BeforeStep(At, Batch, default);
        engine.Train(Batch, At.Step, []);
        var after = engine.Read();
        shift.AfterStep(At, Batch);

        // The step takes conv1's first value from 1 to 0 (gradient 2) and the shift from 3 to -0.5 (gradient 7), so conv2's gradient
        // goes from (2, -4) to (1, -0.5), conv2 itself being where it was.
        Assert.Equal(new CovariateShiftRow { Step = 6, Epoch = 1.5, Layer = "conv1", Distance = 0, RelativeDistance = 0, Cosine = 1 }, shift.Rows[0]);
        var second = shift.Rows[1];
        Assert.Equal((6, 1.5, "conv2"), (second.Step, second.Epoch, second.Layer));
        Assert.Equal(Math.Sqrt(13.25), second.Distance, 1e-6);
        Assert.Equal(Math.Sqrt(13.25 / 20), second.RelativeDistance, 1e-6);
        Assert.Equal(0.8, second.Cosine, 1e-6);
        Same(after, engine.Read());
    }

    [Fact]
    public void A_measurement_that_is_cancelled_leaves_the_state_as_it_was()
    {
        var engine = new QuadraticEngine(TwoLayers, Diagonal(1, 1, 1, 1, 1));
        engine.Set([1, 2, 3, 4, 5], [5, 4, 3, 2, 1]);
        var before = engine.Read();
        var landscape = new LandscapeMeasurement(engine);
        Assert.Throws<OperationCanceledException>(() => landscape.BeforeStep(At, Batch, new CancellationToken(canceled: true)));
        Assert.Empty(landscape.Rows);
        Same(before, engine.Read());
    }

    [Fact]
    public void Percentiles_and_histograms_are_of_what_the_images_are_in_the_layer()
    {
        // images of 0 and 1, of 2 and 3, and so on to 98 and 99, in two batches
        var images = new[] { Filled(0, 26), Filled(26, 24) };
        var engine = new QuadraticEngine(TwoLayers, Diagonal(1, 1, 1, 1, 1));
        var percentiles = new PercentileMeasurement(new Observation(engine, new ImageShape(2, 1, 1), "norm1", SlotSide.Input, images));
        var histograms = new HistogramMeasurement(new Observation(engine, new ImageShape(2, 1, 1), "norm1", SlotSide.Output, images));
        percentiles.BeforeStep(At, Batch, default);
        histograms.BeforeStep(At, Batch, default);

        var result = Assert.Single(percentiles.Rows);
        Assert.Equal((6, 1.5, "norm1"), (result.Step, result.Epoch, result.Layer));
        Assert.Equal([0.99, 19.8, 79.2, 98.01], new[] { result.P1, result.P20, result.P80, result.P99 }.Select(value => Math.Round(value, 9)));
        Assert.Equal(40, histograms.Rows.Count);
        Assert.Equal(1, histograms.Rows.Sum(bin => bin.Fraction), 1e-12);
        Assert.Equal(
            [(26, "norm1", SlotSide.Input), (24, "norm1", SlotSide.Input), (26, "norm1", SlotSide.Output), (24, "norm1", SlotSide.Output)], engine.Observations);
    }

    [Fact]
    public void Activations_that_are_not_finite_leave_no_row()
    {
        var image = Filled(0, 4);
        image.Values[3] = float.PositiveInfinity;
        var percentiles = new PercentileMeasurement(new Observation(new QuadraticEngine(TwoLayers, Diagonal(1, 1, 1, 1, 1)), new ImageShape(2, 1, 1), "norm1", SlotSide.Input, [image]));
        percentiles.BeforeStep(At, Batch, default);
        Assert.Empty(percentiles.Rows);
    }

    [Fact]
    public void Bins_that_an_earlier_version_saved_are_taken_back()
    {
        var histograms = new HistogramMeasurement(new Observation(new QuadraticEngine(TwoLayers, Diagonal(1, 1, 1, 1, 1)), new ImageShape(2, 1, 1), "norm1", SlotSide.Output, []));
        histograms.Restore(JsonDocument.Parse("""[{"Step":6,"Epoch":1.5,"Layer":"norm1","Bin":{"Low":-0.5,"High":0.5,"Fraction":0.25}}]""").RootElement);
        var row = new HistogramRow { Step = 6, Epoch = 1.5, Layer = "norm1", BinLow = -0.5, BinHigh = 0.5, Fraction = 0.25 };
        Assert.Equal([row], histograms.Rows);
        histograms.Restore(histograms.Save(7));
        Assert.Equal([row], histograms.Rows);
    }

    private static ImageBatch Batch => Filled(0, 4);

    private static ImageBatch Filled(int first, int count)
    {
        var batch = new ImageBatch(new ImageShape(2, 1, 1), count, ImageLayout.ChannelsFirst);
        batch.Resize(count);
        for (var i = 0; i < batch.Values.Length; i++)
            batch.Values[i] = (2 * first) + i;
        return batch;
    }

    private static double[,] Diagonal(params double[] values)
    {
        var matrix = new double[values.Length, values.Length];
        for (var i = 0; i < values.Length; i++)
            matrix[i, i] = values[i];
        return matrix;
    }

    private static void Same(EngineState expected, EngineState actual)
    {
        Assert.Equal(expected.Parameters.SelectMany(array => array.Values), actual.Parameters.SelectMany(array => array.Values));
        Assert.Equal(expected.Momentum.SelectMany(array => array.Values), actual.Momentum.SelectMany(array => array.Values));
    }
}
