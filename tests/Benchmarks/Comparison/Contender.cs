namespace Benchmarks.Comparison;

/// <summary>What trains: a program, in how many processes and with how many threads each.</summary>
/// <param name="Program"><c>onednn</c> and <c>torch</c> are ours; <c>torchsharp</c> and <c>pytorch</c> are the peers.</param>
/// <param name="Processes">Processes side by side.</param>
/// <param name="Threads">Threads of each.</param>
/// <param name="Memory"><c>as-is</c>, or <c>kept</c> where glibc is told to keep memory that is freed.</param>
internal sealed record Contender(string Program, int Processes, int Threads, string Memory = "as-is");
