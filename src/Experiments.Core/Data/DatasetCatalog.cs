using System.Collections.Immutable;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;

namespace Experiments.Core.Data;

/// <summary>The data sets that the program knows. To add a set, list it here.</summary>
public static class DatasetCatalog
{
    /// <summary>All data sets; those that need no download come first.</summary>
    public static ImmutableArray<DatasetDescription> All { get; } =
    [
        new()
        {
            Name = "synthetic",
            Title = "Synthetic shapes and textures",
            Shape = new ImageShape(3, 32, 32),
            ClassNames =
            [
                "striped disc", "striped square", "striped triangle", "striped cross", "striped ring",
                "checked disc", "checked square", "checked triangle", "checked cross", "checked ring",
            ],
            TrainCount = 50_000,
            TestCount = 10_000,
            Source = new SyntheticSource(),
        },

        // Xiao, Rasul & Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms", 2017; addresses and
        // MD5s of the gzipped files (the second of each file): https://github.com/zalandoresearch/fashion-mnist. Debian's gzipped files hold
        // the same bytes under other headers; the first MD5 is of the unpacked file, which is the same for both.
        new()
        {
            Name = "fashion-mnist",
            Title = "Fashion-MNIST",
            Shape = new ImageShape(1, 28, 28),
            ClassNames = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
            TrainCount = 60_000,
            TestCount = 10_000,
            Source = new IdxSource
            {
                Name = "fashion-mnist",
                Url = new Uri("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"),
                DownloadSize = "31 MB",
                Folder = "fashion-mnist",
                SystemFolder = "/usr/share/datasets/fashion-mnist",
                Package = "dataset-fashion-mnist",
                Files =
                [
                    new("train-images-idx3-ubyte", DatasetPart.Train, IdxContent.Images, "f4a8712d7a061bf5bd6d2ca38dc4d50a",
                        "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
                    new("train-labels-idx1-ubyte", DatasetPart.Train, IdxContent.Labels, "9018921c3c673c538a1fc5bad174d6f9",
                        "25c81989df183df01b3e8a0aad5dffbe"),
                    new("t10k-images-idx3-ubyte", DatasetPart.Test, IdxContent.Images, "8181f5470baa50b63fa0f6fddb340f0a",
                        "bef4ecab320f06d8554ea6380940ec79"),
                    new("t10k-labels-idx1-ubyte", DatasetPart.Test, IdxContent.Labels, "15d484375f8d13e6eb1aabb0c3f46965",
                        "bb300cfdad3c16e7a12a480ee83cd310"),
                ],
            },
        },

        // Krizhevsky, "Learning multiple layers of features from tiny images", 2009; addresses, layout and MD5s:
        // https://www.cs.toronto.edu/~kriz/cifar.html.
        new()
        {
            Name = "cifar10",
            Title = "CIFAR-10",
            Shape = new ImageShape(3, 32, 32),
            ClassNames = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
            TrainCount = 50_000,
            TestCount = 10_000,
            Source = new CifarSource
            {
                Name = "cifar10",
                Folder = "cifar-10-batches-bin",
                Archive = "cifar-10-binary.tar.gz",
                Md5 = "c32a1d4ab5d03f1284b67883e8d87530",
                Url = new Uri("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
                DownloadSize = "162 MB",
                LabelBytes = 1,
                Files =
                [
                    new("data_batch_1.bin", DatasetPart.Train, 10_000), new("data_batch_2.bin", DatasetPart.Train, 10_000),
                    new("data_batch_3.bin", DatasetPart.Train, 10_000), new("data_batch_4.bin", DatasetPart.Train, 10_000),
                    new("data_batch_5.bin", DatasetPart.Train, 10_000), new("test_batch.bin", DatasetPart.Test, 10_000),
                ],
            },
        },

        new()
        {
            Name = "cifar100",
            Title = "CIFAR-100 (fine labels)",
            Shape = new ImageShape(3, 32, 32),
            ClassNames =
            [
                "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
                "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
                "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
                "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
                "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
                "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
                "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
                "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
                "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor",
                "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
            ],
            TrainCount = 50_000,
            TestCount = 10_000,
            Source = new CifarSource
            {
                Name = "cifar100",
                Folder = "cifar-100-binary",
                Archive = "cifar-100-binary.tar.gz",
                Md5 = "03b5dce01913d631647c71ecec9e9cb8",
                Url = new Uri("https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"),
                DownloadSize = "161 MB",
                LabelBytes = 2,
                Files = [new("train.bin", DatasetPart.Train, 50_000), new("test.bin", DatasetPart.Test, 10_000)],
            },
        },
    ];

    /// <summary>The names of all data sets.</summary>
    public static IEnumerable<string> Names => All.Select(set => set.Name);

    /// <summary>The data set of a name.</summary>
    /// <exception cref="ExperimentException">No data set has this name.</exception>
    public static DatasetDescription Find(string name) => All.FirstOrDefault(set => set.Name == name)
        ?? throw new ExperimentException(Suggestion.Unknown("data set", name, Names));
}
