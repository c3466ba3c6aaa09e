namespace LibTorch;

/// <summary>
/// Disposes, at its own end, the tensors that its thread made since it began, but for those moved out of it.
/// Scopes nest; a tensor belongs to the innermost scope of the thread that makes it.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? t_current;

    private readonly List<torch.Tensor> _tensors = [];
    private DisposeScope? _outer;
    private bool _ended;

    internal DisposeScope()
    {
        _outer = t_current;
        t_current = this;
    }

    /// <summary>How many tensors would be disposed if the scope ended now.</summary>
    public int DisposablesCount => _tensors.Count;

    /// <summary>Moves a tensor to the scope around this one; where there is none, to no scope.</summary>
    /// <param name="disposable">A tensor of this scope.</param>
    /// <returns>The same tensor.</returns>
    public T MoveToOuter<T>(T disposable) where T : torch.Tensor
    {
        if (!ReferenceEquals(disposable.OwningDisposeScope, this))
            return disposable;
        Detach(disposable);
        return _outer is null ? disposable : _outer.Attach(disposable);
    }

    /// <summary>Takes a tensor out of this scope and into none: from now on it is the caller's to dispose.</summary>
    /// <param name="disposable">A tensor of this scope.</param>
    /// <returns>The same tensor.</returns>
    public T Detach<T>(T disposable) where T : torch.Tensor
    {
        if (!ReferenceEquals(disposable.OwningDisposeScope, this))
            return disposable;
        // The last tensor takes the place of the one that leaves.
        var last = _tensors[^1];
        _tensors[disposable.ScopeIndex] = last;
        last.ScopeIndex = disposable.ScopeIndex;
        _tensors.RemoveAt(_tensors.Count - 1);
        disposable.OwningDisposeScope = null;
        return disposable;
    }

    /// <summary>Disposes all tensors of the scope, which goes on.</summary>
    public void DisposeEverything()
    {
        for (var i = _tensors.Count - 1; i >= 0; i--)
        {
            _tensors[i].OwningDisposeScope = null;
            _tensors[i].Dispose();
        }

        _tensors.Clear();
    }

    /// <summary>Ends the scope and disposes its tensors.</summary>
    public void Dispose()
    {
        if (_ended)
            return;
        _ended = true;
        DisposeEverything();

        if (ReferenceEquals(t_current, this))
        {
            t_current = _outer;
            return;
        }

        // Ended out of order: the scopes inside go on without it.
        for (var scope = t_current; scope is not null; scope = scope._outer)
        {
            if (ReferenceEquals(scope._outer, this))
                scope._outer = _outer;
        }
    }

    internal static void Register(torch.Tensor tensor) => t_current?.Attach(tensor);

    internal T Attach<T>(T tensor) where T : torch.Tensor
    {
        tensor.OwningDisposeScope = this;
        tensor.ScopeIndex = _tensors.Count;
        _tensors.Add(tensor);
        return tensor;
    }
}

public static partial class torch
{
    /// <summary>Begins a scope: the tensors that this thread makes from here are disposed when it ends.</summary>
    /// <returns>The scope, to be disposed at the end of a <c>using</c>.</returns>
    public static DisposeScope NewDisposeScope() => new();
}
