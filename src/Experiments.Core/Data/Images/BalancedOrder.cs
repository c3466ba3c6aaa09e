namespace Experiments.Core.Data.Images;

/// <summary>
/// The order that subsets are taken in. The classes take turns, each with its images in a random order, and a class of twice as many images
/// has twice as many turns. So every prefix has the classes in the set's own proportions, to within one image; in a balanced set, it has
/// equally many of each. A smaller subset is part of a larger one.
/// </summary>
internal static class BalancedOrder
{
    // The order is the same for every run, whatever its seed: all runs of a sweep see the same images, and seeds differ only in what
    // the run itself draws.
    private const ulong Seed = 0;

    public static int[] Of(ImageSet images, DatasetPart part)
    {
        var classes = new List<int>[images.Classes];
        for (var label = 0; label < classes.Length; label++)
            classes[label] = [];
        for (var i = 0; i < images.Count; i++)
            classes[images.Label(i)].Add(i);

        for (var label = 0; label < classes.Length; label++)
        {
            var random = new RandomStream(Seed, RandomPurpose.Subset, epoch: (int)part, item: label);
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(classes[label]));
        }

        // Image j of a class of n stands at (2j + 1) / 2n of the way through the set; if two classes meet, the lower label goes first.
        var order = Enumerable.Range(0, classes.Length)
            .SelectMany(label => classes[label].Select((image, turn) => (Image: image, Label: label, Position: (2L * turn) + 1, Size: (long)classes[label].Count)))
            .ToArray();
        Array.Sort(order, (a, b) => (a.Position * b.Size).CompareTo(b.Position * a.Size) is not 0 and var comparison ? comparison : a.Label.CompareTo(b.Label));
        return Array.ConvertAll(order, place => place.Image);
    }
}
