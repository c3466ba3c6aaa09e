using Experiments.Core;
using Experiments.Core.Training.Weights;

namespace Experiments.Tests;

/// <summary>Mistakes that people make, each with the sentence that answers it.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("trian", 2, "Unknown command 'trian'. Did you mean 'train'?")]
    [InlineData("", 2, "Which command? train, sweep, collect, plot, table, report, eval, export, data, bench, info")]
    [InlineData("train --nrom gn", 2, "Unknown option '--nrom'. Did you mean '--norm'?")]
    [InlineData("train --norm gm", 2, "Unknown --norm 'gm'. Did you mean 'gn'?")]
    [InlineData("train --norm", 2, "--norm takes a value: NAME.")]
    [InlineData("train --batch 4 --batch 8", 2, "--batch is given 2 times, as 4 and 8: give it once.")]
    [InlineData("train --model smal-cnn", 2, "Unknown model 'smal-cnn'. Did you mean 'small-cnn'?")]
    [InlineData("train --model resnet18", 2, "resnet18 is a network for ImageNet; this program has He et al.'s networks for CIFAR: their depth is 6n+2, as in resnet8, resnet14, resnet20, ")]
    [InlineData("train --dataset cifar11", 2, "Unknown --dataset 'cifar11'. Did you mean 'cifar10'?")]
    [InlineData("train --batch 0", 2, "--batch takes a whole number from 1, not '0'.")]
    [InlineData("train --batch two --epochs -1", 2, "--batch takes a whole number from 1, not 'two'.\n--epochs takes a whole number from 1, not '-1'.")]
    [InlineData("train --workers 0", 2, "--workers takes a whole number from 1, not '0'.")]
    [InlineData("train --dataset synthetic --batch 60000", 2, "there are only 50000 training images of synthetic: take a smaller batch.")]
    [InlineData("train --dataset synthetic --train-limit 60000", 2, "train-limit 60000")]
    [InlineData("train --norm bn --groups 8", 2, "--groups does not belong to --norm bn")]
    [InlineData("train --norm gn --groups 8 --channels-per-group 8", 2, "exclude each other")]
    [InlineData("train --norm gn --groups 32 --model resnet20", 2, "--groups 32 does not divide the 16 channels of layer norm1 in resnet20; what divides the channels of every normalized layer: 1, 2, 4, 8, 16.")]
    [InlineData("train --optimizer adamw --momentum 0.9", 2, "--momentum does not belong to --optimizer adamw: leave it out, or take --optimizer sgd.")]
    [InlineData("train --beta2 0.95", 2, "--beta2 does not belong to --optimizer sgd: leave it out, or take --optimizer adamw.")]
    [InlineData("train --optimizer adamw --beta1 1", 2, "--beta1 1 would never forget a gradient: take a number from 0 to below 1.")]
    [InlineData("train --optimizer adam", 2, "Unknown --optimizer 'adam'. Did you mean 'adamw'?")]
    [InlineData("train --device cuda:9", 3, "cuda:9")]
    [InlineData("sweep --seeds 0", 2, "--seeds takes a whole number from 1, not '0'.")]
    [InlineData("sweep --status --dry-run", 2, "--status and --dry-run exclude each other: give one of them.")]
    [InlineData("sweep --jobs many", 2, "--jobs takes a whole number from 1, not 'many'.")]
    [InlineData("sweep --norm bn --partition main", 2, "--partition belongs to --slurm: give that too, or leave it out.")]
    [InlineData("sweep --norm bn --slurm --gpus none", 2, "--gpus takes a whole number from 1, not 'none'.")]
    [InlineData("sweep --norm bn --slurm --jobs 2", 2, "and with --slurm it trains none: give --max-parallel.")]
    [InlineData("sweep --norm bn --slurm --print-commands", 2, "--print-commands and --slurm exclude each other")]
    [InlineData("sweep --groups 2 --channels-per-group 4 --norm gn", 2, "--groups and --channels-per-group exclude each other")]
    [InlineData("train -norm gn", 2, "Unknown option '-norm'. Did you mean '--norm'?")]
    [InlineData("train --threads 1000000", 2, "--threads 1000000 is more than this machine has cores")]
    [InlineData("train --width 100000", 2, "--width takes a whole number from 1 to 4096, not '100000'.")]
    [InlineData("trian --norm gn", 2, "Unknown command 'trian'. Did you mean 'train'?")]
    [InlineData("--norm gn", 2, "Which command? --norm comes after one of train, sweep, plot, eval, bench.")]
    [InlineData("plot results/reference/quick --width 3.3", 2, "--width takes a length with its unit, such as 3.3in, 84mm, 8.4cm or 240pt, not '3.3'.")]
    [InlineData("plot results/reference/quick --font-size 200", 2, "--font-size takes a number of points from 4 to 30, such as 9, not '200'.")]
    [InlineData("plot results/reference/quick --font-size large", 2, "--font-size takes a number of points from 4 to 30, such as 9, not 'large'.")]
    [InlineData("train --again=maybe", 2, "train cannot take 'maybe': --again has no value.")]
    [InlineData("train --batch 32,16 --norm gn", 2, "train takes one value of --batch, not the list '32,16': `sweep --batch 32,16 --norm gn` trains each of them.")]
    [InlineData("train --batch 32 16", 2, "train cannot take '16' after --batch: an option has one value, and on sweep a list joined by commas, as in --batch 32,16.")]
    [InlineData("train --precision fp16", 2, "There is no --precision fp16: small gradients vanish in it unless losses are scaled.")]
    [InlineData("train --seeds 3", 2, "Unknown option '--seeds' of train: sweep has one.")]
    [InlineData("train --learning-rate 1", 2, "Unknown option '--learning-rate'. Did you mean '--lr'?")]
    [InlineData("train --xyzzy 1", 2, "Unknown option '--xyzzy'. 'train --help-all' lists what there is.")]
    [InlineData("train figure-1.yaml", 2, "train takes options and no file: `sweep figure-1.yaml` trains what a file says.")]
    [InlineData("train --norm layer-norm", 2, "Did you mean 'ln' (Layer Normalization)?")]
    [InlineData("sweep --seed 5,9 --seeds 2", 2, "--seed 5,9 names the seeds and --seeds 2 says how many: give one of them")]
    [InlineData("sweep figur-1", 2, "There is no sweep figur-1. Did you mean 'figure-1'?")]
    [InlineData("plot --figrue landscape nowhere", 2, "Unknown option '--figrue'. Did you mean '--figure'?")]
    [InlineData("plot", 2, "plot takes FOLDER: results folders")]
    [InlineData("completion fish", 2, "Unknown shell 'fish'.")]
    [InlineData("eval .", 2, ". is a folder without weights.safetensors: name a file of weights, or a run's folder.")]
    [InlineData("sweep nowhere.yaml", 2, "There is no sweep nowhere.yaml: name one in configs/ (batch-renorm, ")]
    [InlineData("sweep", 2, "sweep takes a file, such as configs/quick.yaml, or a grid in options, such as --norm bn,gn --batch 32,8,2")]
    [InlineData("sweep --norm bn --print-commands --jobs 2", 2, "and with --print-commands it trains none.")]
    [InlineData("train --images-checksum zzz", 2, "--images-checksum takes 16 hexadecimal digits, as in runs.csv's column images_checksum, not 'zzz'.")]
    [InlineData("sweep --stauts", 2, "Unknown option '--stauts'. Did you mean '--status'?")]
    [InlineData("sweep --quick", 2, "--quick takes the quick block of a file")]
    [InlineData("sweep --norm bn,gm --batch 2,x", 2, "Unknown --norm 'gm'. Did you mean 'gn'?")]
    [InlineData("plot nowhere", 2, "There is no results folder nowhere.")]
    [InlineData("plot . --figure error-against-bach", 2, "Unknown figure 'error-against-bach'. Did you mean 'error-against-batch'?")]
    [InlineData("plot . --format gif", 2, "Unknown format 'gif'.")]
    [InlineData("collect nowhere", 2, "There is no results folder nowhere.")]
    [InlineData("collect .", 2, ". is not a results folder: it has neither sweep.yaml nor runs/.")]
    [InlineData("table nowhere", 2, "There is no results folder nowhere.")]
    [InlineData("table . --format pdf", 2, "Unknown format 'pdf'.")]
    [InlineData("table . --format latex --json", 2, "--json and --format latex exclude each other: give one of them.")]
    [InlineData("table {reference}/quick --baseline ln", 2, "There is no 'ln' here to compare with. There are the norms bn, gn, and labels such as these name them or a row: BN; GN (G=8).")]
    [InlineData("table {reference}/quick {reference}/table-3-quick --baseline gn", 2, "--baseline is for the cells of one folder; of several, others are compared with the first.")]
    [InlineData("table {reference}/quick {reference}/table-3-quick --columns batch", 2, "--columns is for one folder; of several that are compared, each has a column.")]
    [InlineData("table {reference}/quick nowhere --json", 2, "There is no results folder nowhere.")]
    [InlineData("sweep quick --json", 2, "--json is what --status prints for other programs: give --status too, or leave it out.")]
    [InlineData("eval nowhere.safetensors", 2, "Cannot read the checkpoint nowhere.safetensors")]
    [InlineData("bench --seconds 0", 2, "--seconds takes a number above 0, not '0'.")]
    [InlineData("bench --seconds long", 2, "--seconds takes a number above 0, not 'long'.")]
    [InlineData("bench --repetitions 0", 2, "--repetitions takes a whole number from 1, not '0'.")]
    [InlineData("bench --processes 1000000", 2, "--processes 1000000 with --threads 1 is more than this machine has cores")]
    [InlineData("bench --profile --by-turns", 2, "--profile, --by-turns and --processes above 1 exclude each other: give one of them.")]
    [InlineData("bench --epochs 3", 2, "Unknown option '--epochs' of bench: train and sweep have one.")]
    [InlineData("bench --norm gn --groups 32 --model resnet20", 2, "--groups 32 does not divide the 16 channels")]
    [InlineData("data get cifar", 2, "Unknown data set 'cifar'. Did you mean 'cifar10'?")]
    [InlineData("data get cifar10 --url ftp://x", 2, "--url takes an address that begins with http:// or https://")]
    [InlineData("data verify cifar10 --data .", 3, "The data set cifar10 is not there")]
    [InlineData("train --dataset cifar10 --data .", 3, "The data set cifar10 is not there")]
    public void A_mistake_is_answered_in_a_sentence_without_a_stack_trace(string arguments, int exitCode, string answer)
    {
        var result = Cli.Run(arguments.Replace("{reference}", Path.Combine(RepositoryFolder.Root, "results", "reference"), StringComparison.Ordinal), _folder.Path);
        Assert.Contains(answer, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unexpected", result.Error, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
    }

    [Theory]
    [InlineData("train --dataset synthetic --out there")]
    [InlineData("sweep --norm bn --out there")]
    public void A_file_where_results_should_go_is_named(string arguments)
    {
        File.WriteAllText(_folder["there"], "");
        var result = Cli.Run(arguments, _folder.Path);
        Assert.Equal((2, "there is a file: --out takes a folder.\n"), (result.ExitCode, result.Error));
    }

    [Fact]
    public void Foreign_weights_for_colour_images_ask_for_a_data_set_that_has_them()
    {
        File.WriteAllBytes(_folder["w.safetensors"], Safetensors.Write(
            [("conv1.weight", Safetensors.Tensor.Of([16, 3, 3, 3], new float[16 * 27])), ("fc.weight", Safetensors.Tensor.Of([100, 64], new float[6400]))], new Dictionary<string, string>()));
        var result = Cli.Run("eval w.safetensors --model resnet20", _folder.Path, new Dictionary<string, string> { ["PATH"] = "/usr/bin" });
        Assert.Equal(2, result.ExitCode);
        Assert.Matches("^w.safetensors holds weights for images of 3 channels in 100 classes, and [a-z-]+ has [13] channels? and 10 classes: give --dataset cifar100.\n$", result.Error);
    }

    [Fact]
    public void A_sweep_is_found_by_its_name_in_configs_from_any_folder()
    {
        var result = Cli.Run("sweep quick --status --out s", _folder.Path);
        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("quick is ", result.Error, StringComparison.Ordinal);
        Assert.EndsWith("configs/quick.yaml.\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("s: 0 of 50 runs finished", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_in_a_sweep_file_is_answered_with_file_and_line()
    {
        File.WriteAllText(_folder["my.yaml"], "batch: [32, 16]\nnorms: bn\n");
        var result = Cli.Run("sweep my.yaml", _folder.Path);
        Assert.Equal(2, result.ExitCode);
        Assert.StartsWith("my.yaml:2: Unknown key 'norms'. Did you mean 'norm'?", result.Error, StringComparison.Ordinal);
    }

    [TrainsFact]
    public void A_folder_that_cannot_be_written_is_named()
    {
        var result = Cli.Run("train --dataset synthetic --train-limit 100 --epochs 1 --out /proc/results", _folder.Path);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("/proc/results", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Theory]
    [InlineData("--width 3.3", "--width takes a length with its unit, such as 3.3in")]
    [InlineData("--height 1in", "leaves its panels no room: this one needs")]
    [InlineData("--font-size 0", "--font-size takes a number of points from 4 to 30, such as 9, not '0'.")]
    [InlineData("--norm bn,gm", "There are no runs of norm 'gm'")]
    public void A_figure_that_cannot_be_as_asked_for_is_answered_in_a_sentence(string options, string message)
    {
        var result = Cli.Run($"plot {Path.Combine(RepositoryFolder.Root, "results", "reference", "quick")} --out f {options}", _folder.Path);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_fault_of_the_program_in_one_figure_is_a_sentence_and_the_others_are_drawn()
    {
        // An axis cannot show a rate that is NaN. Nothing checks for it, so it stands for any fault of the program.
        var published = Path.Combine(RepositoryFolder.Root, "results", "reference", "quick", "runs.csv");
        Directory.CreateDirectory(_folder["r"]);
        File.WriteAllLines(_folder["r", "runs.csv"], File.ReadLines(published).Select((line, index) => index == 1 ? line.Replace(",0.1,linear", ",NaN,linear", StringComparison.Ordinal) : line));
        var result = Cli.Run("plot r --figure error-against-lr,error-by-norm --format svg", _folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Matches(@"^error-against-lr of r could not be drawn, because of a fault in this program \(\w+: .+\)\. EXPERIMENTS_STACK_TRACE=1 shows where\.\n$", result.Error);
        Assert.True(File.Exists(_folder["r", "error-by-norm.svg"]));
    }

    [Fact]
    public void Published_results_are_drawn_again_without_a_word_of_complaint()
    {
        var result = Cli.Run($"plot {Path.Combine(RepositoryFolder.Root, "results", "reference", "quick")} --out f --norm gn --no-reference", _folder.Path);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Equal(["error-against-batch.csv", "error-against-batch.pdf", "error-against-batch.png", "error-against-batch.svg"],
            Directory.EnumerateFiles(_folder["f"]).Select(Path.GetFileName).Order());
        Assert.DoesNotContain(File.ReadAllLines(_folder["f", "error-against-batch.csv"]), line => line.Contains("BN", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_libtorch_the_program_says_in_a_sentence_what_to_do()
    {
        // the program as if it were built for another system: without the native libraries
        var bare = Directory.CreateDirectory(_folder["bare"]).FullName;
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory).Where(file => !file.EndsWith(".so", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(bare, Path.GetFileName(file)));
        var result = Cli.Run("train --dataset synthetic --engine torch", _folder.Path, program: Path.Combine(bare, "Experiments"));
        Assert.Equal(3, result.ExitCode);
        Assert.Matches("^(The program was built without libtorch for .*: build it on this system, or with dotnet publish|There is no libtorch package for .*: take --engine onednn )",
            Assert.Single(result.Error.TrimEnd().Split('\n')));
        Assert.Contains("torch: not here.", Cli.Run("info", _folder.Path, program: Path.Combine(bare, "Experiments")).Output, StringComparison.Ordinal);
    }

    [TrainsFact("torch")]
    public void With_the_C_plus_plus_library_of_an_older_system_the_program_says_in_a_sentence_which_systems_are_new_enough()
    {
        // this machine's C++ library, without a version that libtorch needs and .NET does not: as on RHEL 9
        if (!File.Exists("/proc/self/maps"))
            return;
        var library = File.ReadLines("/proc/self/maps").Select(line => line.Split(' ')[^1]).First(path => Path.GetFileName(path).StartsWith("libstdc++.so.6", StringComparison.Ordinal));
        var image = File.ReadAllBytes(library);
        "GLIBCXX_3.4.XX\0"u8.CopyTo(image.AsSpan(image.AsSpan().IndexOf("GLIBCXX_3.4.30\0"u8)));
        File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(_folder["old"]).FullName, "libstdc++.so.6"), image);
        var environment = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = _folder["old"] };
        var result = Cli.Run("train --dataset synthetic --engine torch", _folder.Path, environment);
        Assert.Equal(3, result.ExitCode);
        Assert.Matches("version `GLIBCXX_3.4.30' not found.* at least as new as those of Debian 12", Assert.Single(result.Error.TrimEnd().Split('\n')));
        Assert.Contains("torch: not here.", Cli.Run("info", _folder.Path, environment).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_oneDNN_the_program_says_in_a_sentence_what_to_install()
    {
        // files with oneDNN's names that are not libraries come before the real ones
        var empty = Directory.CreateDirectory(_folder["empty"]).FullName;
        foreach (var file in new[] { "libdnnl.so.3", "libdnnl.so.2", "libdnnl.so" })
            File.WriteAllText(Path.Combine(empty, file), "");
        var environment = new Dictionary<string, string> { ["LD_LIBRARY_PATH"] = empty };
        var result = Cli.Run("train --dataset synthetic --engine onednn", _folder.Path, environment);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("libdnnl2", Assert.Single(result.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Contains("onednn: not here.", Cli.Run("info", _folder.Path, environment).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_set_that_is_damaged_is_named_with_the_file_and_what_was_expected()
    {
        var place = Directory.CreateDirectory(_folder["data", "cifar-10-batches-bin"]).FullName;
        foreach (var name in new[] { "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch" })
            File.WriteAllBytes(Path.Combine(place, $"{name}.bin"), new byte[name == "data_batch_3" ? 3072 : 3073]);
        var result = Cli.Run("data verify cifar10 --data data", _folder.Path);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("data_batch_3.bin", result.Output, StringComparison.Ordinal);
        Assert.Contains("30730000", result.Output.Replace(",", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
