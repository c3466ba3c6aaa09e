using System.Globalization;
using System.Runtime.InteropServices;
using Experiments.Core.Networks;
using Experiments.Core.Training;

namespace Experiments.Engines.Tests;

/// <summary>An engine computes with as many threads as it is told. The processor's time of the threads says so, whatever else the machine does.</summary>
public sealed partial class ThreadsTests
{
    /// <summary>
    /// The thread that trains has a name of its own, and Linux gives it to every thread that this one starts. So the threads of the native libraries are
    /// known by it; the runtime's (garbage collection, finalizers, the test runner) have names of theirs and do not count.
    /// </summary>
    [Theory, OnTorch(1, 2), OnOneDnn(1, 2)]
    public void Training_takes_the_time_of_other_threads_only_where_it_is_given_several(string engineName, int threads)
    {
        var shape = new Core.Data.Images.ImageShape(3, 32, 32);
        var network = ModelCatalog.Build("resnet8", 32, Shortcut.Projection, shape, Engines.Classes, Engines.NormOf("bn"));
        var name = $"{engineName}-{threads}";
        var share = 0.0;
        var thread = new Thread(() =>
        {
            using var engine = Engines.Create(engineName, new EngineSettings(network, 32, Threads: threads));
            var batch = Engines.Batch(engine, 32, 1, shape);
            var scores = new float[32 * Engines.Classes];
            engine.Train(batch, new(0.01), scores);
            var (all, own) = (TimeOfThreads(name), OwnTime());
            for (var step = 0; step < 10; step++)
                engine.Train(batch, new(0.01), scores);
            (all, own) = (TimeOfThreads(name) - all, OwnTime() - own);
            share = (all - own) / all;
        })
        { Name = name };
        thread.Start();
        thread.Join();
        Assert.True(threads == 1 ? share < 0.1 : share > 0.25, $"{share:p0} of the training's processor time were other threads'");
    }

    private static double TimeOfThreads(string name) => Directory.GetDirectories("/proc/self/task").Sum(task => TimeOfThread(task, name));

    private static double TimeOfThread(string task, string name)
    {
        try
        {
            return File.ReadAllText($"{task}/comm").Trim() == name ? Seconds($"{task}/stat") : 0;
        }
        catch (IOException) when (!Directory.Exists(task))
        {
            // A thread of the test runner ended between the listing and the reading.
            return 0;
        }
    }

    private static double OwnTime() => Seconds($"/proc/self/task/{gettid().ToString(CultureInfo.InvariantCulture)}/stat");

    /// <summary>User's and system's time: the fields 14 and 15 of proc(5), the twelfth and thirteenth after the name in brackets.</summary>
    private static double Seconds(string file)
    {
        var fields = File.ReadAllText(file).Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / 100;
    }

    [LibraryImport("libc")]
    private static partial int gettid();
}
