namespace Experiments.Core.Data.Images;

/// <summary>The size of one image: channels, height and width in pixels.</summary>
public sealed record ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Values in one image: C*H*W.</summary>
    public int Size => Channels * Height * Width;

    /// <summary>For example <c>3x32x32</c>.</summary>
    public override string ToString() => $"{Channels}x{Height}x{Width}";
}

/// <summary>How the values of a batch lie in memory.</summary>
public enum ImageLayout
{
    /// <summary>[N, C, H, W]: whole channel planes, one after the other.</summary>
    ChannelsFirst,

    /// <summary>[N, H, W, C]: a pixel's channels side by side.</summary>
    ChannelsLast,
}
