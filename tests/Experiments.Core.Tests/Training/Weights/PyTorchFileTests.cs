using Experiments.Core.Training.Weights;
using static Experiments.Core.Tests.Training.Weights.PickleText;

namespace Experiments.Core.Tests.Training.Weights;

public sealed class PyTorchFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_again()
    {
        var tensors = new[] { ("a.weight", Safetensors.Tensor.Of([2, 3], [1, 2, 3, 4, 5, 6])), ("a.bias", Safetensors.Tensor.Of([2], [7, float.MinValue])), ("n", Safetensors.Tensor.Of(5)) };
        var content = Read(PyTorchWriter.Write(tensors));
        Assert.Equal(["a.weight", "a.bias", "n"], content.Tensors.Keys);
        foreach (var (name, tensor) in tensors)
            Assert.Equal((tensor.Type, string.Join(',', tensor.Shape), Convert.ToHexString(tensor.Bytes)), (content.Tensors[name].Type, string.Join(',', content.Tensors[name].Shape), Convert.ToHexString(content.Tensors[name].Bytes)));
    }

    [Fact]
    public void The_older_form_is_read_with_tensors_that_share_values_turned_and_cut()
    {
        var content = Read(OldFile(
            Dictionary(
                Text("a.whole"), Tensor("FloatStorage", "7", 6, 0, [2, 3], [3, 1], old: true),
                Text("a.turned"), Tensor("FloatStorage", "7", 6, 0, [3, 2], [1, 3], old: true),
                Text("a.row"), Tensor("FloatStorage", "7", 6, 3, [3], [1], old: true),
                Text("a.part"), Tensor("FloatStorage", "7", 6, 1, [2], [1], old: true, part: Tuple(Text("7v"), Number(2), Number(3))),
                Text("a.repeated"), Tensor("FloatStorage", "7", 6, 4, [3], [0], old: true),
                Text("a.empty"), Tensor("FloatStorage", "7", 6, 0, [0, 3], [3, 1], old: true),
                Text("a.number"), Tensor("LongStorage", "8", 1, 0, [], [], old: true)),
            ("8", 1, BitConverter.GetBytes(9L)), ("7", 6, Floats(1, 2, 3, 4, 5, 6))));
        Assert.Equal([1, 2, 3, 4, 5, 6], content.Tensors["a.whole"].ToFloats()!);
        Assert.Equal([1, 4, 2, 5, 3, 6], content.Tensors["a.turned"].ToFloats()!);
        Assert.Equal([4, 5, 6], content.Tensors["a.row"].ToFloats()!);
        Assert.Equal([4, 5], content.Tensors["a.part"].ToFloats()!);
        Assert.Equal([5, 5, 5], content.Tensors["a.repeated"].ToFloats()!);
        Assert.Empty(content.Tensors["a.empty"].ToFloats()!);
        Assert.Equal(("I64", 9L), (content.Tensors["a.number"].Type, BitConverter.ToInt64(content.Tensors["a.number"].Bytes)));
    }

    [Fact]
    public void Other_widths_of_floating_point_are_read()
    {
        var content = Read(Zip(
            Dictionary(Text("a.half"), Tensor("HalfStorage", "0", 1, 0, [1], [1]), Text("a.brain"), Tensor("BFloat16Storage", "1", 1, 0, [1], [1]), Text("a.double"), Tensor("DoubleStorage", "2", 1, 0, [1], [1])),
            ("data/0", BitConverter.GetBytes((Half)1.5f)), ("data/1", [0xC0, 0x3F]), ("data/2", BitConverter.GetBytes(1.5))));
        Assert.All(content.Tensors.Values, tensor => Assert.Equal([1.5f], tensor.ToFloats()!));
    }

    [Theory]
    [InlineData("state_dict")]
    [InlineData("model_state_dict")]
    [InlineData("model")]
    [InlineData("net")]
    [InlineData("weights of the best epoch")]
    public void A_state_dictionary_is_found_among_what_was_saved_with_it(string key)
    {
        var optimizer = Dictionary(Text("state"), Dictionary(Number(0), Dictionary(Text("momentum_buffer"), Tensor("FloatStorage", "0", 1, 0, [1], [1]))));
        var accuracy = Call(Import("numpy.core.multiarray", "scalar"), Call(Import("numpy", "dtype"), Text("f8"), "\u0089", "\u0088"), Call(Import("_codecs", "encode"), Text("abcdefgh"), Text("latin1")));
        var content = Read(Zip(
            Dictionary(Text("epoch"), Number(3), Text("best_acc"), accuracy, Text(key), Dictionary(Text("a.weight"), Tensor("FloatStorage", "0", 1, 0, [1], [1])), Text("optimizer"), optimizer),
            ("data/0", Floats(2))));
        Assert.Equal((key, "a.weight"), (content.Under, Assert.Single(content.Tensors).Key));
    }

    [Theory]
    [InlineData("posix", "system", "posix.system")]
    [InlineData("builtins", "eval", "builtins.eval")]
    [InlineData("__main__", "ResNet", "__main__.ResNet")]
    public void What_would_run_code_is_refused_by_its_name_in_both_forms(string module, string name, string named)
    {
        var content = Dictionary(Text("a.weight"), Call(Import(module, name), Text("touch ran")));
        var onStack = $"{Text(module)}{Text(name)}\u0093{Tuple(Text("touch ran"))}R";
        var instance = $"({Text("touch ran")}i{module}\n{name}\n";
        foreach (var bytes in new[] { Zip(content), OldFile(content), Zip(onStack), Zip(instance) })
            Assert.Contains($"weights.pth asks to run {named} while it is read, and this program reads only tensors", Refused(bytes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_damaged_foreign_or_empty_is_told()
    {
        string One(string tensor) => Dictionary(Text("a.weight"), tensor);
        var whole = OldFile(One(Tensor("FloatStorage", "0", 2, 0, [2], [1], old: true)), ("0", 2, Floats(1, 2)));
        Assert.Contains("4 bytes of its values are missing", Refused(whole[..^4]), StringComparison.Ordinal);
        Assert.Contains("its values end early", Refused(whole[..^12]), StringComparison.Ordinal);
        Assert.Contains("its pickle breaks off", Refused(whole[..60]), StringComparison.Ordinal);
        Assert.Contains("reaches beyond its 2 values", Refused(Zip(One(Tensor("FloatStorage", "0", 2, 1, [2], [1])), ("data/0", Floats(1, 2)))), StringComparison.Ordinal);
        Assert.Contains("reaches beyond its 2 values", Refused(Zip(One(Tensor("FloatStorage", "0", 2, 0, [2], [2])), ("data/0", Floats(1, 2)))), StringComparison.Ordinal);
        Assert.Contains("does not describe tensors", Refused(Zip(One(Tensor("FloatStorage", "0", 2, 0, [1, -2], [1, 1])), ("data/0", Floats(1, 2)))), StringComparison.Ordinal);
        Assert.Contains("has only 2 values", Refused(Zip(One(Tensor("FloatStorage", "0", 2, 0, [100_000_000], [0])), ("data/0", Floats(1, 2)))), StringComparison.Ordinal);
        Assert.Contains("its values 0 are missing", Refused(Zip(One(Tensor("FloatStorage", "0", 2, 0, [2], [1])))), StringComparison.Ordinal);
        Assert.Contains("bytes of its values are missing", Refused(Zip(One(Tensor("FloatStorage", "0", 2, 0, [2], [1])), ("data/0", Floats(1)))), StringComparison.Ordinal);
        Assert.Contains("big-endian", Refused(Zip(One(Tensor("FloatStorage", "0", 2, 0, [2], [1])), ("data/0", Floats(1, 2)), ("byteorder", "big"u8.ToArray()))), StringComparison.Ordinal);
        Assert.Contains("TorchScript", Refused(Zip(One("N"), ("constants.pkl", []))), StringComparison.Ordinal);
        Assert.Contains("its keys are epoch, loss", Refused(Zip(Dictionary(Text("epoch"), "N", Text("loss"), "N"))), StringComparison.Ordinal);
        Assert.Contains("several state dictionaries, under student, teacher", Refused(Zip(
            Dictionary(Text("student"), One(Tensor("FloatStorage", "0", 1, 0, [1], [1])), Text("teacher"), One(Tensor("FloatStorage", "0", 1, 0, [1], [1]))), ("data/0", Floats(1)))), StringComparison.Ordinal);
        Assert.Contains("a Python pickle, but torch.save did not write it", Refused(Pickle(One("N"))), StringComparison.Ordinal);
        Assert.Contains("its zip archive is damaged", Refused(PyTorchWriter.Write([("a", Safetensors.Tensor.Of(1))])[..^30]), StringComparison.Ordinal);
        Assert.Contains("begins like a web page", Refused("<!DOCTYPE html>"u8.ToArray()), StringComparison.Ordinal);
        Assert.Contains("`git lfs pull`", Refused("version https://git-lfs.github.com/spec/v1\n"u8.ToArray()), StringComparison.Ordinal);
    }

    private Safetensors.Content Read(byte[] bytes)
    {
        var path = _folder["weights.pth"];
        File.WriteAllBytes(path, bytes);
        return WeightFile.Read(path);
    }

    private string Refused(byte[] bytes)
    {
        var error = Assert.Throws<ExperimentException>(() => Read(bytes));
        Assert.Equal(ExperimentException.BadInput, error.ExitCode);
        return error.Message;
    }
}
