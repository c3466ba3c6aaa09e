using System.Runtime.InteropServices;

namespace Experiments.OneDnn.Interop;

/// <summary>
/// The OpenMP threads that oneDNN computes with; our own passes run on them too. So there is one team, and no waiting thread of a second
/// team keeps a core busy that the first one needs.
/// </summary>
internal sealed unsafe class OpenMP : IDisposable
{
    private readonly int _threads;
    private readonly GCHandle _self;
    private Action<int, int>? _pass;
    private int _first;
    private int _count;

    /// <summary>Makes a team.</summary>
    /// <param name="threads">How many threads.</param>
    internal OpenMP(int threads)
    {
        _threads = threads;
        _self = GCHandle.Alloc(this, GCHandleType.Normal);
    }

    /// <summary>Sets the number of threads for the calling thread; OpenMP keeps one number for each calling thread.</summary>
    internal void Enter() => OneDnnLibrary.OpenMP.SetThreads(_threads);

    /// <summary>Runs a pass over the images [first, first + count), a share in each thread.</summary>
    /// <param name="pass">Takes the first image of a share and how many it has.</param>
    /// <param name="first">The first image.</param>
    /// <param name="count">How many images.</param>
    internal void Split(Action<int, int> pass, int first, int count)
    {
        if (_threads == 1 || count == 1)
        {
            pass(first, count);
            return;
        }

        (_pass, _first, _count) = (pass, first, count);
        OneDnnLibrary.OpenMP.Parallel(&Share, GCHandle.ToIntPtr(_self), (uint)_threads);
    }

    /// <inheritdoc/>
    public void Dispose() => _self.Free();

    [UnmanagedCallersOnly]
    private static void Share(nint self)
    {
        var team = (OpenMP)GCHandle.FromIntPtr(self).Target!;
        // There may be fewer threads than asked for: OMP_THREAD_LIMIT and OMP_DYNAMIC are the user's.
        var (thread, threads) = (OneDnnLibrary.OpenMP.ThreadNumber(), OneDnnLibrary.OpenMP.ThreadCount());
        var (from, to) = ((int)((long)team._count * thread / threads), (int)((long)team._count * (thread + 1) / threads));
        if (to > from)
            team._pass!(team._first + from, to - from);
    }

    /// <summary>Functions of GNU's OpenMP, found in what oneDNN itself is linked with.</summary>
    internal sealed class Functions
    {
        private readonly delegate* unmanaged<int, void> _setThreads;
        private readonly delegate* unmanaged<int> _threadNumber;
        private readonly delegate* unmanaged<int> _threadCount;
        private readonly delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void> _parallel;

        private Functions(nint setThreads, nint threadNumber, nint threadCount, nint parallel)
        {
            _setThreads = (delegate* unmanaged<int, void>)setThreads;
            _threadNumber = (delegate* unmanaged<int>)threadNumber;
            _threadCount = (delegate* unmanaged<int>)threadCount;
            _parallel = (delegate* unmanaged<delegate* unmanaged<nint, void>, nint, uint, uint, void>)parallel;
        }

        /// <summary>Looks the functions up; null if the library does not have them.</summary>
        internal static Functions? In(nint library) =>
            NativeLibrary.TryGetExport(library, "omp_set_num_threads", out var set)
            && NativeLibrary.TryGetExport(library, "omp_get_thread_num", out var number)
            && NativeLibrary.TryGetExport(library, "omp_get_num_threads", out var count)
            && NativeLibrary.TryGetExport(library, "GOMP_parallel", out var parallel)
                ? new Functions(set, number, count, parallel)
                : null;

        internal void SetThreads(int threads) => _setThreads(threads);

        internal int ThreadNumber() => _threadNumber();

        internal int ThreadCount() => _threadCount();

        internal void Parallel(delegate* unmanaged<nint, void> body, nint data, uint threads) => _parallel(body, data, threads, 0);
    }
}
