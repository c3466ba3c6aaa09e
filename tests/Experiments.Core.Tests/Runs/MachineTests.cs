using Experiments.Core.Data;
using Experiments.Core.Runs;
using Experiments.Core.Training;

namespace Experiments.Core.Tests.Runs;

public sealed class MachineTests
{
    private static readonly RunSettings s_synthetic = new() { Dataset = "synthetic" };

    [Fact]
    public void The_first_engine_that_can_is_taken_and_nothing_is_said()
    {
        var said = new List<string>();
        var machine = new Machine([new Provider("fast"), new Provider("slow")], new DataFolder(), said.Add);
        Assert.Equal(("fast", "cpu"), EngineAndDevice(machine, s_synthetic));
        Assert.Empty(said);
    }

    [Fact]
    public void A_missing_engine_is_replaced_by_the_next_which_is_said_once()
    {
        var said = new List<string>();
        var machine = new Machine([new Provider("fast") { Missing = "fast is not installed: install libfast." }, new Provider("slow")], new DataFolder(), said.Add);
        Assert.Equal(("slow", "cpu"), EngineAndDevice(machine, s_synthetic));
        Assert.Equal(("slow", "cpu"), EngineAndDevice(machine, s_synthetic with { Batch = 4 }));
        Assert.Equal("fast is not installed: install libfast. Until then the slow engine is used, which is slower.", Assert.Single(said));
    }

    [Fact]
    public void An_engine_asked_for_by_name_is_not_replaced()
    {
        var machine = new Machine([new Provider("fast") { Missing = "fast is not installed." }, new Provider("slow")], new DataFolder());
        var exception = Assert.Throws<ExperimentException>(() => machine.Resolve(s_synthetic with { Engine = "fast" }));
        Assert.Equal("fast is not installed.", exception.Message);
        Assert.Equal(ExperimentException.Unavailable, exception.ExitCode);
    }

    [Fact]
    public void A_GPU_is_preferred_to_a_faster_engine_for_processors_unless_the_processor_is_asked_for()
    {
        var said = new List<string>();
        var machine = new Machine([new Provider("fast"), new Provider("slow", "cuda:0", "cpu")], new DataFolder(), said.Add);
        Assert.Equal(("slow", "cuda:0"), EngineAndDevice(machine, s_synthetic));
        Assert.Equal(("slow", "cuda:0"), EngineAndDevice(machine, s_synthetic with { Device = "cuda:0" }));
        Assert.Equal(("fast", "cpu"), EngineAndDevice(machine, s_synthetic with { Device = "cpu" }));
        Assert.Empty(said);
    }

    [Fact]
    public void Where_no_engine_can_every_reason_is_given()
    {
        var machine = new Machine(
            [new Provider("odd") { Refusal = "odd trains no resnet8." }, new Provider("fast") { Missing = "fast is not installed." }, new Provider("slow") { Missing = "slow is broken." }], new DataFolder());
        Assert.Equal("odd trains no resnet8.\nfast is not installed.\nslow is broken.", Assert.Throws<ExperimentException>(() => machine.Resolve(s_synthetic)).Message.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void For_other_machines_engine_device_and_threads_are_taken_at_their_word_and_auto_needs_both_named()
    {
        var machine = new Machine([new Provider("fast")], new DataFolder()) { ForOthers = true };
        var settings = new RunSettings { Engine = "slow", Device = "cuda", Threads = 100_000 };
        Assert.Equal(("slow", "cuda"), EngineAndDevice(machine, settings));
        Assert.Contains(machine.Resolve(settings).Dataset, new[] { "fashion-mnist", "synthetic" });
        Assert.Equal(("fast", "cpu"), EngineAndDevice(machine, s_synthetic with { Threads = 100_000 }));
        Assert.Equal(
            "fast has no cuda.\nThe runs are for other machines: give both --engine and --device, and this machine's engines and devices do not matter.",
            Assert.Throws<ExperimentException>(() => machine.Resolve(s_synthetic with { Device = "cuda" })).Message.ReplaceLineEndings("\n"));
    }

    private static (string Engine, string Device) EngineAndDevice(Machine machine, RunSettings settings)
    {
        var resolved = machine.Resolve(settings);
        return (resolved.Engine, resolved.Device);
    }

    private sealed class Provider(string name, params string[] devices) : IEngineProvider
    {
        public string? Missing { get; init; }

        public string? Refusal { get; init; }

        public string Name => name;

        public string? Library => Missing is null ? $"{name} 1.0" : null;

        public IReadOnlyList<string> Devices => Missing is not null ? [] : devices.Length > 0 ? devices : ["cpu"];

        public string? Unavailable(string device, Precision precision) => Missing ?? (Devices.Contains(device) ? null : $"{name} has no {device}.");

        public string? Refuses(RunSettings settings) => Refusal;

        public IEngine Create(EngineSettings settings) => throw new NotSupportedException();
    }
}
