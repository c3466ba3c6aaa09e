using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Experiments.Core.Data.Images;
using Experiments.Core.Data.Sources;
using Experiments.Core.Files;

namespace Experiments.Core.Data;

/// <summary>How the user's own images become a data set.</summary>
/// <param name="ImageSize">Height and width that image files are scaled to; null for <see cref="OwnImages.DefaultImageSize"/>.</param>
/// <param name="TestPart">The fraction of each class to test on, if the images have no test part; null if none was named.</param>
/// <param name="SplitSeed">The seed of the random choice of test images.</param>
public sealed record OwnImagesOptions(int? ImageSize = null, double? TestPart = null, long SplitSeed = 0);

/// <summary>
/// The user's own images at a path: a folder of class folders of PNG and JPEG files, with or without train/ and test/ above them; a folder
/// of IDX files, like MNIST's; or a NumPy archive. Describing them reads names, headers and labels.
/// </summary>
public static partial class OwnImages
{
    /// <summary>Height and width that image files are scaled to if no other is named: CIFAR's.</summary>
    public const int DefaultImageSize = 32;

    /// <summary>The largest height or width.</summary>
    public const int LargestImageSize = 128;

    /// <summary>The most classes.</summary>
    public const int MostClasses = 1000;

    private static readonly string[] ImageEndings = [".png", ".jpg", ".jpeg"];
    private static readonly string[] TrainFolders = ["train", "training"];
    private static readonly string[] TestFolders = ["test", "testing", "val", "valid", "validation"];

    private static readonly EnumerationOptions AllBelow = new() { RecurseSubdirectories = true, MaxRecursionDepth = 8, IgnoreInaccessible = false };

    /// <summary>Whether the value of --dataset is a path and not a name.</summary>
    public static bool IsPath(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Contains('/', StringComparison.Ordinal) || text.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal)
            || text.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) || text is "." or "..";
    }

    /// <summary>
    /// The name of a path in results: its last folder with a slash after it, or the archive's name. No name of the catalog has this form,
    /// and the name stays the same when the images move.
    /// </summary>
    public static string NameOf(string path)
    {
        var last = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return last.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? last : $"{last}/";
    }

    /// <summary>Describes the images at a path as a data set.</summary>
    /// <param name="path">The folder or archive; or, for one of several IDX sets in a folder, the folder and the beginning of its file names.</param>
    /// <param name="options">How the images become a data set.</param>
    /// <param name="wantsTest">Whether a set without test images is refused; false: it is accepted.</param>
    /// <exception cref="ExperimentException">Nothing is there, or what is there is no data set; the message says what was expected.</exception>
    public static DatasetDescription Describe(string path, OwnImagesOptions options, bool wantsTest = true)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(options);
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        try
        {
            if (File.Exists(full))
            {
                return full.EndsWith(".npz", StringComparison.OrdinalIgnoreCase) ? OfArchive(full, options, wantsTest)
                    : throw new ExperimentException($"{full} is a file; expected a folder, or NumPy's .npz{PackedFile.Look(full)}.");
            }

            var (folder, stem) = Directory.Exists(full) ? (full, null) : (Path.GetDirectoryName(full) ?? full, Path.GetFileName(full));
            if (Directory.Exists(folder) && IdxFiles(folder).Where(file => stem is null || file.Stem.StartsWith(stem, StringComparison.Ordinal)).ToList() is { Count: > 0 } files)
                return OfIdx(full, files, options, wantsTest);
            if (stem is not null)
            {
                throw new ExperimentException($"There are no images at {full}: --dataset takes a folder or a .npz file, relative to the current folder, or one of {string.Join(", ", DatasetCatalog.Names)}.",
                    ExperimentException.Unavailable);
            }

            return OfFolders(full, options, wantsTest);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ExperimentException($"{full} cannot be read: {e.Message}", ExperimentException.Unavailable, e);
        }
    }

    private static DatasetDescription OfFolders(string root, OwnImagesOptions options, bool wantsTest)
    {
        var remarks = new List<string>();
        var (trainFolder, testFolder) = (Named(root, TrainFolders), Named(root, TestFolders));
        if (trainFolder is null != testFolder is null)
        {
            throw new ExperimentException($"{root} has the folder {Path.GetFileName(trainFolder ?? testFolder)} and no {(trainFolder is null ? "train" : "test")} beside it: "
                + "expected both, or only class folders, and --test-part 0.2.");
        }

        var hasTest = testFolder is not null;
        CheckSplit(root, hasTest, options, wantsTest);
        var others = Folders(root).Select(folder => Path.GetFileName(folder)!).Where(name => hasTest && name != Path.GetFileName(trainFolder) && name != Path.GetFileName(testFolder)).ToList();
        if (others.Count > 0)
            remarks.Add($"{root}: {Echo.Of(string.Join(", ", others), 120)} {(others.Count == 1 ? "is" : "are")} not used.");
        var train = Images(trainFolder ?? root, remarks);
        var classes = train.Select(image => image.Class).Distinct().ToImmutableArray();
        CheckClasses(trainFolder ?? root, classes.Length, classes.Length == 1 && Folders(Path.Combine(trainFolder ?? root, classes[0])).Any() ? $"; the classes may lie one folder deeper, in {Path.Combine(trainFolder ?? root, classes[0])}" : "");
        var labels = classes.Select((name, label) => (name, label)).ToDictionary(pair => pair.name, pair => pair.label);
        var test = hasTest ? Images(testFolder!, remarks) : [];
        if (test.Select(image => image.Class).Distinct().Where(name => !labels.ContainsKey(name)).ToList() is { Count: > 0 } unknown)
            throw new ExperimentException($"{testFolder} has the class {Echo.Of(string.Join(", ", unknown), 120)}, which {trainFolder} lacks: expected the same class folders in both.");
        List<LabelledFile> trainFiles = [.. train.Select(image => new LabelledFile(image.File, labels[image.Class]))];
        List<LabelledFile> testFiles = [.. test.Select(image => new LabelledFile(image.File, labels[image.Class]))];
        if (options.TestPart is { } part)
        {
            var isTest = TestSplit.Of([.. trainFiles.Select(file => file.Label)], classes, part, options.SplitSeed, root);
            testFiles = [.. trainFiles.Where((_, index) => isTest[index])];
            trainFiles = [.. trainFiles.Where((_, index) => !isTest[index])];
        }

        var side = options.ImageSize ?? DefaultImageSize;
        var isGrey = trainFiles.Concat(testFiles).All(file => ImageHeader.Read(file.Path) is null or { IsGrey: true });
        return new()
        {
            Name = NameOf(root),
            Title = NameOf(root).TrimEnd('/'),
            Shape = new ImageShape(isGrey ? 1 : 3, side, side),
            ClassNames = classes,
            TrainCount = trainFiles.Count,
            TestCount = testFiles.Count,
            IsBalanced = false,
            Remarks = [.. remarks],
            Source = new ImageFolderSource { Place = root, Train = [.. trainFiles], Test = [.. testFiles], Variant = $"decoded 1, size {side}{Split(options)}" },
        };
    }

    private static DatasetDescription OfArchive(string path, OwnImagesOptions options, bool wantsTest)
    {
        var remarks = new List<string>();
        var (train, test) = NpzImages.Open(path, remarks);
        return OfArrays(path, [path], train, test, options, remarks, wantsTest);
    }

    private static DatasetDescription OfIdx(string place, List<IdxFileName> files, OwnImagesOptions options, bool wantsTest)
    {
        var remarks = new List<string>();
        if (files.Select(file => file.Stem).Distinct().ToList() is { Count: > 1 } stems)
        {
            throw new ExperimentException($"{place} holds the IDX files of {stems.Count} sets ({Echo.Of(string.Join(", ", stems), 120)}): name one of them, as in --dataset "
                + $"{Path.Combine(Path.GetDirectoryName(files[0].Path)!, stems[0])}.");
        }

        // EMNIST's images are published with columns in the place of rows (Cohen et al. 2017); only the files' names show it.
        var isTransposed = files[0].Stem.Contains("emnist", StringComparison.OrdinalIgnoreCase);
        if (isTransposed)
            remarks.Add($"{place}: the file names say that this is EMNIST, whose images are published transposed; they are turned upright.");
        LabelledImages? Part(bool isTest)
        {
            var (images, labels) = (One(isTest, "images"), One(isTest, "labels"));
            if (images is null && labels is null)
                return null;
            if (images is null || labels is null)
                throw new ExperimentException($"{images ?? labels} needs a file of {(images is null ? "images" : "labels")} of the same set in its folder, and there is none.");
            return new(IdxArray.Open(images, isTransposed), IdxArray.ReadLabels(labels));
        }

        string? One(bool isTest, string content) => files.Where(file => file.IsTest == isTest && file.Content == content).Select(file => file.Path).Order(StringComparer.Ordinal).FirstOrDefault();
        var train = Part(isTest: false) ?? throw new ExperimentException($"{place} holds no IDX files of training images; expected names such as train-images-idx3-ubyte and train-labels-idx1-ubyte.");
        return OfArrays(place, [.. files.Select(file => file.Path).Order(StringComparer.Ordinal)], train, Part(isTest: true), options, remarks, wantsTest);
    }

    private static DatasetDescription OfArrays(
        string place, ImmutableArray<string> files, LabelledImages train, LabelledImages? test, OwnImagesOptions options, List<string> remarks, bool wantsTest)
    {
        CheckSplit(place, test is not null, options, wantsTest);
        var shape = train.Images.Shape;
        if (options.ImageSize is { } size && (size != shape.Height || size != shape.Width))
            throw new ExperimentException($"--image-size {size} scales PNG and JPEG files; the images of {place} have {shape.Height}x{shape.Width} pixels and are taken as they are: leave it out.");
        if (Math.Max(shape.Height, shape.Width) > LargestImageSize)
            throw new ExperimentException($"{train.Images.Where} has images of {shape.Height}x{shape.Width} pixels; expected {LargestImageSize}x{LargestImageSize} at most.");
        foreach (var images in new[] { train, test }.OfType<LabelledImages>())
        {
            if (images.Images.Count != images.Labels.Length)
                throw new ExperimentException($"{images.Images.Where} has {images.Images.Count} images, and there are {images.Labels.Length} labels for them.");
            if (images.Images.Shape != shape)
                throw new ExperimentException($"{images.Images.Where} has images of {images.Images.Shape}, and {train.Images.Where} of {shape}.");
        }

        long[] values = [.. train.Labels.Distinct().Order()];
        CheckClasses(train.Images.Where, values.Length, "");
        if (test?.Labels.Except(values).ToList() is { Count: > 0 } unknown)
            throw new ExperimentException($"{test.Images.Where} has the label {unknown[0]}, which no training image has.");
        ImmutableArray<string> classes = [.. values.Select(value => value.ToString(CultureInfo.InvariantCulture))];
        int[] Indices(LabelledImages images) => [.. images.Labels.Select(label => Array.BinarySearch(values, label))];
        var trainLabels = Indices(train);
        var isTest = options.TestPart is { } part ? TestSplit.Of(trainLabels, classes, part, options.SplitSeed, place) : new bool[trainLabels.Length];
        var counts = new int[2];
        var arrays = new List<LabelledArray> { new(train.Images, trainLabels, [.. isTest.Select(held => (held ? DatasetPart.Test : DatasetPart.Train, counts[held ? 1 : 0]++))]) };
        if (test is not null)
        {
            arrays.Add(new(test.Images, Indices(test), [.. Enumerable.Range(0, test.Labels.Length).Select(index => (DatasetPart.Test, index))]));
            counts[1] = test.Labels.Length;
        }

        return new()
        {
            Name = NameOf(place),
            Title = Path.GetFileNameWithoutExtension(place),
            Shape = shape,
            ClassNames = classes,
            TrainCount = counts[0],
            TestCount = counts[1],
            IsBalanced = false,
            Remarks = [.. remarks],
            Source = new ArraySource { Place = place, Files = files, Arrays = [.. arrays], Variant = $"arrays 1{Split(options)}" },
        };
    }

    private static string Split(OwnImagesOptions options) => options.TestPart is { } part ? FormattableString.Invariant($", test part {part} by seed {options.SplitSeed}") : "";

    private static void CheckSplit(string place, bool hasTest, OwnImagesOptions options, bool wantsTest)
    {
        if (hasTest && options.TestPart is not null)
            throw new ExperimentException($"{place} has test images of its own: leave --test-part out.");
        if (!hasTest && options.TestPart is null && wantsTest)
            throw new ExperimentException($"{place} has no test images: give --test-part 0.2 to test on a fifth of each class, or put the images into folders train and test.");
    }

    private static void CheckClasses(string where, int classes, string hint)
    {
        if (classes is < 2 or > MostClasses)
        {
            throw new ExperimentException($"{where} has {(classes == 0 ? "no class folders with PNG or JPEG files" : $"{classes} {(classes == 1 ? "class" : "classes")}")}; "
                + $"expected 2 to {MostClasses.ToString("N0", CultureInfo.InvariantCulture)}{hint}.");
        }
    }

    private static string? Named(string root, string[] names) =>
        names.Select(name => Folders(root).FirstOrDefault(folder => Path.GetFileName(folder).Equals(name, StringComparison.OrdinalIgnoreCase))).FirstOrDefault(folder => folder is not null);

    private static IEnumerable<string> Folders(string folder) => Directory.EnumerateDirectories(folder)
        .Where(path => Path.GetFileName(path) is not (['.', ..] or ['_', '_', ..])).Order(StringComparer.Ordinal);

    // The images in the order of classes and names, which does not depend on the order in the file system.
    private static List<(string Class, string File)> Images(string folder, List<string> remarks)
    {
        var images = new List<(string, string)>();
        var others = new List<string>();
        foreach (var of in Folders(folder))
        {
            var before = images.Count;
            foreach (var file in Directory.EnumerateFiles(of, "*", AllBelow).Where(file => Path.GetFileName(file)[0] != '.').Order(StringComparer.Ordinal))
            {
                if (ImageEndings.Contains(Path.GetExtension(file).ToLowerInvariant()))
                    images.Add((Path.GetFileName(of), file));
                else
                    others.Add(file);
            }

            if (images.Count == before)
                remarks.Add($"{of} holds no PNG or JPEG file, so it is not counted as a class.");
        }

        if (others.Count > 0)
            remarks.Add($"{folder}: {others.Count} {(others.Count == 1 ? "file is" : "files are")} neither PNG nor JPEG, and not used, such as {others[0]}.");
        return images;
    }

    private static List<IdxFileName> IdxFiles(string folder) =>
    [
        .. Directory.EnumerateFiles(folder).Select(file => (file, Match: IdxName().Match(Path.GetFileName(file)))).Where(pair => pair.Match.Success)
            .Select(pair => new IdxFileName(pair.file, pair.Match.Groups["stem"].Value, pair.Match.Groups["part"].Value != "train", pair.Match.Groups["content"].Value)),
    ];

    // Names as published, and as archivers leave them: train-images-idx3-ubyte, t10k-labels.idx1-ubyte.gz, emnist-balanced-test-images-idx3-ubyte.
    [GeneratedRegex(@"^(?<stem>|.*[-_.])(?<part>train|t10k|test)[-_.](?<content>images|labels)[-_.]idx[13][-_.]ubyte(\.gz)?$")]
    private static partial Regex IdxName();

    private sealed record IdxFileName(string Path, string Stem, bool IsTest, string Content);
}
