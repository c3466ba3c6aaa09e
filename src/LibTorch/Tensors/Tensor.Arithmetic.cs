using LibTorch.Interop;

namespace LibTorch;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Operator s_add = new("aten::add", "Tensor");
        private static readonly Operator s_addScalar = new("aten::add", "Scalar");
        private static readonly Operator s_addInPlace = new("aten::add_", "Tensor");
        private static readonly Operator s_addScalarInPlace = new("aten::add_", "Scalar");
        private static readonly Operator s_sub = new("aten::sub", "Tensor");
        private static readonly Operator s_subScalar = new("aten::sub", "Scalar");
        private static readonly Operator s_subInPlace = new("aten::sub_", "Tensor");
        private static readonly Operator s_subScalarInPlace = new("aten::sub_", "Scalar");
        private static readonly Operator s_mul = new("aten::mul", "Tensor");
        private static readonly Operator s_mulScalar = new("aten::mul", "Scalar");
        private static readonly Operator s_mulInPlace = new("aten::mul_", "Tensor");
        private static readonly Operator s_mulScalarInPlace = new("aten::mul_", "Scalar");
        private static readonly Operator s_div = new("aten::div", "Tensor");
        private static readonly Operator s_divScalar = new("aten::div", "Scalar");
        private static readonly Operator s_divInPlace = new("aten::div_", "Tensor");
        private static readonly Operator s_divScalarInPlace = new("aten::div_", "Scalar");
        private static readonly Operator s_addcmul = new("aten::addcmul");
        private static readonly Operator s_addcmulInPlace = new("aten::addcmul_");
        private static readonly Operator s_neg = new("aten::neg");
        private static readonly Operator s_reciprocal = new("aten::reciprocal");
        private static readonly Operator s_abs = new("aten::abs");
        private static readonly Operator s_sqrt = new("aten::sqrt");
        private static readonly Operator s_rsqrt = new("aten::rsqrt");
        private static readonly Operator s_pow = new("aten::pow", "Tensor_Scalar");
        private static readonly Operator s_eq = new("aten::eq", "Tensor");
        private static readonly Operator s_eqScalar = new("aten::eq", "Scalar");
        private static readonly Operator s_isfinite = new("aten::isfinite");
        private static readonly Operator s_where = new("aten::where", "self");
        private static readonly Operator s_relu = new("aten::relu");
        private static readonly Operator s_reluInPlace = new("aten::relu_");
        private static readonly Operator s_sigmoid = new("aten::sigmoid");
        private static readonly Operator s_tanh = new("aten::tanh");
        private static readonly Operator s_clamp = new("aten::clamp");

        /// <summary>The sum, element by element.</summary>
        /// <param name="target">The other summand; shapes are broadcast.</param>
        public Tensor add(Tensor target) => s_add.Call(this, target);

        /// <summary>This tensor plus <paramref name="alpha"/> times another.</summary>
        /// <param name="target">The other tensor; shapes are broadcast.</param>
        /// <param name="alpha">Its factor.</param>
        public Tensor add(Tensor target, Scalar alpha) => s_add.Call(this, target, alpha);

        /// <summary>The sum with a number.</summary>
        /// <param name="scalar">The number.</param>
        public Tensor add(Scalar scalar) => s_addScalar.Call(this, scalar);

        /// <summary>Adds another tensor, in place.</summary>
        /// <param name="target">The other tensor, broadcast to this one's shape.</param>
        /// <returns>This tensor.</returns>
        public Tensor add_(Tensor target) => s_addInPlace.CallInPlace(this, target);

        /// <summary>Adds <paramref name="alpha"/> times another tensor, in place.</summary>
        /// <param name="target">The other tensor, broadcast to this one's shape.</param>
        /// <param name="alpha">Its factor.</param>
        /// <returns>This tensor.</returns>
        public Tensor add_(Tensor target, Scalar alpha) => s_addInPlace.CallInPlace(this, target, alpha);

        /// <summary>Adds a number, in place.</summary>
        /// <param name="scalar">The number.</param>
        /// <returns>This tensor.</returns>
        public Tensor add_(Scalar scalar) => s_addScalarInPlace.CallInPlace(this, scalar);

        /// <summary>The difference, element by element.</summary>
        /// <param name="target">What is taken away; shapes are broadcast.</param>
        public Tensor sub(Tensor target) => s_sub.Call(this, target);

        /// <summary>The difference from a number.</summary>
        /// <param name="target">The number that is taken away.</param>
        public Tensor sub(Scalar target) => s_subScalar.Call(this, target);

        /// <summary>Takes another tensor away, in place.</summary>
        /// <param name="target">The other tensor, broadcast to this one's shape.</param>
        /// <returns>This tensor.</returns>
        public Tensor sub_(Tensor target) => s_subInPlace.CallInPlace(this, target);

        /// <summary>Takes a number away, in place.</summary>
        /// <param name="target">The number.</param>
        /// <returns>This tensor.</returns>
        public Tensor sub_(Scalar target) => s_subScalarInPlace.CallInPlace(this, target);

        /// <summary>The product, element by element.</summary>
        /// <param name="target">The other factor; shapes are broadcast.</param>
        public Tensor mul(Tensor target) => s_mul.Call(this, target);

        /// <summary>The product with a number.</summary>
        /// <param name="target">The number.</param>
        public Tensor mul(Scalar target) => s_mulScalar.Call(this, target);

        /// <summary>Multiplies by another tensor, in place.</summary>
        /// <param name="target">The other tensor, broadcast to this one's shape.</param>
        /// <returns>This tensor.</returns>
        public Tensor mul_(Tensor target) => s_mulInPlace.CallInPlace(this, target);

        /// <summary>Multiplies by a number, in place.</summary>
        /// <param name="target">The number.</param>
        /// <returns>This tensor.</returns>
        public Tensor mul_(Scalar target) => s_mulScalarInPlace.CallInPlace(this, target);

        /// <summary>The quotient, element by element.</summary>
        /// <param name="target">The divisor; shapes are broadcast.</param>
        public Tensor div(Tensor target) => s_div.Call(this, target);

        /// <summary>The quotient by a number.</summary>
        /// <param name="target">The divisor.</param>
        public Tensor div(Scalar target) => s_divScalar.Call(this, target);

        /// <summary>Divides by another tensor, in place.</summary>
        /// <param name="target">The divisor, broadcast to this one's shape.</param>
        /// <returns>This tensor.</returns>
        public Tensor div_(Tensor target) => s_divInPlace.CallInPlace(this, target);

        /// <summary>Divides by a number, in place.</summary>
        /// <param name="target">The divisor.</param>
        /// <returns>This tensor.</returns>
        public Tensor div_(Scalar target) => s_divScalarInPlace.CallInPlace(this, target);

        /// <summary>This tensor plus <paramref name="value"/> * <paramref name="tensor1"/> * <paramref name="tensor2"/>.</summary>
        /// <param name="tensor1">One factor.</param>
        /// <param name="tensor2">The other.</param>
        /// <param name="value">The number before the product.</param>
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => s_addcmul.Call(this, tensor1, tensor2, value);

        /// <summary>Adds <paramref name="value"/> * <paramref name="tensor1"/> * <paramref name="tensor2"/>, in place.</summary>
        /// <param name="tensor1">One factor.</param>
        /// <param name="tensor2">The other.</param>
        /// <param name="value">The number before the product.</param>
        /// <returns>This tensor.</returns>
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value) =>
            s_addcmulInPlace.CallInPlace(this, tensor1, tensor2, value);

        /// <summary>The negative of every element.</summary>
        public Tensor neg() => s_neg.Call(this);

        /// <summary>One over every element.</summary>
        public Tensor reciprocal() => s_reciprocal.Call(this);

        /// <summary>The absolute value of every element.</summary>
        public Tensor abs() => s_abs.Call(this);

        /// <summary>The square root of every element.</summary>
        public Tensor sqrt() => s_sqrt.Call(this);

        /// <summary>One over the square root of every element.</summary>
        public Tensor rsqrt() => s_rsqrt.Call(this);

        /// <summary>The square of every element.</summary>
        public Tensor square() => pow(2);

        /// <summary>A power of every element.</summary>
        /// <param name="exponent">The exponent.</param>
        public Tensor pow(Scalar exponent) => s_pow.Call(this, exponent);

        /// <summary>Where the elements equal another tensor's, as truth values.</summary>
        /// <param name="target">The other tensor; shapes are broadcast.</param>
        public Tensor eq(Tensor target) => s_eq.Call(this, target);

        /// <summary>Where the elements equal a number, as truth values.</summary>
        /// <param name="target">The number.</param>
        public Tensor eq(Scalar target) => s_eqScalar.Call(this, target);

        /// <summary>Where the elements are neither infinite nor NaN, as truth values.</summary>
        public Tensor isfinite() => s_isfinite.Call(this);

        /// <summary>This tensor's elements where a condition holds, another's where it does not.</summary>
        /// <param name="condition">Truth values; shapes are broadcast.</param>
        /// <param name="y">The other tensor.</param>
        public Tensor where(Tensor condition, Tensor y) => s_where.Call(condition, this, y);

        /// <summary>Every element, or 0 where it is negative.</summary>
        public Tensor relu() => s_relu.Call(this);

        /// <summary>Sets negative elements to 0, in place.</summary>
        /// <returns>This tensor.</returns>
        public Tensor relu_() => s_reluInPlace.CallInPlace(this);

        /// <summary>1 / (1 + exp(-x)) of every element x.</summary>
        public Tensor sigmoid() => s_sigmoid.Call(this);

        /// <summary>The hyperbolic tangent of every element.</summary>
        public Tensor tanh() => s_tanh.Call(this);

        /// <summary>Every element, or the nearer limit where it lies outside of them.</summary>
        /// <param name="min">The lower limit.</param>
        /// <param name="max">The upper limit.</param>
        public Tensor clamp(Scalar min, Scalar max) => s_clamp.Call(this, min, max);

        /// <summary>The negative of every element.</summary>
        /// <param name="tensor">The tensor.</param>
        public static Tensor operator -(Tensor tensor) => tensor.neg();

        /// <summary>The sum, element by element.</summary>
        /// <param name="left">A tensor.</param>
        /// <param name="right">A tensor.</param>
        public static Tensor operator +(Tensor left, Tensor right) => left.add(right);

        /// <summary>The sum with a number.</summary>
        /// <param name="left">A tensor.</param>
        /// <param name="right">A number.</param>
        public static Tensor operator +(Tensor left, Scalar right) => left.add(right);

        /// <summary>The sum with a number.</summary>
        /// <param name="left">A number.</param>
        /// <param name="right">A tensor.</param>
        public static Tensor operator +(Scalar left, Tensor right) => right.add(left);

        /// <summary>The difference, element by element.</summary>
        /// <param name="left">A tensor.</param>
        /// <param name="right">A tensor.</param>
        public static Tensor operator -(Tensor left, Tensor right) => left.sub(right);

        /// <summary>The difference from a number.</summary>
        /// <param name="left">A tensor.</param>
        /// <param name="right">A number.</param>
        public static Tensor operator -(Tensor left, Scalar right) => left.sub(right);

        /// <summary>The difference from a number.</summary>
        /// <param name="left">A number.</param>
        /// <param name="right">A tensor.</param>
        public static Tensor operator -(Scalar left, Tensor right)
        {
            using var negative = right.neg();
            return negative.add(left);
        }

        /// <summary>The product, element by element.</summary>
        /// <param name="left">A tensor.</param>
        /// <param name="right">A tensor.</param>
        public static Tensor operator *(Tensor left, Tensor right) => left.mul(right);

        /// <summary>The product with a number.</summary>
        /// <param name="left">A tensor.</param>
        /// <param name="right">A number.</param>
        public static Tensor operator *(Tensor left, Scalar right) => left.mul(right);

        /// <summary>The product with a number.</summary>
        /// <param name="left">A number.</param>
        /// <param name="right">A tensor.</param>
        public static Tensor operator *(Scalar left, Tensor right) => right.mul(left);

        /// <summary>The quotient, element by element.</summary>
        /// <param name="left">A tensor.</param>
        /// <param name="right">A tensor.</param>
        public static Tensor operator /(Tensor left, Tensor right) => left.div(right);

        /// <summary>The quotient by a number.</summary>
        /// <param name="left">A tensor.</param>
        /// <param name="right">A number.</param>
        public static Tensor operator /(Tensor left, Scalar right) => left.div(right);

        /// <summary>A number over every element.</summary>
        /// <param name="left">A number.</param>
        /// <param name="right">A tensor.</param>
        public static Tensor operator /(Scalar left, Tensor right)
        {
            using var reciprocal = right.reciprocal();
            return reciprocal.mul(left);
        }
    }

    /// <summary>Elements of one tensor where a condition holds, of another where it does not.</summary>
    /// <param name="condition">Truth values; shapes are broadcast.</param>
    /// <param name="x">Taken where the condition holds.</param>
    /// <param name="y">Taken where it does not.</param>
    public static Tensor where(Tensor condition, Tensor x, Tensor y) => x.where(condition, y);
}
