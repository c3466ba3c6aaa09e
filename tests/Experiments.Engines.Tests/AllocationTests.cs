using System.Diagnostics;
using System.Runtime.InteropServices;
using Experiments.Core.Data.Images;
using Experiments.Core.Networks;
using Experiments.Core.Training;

namespace Experiments.Engines.Tests;

/// <summary>A training step allocates nothing. The C library counts for the whole process, so nothing else may run meanwhile.</summary>
[Collection(nameof(HandleTests))]
public sealed partial class AllocationTests
{
    // A native handle needs a managed one, so this shows as well that no primitive is made. The runtime may allocate for itself on a thread
    // that it interrupts; the smallest object in every step would be more than that.
    [Theory, OnOneDnn(EveryNorm = true)]
    public void A_training_step_allocates_nothing_managed(string engineName, string norm) => StepAllocatesNothing(engineName, norm, OptimizerKind.Sgd);

    [Theory, OnOneDnn("bn", "wn")]
    public void A_training_step_of_AdamW_allocates_nothing_managed(string engineName, string norm) => StepAllocatesNothing(engineName, norm, OptimizerKind.Adamw);

    private static void StepAllocatesNothing(string engineName, string norm, OptimizerKind optimizer)
    {
        // The runtime allocates now and then for itself; one object a step would show in all measurements. One chunk; one for each of two
        // threads; several with a rest.
        foreach (var (shape, threads) in new[] { (Engines.Shape, 1), (Engines.Shape, 2), (new ImageShape(3, 64, 60), 1) })
        {
            const int Workers = 3, Batch = 3, Steps = 20, SmallestObject = 24;
            var network = ModelCatalog.Build("resnet8", 16, Shortcut.Projection, shape, Engines.Classes, Engines.NormOf(norm, Batch));
            using var engine = Engines.Create(engineName, new EngineSettings(network, Batch, Workers, Threads: threads, Optimizer: optimizer));
            var batch = Engines.Batch(engine, Workers * Batch, 1, shape);
            var scores = new float[Workers * Batch * Engines.Classes];

            Warm(() => engine.Train(batch, new(0.01), scores));
            var allocated = new List<long>();
            for (var measurement = 0; measurement < 5; measurement++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var step = 0; step < Steps; step++)
                    engine.Train(batch, new(0.01), scores);
                allocated.Add(GC.GetAllocatedBytesForCurrentThread() - before);
            }

            Assert.True(Median(allocated) < Steps * SmallestObject, $"{Steps} steps allocate {string.Join(", ", allocated)} bytes");
        }
    }

    // The runtime's own threads take and give memory at any time, so the cleanest measurement counts: one block a step would show in all of them.
    [Theory, OnOneDnn("bn", "gn")]
    public void A_training_step_leaves_nothing_native(string engineName, string norm)
    {
        const int Steps = 50, SmallestBlock = 32;
        using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet(norm, projection: true), 4, Workers: 2));
        var batch = Engines.Batch(engine, 8, 1);
        var scores = new float[8 * Engines.Classes];
        Warm(() => engine.Train(batch, new(0.01), scores));
        var left = new List<long>();
        for (var measurement = 0; measurement < 10; measurement++)
        {
            var before = (long)mallinfo2().Used;
            for (var step = 0; step < Steps; step++)
                engine.Train(batch, new(0.01), scores);
            left.Add((long)mallinfo2().Used - before);
        }

        Assert.True(left.Min(value => Math.Abs(value)) < Steps * SmallestBlock, $"{Steps} steps leave {string.Join(", ", left)} bytes");
    }

    // The engine owns some hundred kilobytes; what the library keeps of primitives it has made once is there from the first engine on.
    [Theory, OnOneDnn("bn", "gn")]
    public void An_engine_leaves_nothing_native_when_it_is_disposed_of(string engineName, string norm)
    {
        Warm(Everything);
        var left = new List<long>();
        for (var measurement = 0; measurement < 10; measurement++)
        {
            var before = (long)mallinfo2().Used;
            for (var repetition = 0; repetition < 4; repetition++)
                Everything();
            left.Add((long)mallinfo2().Used - before);
        }

        // What engines leave shows in every measurement. The runtime's compiler takes memory in the background, in some of them.
        Assert.True(left.Min() < 64 * 1024, $"4 engines leave {string.Join(", ", left)} bytes");

        void Everything()
        {
            using var engine = Engines.Create(engineName, new EngineSettings(Engines.ResNet(norm, projection: true), 4));
            Engines.Train(engine, Engines.Batch(engine, 4, 1), 0.1);
            engine.CollectPopulation(Engines.Batch(engine, 4, 1));
            Engines.Evaluate(engine, Engines.Batch(engine, 7, 1), NormStatistics.Population);
            engine.Write(engine.Read());
        }
    }

    // The runtime compiles what runs often a second time, in the background, and what it compiles first may allocate where the second does not.
    private static void Warm(Action action)
    {
        for (var warm = Stopwatch.StartNew(); warm.Elapsed < TimeSpan.FromSeconds(0.5);)
            action();
    }

    private static long Median(List<long> values) => values.Order().ElementAt(values.Count / 2);

    [LibraryImport("libc")]
    private static partial Counts mallinfo2();

    /// <summary>struct mallinfo2 of the GNU C library.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Counts
    {
        internal nuint Arena;
        internal nuint FreeBlocks;
        internal nuint FreeFastBlocks;
        internal nuint MappedBlocks;
        internal nuint Mapped;
        internal nuint Unused;
        internal nuint FreeFast;
        internal nuint InArenas;
        internal nuint Free;
        internal nuint Releasable;

        /// <summary>Bytes in use: in arenas, and in blocks too large for them.</summary>
        internal readonly nuint Used => InArenas + Mapped;
    }
}
