using System.Text;
using Experiments.Core.Training.Weights;

namespace Experiments.Core.Tests.Training.Weights;

/// <summary>What the safetensors format forbids; its own reader refuses the same.</summary>
public sealed class SafetensorsRulesTests
{
    private const string A = """ "a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]} """;

    [Fact]
    public void Whatever_the_order_of_the_header_and_the_blanks_after_it_tensors_that_fill_the_file_are_read()
    {
        var content = Read("""{"b":{"dtype":"F16","shape":[1,2],"data_offsets":[8,12],"more":[1]},"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"none":{"dtype":"U8","shape":[0,3],"data_offsets":[12,12]}}   """, 12);
        Assert.Equal(["b", "a", "none"], content.Tensors.Keys);
        Assert.Equal(("pt", 8, 4), (content.Metadata["format"], content.Tensors["a"].Bytes.Length, content.Tensors["b"].Bytes.Length));
        Assert.Empty(Read("{}", 0).Tensors);
        Assert.Empty(Read("""{"__metadata__":null}""", 0).Metadata);
    }

    [Theory]
    [InlineData("{" + A + "," + A + "}", 8, "has a name twice")]
    [InlineData("""{"__metadata__":{"x":"1","x":"2"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "has a name twice")]
    [InlineData("{" + A + ""","b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "overlaps another tensor")]
    [InlineData("{" + A + ""","b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "overlaps another tensor")]
    [InlineData("{" + A + ""","b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]}}""", 20, "4 bytes before tensor b belong to no tensor")]
    [InlineData("{" + A + "}", 9, "1 bytes after its last tensor belong to no tensor")]
    [InlineData("{" + A + "}", 7, "the file was cut short")]
    [InlineData(" {" + A + "}", 8, "its header is not that of a safetensors file")]
    [InlineData("[" + A + "]", 8, "its header is not that of a safetensors file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "should have 12 bytes and has 8")]
    [InlineData("""{"a":{"dtype":"F99","shape":[2],"data_offsets":[0,8]}}""", 8, "is of type F99, which the format does not have")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1, "should have 1.5 bytes and has 1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "has an impossible shape or place in the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "has an impossible shape or place in the file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}""", 8, "its header is not that of a safetensors file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2000000000,2000000000,2000000000],"data_offsets":[0,8]}}""", 8, "its header is not that of a safetensors file")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", 8, "its header is not that of a safetensors file")]
    [InlineData("""{"__metadata__":{"x":1}}""", 0, "x in its metadata is not text")]
    [InlineData("{\"\u00ff\":{}}", 0, "its header is not that of a safetensors file")]
    public void What_the_format_forbids_is_refused(string header, int values, string why)
    {
        var error = Assert.Throws<ExperimentException>(() => Read(header, values));
        Assert.StartsWith("w.safetensors is not a complete checkpoint: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000_001UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    public void A_header_of_more_than_the_format_allows_is_refused(ulong length) =>
        Assert.Throws<ExperimentException>(() => Safetensors.Read("w.safetensors", [.. BitConverter.GetBytes(length), .. "{}"u8]));

    // Latin-1, so that a header can be invalid UTF-8.
    private static Safetensors.Content Read(string header, int values)
    {
        var json = Encoding.Latin1.GetBytes(header);
        return Safetensors.Read("w.safetensors", [.. BitConverter.GetBytes((long)json.Length), .. json, .. new byte[values]]);
    }
}
