namespace Experiments.Core.Data.Images;

/// <summary>The two parts that every data set is published in.</summary>
public enum DatasetPart
{
    /// <summary>The images to train on.</summary>
    Train,

    /// <summary>The images to measure the error on.</summary>
    Test,
}
