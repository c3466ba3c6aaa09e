using Benchmarks.Comparison;

namespace Experiments.Tests;

/// <summary>How scripts/compare.sh tells what others use of the machine.</summary>
public sealed class MachineLoadTests
{
    [Fact]
    public void The_processors_time_is_read_from_the_first_line_of_proc_stat()
    {
        // user, nice, system, idle, iowait, irq, softirq, steal, guest (in user already), guest_nice
        const string Stat = "cpu  1000 200 300 4000 500 60 70 80 900 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        Assert.Equal((17.1, 62.1), MachineLoad.Read(Stat));
    }

    [Fact]
    public void Others_use_what_is_busy_beside_us()
    {
        // Of 20 seconds on two cores, 12 are busy: 9 are ours.
        Assert.Equal(3.0 / 20, MachineLoad.Part((100, 1000), (112, 1020), own: 9), 12);
        Assert.Equal(0, MachineLoad.Part((100, 1000), (112, 1020), own: 12.5));
    }
}
