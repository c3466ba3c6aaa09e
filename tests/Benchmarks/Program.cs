// Run with `dotnet run -c Release --project tests/Benchmarks -- --filter '*'`; BenchmarkDotNet's README lists the options.
// `compare` and `torchsharp` are what scripts/compare.sh runs.
using BenchmarkDotNet.Running;
using Benchmarks.Comparison;

return args switch
{
    ["compare", .. var options] => Compare.Run(ComparisonOptions.Parse(options)),
    ["torchsharp", var norm, var batch, var threads, var seconds] => TorchSharpTraining.Run(norm, int.Parse(batch), int.Parse(threads), double.Parse(seconds)),
    _ => Kernels(args),
};

static int Kernels(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
    return 0;
}
