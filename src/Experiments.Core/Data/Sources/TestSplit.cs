namespace Experiments.Core.Data.Sources;

/// <summary>
/// Chooses the test images of a set that has no test part: the same fraction of every class. The seed is not that of a run, so all runs see
/// the same split.
/// </summary>
internal static class TestSplit
{
    /// <summary>For each image, whether it is a test image. Each class has at least one training image and one test image.</summary>
    /// <param name="labels">[N] labels, each from 0.</param>
    /// <param name="classNames">The classes.</param>
    /// <param name="part">The fraction of each class to test on, rounded to whole images.</param>
    /// <param name="seed">The seed of the random choice.</param>
    /// <param name="where">The set, for messages.</param>
    /// <exception cref="ExperimentException">A class has a single image.</exception>
    public static bool[] Of(IReadOnlyList<int> labels, IReadOnlyList<string> classNames, double part, long seed, string where)
    {
        var classes = Enumerable.Range(0, labels.Count).GroupBy(image => labels[image]).ToList();
        if (classes.FirstOrDefault(members => members.Count() < 2) is { } single)
            throw new ExperimentException($"{where} has a single image of class {Echo.Of(classNames[single.Key])}, which cannot be split into training and test images: add another, or leave the class out.");
        var isTest = new bool[labels.Count];
        foreach (var members in classes)
        {
            var images = members.ToArray();
            new RandomStream((ulong)seed, RandomPurpose.TestSplit, epoch: 0, item: members.Key).Shuffle<int>(images);
            foreach (var image in images.Take(Math.Clamp((int)Math.Round(part * images.Length), 1, images.Length - 1)))
                isTest[image] = true;
        }

        return isTest;
    }
}
