// Run with `dotnet run -c Release --project tests/Benchmarks -- --filter '*'`; BenchmarkDotNet's README lists the options.
using BenchmarkDotNet.Running;

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
