namespace Experiments.Torch;

/// <summary>
/// Keeps finalizers from running while libtorch computes. TorchSharp makes a native number for every <c>x + y</c> and <c>x * 2</c>, within
/// its own layers and optimizers too, and frees it in a finalizer: which may run while libtorch still reads the number, since nothing refers to
/// it any more once its address has been handed over. With a thread that collects garbage all the time, one addition in 7,000 failed or
/// was wrong.
/// <para>
/// A collection itself does no harm, and nothing can forbid one that another thread asks for. So the one thread that runs
/// finalizers is held instead: an object is thrown away whose finalizer waits until the step is over, and the step begins when it is there.
/// The collection that this takes is a small one, between steps, and it is the one that clears away what the last step left. What is dead
/// before a step may be freed in it, for nobody uses that.
/// </para>
/// </summary>
internal sealed class Finalizers : IDisposable
{
    private static readonly Lock s_lock = new();
    private static int s_holders;
    private static Hold? s_hold;

    private bool _released;

    private Finalizers()
    {
    }

    /// <summary>No finalizer runs until what is returned is disposed of, by any thread. Engines on several threads hold them together.</summary>
    internal static Finalizers Keep()
    {
        lock (s_lock)
        {
            if (s_holders == 0)
                s_hold = Hold.Begin();
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
            if (--s_holders == 0)
                s_hold!.Over.SetResult();
        }
    }

    private sealed class Hold
    {
        private readonly TaskCompletionSource _reached = new();

        internal TaskCompletionSource Over { get; } = new();

        internal static Hold Begin()
        {
            var hold = new Hold();
            do
            {
                hold.ThrowAway();
                GC.Collect(0, GCCollectionMode.Forced, blocking: true);
            }
            // One collection is enough, unless another one had just made the object older than this looks for.
            while (!hold._reached.Task.Wait(TimeSpan.FromSeconds(1)));
            return hold;
        }

        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
        private void ThrowAway() => _ = new Gate(this);

        private sealed class Gate(Hold hold)
        {
            ~Gate()
            {
                hold._reached.TrySetResult();
                hold.Over.Task.Wait();
            }
        }
    }
}
