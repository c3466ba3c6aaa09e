using LibTorch.Modules;

namespace LibTorch.Modules
{
    /// <summary>A tensor that a module learns: assigned to a field of the module, it is one of its parameters.</summary>
    public sealed class Parameter : torch.Tensor
    {
        /// <summary>Makes a parameter of a tensor, which is left empty; the parameter takes its place in its dispose scope.</summary>
        /// <param name="data">The tensor, a leaf.</param>
        /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
        public Parameter(torch.Tensor data, bool requires_grad = true) : base(data.requires_grad_(requires_grad))
        {
        }
    }
}

namespace LibTorch
{
    public static partial class torch
    {
        public static partial class nn
        {
            /// <summary>Makes a parameter of a tensor, which is left empty; the parameter takes its place in its dispose scope.</summary>
            /// <param name="data">The tensor, a leaf.</param>
            /// <param name="requires_grad">Whether gradients with respect to it are wanted.</param>
            public static Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }
}
