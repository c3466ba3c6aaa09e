namespace Experiments.Core.Data;

/// <summary>
/// The order that subsets are taken in: the classes take turns, each with its images in a random order. So every prefix has equally many
/// images of each class (to within one), and a smaller subset is part of a larger one.
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

        var order = new List<int>(images.Count);
        for (var label = 0; label < classes.Length; label++)
        {
            var random = new RandomStream(Seed, RandomPurpose.Subset, epoch: (int)part, item: label);
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(classes[label]));
        }

        for (var turn = 0; order.Count < images.Count; turn++)
            order.AddRange(classes.Where(members => turn < members.Count).Select(members => members[turn]));
        return [.. order];
    }
}
