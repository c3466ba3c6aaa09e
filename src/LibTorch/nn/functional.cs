using LibTorch.Interop;

namespace LibTorch;

/// <summary>What stands around a tensor that is made larger. Only the mode that is used here.</summary>
public enum PaddingModes
{
    /// <summary>One number.</summary>
    Constant = 4,
}

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What becomes of the losses of a batch.</summary>
        public enum Reduction : long
        {
            /// <summary>They stay, one a sample.</summary>
            None = 0,

            /// <summary>Their mean is taken.</summary>
            Mean = 1,

            /// <summary>Their sum is taken.</summary>
            Sum = 2,
        }

        /// <summary>The functions that modules are made of. Images are [N, C, H, W].</summary>
        public static class functional
        {
            private static readonly Operator s_conv2d = new("aten::conv2d");
            private static readonly Operator s_linear = new("aten::linear");
            private static readonly Operator s_pad = new("aten::constant_pad_nd");
            private static readonly Operator s_avgPool2d = new("aten::avg_pool2d");
            private static readonly Operator s_adaptiveAvgPool2d = new("aten::adaptive_avg_pool2d");
            private static readonly Operator s_maxPool2d = new("aten::max_pool2d");
            private static readonly Operator s_crossEntropy = new("aten::cross_entropy_loss");
            private static readonly Operator s_batchNorm = new("aten::batch_norm");
            private static readonly Operator s_groupNorm = new("aten::group_norm");
            private static readonly Operator s_layerNorm = new("aten::layer_norm");
            private static readonly Operator s_instanceNorm = new("aten::instance_norm");

            /// <summary>A convolution.</summary>
            /// <param name="input">[N, C, H, W].</param>
            /// <param name="weight">[K, C / groups, R, S].</param>
            /// <param name="bias">[K], or null.</param>
            /// <param name="strides">One number, or one for H and one for W; null is 1.</param>
            /// <param name="padding">Zeros around, likewise; null is 0.</param>
            /// <param name="dilation">The distance between the weights' places, likewise; null is 1.</param>
            /// <param name="groups">Into how many independent convolutions the channels are cut.</param>
            /// <returns>[N, K, H', W'].</returns>
            public static Tensor conv2d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null,
                long groups = 1) =>
                s_conv2d.Call(input, weight, bias, Pair(strides, 1), Pair(padding, 0), Pair(dilation, 1), groups);

            /// <summary>A linear map and a shift.</summary>
            /// <param name="input">[..., C].</param>
            /// <param name="weights">[K, C].</param>
            /// <param name="bias">[K], or null.</param>
            /// <returns>[..., K].</returns>
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => s_linear.Call(input, weights, bias);

            /// <summary>Every element, or 0 where it is negative.</summary>
            /// <param name="x">The tensor.</param>
            /// <param name="inplace">Whether it is overwritten.</param>
            public static Tensor relu(Tensor x, bool inplace = false) => inplace ? x.relu_().alias() : x.relu();

            /// <summary>A tensor with something around it.</summary>
            /// <param name="input">The tensor.</param>
            /// <param name="pad">How much before and after, the last dimension's two numbers first. Negative numbers cut off.</param>
            /// <param name="mode">What stands there.</param>
            /// <param name="value">The number that stands there.</param>
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                mode == PaddingModes.Constant
                    ? s_pad.Call(input, pad, (Scalar)value)
                    : throw new ArgumentOutOfRangeException(nameof(mode), mode, "Only Constant is known.");

            /// <summary>A tensor with something around its last two dimensions.</summary>
            /// <param name="input">The tensor.</param>
            /// <param name="pad">How much on the left, right, top and bottom. Negative numbers cut off.</param>
            /// <param name="mode">What stands there.</param>
            /// <param name="value">The number that stands there.</param>
            public static Tensor pad(
                Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) =>
                functional.pad(input, [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);

            /// <summary>The means of the windows of an image.</summary>
            /// <param name="input">[N, C, H, W].</param>
            /// <param name="kernel_size">The window's height and width.</param>
            /// <param name="stride">The distance between windows; null is their size.</param>
            /// <param name="padding">Zeros around.</param>
            /// <param name="ceil_mode">Whether an incomplete window at the end counts.</param>
            /// <param name="count_include_pad">Whether the zeros count.</param>
            /// <param name="divisor_override">What a window's sum is divided by; null is its size.</param>
            public static Tensor avg_pool2d(
                Tensor input, long kernel_size, long? stride = null, long padding = 0, bool ceil_mode = false,
                bool count_include_pad = true, long? divisor_override = null) =>
                s_avgPool2d.Call(
                    input,
                    Argument.List(kernel_size),
                    Argument.List(stride ?? kernel_size),
                    Argument.List(padding),
                    ceil_mode,
                    count_include_pad,
                    divisor_override);

            /// <summary>The means of windows that an image is cut into.</summary>
            /// <param name="input">[N, C, H, W].</param>
            /// <param name="output_size">How many windows there are along H and along W.</param>
            /// <returns>[N, C, output_size, output_size].</returns>
            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) =>
                s_adaptiveAvgPool2d.Call(input, new[] { output_size, output_size });

            /// <summary>The largest elements of the windows of an image.</summary>
            /// <param name="input">[N, C, H, W].</param>
            /// <param name="kernel_size">The window's height and width.</param>
            /// <param name="stride">The distance between windows; null is their size.</param>
            /// <param name="padding">Places around that are never the largest; null is 0.</param>
            /// <param name="dilation">The distance between a window's places; null is 1.</param>
            /// <param name="ceil_mode">Whether an incomplete window at the end counts.</param>
            public static Tensor max_pool2d(
                Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) =>
                s_maxPool2d.Call(
                    input,
                    Argument.List(kernel_size),
                    Argument.List(stride ?? kernel_size),
                    Argument.List(padding ?? 0),
                    Argument.List(dilation ?? 1),
                    ceil_mode);

            /// <summary>The cross entropy of the softmax of logits against labels.</summary>
            /// <param name="input">Logits, [N, classes].</param>
            /// <param name="target">Labels, [N], int64.</param>
            /// <param name="weight">A factor for every class, or null.</param>
            /// <param name="ignore_index">A label that does not count.</param>
            /// <param name="reduction">What becomes of the samples' losses.</param>
            /// <param name="label_smoothing">How much of the target is spread evenly over all classes.</param>
            public static Tensor cross_entropy(
                Tensor input, Tensor target, Tensor? weight = null, long ignore_index = -100, Reduction reduction = Reduction.Mean,
                double label_smoothing = 0.0) =>
                s_crossEntropy.Call(input, target, weight, (long)reduction, ignore_index, label_smoothing);

            /// <summary>libtorch's own batch normalization, a reference for ours.</summary>
            /// <param name="input">[N, C, H, W].</param>
            /// <param name="running_mean">[C], moved towards the batch's when training; or null.</param>
            /// <param name="running_var">[C], unbiased, likewise; or null.</param>
            /// <param name="weight">Scale, [C], or null.</param>
            /// <param name="bias">Shift, [C], or null.</param>
            /// <param name="training">Whether the batch's statistics are used, else the running ones.</param>
            /// <param name="momentum">How far the running statistics move.</param>
            /// <param name="eps">What is added to the variance.</param>
            public static Tensor batch_norm(
                Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight = null, Tensor? bias = null, bool training = false,
                double momentum = 0.1, double eps = 1e-5) =>
                s_batchNorm.Call(input, weight, bias, running_mean, running_var, training, momentum, eps, true);

            /// <summary>libtorch's own group normalization, a reference for ours.</summary>
            /// <param name="input">[N, C, H, W].</param>
            /// <param name="num_groups">How many groups of neighbouring channels.</param>
            /// <param name="weight">Scale, [C], or null.</param>
            /// <param name="bias">Shift, [C], or null.</param>
            /// <param name="eps">What is added to the variance.</param>
            public static Tensor group_norm(Tensor input, long num_groups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                s_groupNorm.Call(input, num_groups, weight, bias, eps, true);

            /// <summary>
            /// libtorch's own layer normalization, whose scale and shift are per element, not per channel as the paper's.
            /// </summary>
            /// <param name="input">[..., normalized shape].</param>
            /// <param name="normalized_shape">The last dimensions, which share one statistic.</param>
            /// <param name="weight">Scale, of that shape, or null.</param>
            /// <param name="bias">Shift, of that shape, or null.</param>
            /// <param name="eps">What is added to the variance.</param>
            public static Tensor layer_norm(
                Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-5) =>
                s_layerNorm.Call(input, normalized_shape, weight, bias, eps, true);

            /// <summary>libtorch's own instance normalization, a reference for ours.</summary>
            /// <param name="input">[N, C, H, W].</param>
            /// <param name="running_mean">[C], or null.</param>
            /// <param name="running_var">[C], or null.</param>
            /// <param name="weight">Scale, [C], or null.</param>
            /// <param name="bias">Shift, [C], or null.</param>
            /// <param name="use_input_stats">Whether the input's statistics are used, else the running ones.</param>
            /// <param name="momentum">How far the running statistics move.</param>
            /// <param name="eps">What is added to the variance.</param>
            public static Tensor instance_norm(
                Tensor input, Tensor? running_mean = null, Tensor? running_var = null, Tensor? weight = null, Tensor? bias = null,
                bool use_input_stats = true, double momentum = 0.1, double eps = 1e-5) =>
                s_instanceNorm.Call(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, true);

            private static Argument Pair(long[]? given, long otherwise) => given is null ? Argument.List(otherwise) : given;
        }
    }
}
