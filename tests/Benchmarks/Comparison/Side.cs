using System.Diagnostics;
using System.Globalization;
using Experiments.Core;

namespace Benchmarks.Comparison;

/// <summary>The processes of one contender. They are warm once it is made, and sleep until their turn comes.</summary>
internal sealed class Side : IDisposable
{
    // What src/Experiments.Torch/ProcessMemory.cs asks of glibc.
    private static readonly (string Name, string Value)[] s_keepMemory =
        [("MALLOC_MMAP_THRESHOLD_", "33554432"), ("MALLOC_TRIM_THRESHOLD_", "2147483647"), ("MALLOC_TOP_PAD_", "16777216")];

    private readonly List<Process> _processes = [];

    /// <summary>Starts the processes and waits until each is warm.</summary>
    /// <exception cref="UnavailableException">One of them ended; the message is what it said.</exception>
    public Side(Contender contender, IReadOnlyList<string> command)
    {
        Contender = contender;
        for (var i = 0; i < contender.Processes; i++)
        {
            var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["OMP_NUM_THREADS"] = $"{contender.Threads}";
            foreach (var (name, value) in s_keepMemory)
            {
                start.Environment.Remove(name);
                if (contender.Memory == "kept")
                    start.Environment[name] = value;
            }

            _processes.Add(Process.Start(start)!);
        }

        Library = Answers()[0].Split(' ', 3)[2];
    }

    /// <summary>Who they are.</summary>
    public Contender Contender { get; }

    /// <summary>The library they compute with, and its version.</summary>
    public string Library { get; }

    /// <summary>Images per second of each repetition, summed over the processes.</summary>
    public List<double> Rates { get; } = [];

    /// <summary>Their median.</summary>
    public double Median => Statistics.Median(Rates);

    /// <summary>How far the repetitions lie apart: (highest - lowest) / median.</summary>
    public double Spread => (Rates.Max() - Rates.Min()) / Median;

    /// <summary>Processor seconds that the processes have used.</summary>
    public double ProcessorSeconds => _processes.Sum(process => process.TotalProcessorTime.TotalSeconds);

    /// <summary>One repetition of all processes at once.</summary>
    public void Measure()
    {
        Thread.Sleep(100); // idle OpenMP threads of the side before spin for some milliseconds
        foreach (var process in _processes)
            process.StandardInput.WriteLine();
        Rates.Add(Answers().Select(line => line.Split(' ')).Sum(words =>
            double.Parse(words[0], CultureInfo.InvariantCulture) / double.Parse(words[1], CultureInfo.InvariantCulture)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.Dispose();
        }
    }

    private List<string> Answers()
    {
        var lines = new List<string>();
        foreach (var process in _processes)
        {
            if (process.StandardOutput.ReadLine() is not { } line)
            {
                var said = process.StandardError.ReadToEnd().Trim();
                Dispose();
                throw new UnavailableException(said.Length > 0 ? said : "It ended without a word.");
            }

            lines.Add(line);
        }

        return lines;
    }
}

/// <summary>A contender that cannot run here; the message says why.</summary>
internal sealed class UnavailableException(string message) : Exception(message);
