using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Experiments.OneDnn.Kernels;

/// <summary>Passes over parameters and over the small dense layer at the end of a network, all in fp32.</summary>
internal static unsafe class ParameterKernels
{
    /// <summary>Arrays of parameters are allocated in multiples of this, with zeros at the end, so that kernels need no remainder.</summary>
    internal const int Granularity = 16;

    /// <summary>SGD as PyTorch writes it: v = momentum * v + (g + decay * w), w = w - rate * v.</summary>
    /// <param name="values">w.</param>
    /// <param name="gradients">g.</param>
    /// <param name="velocities">v.</param>
    /// <param name="count">A multiple of <see cref="Granularity"/>.</param>
    /// <param name="rate">The learning rate.</param>
    /// <param name="momentum">The momentum.</param>
    /// <param name="decay">The weight decay.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Update(float* values, float* gradients, float* velocities, nint count, float rate, float momentum, float decay)
    {
        var rates = Vector256.Create(-rate);
        var momenta = Vector256.Create(momentum);
        var decays = Vector256.Create(decay);
        for (nint i = 0; i < count; i += Vector256<float>.Count)
        {
            var w = Vector256.Load(values + i);
            var v = Vector256.MultiplyAddEstimate(Vector256.Load(velocities + i), momenta,
                Vector256.MultiplyAddEstimate(w, decays, Vector256.Load(gradients + i)));
            v.Store(velocities + i);
            Vector256.MultiplyAddEstimate(v, rates, w).Store(values + i);
        }
    }

    /// <summary>to[i] = from[order[i]].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Gather(float* from, int* order, float* to, nint count)
    {
        for (nint i = 0; i < count; i++)
            to[i] = from[order[i]];
    }

    /// <summary>to[i] = from[order[i]], rounded to bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Gather(float* from, int* order, Bf16* to, nint count)
    {
        for (nint i = 0; i < count; i++)
            to[i] = Bf16.Round(from[order[i]]);
    }

    /// <summary>Sum of products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static float Dot(float* a, float* b, nint count)
    {
        var sums = Vector256<float>.Zero;
        nint i = 0;
        for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count)
            sums = Vector256.MultiplyAddEstimate(Vector256.Load(a + i), Vector256.Load(b + i), sums);
        var sum = Vector256.Sum(sums);
        for (; i < count; i++)
            sum += a[i] * b[i];
        return sum;
    }

    /// <summary>to += factor * from.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void AddScaled(float factor, float* from, float* to, nint count)
    {
        var factors = Vector256.Create(factor);
        nint i = 0;
        for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count)
            Vector256.MultiplyAddEstimate(factors, Vector256.Load(from + i), Vector256.Load(to + i)).Store(to + i);
        for (; i < count; i++)
            to[i] += factor * from[i];
    }

    /// <summary>
    /// Gradient of the mean cross-entropy by the class scores: (softmax - 1 at the label) / N.
    /// </summary>
    /// <param name="scores">[N, classes].</param>
    /// <param name="labels">[N].</param>
    /// <param name="gradients">[N, classes].</param>
    /// <param name="classes">The number of classes.</param>
    internal static void CrossEntropyGradient(float* scores, ReadOnlySpan<int> labels, float* gradients, int classes)
    {
        for (var n = 0; n < labels.Length; n++)
        {
            var row = scores + (n * classes);
            var gradient = gradients + (n * classes);
            var largest = row[0];
            for (var c = 1; c < classes; c++)
                largest = Math.Max(largest, row[c]);
            var sum = 0.0;
            for (var c = 0; c < classes; c++)
                sum += Math.Exp(row[c] - largest);
            for (var c = 0; c < classes; c++)
                gradient[c] = (float)(((Math.Exp(row[c] - largest) / sum) - (c == labels[n] ? 1 : 0)) / labels.Length);
        }
    }

    /// <summary>Rounds fp32 values to bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Round(float* from, Bf16* to, nint count)
    {
        nint i = 0;
        for (; i + Vector8.Width <= count; i += Vector8.Width)
            Vector8.Store(Vector8.Load(from + i), to + i);
        for (; i < count; i++)
            to[i] = Bf16.Round(from[i]);
    }

    /// <summary>Rounds fp32 values to bfloat16 and keeps them in fp32.</summary>
    internal static void RoundInPlace(float* values, nint count)
    {
        for (nint i = 0; i < count; i++)
            values[i] = Bf16.Round(values[i]).ToSingle();
    }

    /// <summary>Widens bfloat16 values to fp32, exactly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Widen(Bf16* from, float* to, nint count)
    {
        nint i = 0;
        for (; i + Vector8.Width <= count; i += Vector8.Width)
            Vector8.Store(Vector8.Load(from + i), to + i);
        for (; i < count; i++)
            to[i] = from[i].ToSingle();
    }
}
