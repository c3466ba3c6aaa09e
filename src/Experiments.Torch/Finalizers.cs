using System.Runtime.CompilerServices;

namespace Experiments.Torch;

/// <summary>
/// Keeps finalizers from running while libtorch computes. TorchSharp makes a native number for every <c>x + y</c> and <c>x * 2</c>, within
/// its own layers and optimizers too, and frees it in a finalizer. The finalizer may run while libtorch still reads the number, since nothing refers to
/// the number any more once its address has been handed over. With a thread that collects garbage all the time, one addition in 7,000 failed or
/// was wrong.
/// <para>
/// A collection itself does no harm, and nothing can forbid one that another thread asks for. So this class holds the one thread that runs
/// finalizers: it throws away an object whose finalizer waits, and a step begins once that finalizer runs. That takes a small collection,
/// a millisecond in a large program, so one hold serves the steps of the next second. Then, or soon after the last step, the hold ends, and
/// the objects that have gathered are finalized before the next hold. The end of the process waits for the finalizer thread, so if it is
/// asked for while another thread trains, it comes when the hold ends. A thread that ended the process while it holds finalizers itself
/// would wait for ever: the runtime (.NET 10) announces the end on the finalizer thread alone, so nobody hears of it before that thread is
/// free. No engine calls back from within an entry, so nothing can ask for the end there.
/// </para>
/// </summary>
internal sealed class Finalizers : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_idle = TimeSpan.FromMilliseconds(50);

    private static readonly object s_lock = new();
    private static readonly Timer s_end = new(_ => EndIfIdle());
    private static int s_holders;
    private static Hold? s_hold;

    private bool _released;

    private Finalizers()
    {
    }

    /// <summary>
    /// Keeps every finalizer from running until the returned object is disposed of, which any thread may do. Until then the caller must not
    /// wait for a finalizer. Engines on several threads share one hold.
    /// </summary>
    internal static Finalizers Keep()
    {
        lock (s_lock)
        {
            // Engines on several threads rarely pause at the same time, so this one waits for the others to pause, a second at most.
            if (s_holders > 0 && s_hold is { IsOld: true })
                Monitor.Wait(s_lock, s_longest);
            if (s_holders == 0 && s_hold is { IsOld: true })
            {
                End();
                GC.WaitForPendingFinalizers();
            }

            s_hold ??= Hold.Begin();
            s_holders++;
        }

        return new Finalizers();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (s_lock)
        {
            if (_released)
                return;
            _released = true;
            if (--s_holders > 0)
                return;
            Monitor.PulseAll(s_lock);
            s_end.Change(s_idle, Timeout.InfiniteTimeSpan);
        }
    }

    private static void EndIfIdle()
    {
        lock (s_lock)
        {
            if (s_holders == 0)
                End();
        }
    }

    private static void End()
    {
        s_hold?.Over.SetResult();
        s_hold = null;
    }

    private sealed class Hold
    {
        private readonly long _begin = Environment.TickCount64;
        private readonly TaskCompletionSource _reached = new();

        internal TaskCompletionSource Over { get; } = new();

        internal bool IsOld => Environment.TickCount64 - _begin > s_longest.TotalMilliseconds;

        internal static Hold Begin()
        {
            var hold = new Hold();
            var gate = hold.ThrowAway();
            // One small collection finds the gate dead, unless another thread's collection moved it to an older generation while it was alive.
            for (var generation = 0; gate.IsAlive; generation = Math.Min(generation + 1, GC.MaxGeneration))
                GC.Collect(generation, GCCollectionMode.Forced, blocking: true);
            hold._reached.Task.Wait();
            return hold;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private WeakReference ThrowAway() => new(new Gate(this));

        private sealed class Gate(Hold hold)
        {
            ~Gate()
            {
                hold._reached.SetResult();
                hold.Over.Task.Wait();
            }
        }
    }
}
