namespace Experiments.Core.Training;

/// <summary>Loss and errors of a batch's class scores, summed over its images.</summary>
/// <param name="Images">The number of images.</param>
/// <param name="Loss">The sum of their cross-entropies, in nats.</param>
/// <param name="Errors">The number of images whose highest score is not that of their label.</param>
public readonly record struct Score(int Images, double Loss, int Errors)
{
    /// <summary>Mean cross-entropy in nats.</summary>
    public double MeanLoss => Loss / Images;

    /// <summary>Images misclassified, in percent.</summary>
    public double ErrorPercent => 100.0 * Errors / Images;

    /// <summary>Whether every class score was a number. If one was not, the loss is not a number and the errors mean nothing.</summary>
    public bool IsFinite => double.IsFinite(Loss);

    /// <summary>The score of both sets of images together.</summary>
    public static Score operator +(Score a, Score b) => new(a.Images + b.Images, a.Loss + b.Loss, a.Errors + b.Errors);

    /// <summary>Measures class scores [N, classes] against labels [N]. A score that is not a number makes its image an error and the loss NaN.</summary>
    public static Score Of(ReadOnlySpan<float> scores, ReadOnlySpan<int> labels)
    {
        var classes = scores.Length / Math.Max(1, labels.Length);
        var loss = 0.0;
        var errors = 0;
        for (var image = 0; image < labels.Length; image++)
        {
            var row = scores.Slice(image * classes, classes);
            var largest = 0;
            for (var c = 1; c < classes; c++)
            {
                if (row[c] > row[largest])
                    largest = c;
            }

            // log-sum-exp about the largest score, so that nothing overflows
            var sum = 0.0;
            foreach (var score in row)
                sum += Math.Exp(score - row[largest]);
            var crossEntropy = Math.Log(sum) + row[largest] - row[labels[image]];
            loss += crossEntropy;
            if (largest != labels[image] || !double.IsFinite(crossEntropy))
                errors++;
        }

        return new Score(labels.Length, loss, errors);
    }
}
