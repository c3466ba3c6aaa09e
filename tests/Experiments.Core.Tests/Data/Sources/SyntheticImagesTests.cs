using System.Security.Cryptography;
using Experiments.Core.Data;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;

namespace Experiments.Core.Tests.Data.Sources;

public sealed class SyntheticImagesTests
{
    [Fact]
    public void The_images_are_the_same_bytes_on_every_machine()
    {
        // If these bytes change, so does every result on the synthetic set: then raise SyntheticImages.Version.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var pixels = new byte[3072];
        for (var i = 0; i < 200; i++)
        {
            SyntheticImages.Draw(i % 2 == 0 ? DatasetPart.Train : DatasetPart.Test, i, pixels);
            hash.AppendData(pixels);
        }

        Assert.StartsWith("826a4a207de9ff60160cf07d41672571fcb56b88e", Convert.ToHexStringLower(hash.GetHashAndReset()), StringComparison.Ordinal);
        Assert.Equal(1, SyntheticImages.Version);
    }

    [Fact]
    public void Training_and_test_images_differ()
    {
        var (train, test) = (new byte[3072], new byte[3072]);
        Assert.Equal(SyntheticImages.Draw(DatasetPart.Train, 5, train), SyntheticImages.Draw(DatasetPart.Test, 5, test));
        Assert.NotEqual(train, test);
    }

    [Fact]
    public void A_small_synthetic_set_opens_without_any_file()
    {
        using var folder = new TemporaryFolder();
        var set = DatasetCatalog.Find("synthetic") with { TrainCount = 100, TestCount = 20 };
        using var opened = Dataset.Open(set, new DataOptions { Folder = folder["data"] });
        Assert.All(opened.Train.ClassCounts(), count => Assert.Equal(10, count));
        Assert.All(opened.Test.ClassCounts(), count => Assert.Equal(2, count));
    }
}
