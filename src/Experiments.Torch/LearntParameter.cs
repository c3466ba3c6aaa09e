namespace Experiments.Torch;

/// <summary>Makes the parameters of modules.</summary>
internal static class LearntParameter
{
    /// <summary>A parameter with these values. It outlives the dispose scope that it is made in; its module disposes of it.</summary>
    internal static Parameter AsLearnt(this Tensor values)
    {
        var parameter = new Parameter(values);
        parameter.DetachFromDisposeScope();
        return parameter;
    }
}
