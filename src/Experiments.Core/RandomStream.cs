namespace Experiments.Core;

/// <summary>What a random number is for. Each purpose has a stream of its own, so adding one changes no other.</summary>
public enum RandomPurpose
{
    /// <summary>Initial weights; the item is the parameter's position in the network.</summary>
    Initialization = 1,

    /// <summary>The order of the training images in an epoch.</summary>
    DataOrder = 2,

    /// <summary>Crop and flip of one image; the item is the image.</summary>
    Augmentation = 3,

    /// <summary>Which training images population statistics are taken over, and in which order.</summary>
    PopulationOrder = 4,

    /// <summary>Crop and flip of one image of the population statistics' pass.</summary>
    PopulationAugmentation = 5,

    /// <summary>The fixed order of the test set when each batch is normalized by its own statistics.</summary>
    EvaluationOrder = 6,

    /// <summary>Which images a subset (<c>--train-limit</c>, <c>--test-limit</c>, <c>--validation</c>) takes.</summary>
    Subset = 7,

    /// <summary>The images of the synthetic data set.</summary>
    SyntheticImages = 8,

    /// <summary>The batch that a training step is timed on.</summary>
    Benchmark = 9,

    /// <summary>The noise of a noisy BN in one step; the item is the norm's position and the channel.</summary>
    ActivationNoise = 10,

    /// <summary>The images that a weight normalization is initialised on.</summary>
    DataDependentInitialization = 11,

    /// <summary>The training images that measurements along a training look at.</summary>
    Measurement = 12,

    /// <summary>The noise of altered test images; the epoch is the alteration's strength, the item is the image.</summary>
    Alteration = 13,

    /// <summary>Which images of a class are held out as test images, if a data set has no test images; the item is the class.</summary>
    TestSplit = 14,

    /// <summary>Which rows of the images of a batch a recurrent network is trained on; the item is the step.</summary>
    Rows = 15,

    /// <summary>The same for the population statistics' pass.</summary>
    PopulationRows = 16,

    /// <summary>The style of a training image, or of a batch of them; the item is the image or the batch.</summary>
    Domain = 101,

    /// <summary>The same for the population statistics' pass.</summary>
    PopulationDomain = 102,

    /// <summary>The style of a test image; the item is the image.</summary>
    EvaluationDomain = 103,

    /// <summary>The style of an image that something is measured or initialised on; the item is the image.</summary>
    SampleDomain = 104,
}

/// <summary>
/// A stream of random numbers that is a pure function of (seed, purpose, epoch, item): Philox4x32-10 of Salmon et al.,
/// "Parallel random numbers: as easy as 1, 2, 3" (SC 2011). The seed is the key, the rest the counter, so there is no state to save
/// and nothing that runs beside a stream can change it.
/// </summary>
public struct RandomStream
{
    private readonly uint _key0, _key1, _item, _epoch, _purpose;
    private uint _block;
    private uint _a, _b, _c, _d;
    private int _left;
    private double _spareNormal;
    private bool _hasSpareNormal;

    /// <summary>Opens the stream of one purpose, epoch and item (an image, a parameter) under a seed.</summary>
    public RandomStream(ulong seed, RandomPurpose purpose, int epoch = 0, int item = 0)
    {
        _key0 = (uint)seed;
        _key1 = (uint)(seed >> 32);
        _purpose = (uint)purpose;
        _epoch = (uint)epoch;
        _item = (uint)item;
    }

    /// <summary>The next 32 random bits.</summary>
    public uint NextUInt32()
    {
        if (_left == 0)
        {
            (_a, _b, _c, _d) = Philox(_block++, _item, _epoch, _purpose, _key0, _key1);
            _left = 4;
        }

        return _left-- switch { 4 => _a, 3 => _b, 2 => _c, _ => _d };
    }

    /// <summary>A uniform number in [0, 1) with 53 random bits.</summary>
    public double NextDouble()
    {
        var high = (ulong)NextUInt32() << 32;
        return ((high | NextUInt32()) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>A uniform integer in [0, <paramref name="bound"/>), without bias (Lemire's multiplication with rejection).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not positive.</exception>
    public int NextInt32(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        var range = (uint)bound;
        var threshold = (0u - range) % range;
        while (true)
        {
            var product = (ulong)NextUInt32() * range;
            if ((uint)product >= threshold)
                return (int)(product >> 32);
        }
    }

    /// <summary>A normal number with mean 0 and standard deviation 1 (Box and Muller's transform).</summary>
    public double NextNormal()
    {
        if (_hasSpareNormal)
        {
            _hasSpareNormal = false;
            return _spareNormal;
        }

        var radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        var (sin, cos) = Math.SinCos(2 * Math.PI * NextDouble());
        _spareNormal = radius * sin;
        _hasSpareNormal = true;
        return radius * cos;
    }

    /// <summary>Puts the items into a random order, each order equally likely (Fisher and Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt32(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <summary>One block of Philox4x32-10: four words of output for four of counter and two of key.</summary>
    internal static (uint A, uint B, uint C, uint D) Philox(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1)
    {
        for (var round = 0; round < 10; round++)
        {
            var product0 = (ulong)0xD2511F53 * c0;
            var product1 = (ulong)0xCD9E8D57 * c2;
            (c0, c1, c2, c3) = ((uint)(product1 >> 32) ^ c1 ^ k0, (uint)product1, (uint)(product0 >> 32) ^ c3 ^ k1, (uint)product0);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }

        return (c0, c1, c2, c3);
    }
}
