using System.Runtime.InteropServices;
using Experiments.Core.Networks;
using Experiments.Core.Norms;
using Experiments.Core.Training;
using Experiments.OneDnn.Kernels;

namespace Experiments.OneDnn.Compiled;

/// <summary>
/// A learnable array with its gradient and what the optimizer remembers of it, in fp32. A convolution's kernel lies as oneDNN writes its gradient, so that an
/// update is one walk through three arrays; the layouts and formats that the other passes want are copies, made anew after an update.
/// </summary>
internal sealed unsafe class LearnableArray : IDisposable
{
    private const int Alignment = 64;

    private readonly int[]? _order;
    private readonly nint _room;
    private readonly EngineSettings _settings;
    private readonly double _decay;
    private readonly bool _isFrozen;
    private readonly WeightTransformation? _transformation;
    private readonly LearnableArray? _gain;
    private readonly List<WeightCopy> _copies = [];
    private readonly float* _memory;

    /// <summary>An array of zeros.</summary>
    /// <param name="parameter">What it is.</param>
    /// <param name="settings">The optimizer.</param>
    /// <param name="order">For each place the index of what lies there, or -1 for padding; null: as in PyTorch.</param>
    /// <param name="transform">What its values go through before they are applied.</param>
    /// <param name="gain">Weight normalization's g.</param>
    internal LearnableArray(
        Parameter parameter, EngineSettings settings, int[]? order, WeightTransform transform = WeightTransform.None, LearnableArray? gain = null)
    {
        Parameter = parameter;
        _order = order;
        _settings = settings;
        _isFrozen = settings.IsFrozen(parameter);
        _decay = settings.Decays(parameter) ? settings.WeightDecay : 0;
        // There is room for one value more: a zero that padding can be copied from.
        Places = order?.Length ?? parameter.Size;
        _room = (Places + ParameterKernels.Granularity) / ParameterKernels.Granularity * ParameterKernels.Granularity;
        var bytes = (nuint)((HasSquares ? 4 : 3) * _room * sizeof(float));
        _memory = (float*)NativeMemory.AlignedAlloc(bytes, Alignment);
        NativeMemory.Clear(_memory, bytes);
        _gain = gain;
        if (transform != WeightTransform.None)
            _transformation = new WeightTransformation(transform, parameter, order!, _room, gain);
    }

    /// <summary>What it is.</summary>
    internal Parameter Parameter { get; }

    /// <summary>Values in memory, padding included.</summary>
    internal int Places { get; }

    /// <summary>The values.</summary>
    internal float* Values => _memory;

    /// <summary>The values as they are applied, in the same layout; <see cref="Values"/> themselves if there is no transform.</summary>
    internal float* Applied => _transformation is null ? Values : _transformation.Applied;

    /// <summary>The gradient of the mean loss.</summary>
    internal float* Gradients => _memory + _room;

    /// <summary>SGD's velocity, or AdamW's average of gradients.</summary>
    private float* Momentum => _memory + (2 * _room);

    /// <summary>AdamW's average of squared gradients.</summary>
    private float* Squares => _memory + (3 * _room);

    private bool HasSquares => _settings.Optimizer == OptimizerKind.Adamw;

    /// <summary>Counts the changes of the values.</summary>
    internal int Version { get; private set; }

    /// <summary>
    /// Turns the gradient by the applied values, once it is complete, into the gradient by the values. Does nothing if they are the same.
    /// </summary>
    internal void CompleteGradient() => _transformation?.Gradients(this);

    /// <summary>Computes the applied values anew if the values have changed since.</summary>
    internal void RefreshApplied() => _transformation?.Refresh(this);

    /// <summary>Takes one step of the optimizer, also for the gain, and refreshes the copies that the next step needs.</summary>
    internal void Update(UpdateStep step)
    {
        if (_isFrozen)
            return;
        _gain?.Update(step);
        if (HasSquares)
            ParameterKernels.UpdateAdamW(Values, Gradients, Momentum, Squares, _room, step, _settings.Beta1, _settings.Beta2, _decay);
        else
            ParameterKernels.Update(Values, Gradients, Momentum, _room, (float)step.Rate, (float)_settings.Momentum, (float)_decay);
        Version++;
        foreach (var copy in _copies)
        {
            if (copy.InTraining)
                copy.Refresh();
        }
    }

    /// <summary>Adds a chunk's gradient.</summary>
    /// <param name="gradient">The gradient.</param>
    /// <param name="places">Where each of its values belongs, from <see cref="PlacesOf"/>; null: it lies as the sum does.</param>
    internal void AddGradient(float* gradient, int[]? places)
    {
        if (places is null)
        {
            ParameterKernels.AddScaled(1, gradient, Gradients, Places);
            return;
        }

        // Padding is added to the place after the last value, which must stay zero.
        for (var place = 0; place < places.Length; place++)
            Gradients[places[place]] += gradient[place];
        Gradients[Places] = 0;
    }

    /// <summary>Sets the gradient to zero, for kernels that add to it.</summary>
    internal void ClearGradient() => NativeMemory.Clear(Gradients, (nuint)(_room * sizeof(float)));

    /// <summary>The values as a primitive wants them: the values themselves if they lie so, else a copy, which primitives that want the same share.</summary>
    /// <param name="order">For each place the index of what lies there, or -1 for padding.</param>
    /// <param name="format">How a copy's values are written.</param>
    /// <param name="inTraining">Whether a training step reads it.</param>
    internal WeightCopy Copy(int[] order, WeightFormat format, bool inTraining)
    {
        if (_copies.FirstOrDefault(copy => copy.Format == format && copy.Order.AsSpan().SequenceEqual(order)) is not { } found)
        {
            found = new WeightCopy(this, order, format);
            _copies.Add(found);
        }

        found.InTraining |= inTraining;
        return found;
    }

    /// <summary>A copy of the values in PyTorch's order.</summary>
    internal NamedArray ReadValues() => Read(Values);

    /// <summary>A copy of the gradient in PyTorch's order; zeros where the values are frozen.</summary>
    internal NamedArray ReadGradients() => _isFrozen ? new NamedArray(Parameter.Name, Parameter.Shape, new float[Parameter.Size]) : Read(Gradients);

    /// <summary>A copy of SGD's velocity, or of AdamW's average of gradients, in PyTorch's order.</summary>
    internal NamedArray ReadMomentum() => Read(Momentum);

    /// <summary>A copy of AdamW's average of squared gradients in PyTorch's order.</summary>
    internal NamedArray ReadSquares() => Read(Squares);

    /// <summary>Replaces values and what the optimizer remembers, all in PyTorch's order; what is not given is zero.</summary>
    internal void Write(float[] values, float[]? momentum, float[]? squares)
    {
        Write(Values, values);
        NativeMemory.Clear(Momentum, (nuint)((HasSquares ? 2 : 1) * _room * sizeof(float)));
        if (momentum is not null)
            Write(Momentum, momentum);
        if (squares is not null)
            Write(Squares, squares);
        Version++;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _copies.ForEach(copy => copy.Dispose());
        _transformation?.Dispose();
        NativeMemory.AlignedFree(_memory);
    }

    /// <summary>
    /// For each place of another order, the place of the same value in this array; for padding, the place of the zero after the last value.
    /// null if both orders are the same.
    /// </summary>
    internal int[]? PlacesOf(int[] order)
    {
        if (order.AsSpan().SequenceEqual(_order))
            return null;
        var places = new int[Parameter.Size];
        for (var place = 0; place < Places; place++)
        {
            if ((_order?[place] ?? place) is >= 0 and var index)
                places[index] = place;
        }

        return [.. order.Select(index => index < 0 ? Places : places[index])];
    }

    private NamedArray Read(float* from)
    {
        var values = new float[Parameter.Size];
        for (var place = 0; place < Places; place++)
        {
            if ((_order?[place] ?? place) is >= 0 and var index)
                values[index] = from[place];
        }

        return new NamedArray(Parameter.Name, Parameter.Shape, values);
    }

    private void Write(float* to, float[] values)
    {
        for (var place = 0; place < Places; place++)
            to[place] = (_order?[place] ?? place) is >= 0 and var index ? values[index] : 0;
    }
}
