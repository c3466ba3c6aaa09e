using LibTorch.Interop;

namespace LibTorch;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Operator s_sum = new("aten::sum");
        private static readonly Operator s_sumOver = new("aten::sum", "dim_IntList");
        private static readonly Operator s_mean = new("aten::mean");
        private static readonly Operator s_meanOver = new("aten::mean", "dim");
        private static readonly Operator s_var = new("aten::var", "correction");
        private static readonly Operator s_varMean = new("aten::var_mean", "correction");
        private static readonly Operator s_max = new("aten::max");
        private static readonly Operator s_maxOver = new("aten::max", "dim");
        private static readonly Operator s_argmax = new("aten::argmax");
        private static readonly Operator s_all = new("aten::all");

        /// <summary>The sum of all elements.</summary>
        /// <param name="type">The type to add in; null is the elements' own.</param>
        public Tensor sum(ScalarType? type = null) => s_sum.Call(this, type);

        /// <summary>The sums over some dimensions.</summary>
        /// <param name="dim">Which.</param>
        /// <param name="keepdim">Whether they stay, with size 1.</param>
        /// <param name="type">The type to add in; null is the elements' own.</param>
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => s_sumOver.Call(this, dim, keepdim, type);

        /// <summary>The sums over some dimensions.</summary>
        /// <param name="dim">Which.</param>
        /// <param name="keepdim">Whether they stay, with size 1.</param>
        /// <param name="type">The type to add in; null is the elements' own.</param>
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null) => sum(dim.ToArray(), keepdim, type);

        /// <summary>The sums over one dimension.</summary>
        /// <param name="dim">Which.</param>
        /// <param name="keepdim">Whether it stays, with size 1.</param>
        /// <param name="type">The type to add in; null is the elements' own.</param>
        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) =>
            s_sumOver.Call(this, Argument.List(dim), keepdim, type);

        /// <summary>The mean of all elements.</summary>
        public Tensor mean() => s_mean.Call(this);

        /// <summary>The means over some dimensions.</summary>
        /// <param name="dimensions">Which.</param>
        /// <param name="keepdim">Whether they stay, with size 1.</param>
        /// <param name="type">The type to reckon in; null is the elements' own.</param>
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null) =>
            s_meanOver.Call(this, dimensions, keepdim, type);

        /// <summary>The variances over some dimensions.</summary>
        /// <param name="dimensions">Which.</param>
        /// <param name="unbiased">Whether the squared deviations are divided by one less than their number (true) or by it.</param>
        /// <param name="keepdim">Whether the dimensions stay, with size 1.</param>
        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false) =>
            s_var.Call(this, dimensions, unbiased ? 1L : 0L, keepdim);

        /// <summary>The variances over some dimensions.</summary>
        /// <param name="dimensions">Which.</param>
        /// <param name="unbiased">Whether the squared deviations are divided by one less than their number (true) or by it.</param>
        /// <param name="keepdim">Whether the dimensions stay, with size 1.</param>
        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false) =>
            var(dimensions.ToArray(), unbiased, keepdim);

        /// <summary>The variances and the means over some dimensions.</summary>
        /// <param name="dimensions">Which.</param>
        /// <param name="unbiased">Whether the squared deviations are divided by one less than their number (true) or by it.</param>
        /// <param name="keepdim">Whether the dimensions stay, with size 1.</param>
        public (Tensor var, Tensor mean) var_mean(long[] dimensions, bool unbiased = true, bool keepdim = false) =>
            s_varMean.CallForTwo(this, dimensions, unbiased ? 1L : 0L, keepdim);

        /// <summary>The variances and the means over some dimensions.</summary>
        /// <param name="dimensions">Which.</param>
        /// <param name="unbiased">Whether the squared deviations are divided by one less than their number (true) or by it.</param>
        /// <param name="keepdim">Whether the dimensions stay, with size 1.</param>
        public (Tensor var, Tensor mean) var_mean(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false) =>
            var_mean(dimensions.ToArray(), unbiased, keepdim);

        /// <summary>The largest element.</summary>
        public Tensor max() => s_max.Call(this);

        /// <summary>The largest elements along a dimension, and where they stand in it.</summary>
        /// <param name="dim">The dimension.</param>
        /// <param name="keepdim">Whether it stays, with size 1.</param>
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => s_maxOver.CallForTwo(this, dim, keepdim);

        /// <summary>Where the largest of all elements stands, counted row by row.</summary>
        public Tensor argmax() => s_argmax.Call(this);

        /// <summary>Where the largest element along a dimension stands in it; of equal ones the first on the processor.</summary>
        /// <param name="dim">The dimension.</param>
        /// <param name="keepdim">Whether it stays, with size 1.</param>
        public Tensor argmax(long dim, bool keepdim = false) => s_argmax.Call(this, dim, keepdim);

        /// <summary>Whether all elements are true.</summary>
        public Tensor all() => s_all.Call(this);
    }
}
