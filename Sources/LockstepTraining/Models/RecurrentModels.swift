internal import LockstepNN
internal import LockstepTensor

/// An LSTM over sequences, whose last output is judged: the model `lstm` for images, whose rows are the steps.
///
/// Inputs [n, t, in]; parameters as of PyTorch's `lstm = LSTM(in, hidden, layers, batch_first=True)` and `fc = Linear(hidden, outputs)`.
final class SequenceClassifier: Module, Layer {
    private let lstm: LSTM
    private let fc: Linear

    init(inputs: Int, outputs: Int, _ settings: ModelSpecification.Recurrent) {
        lstm = LSTM(inputs, settings.hidden, layers: settings.layers, batchFirst: true, dropout: settings.dropout)
        fc = Linear(settings.hidden, outputs)
    }

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        let output = lstm(input).output
        let last = output.narrowed(axis: 1, start: output.shape[1] - 1, count: 1)
        return fc(last.squeezed(axis: 1))
    }
}

/// An LSTM that predicts the next character: the model `lstm` for texts.
///
/// Parameters as of PyTorch's `embedding = Embedding(vocabulary, hidden)`, `lstm = LSTM(hidden, hidden, layers, batch_first=True)` and
/// `fc = Linear(hidden, vocabulary)`. Each stretch of text starts from a state of zeros.
final class CharacterLSTM: Module, TokenModel {
    private let embedding: Embedding
    private let lstm: LSTM
    private let fc: Linear

    init(vocabulary: Int, _ settings: ModelSpecification.Recurrent) {
        embedding = Embedding(vocabulary, settings.hidden)
        lstm = LSTM(
            settings.hidden, settings.hidden, layers: settings.layers, batchFirst: true, dropout: settings.dropout)
        fc = Linear(settings.hidden, vocabulary)
    }

    func callAsFunction(_ tokens: Tensor<Int64>) -> Tensor<Float> { fc(lstm(embedding(tokens)).output) }
}

/// A model that gives, at each place of a text, a score for each character that may come next.
protocol TokenModel: Module {
    /// Scores [n, t, vocabulary] for tokens [n, t].
    func callAsFunction(_ tokens: Tensor<Int64>) -> Tensor<Float>
}
