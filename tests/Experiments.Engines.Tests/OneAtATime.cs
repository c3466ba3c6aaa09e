// TorchSharp frees numbers that libtorch still reads when garbage is collected, so tests that use it do not run beside others in one process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
