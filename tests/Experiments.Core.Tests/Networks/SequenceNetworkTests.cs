using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Networks;

/// <summary>Networks that read an image as a sequence of rows or patches.</summary>
public sealed class SequenceNetworkTests
{
    private static readonly ImageShape Fashion = new(1, 28, 28);

    // By hand: four gates of 64 x (28 + 64) weights and two biases, as PyTorch's LSTM(28, 64) has them, and a classifier of 650; a gamma for each sum
    // of input and hidden state, a gamma and a beta for each cell. Three gates of the GRU's, with gammas alone.
    [Theory]
    [InlineData("lstm", "none", null, 24_064 + 650)]
    [InlineData("lstm", "ln-channels", null, 24_064 + 650 + 256 + 256 + 128)]
    [InlineData("lstm", "bn", PlaceSpan.One, 24_064 + 650 + 256 + 256 + 128)]
    [InlineData("lstm", "bn", null, 24_064 + 650 + 256)]
    [InlineData("lstm", "rms", PlaceSpan.One, 24_064 + 650 + 256 + 256 + 64)]
    [InlineData("gru", "none", null, 18_048 + 650)]
    [InlineData("gru", "ln-channels", null, 18_048 + 650 + 192 + 192)]
    [InlineData("gru", "bn", null, 18_048 + 650 + 192)]
    // Patches of 16 values and a bias, 49 positions, four blocks of four 64 x 64 matrices and of 64 to 256 and back, all with biases; nine norms.
    [InlineData("vit-4", "none", null, 203_786)]
    [InlineData("vit-4", "ln-channels", null, 203_786 + (9 * 128))]
    [InlineData("vit-4", "rms", PlaceSpan.One, 203_786 + (9 * 64))]
    public void They_have_as_many_parameters_as_one_counts_by_hand(string model, string norm, PlaceSpan? places, int expected) =>
        Assert.Equal(expected, Build(model, norm, places).ParameterCount);

    [Fact]
    public void A_transformer_whose_norms_stand_after_the_sums_has_none_at_its_end()
    {
        var network = ModelCatalog.Build("vit-4", null, Shortcut.IdentityAppended, Fashion, 10, NormCatalog.Create(new("ln-channels")), new(ActivationKind.Gelu, NormPosition.After));
        Assert.Equal(203_786 + (8 * 128), network.ParameterCount);
        Assert.Equal(["GlobalAveragePool", "Linear"], network.Layers.TakeLast(2).Select(layer => layer.GetType().Name));
        Assert.Equal(new NormSlot("blocks.3.norm_2", 64) { Shift = SlotShift.OfNorm }, network.Layers[^3]);
    }

    [Fact]
    public void Statistics_of_each_step_are_kept_for_the_steps_of_training()
    {
        var norm = NormCatalog.Create(new("bn", Places: PlaceSpan.One));
        var network = ModelCatalog.Build("lstm", 8, Shortcut.IdentityAppended, Fashion, 10, norm, steps: 20);
        Assert.Equal(20, network.StatisticsSteps);
        Assert.Equal(["rnn.norm_ih.running_mean 20x32", "rnn.norm_ih.running_var 20x32", "rnn.norm_hh.running_mean 20x32", "rnn.norm_hh.running_var 20x32", "rnn.norm_cell.running_mean 20x8", "rnn.norm_cell.running_var 20x8"],
            network.RunningStatistics.Select(buffer => $"{buffer.Name} {string.Join('x', buffer.Shape)}"));
        Assert.Equal([new ImageShape(32, 28, 1), new(32, 28, 1), new(8, 28, 1)], network.Shapes().Select(at => at.Shape));
        Assert.Null(Build("lstm", "bn", null).StatisticsSteps);
        Assert.True(network.Takes(Fashion with { Height = 4 }));
        Assert.False(network.Takes(Fashion with { Height = 29 }));
        Assert.False(network.Takes(Fashion with { Width = 4 }));
    }

    [Fact]
    public void A_recurrent_network_begins_with_orthogonal_matrices_a_forget_gate_that_remembers_and_small_gammas_over_samples()
    {
        var network = Build("lstm", "bn", PlaceSpan.One);
        var arrays = Initialization.Create(network, seed: 3).Parameters.ToDictionary(array => array.Name, array => array.Values);
        const int Size = 64;
        var hidden = arrays["rnn.weight_hh_l0"];
        for (var gate = 0; gate < 4; gate++)
        {
            for (var i = 0; i < Size; i++)
            {
                for (var j = 0; j <= i; j++)
                {
                    var product = Enumerable.Range(0, Size).Sum(k => (double)hidden[(((gate * Size) + i) * Size) + k] * hidden[(((gate * Size) + j) * Size) + k]);
                    Assert.Equal(i == j ? 1 : 0, product, 1e-6);
                }
            }
        }

        Assert.NotEqual(hidden[..(Size * Size)], hidden[(Size * Size)..(2 * Size * Size)]);
        Assert.Equal(Math.Sqrt(2.0 / (28 + Size)), Math.Sqrt(arrays["rnn.weight_ih_l0"].Average(value => (double)value * value)), 0.003);
        Assert.Equal(Enumerable.Range(0, 4 * Size).Select(value => value / Size == 1 ? 1f : 0f), arrays["rnn.bias_ih_l0"]);
        Assert.All(arrays["rnn.norm_hh.weight"], value => Assert.Equal(0.1f, value));
        Assert.All(Initialization.Create(Build("lstm", "ln-channels", null), 3).Parameters.First(array => array.Name == "rnn.norm_hh.weight").Values, value => Assert.Equal(1f, value));
    }

    [Theory]
    [InlineData("lstm", "ln", "--norm ln takes its statistics over all steps of a sequence, but lstm computes one step at a time: take --norm ln-channels, which is over the channels of one step.")]
    [InlineData("gru", "rms", "--norm rms takes its statistics over all steps of a sequence, but gru computes one step at a time: take --places one.")]
    [InlineData("lstm", "wn", "lstm is not made of convolutions, and only their weights are normalized by --norm wn: take another norm.")]
    public void A_norm_that_does_not_fit_is_answered_with_one_that_does(string model, string norm, string expected) =>
        Assert.Equal(expected, Assert.Throws<ExperimentException>(() => Build(model, norm, null).Check(32, 1)).Message);

    [Theory]
    [InlineData("lstm", "rows", "12..29", "--rows 12..29 asks for more rows than the images of fashion-mnist have: 28.")]
    [InlineData("vit-4", "rows", "12..20", "--rows is for networks that read an image row by row, and vit-4 does not: leave it out, or take --model lstm or gru.")]
    [InlineData("resnet8", "measure", "sequence-length", "--measure sequence-length is for networks that read an image row by row, and resnet8 does not: leave it out, or take --model lstm or gru.")]
    [InlineData("gru", "activation", "sigmoid", "--activation does not go with --model gru, whose gates are sigmoids and tanh: leave it out.")]
    [InlineData("gru", "measure", "covariate-shift", "--measure covariate-shift looks at convolutions, and gru has none: leave it out.")]
    [InlineData("vit-5", "width", "32", "vit-5 cuts images into patches of 5x5, which do not fill 28x28 evenly; take one of vit-2, vit-4, vit-7, vit-14.")]
    [InlineData("gru", "rows", "20..12", "--rows takes a number of rows, or a range as in 12..20, not '20..12'.")]
    public void What_does_not_go_together_is_said_in_a_sentence(string model, string option, string value, string expected)
    {
        var settings = new RunSettings { Dataset = "fashion-mnist", Model = model, Norm = new("ln-channels"), Engine = "torch", Device = "cpu" };
        Assert.Equal(expected, Assert.Throws<ExperimentException>(() => Run.Create(RunOptions.Find(option)!.Set(settings, value))).Message);
    }

    private static Network Build(string model, string norm, PlaceSpan? places) =>
        ModelCatalog.Build(model, null, Shortcut.IdentityAppended, Fashion, 10, NormCatalog.Create(new(norm, Places: places)));
}
