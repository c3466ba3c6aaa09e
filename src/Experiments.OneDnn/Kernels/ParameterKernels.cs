using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Experiments.Core.Training;

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

    /// <summary>
    /// AdamW as PyTorch writes it: m = beta1 * m + (1 - beta1) * g, s = beta2 * s + (1 - beta2) * g^2,
    /// w = (1 - rate * decay) * w - stepSize * m / (sqrt(s) * rootScale + epsilon).
    /// </summary>
    /// <param name="values">w.</param>
    /// <param name="gradients">g.</param>
    /// <param name="means">m.</param>
    /// <param name="squares">s.</param>
    /// <param name="count">A multiple of <see cref="Granularity"/>.</param>
    /// <param name="step">Rate, and what corrects the averages for having begun at 0.</param>
    /// <param name="beta1">beta 1.</param>
    /// <param name="beta2">beta 2.</param>
    /// <param name="decay">The weight decay.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void UpdateAdamW(float* values, float* gradients, float* means, float* squares, nint count, UpdateStep step, double beta1, double beta2, double decay)
    {
        var keptMeans = Vector256.Create((float)beta1);
        var newMeans = Vector256.Create((float)(1 - beta1));
        var keptSquares = Vector256.Create((float)beta2);
        var newSquares = Vector256.Create((float)(1 - beta2));
        var kept = Vector256.Create((float)(1 - (step.Rate * decay)));
        var sizes = Vector256.Create((float)-step.StepSize);
        var roots = Vector256.Create((float)step.RootScale);
        var epsilons = Vector256.Create((float)OptimizerDefaults.Epsilon);
        for (nint i = 0; i < count; i += Vector256<float>.Count)
        {
            var g = Vector256.Load(gradients + i);
            var m = Vector256.MultiplyAddEstimate(Vector256.Load(means + i), keptMeans, g * newMeans);
            var s = Vector256.MultiplyAddEstimate(Vector256.Load(squares + i), keptSquares, g * g * newSquares);
            m.Store(means + i);
            s.Store(squares + i);
            var ratio = m / Vector256.MultiplyAddEstimate(Vector256.Sqrt(s), roots, epsilons);
            Vector256.MultiplyAddEstimate(ratio, sizes, Vector256.Load(values + i) * kept).Store(values + i);
        }
    }

    /// <summary>to[i] = from[order[i]].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Gather(float* from, int* order, float* to, nint count)
    {
        nint i = 0;
        if (Avx2.IsSupported)
        {
            for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count)
                Avx2.GatherVector256(from, Vector256.Load(order + i), sizeof(float)).Store(to + i);
        }

        for (; i < count; i++)
            to[i] = from[order[i]];
    }

    /// <summary>to[i] = from[order[i]], rounded to bfloat16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Gather(float* from, int* order, Bf16* to, nint count)
    {
        nint i = 0;
        if (Avx2.IsSupported)
        {
            for (; i + Vector8.Width <= count; i += Vector8.Width)
                Vector8.Store(new Vector8(Avx2.GatherVector256(from, Vector256.Load(order + i), sizeof(float))), to + i);
        }

        for (; i < count; i++)
            to[i] = Bf16.Round(from[order[i]]);
    }

    /// <summary>
    /// Transposes squares of size x size values that lie one after the other: what turns weights for a forward pass, blocked with the
    /// output channels side by side, into those for a gradient by the source, with the input channels side by side.
    /// </summary>
    /// <param name="from">The squares.</param>
    /// <param name="to">Receives the transposed squares.</param>
    /// <param name="count">Values in all, a multiple of size * size.</param>
    /// <param name="size">A multiple of 8.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Transpose(float* from, float* to, nint count, nint size)
    {
        for (nint square = 0; square < count; square += size * size)
        {
            for (nint row = 0; row < size; row += 8)
            {
                for (nint column = 0; column < size; column += 8)
                    Transpose8(from + square + (row * size) + column, to + square + (column * size) + row, size);
            }
        }
    }

    /// <summary>One square of 8 x 8 within a larger one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose8(float* from, float* to, nint stride)
    {
        // Pairs of rows, then of pairs, then of halves: each step doubles how much of a column lies together.
        var r0 = Vector256.Load(from);
        var r1 = Vector256.Load(from + stride);
        var r2 = Vector256.Load(from + (2 * stride));
        var r3 = Vector256.Load(from + (3 * stride));
        var r4 = Vector256.Load(from + (4 * stride));
        var r5 = Vector256.Load(from + (5 * stride));
        var r6 = Vector256.Load(from + (6 * stride));
        var r7 = Vector256.Load(from + (7 * stride));
        var p0 = Avx.UnpackLow(r0, r1);
        var p1 = Avx.UnpackHigh(r0, r1);
        var p2 = Avx.UnpackLow(r2, r3);
        var p3 = Avx.UnpackHigh(r2, r3);
        var p4 = Avx.UnpackLow(r4, r5);
        var p5 = Avx.UnpackHigh(r4, r5);
        var p6 = Avx.UnpackLow(r6, r7);
        var p7 = Avx.UnpackHigh(r6, r7);
        const byte lower = 0x44, upper = 0xEE, lowerHalves = 0x20, upperHalves = 0x31;
        var q0 = Avx.Shuffle(p0, p2, lower);
        var q1 = Avx.Shuffle(p0, p2, upper);
        var q2 = Avx.Shuffle(p1, p3, lower);
        var q3 = Avx.Shuffle(p1, p3, upper);
        var q4 = Avx.Shuffle(p4, p6, lower);
        var q5 = Avx.Shuffle(p4, p6, upper);
        var q6 = Avx.Shuffle(p5, p7, lower);
        var q7 = Avx.Shuffle(p5, p7, upper);
        Avx.Permute2x128(q0, q4, lowerHalves).Store(to);
        Avx.Permute2x128(q1, q5, lowerHalves).Store(to + stride);
        Avx.Permute2x128(q2, q6, lowerHalves).Store(to + (2 * stride));
        Avx.Permute2x128(q3, q7, lowerHalves).Store(to + (3 * stride));
        Avx.Permute2x128(q0, q4, upperHalves).Store(to + (4 * stride));
        Avx.Permute2x128(q1, q5, upperHalves).Store(to + (5 * stride));
        Avx.Permute2x128(q2, q6, upperHalves).Store(to + (6 * stride));
        Avx.Permute2x128(q3, q7, upperHalves).Store(to + (7 * stride));
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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void RoundInPlace(float* values, nint count)
    {
        var rounded = stackalloc Bf16[Vector8.Width];
        nint i = 0;
        for (; i + Vector8.Width <= count; i += Vector8.Width)
        {
            Vector8.Store(Vector8.Load(values + i), rounded);
            Vector8.Store(Vector8.Load(rounded), values + i);
        }

        for (; i < count; i++)
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
