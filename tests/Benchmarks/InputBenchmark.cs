using BenchmarkDotNet.Attributes;
using Experiments.Core.Data;
using Experiments.Core.Data.Batches;
using Experiments.Core.Data.Images;

namespace Benchmarks;

/// <summary>
/// What it costs to make an image ready: crop, mirror and standardize from the mapped cache into a batch. The time is for one image of
/// 3x32x32, on one thread; training itself takes some hundred microseconds an image.
/// </summary>
[MemoryDiagnoser]
public class InputBenchmark
{
    private const int Images = 10_000;

    private string _folder = "";
    private Dataset? _dataset;
    private BatchSource? _source;

    [Params(ImageLayout.ChannelsFirst, ImageLayout.ChannelsLast)]
    public ImageLayout Layout { get; set; }

    [Params(Augmentation.CropFlip, Augmentation.None)]
    public Augmentation Augmentation { get; set; }

    [Params(2, 128)]
    public int BatchSize { get; set; }

    [GlobalSetup]
    public void Open()
    {
        _folder = Directory.CreateTempSubdirectory("experiments-").FullName;
        var set = DatasetCatalog.Find("synthetic") with { TrainCount = Images, TestCount = 10 };
        _dataset = Dataset.Open(set, new DataOptions { Folder = _folder });
        _source = new BatchSource(_dataset, new BatchOptions { Seed = 1, Layout = Layout, Augmentation = Augmentation });
    }

    [GlobalCleanup]
    public void Close()
    {
        _dataset?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Benchmark(OperationsPerInvoke = Images)]
    public float Epoch()
    {
        var last = 0f;
        foreach (var batch in _source!.TrainingEpoch(0, BatchSize))
            last = batch.Values[^1];
        return last;
    }
}
