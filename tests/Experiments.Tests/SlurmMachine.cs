using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Experiments.Tests;

/// <summary>
/// A Slurm cluster of this machine alone, as the lifetime of a test class: munged, slurmctld and slurmd with files, keys and ports of their
/// own. A shell ends them, and all that still runs in them, when its input is closed: by the tests, or because the tests have died.
/// </summary>
public sealed class SlurmMachine : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Lazy<IReadOnlyDictionary<string, string>> _variables;
    private Process? _shell;

    public SlurmMachine() => _variables = new(Start);

    /// <summary>Why there is no Slurm here; null if there is.</summary>
    public static string? Missing { get; } =
        Environment.UserName != "root" ? "Needs to start Slurm, as root."
        : new[] { "munged", "slurmctld", "slurmd", "sbatch" }.FirstOrDefault(program => !IsThere(program)) is { } missing
            ? $"Needs {missing} (Debian: apt-get install --no-install-recommends slurm-wlm munge)."
            : null;

    /// <summary>What a program must have in its environment to use it. It starts when first asked for.</summary>
    public IReadOnlyDictionary<string, string> Variables => _variables.Value;

    private Dictionary<string, string> Start()
    {
        var ports = FreePorts(2);
        File.WriteAllBytes(_folder["munge.key"], [.. Enumerable.Range(0, 128).Select(i => (byte)i)]);

        // The machine's name need not resolve. MaxArraySize 6: an array has five tasks at most.
        File.WriteAllText(_folder["slurm.conf"], $"""
            ClusterName=tests
            SlurmctldHost={Environment.MachineName}(127.0.0.1)
            SlurmctldPort={ports[0]}
            SlurmdPort={ports[1]}
            SlurmUser=root
            SlurmdUser=root
            AuthType=auth/munge
            AuthInfo=socket={_folder["munge.socket"]}
            CredType=cred/munge
            ProctrackType=proctrack/linuxproc
            TaskPlugin=task/none
            SelectType=select/cons_tres
            SelectTypeParameters=CR_CPU
            SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
            StateSaveLocation={_folder["state"]}
            SlurmdSpoolDir={_folder["spool"]}
            SlurmctldPidFile={_folder["slurmctld.pid"]}
            SlurmdPidFile={_folder["slurmd.pid"]}
            JobAcctGatherType=jobacct_gather/none
            AccountingStorageType=accounting_storage/none
            MpiDefault=none
            SwitchType=switch/none
            ReturnToService=2
            KillWait=5
            MinJobAge=2
            MaxArraySize=6
            NodeName={Environment.MachineName} NodeAddr=127.0.0.1 CPUs=2
            PartitionName=main Nodes={Environment.MachineName} Default=YES MaxTime=INFINITE
            """ + "\n");

        // Control groups are not used; the plugin for their second version would want them mounted.
        File.WriteAllText(_folder["cgroup.conf"], "CgroupPlugin=cgroup/v1\n");
        Directory.CreateDirectory(_folder["state"]);
        File.WriteAllText(_folder["cluster.sh"], """
            PATH=$PATH:/usr/sbin:/sbin
            chmod 711 . && chmod 600 munge.key
            munged --foreground --origin=127.0.0.1 --socket=$PWD/munge.socket --key-file=$PWD/munge.key --pid-file=$PWD/munged.pid \
              --seed-file=$PWD/munged.seed --num-threads=1 >munged.out 2>&1 & munged=$!
            slurmctld -D -f $PWD/slurm.conf >slurmctld.out 2>&1 & slurmctld=$!
            slurmd -D -f $PWD/slurm.conf >slurmd.out 2>&1 & slurmd=$!
            cat
            for attempt in 1 2 3 4 5 6 7 8 9 10; do
              jobs=$(squeue --noheader --format=%A)
              [ -n "$jobs" ] || break
              scancel --full --signal=KILL $jobs; scancel $jobs; sleep 0.5
            done >/dev/null 2>&1
            kill $slurmd $slurmctld; wait $slurmd $slurmctld
            kill $munged; wait $munged
            """);
        var variables = new Dictionary<string, string> { ["SLURM_CONF"] = _folder["slurm.conf"] };
        _shell = Cli.Start("cluster.sh", _folder.Path, variables, "sh", input: true);
        _ = _shell.StandardOutput.ReadToEndAsync();
        _ = _shell.StandardError.ReadToEndAsync();
        WaitUntil(() => Cli.Run("--noheader --format=%t", environment: variables, program: "sinfo").Output.Trim() == "idle", "Slurm does not begin");
        return variables;
    }

    /// <summary>What one of Slurm's programs prints.</summary>
    public string Ask(string program, string arguments) => Cli.Run(arguments, environment: Variables, program: program).Output.Trim();

    /// <summary>Waits until nothing waits or runs.</summary>
    public void WaitUntilEmpty() => WaitUntil(() => Ask("squeue", "--noheader").Length == 0, "Jobs do not end");

    /// <summary>Waits for something; if it does not come, fails with the logs of the daemons.</summary>
    public void WaitUntil(Func<bool> condition, string complaint)
    {
        var patience = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(patience.Elapsed < TimeSpan.FromMinutes(2), $"{complaint}.\n" + string.Concat(Directory.EnumerateFiles(_folder.Path, "*.out").Select(file => $"{file}:\n{File.ReadAllText(file)}\n")));
            Thread.Sleep(100);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_shell is not null)
        {
            _shell.StandardInput.Close();
            _shell.WaitForExit();
            _shell.Dispose();
        }

        _folder.Dispose();
    }

    private static bool IsThere(string program) => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture)).ToArray();
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }
}
