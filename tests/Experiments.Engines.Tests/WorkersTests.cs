using Experiments.Core.Norms;

namespace Experiments.Engines.Tests;

/// <summary>Workers that share a step: which statistics they share.</summary>
public sealed class WorkersTests
{
    private static readonly long[] s_shape = [6, 4, 5, 3];

    [TorchFact]
    public void SyncBN_over_3_workers_of_2_equals_BN_on_one_batch_of_6()
    {
        using var scope = NewDisposeScope();
        var (x, dy) = (NormLayerTests.Input(s_shape, 2, float64, false), Numbers.Varied(s_shape, 2));
        using var sync = new Layer(NormCatalog.Create(new("syncbn")), 4, float64, workers: 3);
        using var one = new Layer(NormCatalog.Create(new("bn")), 4, float64, workers: 1);
        sync.Run(x, dy).AgreesWith(one.Run(x, dy), 1e-12);
        Numbers.Close(one.RunningMean!, sync.RunningMean!, 1e-12, "running mean");
        Numbers.Close(one.RunningVariance!, sync.RunningVariance!, 1e-12, "running variance");
    }

    [TorchFact]
    public void BN_over_3_workers_equals_3_BNs_and_keeps_the_first_ones_averages()
    {
        using var scope = NewDisposeScope();
        var (x, dy) = (NormLayerTests.Input(s_shape, 2, float64, false), Numbers.Varied(s_shape, 2));
        using var shared = new Layer(NormCatalog.Create(new("bn")), 4, float64, workers: 3);
        var together = shared.Run(x, dy);
        Outcome[] alone = new Outcome[3];
        for (var worker = 0; worker < 3; worker++)
        {
            using var single = new Layer(NormCatalog.Create(new("bn")), 4, float64);
            alone[worker] = single.Run(x.narrow(0, 2 * worker, 2), dy.narrow(0, 2 * worker, 2));
            if (worker == 0)
            {
                Numbers.Close(single.RunningMean!, shared.RunningMean!, 1e-12, "running mean");
                Numbers.Close(single.RunningVariance!, shared.RunningVariance!, 1e-12, "running variance");
            }
        }

        together.AgreesWith(
            new Outcome(
                cat(alone.Select(one => one.Y).ToArray(), 0),
                cat(alone.Select(one => one.Dx).ToArray(), 0),
                alone[0].DGamma! + alone[1].DGamma! + alone[2].DGamma!,
                alone[0].DBeta! + alone[1].DBeta! + alone[2].DBeta!),
            1e-12);
    }

    [TorchTheory]
    [InlineData("ln")]
    [InlineData("in")]
    [InlineData("gn")]
    public void Workers_do_not_matter_to_a_norm_over_one_sample(string name)
    {
        using var scope = NewDisposeScope();
        var (x, dy) = (NormLayerTests.Input(s_shape, 2, float64, false), Numbers.Varied(s_shape, 2));
        var norm = NormCatalog.Create(new(name, name == "gn" ? 2 : null));
        using Layer three = new(norm, 4, float64, workers: 3), one = new(norm, 4, float64);
        three.Run(x, dy).AgreesWith(one.Run(x, dy), 0);
    }
}
