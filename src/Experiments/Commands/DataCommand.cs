using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Experiments.Core;
using Experiments.Core.Data;
using Spectre.Console;

namespace Experiments.Commands;

/// <summary><c>data</c>: what data sets are there, whether they are whole, and how to get them.</summary>
internal static class DataCommand
{
    public static Command Create()
    {
        var command = new Command("data", "List, check and get data sets.");
        var folder = Here.DataOption(recursive: true);
        command.Options.Add(folder);

        var list = new Command("list", "Say which data sets are there.");
        list.SetAction(result => List(new DataFolder(result.GetValue(folder))));
        command.Subcommands.Add(list.WithExamples("data list"));

        var verified = new Argument<string>("name") { Description = "the data set (default: all that are there)", Arity = ArgumentArity.ZeroOrOne, HelpName = "NAME" };
        var verify = new Command("verify", "Read all files of a data set and say whether they are whole.") { verified };
        verify.SetAction(result => Verify(new DataFolder(result.GetValue(folder)), result.GetValue(verified)));
        command.Subcommands.Add(verify.WithExamples("data verify", "data verify cifar10"));

        var wanted = new Argument<string>("name") { Description = string.Join(", ", DatasetCatalog.Names), HelpName = "NAME" };
        var url = new Option<string>("--url") { Description = "download from here (default: the official address)", HelpName = "URL" };
        var get = new Command("get", "Download a data set, going on where an earlier download ended; check and unpack it.") { wanted, url };
        get.SetAction((result, cancellation) => GetAsync(new DataFolder(result.GetValue(folder)), result.GetValue(wanted)!, result.GetValue(url), cancellation));
        command.Subcommands.Add(get.WithExamples("data get cifar10", "data get cifar100 --url http://mirror.example/cifar-100-binary.tar.gz"));
        return command.WithExamples("data list", "data get cifar10", "data verify cifar10");
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
            foreach (var finding in verification.Findings)
                Console.WriteLine($"  {(finding.Good ? "ok " : "BAD")} {finding.Text}");
            whole &= verification.IsWhole;
        }

        return whole ? ExitCode.Done : ExitCode.Failed;
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
