using Experiments.Core.Data.Images;
using Experiments.Images;
using SkiaSharp;

namespace Experiments.Tests;

/// <summary>Images of your own, as files: decoded, checked, trained on, swept and drawn.</summary>
public sealed class OwnImagesTests : IDisposable
{
    private static readonly string[] Classes = ["daisy", "rose", "tulip"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TrainsFact]
    public void A_folder_of_two_hundred_PNGs_in_three_classes_trains_sweeps_and_plots()
    {
        WriteFlowers(110, 60, 30);
        var check = Run("data check flowers --test-part 0.2", 0);
        Assert.StartsWith("flowers/: 3 classes, 160 training and 40 test images; files of 20x16 to 40x32 pixels, all in colour; trained on as 3x32x32", check, StringComparison.Ordinal);
        Assert.Contains("daisy        88     22\nrose         48     12\ntulip        24      6\n", check, StringComparison.Ordinal);
        const string Small = "--test-part 0.2 --width 8 --groups 4 --epochs 3";
        Run($"train --dataset flowers {Small} --norm gn --batch 4 --image-size 16 --out r", 0);
        File.WriteAllText(_folder["mine.yaml"], "dataset: ./flowers\ntest-part: 0.2\nwidth: 8\nepochs: 3\nbatch: [8, 2]\nnorm: [bn, { gn: { groups: 4 } }]\n");
        Run("sweep mine.yaml --out s", 0);
        var rows = File.ReadAllLines(_folder["s", "runs.csv"]);
        Assert.Equal(5, rows.Length);
        Assert.All(rows.Skip(1), row => Assert.Contains(",flowers/,,32,0.2,0,small-cnn,", row, StringComparison.Ordinal));

        // The colour shows the class, so that nearly every image is recognized.
        var errors = rows.Skip(1).Select(row => double.Parse(row.Split(',')[rows[0].Split(',').ToList().IndexOf("error")], System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.InRange(errors.Min(), 0, 15);
        Run("plot s", 0);
        Assert.True(File.Exists(_folder["s", "error-against-batch.svg"]));

        // The same command finds everything done, also from another folder and after the images have moved.
        Directory.Move(_folder["flowers"], Directory.CreateDirectory(_folder["elsewhere"]).FullName + "/flowers");
        Assert.Contains("4 finished before, nothing left to do", Run("sweep mine.yaml --dataset elsewhere/flowers --out s", 0), StringComparison.Ordinal);

        // Other images under the same name are not taken for those that the runs were trained on.
        File.Delete(_folder["elsewhere", "flowers", "rose", "000.png"]);
        Run($"train --dataset elsewhere/flowers {Small} --norm gn --batch 4 --image-size 16 --out r", 2, "was trained on other images than");
    }

    [Fact]
    public void Files_that_cannot_be_read_are_named_and_nothing_is_cached()
    {
        WriteFlowers(6, 5, 4);
        var whole = File.ReadAllBytes(_folder["flowers", "rose", "001.png"]);
        File.WriteAllBytes(_folder["flowers", "rose", "001.png"], whole[..(whole.Length / 2)]);
        File.WriteAllText(_folder["flowers", "tulip", "002.png"], "<!DOCTYPE html><html>");
        File.Copy(_folder["flowers", "daisy", "000.png"], _folder["flowers", "rose", "twin.png"]);
        File.WriteAllText(_folder["flowers", "rose", "notes.txt"], "notes");
        var check = Run("data check flowers", 1);
        Assert.Contains("001.png ends early", check, StringComparison.Ordinal);
        Assert.Contains("002.png cannot be decoded as PNG or JPEG; it begins like a web page.", check, StringComparison.Ordinal);
        Assert.Contains("1 image is in two classes: daisy/000.png = rose/twin.png", check, StringComparison.Ordinal);
        Assert.Contains("1 file is neither PNG nor JPEG, and not used", check, StringComparison.Ordinal);
        Run("train --dataset flowers --test-part 0.3 --batch 2 --out r", 2, "001.png ends early");
        Assert.DoesNotContain(Directory.GetFiles(_folder["data", "cache"]), file => !file.Contains(".lock", StringComparison.Ordinal));
        Assert.False(File.Exists(_folder["r", "runs.csv"]));
    }

    [Theory]
    [InlineData("train --dataset flowers", "has no test images: give --test-part 0.2")]
    [InlineData("train --dataset nowhere/flowers", "There are no images at")]
    [InlineData("train --dataset synthetic --image-size 64", "--image-size goes with images of your own")]
    [InlineData("train --dataset flowers --split-seed 3", "--split-seed chooses the test images of --test-part")]
    [InlineData("train --dataset flowers --test-part 1", "--test-part takes a number above 0 and below 1, not '1'.")]
    [InlineData("train --dataset flowers --test-part 0.3 --image-size 200", "--image-size takes a whole number from 8 to 128, not '200'.")]
    [InlineData("train --dataset flowers --test-part 0.3 --model vgg11 --image-size 8", "needs images of 16x16 or more")]
    [InlineData("train --dataset flowers --test-part 0.3 --image-size 128 --input zca", "--input zca needs the covariance of all values")]
    public void What_does_not_go_with_own_images_is_said_before_any_work(string arguments, string answer)
    {
        WriteFlowers(3, 3, 3);
        Run($"{arguments} --out r", arguments.Contains("nowhere", StringComparison.Ordinal) ? 3 : 2, answer);
    }

    [Fact]
    public void An_image_is_turned_upright_scaled_with_its_proportions_and_cut_in_the_middle()
    {
        // Left third red, middle green, right blue; 48 wide and 16 high: the middle square is green.
        var path = _folder["a.png"];
        Write(path, 48, 16, (x, _) => x < 16 ? SKColors.Red : x < 32 ? SKColors.Lime : SKColors.Blue, SKEncodedImageFormat.Png);
        Assert.All(Decode(path, 3, 16), pixel => Assert.Equal((0, 255, 0), pixel));
        Assert.Equal((0, 255, 0), Decode(path, 3, 8)[(4 * 8) + 4]);

        // Stored lying on its side: EXIF's 6 says to turn it a quarter to the right, so that the top lies where the left was.
        Write(_folder["b.jpg"], 32, 32, (_, y) => y < 16 ? SKColors.Red : SKColors.Blue, SKEncodedImageFormat.Jpeg);
        var jpeg = File.ReadAllBytes(_folder["b.jpg"]);
        byte[] exif = [0xFF, 0xE1, 0, 34, .. "Exif\0\0"u8, .. "MM\0*\0\0\0\u0008"u8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
        File.WriteAllBytes(_folder["b.jpg"], [.. jpeg[..2], .. exif, .. jpeg[2..]]);
        var turned = Decode(_folder["b.jpg"], 3, 32);
        Assert.True(turned[(16 * 32) + 28].R > 200 && turned[(16 * 32) + 3].B > 200, $"right {turned[(16 * 32) + 28]}, left {turned[(16 * 32) + 3]}");

        // Half transparent black lies on white.
        Write(_folder["c.png"], 8, 8, (_, _) => new SKColor(0, 0, 0, 128), SKEncodedImageFormat.Png);
        Assert.All(Decode(_folder["c.png"], 3, 8), pixel => Assert.InRange(pixel.R, 126, 128));
    }

    private static List<(int R, int G, int B)> Decode(string path, int channels, int side)
    {
        var pixels = new byte[channels * side * side];
        Assert.Null(new SkiaImageDecoder().Decode(path, new ImageShape(channels, side, side), pixels));
        return [.. Enumerable.Range(0, side * side).Select(i => ((int)pixels[i], (int)pixels[(side * side) + i], (int)pixels[(2 * side * side) + i]))];
    }

    private void WriteFlowers(params int[] counts)
    {
        var random = new Random(1);
        foreach (var (label, name) in Classes.Index())
        {
            Directory.CreateDirectory(_folder["flowers", name]);
            for (var i = 0; i < counts[label]; i++)
            {
                var (w, h) = i % 2 == 0 ? (20, 16) : (40, 32);
                Write(_folder["flowers", name, $"{i:000}.png"], w, h, (_, _) =>
                {
                    var c = Enumerable.Range(0, 3).Select(channel => (byte)random.Next(channel == label ? 120 : 0, channel == label ? 256 : 140)).ToArray();
                    return new SKColor(c[0], c[1], c[2]);
                }, SKEncodedImageFormat.Png);
            }
        }
    }

    private static void Write(string path, int width, int height, Func<int, int, SKColor> colour, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
                bitmap.SetPixel(x, y, colour(x, y));
        }

        using var file = File.Create(path);
        bitmap.Encode(file, format, 95);
    }

    private string Run(string command, int exitCode, string answer = "")
    {
        var reads = command.StartsWith("plot", StringComparison.Ordinal) ? command : $"{command} --data data";
        var result = Cli.Run(reads, _folder.Path);
        Assert.True(result.ExitCode == exitCode, $"{command}: {result.ExitCode}\n{result.Output}\n{result.Error}");
        Assert.Contains(answer, result.Error, StringComparison.Ordinal);
        return result.Output;
    }
}
