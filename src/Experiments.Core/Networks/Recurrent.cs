using Experiments.Core.Data.Images;
using Experiments.Core.Norms;

namespace Experiments.Core.Networks;

/// <summary>What a recurrent layer does in a step.</summary>
public enum RecurrentCell
{
    /// <summary>Long short-term memory.</summary>
    Lstm,

    /// <summary>The gated recurrent unit.</summary>
    Gru,
}

/// <summary>
/// A recurrent layer that reads an image row by row: [N, C, H, W] is a sequence of H steps of C * W values, channel after channel, and what comes out
/// is the hidden state after the last step, [N, Hidden]. Gates and biases are PyTorch's, N is the norm of a slot, and h and c begin at 0.
/// <code>
///   LSTM   (i, f, g, o) = N_ih(W_ih x) + b_ih + N_hh(W_hh h) + b_hh
///          c = sigmoid(f) * c + sigmoid(i) * tanh(g)
///          h = sigmoid(o) * tanh(N_cell(c))
///
///   GRU    (r, z) = sigmoid(N_ih_gates(W_ih x) + b_ih + N_hh_gates(W_hh h) + b_hh)
///          n = tanh(N_ih_new(W_in x) + b_in + r * (N_hh_new(W_hn h) + b_hn))
///          h = (1 - z) * n + z * h
/// </code>
/// The norms stand where Ba et al. ("Layer normalization", 2016, supplement) and, for the LSTM, Cooijmans et al. ("Recurrent batch
/// normalization", ICLR 2017) have them. Where a bias of the layer is added to a sum, the norm of the sum has no shift, as in
/// Cooijmans et al.: it would be the same bias twice. A norm over all places needs the whole sequence, which only the input's sums have at once;
/// the slots inside the recurrence then hold no norm, as in Laurent et al. ("Batch normalized recurrent neural networks", ICASSP 2016).
/// </summary>
/// <param name="Name">The name.</param>
/// <param name="Cell">What a step does.</param>
/// <param name="In">Values of a step, C * W.</param>
/// <param name="Hidden">Values of the hidden state.</param>
/// <param name="Steps">The steps of the longest sequence in training: a norm that keeps statistics for each step keeps so many.</param>
public sealed record Recurrent(string Name, RecurrentCell Cell, int In, int Hidden, int Steps) : Layer(Name)
{
    /// <summary>
    /// What gamma begins with if a norm is over samples: from 1, tanh would saturate and pass little gradient (Cooijmans et al. 2017).
    /// </summary>
    public const double ScaleOverSamples = 0.1;

    /// <summary>The number of sums, of Hidden values each, that a step makes of its input, and makes again of the hidden state.</summary>
    public int Gates => Cell == RecurrentCell.Lstm ? 4 : 3;

    /// <summary>The slots over the sums of the input, in the order of the gates, which they cover together.</summary>
    public IReadOnlyList<NormSlot> InputSlots => Cell == RecurrentCell.Lstm ? [Slot("ih", 4)] : [Slot("ih_gates", 2), Slot("ih_new", 1)];

    /// <summary>The slots over the sums of the hidden state, likewise.</summary>
    public IReadOnlyList<NormSlot> HiddenSlots => [.. (Cell == RecurrentCell.Lstm ? new[] { Slot("hh", 4) } : [Slot("hh_gates", 2), Slot("hh_new", 1)]).Select(slot => slot with { IsInRecurrence = true })];

    /// <summary>The slot over the LSTM's cell; null for the GRU.</summary>
    public NormSlot? CellSlot => Cell == RecurrentCell.Lstm ? Slot("cell", 1) with { IsInRecurrence = true, Shift = SlotShift.OfNorm } : null;

    /// <summary>All slots.</summary>
    public IReadOnlyList<NormSlot> Slots => [.. InputSlots, .. HiddenSlots, .. CellSlot is { } cell ? new[] { cell } : []];

    /// <summary>The name of the matrix of the input, [Gates * Hidden, In].</summary>
    public string InputWeight => $"{Name}.weight_ih_l0";

    /// <summary>The name of the matrix of the hidden state, [Gates * Hidden, Hidden].</summary>
    public string HiddenWeight => $"{Name}.weight_hh_l0";

    /// <summary>The name of the bias of the input's sums, [Gates * Hidden].</summary>
    public string InputBias => $"{Name}.bias_ih_l0";

    /// <summary>The name of the bias of the hidden state's sums, [Gates * Hidden].</summary>
    public string HiddenBias => $"{Name}.bias_hh_l0";

    private NormSlot Slot(string name, int gates) =>
        new($"{Name}.norm_{name}", gates * Hidden) { Shift = SlotShift.None, ScaleOverSamples = ScaleOverSamples, MostPlaces = Steps };
}

/// <summary>The recurrent networks: one recurrent layer over the rows of an image, and a linear classifier of its last hidden state.</summary>
public static class RecurrentNetwork
{
    /// <summary>Values of the hidden state.</summary>
    public const int DefaultWidth = 64;

    /// <summary>Builds the network.</summary>
    /// <param name="cell">What a step does.</param>
    /// <param name="hidden">Values of the hidden state.</param>
    /// <param name="steps">The most rows of an image that it is trained on; null: all.</param>
    /// <param name="input">The size of an image.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="norm">The normalization.</param>
    public static Network Build(RecurrentCell cell, int hidden, int? steps, ImageShape input, int classes, Norm norm) =>
        new(cell == RecurrentCell.Lstm ? "lstm" : "gru", input, classes, norm,
        [
            new Recurrent("rnn", cell, input.Channels * input.Width, hidden, steps ?? input.Height),
            new Linear("fc", hidden, classes),
        ]);
}
