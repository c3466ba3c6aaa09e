using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Experiments.CommandLine;
using Experiments.Core;
using Experiments.Core.Data;
using Experiments.Core.Data.Sources;
using Experiments.Core.Runs;
using Experiments.Core.Training;
using Spectre.Console;

namespace Experiments.Commands;

/// <summary><c>data</c>: what data sets are there, whether they are whole, and how to get them.</summary>
internal static class DataCommand
{
    public static Command Create()
    {
        var command = new Command("data", "List, check and download data sets, and check images of your own.");
        var folder = DataOption.Create(recursive: true);
        command.Options.Add(folder);

        var list = new Command("list", "List the data sets, and say which of them are on this machine.");
        list.SetAction(result => List(ThisMachine.Data(result.GetValue(folder))));
        command.Subcommands.Add(list.WithExamples("data list"));

        var verified = new Argument<string>("name") { Description = "the data set (default: all that are there)", Arity = ArgumentArity.ZeroOrOne, HelpName = "NAME" };
        var verify = new Command("verify", "Read all files of a data set and say whether they are whole.") { verified };
        verify.SetAction(result => Verify(ThisMachine.Data(result.GetValue(folder)), result.GetValue(verified)));
        command.Subcommands.Add(verify.WithExamples("data verify", "data verify cifar10"));

        var path = new Argument<string>("path") { Description = "a folder of class folders of PNG or JPEG files, a folder of IDX files, or a NumPy .npz file", HelpName = "PATH" };
        var check = new Command("check", "Read images of your own and list their classes and sizes, files that cannot be read, and images that occur twice.") { path };
        var options = RunOptions.OfImages.Select(name => RunOptions.Find(name)!)
            .Select(option => (Option: option, Typed: new Option<string>($"--{option.Name}") { Description = $"{option.Help} (default: {option.Default})", HelpName = option.Value })).ToList();
        foreach (var (_, typed) in options)
            check.Options.Add(typed);
        check.SetAction(result => Check(ThisMachine.Data(result.GetValue(folder)), result.GetValue(path)!,
            options.Where(option => result.GetValue(option.Typed) is not null).Aggregate(new RunSettings(), (settings, option) => option.Option.Set(settings, result.GetValue(option.Typed)!))));
        command.Subcommands.Add(check.WithExamples("data check flowers", "data check flowers --image-size 64 --test-part 0.2", "data check pathmnist.npz"));

        var wanted = new Argument<string>("name") { Description = string.Join(", ", DatasetCatalog.Names), HelpName = "NAME" };
        var url = new Option<string>("--url") { Description = "address to download from: of the archive, or for fashion-mnist of the folder of its files (default: the official address)", HelpName = "URL" };
        var get = new Command("get", "Download, check and unpack a data set. A download that was interrupted goes on where it ended.") { wanted, url };
        get.SetAction((result, cancellation) => GetAsync(ThisMachine.Data(result.GetValue(folder)), result.GetValue(wanted)!, result.GetValue(url), cancellation));
        command.Subcommands.Add(get.WithExamples("data get fashion-mnist", "data get cifar10", "data get cifar100 --url http://mirror.example/cifar-100-binary.tar.gz"));
        return command.WithExamples("data list", "data get cifar10", "data verify cifar10", "data check flowers");
    }

    private static int List(DataFolder data)
    {
        foreach (var status in data.List())
        {
            var state = status.IsReady
                ? $"{status.Place}{(status.Bytes > 0 ? string.Create(CultureInfo.InvariantCulture, $", {status.Bytes / 1e6:0} MB") : "")}{(status.Prepared ? ", prepared" : "")}"
                : status.Place is null ? status.Set.Source.HowToGet : string.Join(" ", status.Mistakes);
            Console.WriteLine($"{status.Set.Name,-14} {(status.IsReady ? "ready" : status.Place is null ? "not there" : "damaged"),-10} "
                + $"{status.Set.Shape,-8} {status.Set.Classes,3} classes  {status.Set.TrainCount}+{status.Set.TestCount} images  {state}");
        }

        return ExitCode.Done;
    }

    private static int Verify(DataFolder data, string? name)
    {
        var whole = true;
        var names = name is not null ? [name] : data.List().Where(status => status.Place is not null).Select(status => status.Set.Name).ToList();
        foreach (var set in names)
        {
            var verification = data.Verify(set);
            Console.WriteLine($"{set}: {(verification.IsWhole ? "whole" : "not whole")}");
            Say(verification.Findings);
            whole &= verification.IsWhole;
        }

        return whole ? ExitCode.Done : ExitCode.Failed;
    }

    private static int Check(DataFolder data, string path, RunSettings settings)
    {
        var set = OwnImages.Describe(path, new(settings.ImageSize, settings.TestPart, settings.SplitSeed ?? 0), wantsTest: false);
        var check = DatasetCheck.Of(set, data);
        Console.WriteLine($"{set.Name}: {set.Classes} classes, {check.TrainCounts.Sum()} training and {check.TestCounts.Sum()} test images; {check.Sizes}; trained on as {set.Shape}");
        var width = Math.Max("class".Length, set.ClassNames.Max(name => Echo.Of(name).Length));
        Console.WriteLine($"{"class".PadRight(width)}  training   test");
        foreach (var (label, name) in set.ClassNames.Index())
            Console.WriteLine($"{Echo.Of(name).PadRight(width)}  {check.TrainCounts[label],8}  {check.TestCounts[label],5}");
        Say(check.Findings);
        if (set.TestCount == 0)
            Console.WriteLine("There are no test images: train with --test-part 0.2, or put the images into the folders train and test.");
        return check.IsWhole ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Say(IReadOnlyList<Finding> findings)
    {
        foreach (var finding in findings)
            Console.WriteLine($"  {(finding.Good ? "ok " : "BAD")} {finding.Text}");
    }

    private static async Task<int> GetAsync(DataFolder data, string name, string? url, CancellationToken cancellation)
    {
        if (url is not null && !(Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"))
            throw new ExperimentException($"--url takes an address that begins with http:// or https://, not '{Echo.Of(url)}'.");
        var uri = url is null ? null : new Uri(url);
        string said;
        if (AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
        {
            said = await AnsiConsole.Progress().AutoClear(true)
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
                .StartAsync(async context =>
                {
                    var task = context.AddTask(name);
                    return await data.GetAsync(name, uri, new DirectProgress<DownloadProgress>(progress =>
                    {
                        task.MaxValue = progress.Total ?? double.MaxValue;
                        task.Value = progress.Bytes;
                    }), cancellation).ConfigureAwait(false);
                }).ConfigureAwait(false);
        }
        else
        {
            var since = Stopwatch.StartNew();
            said = await data.GetAsync(name, uri, new DirectProgress<DownloadProgress>(progress =>
            {
                if (since.Elapsed < TimeSpan.FromSeconds(5))
                    return;
                since.Restart();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {progress.Bytes / 1e6:0.0} of {progress.Total / 1e6:0.0} MB"));
            }), cancellation).ConfigureAwait(false);
        }

        Console.WriteLine(said);
        return ExitCode.Done;
    }
}
