internal import LockstepNN
internal import LockstepTensor

/// The network of PyTorch's MNIST example: the model `cnn`.
///
/// Images [n, h, w] or [n, c, h, w] go through `conv1` (32 filters 3×3), ReLU, `conv2` (64 filters 3×3), ReLU, max-pooling by 2, dropout, `fc1` (128),
/// ReLU, dropout and `fc2`. The example ends in a `log_softmax`; here the scores are given as they are, which is the same to the
/// cross-entropy.
/// Where it normalizes, a batch normalisation is between each convolution and its ReLU: `bn1` and `bn2`.
///
/// Source: https://github.com/pytorch/examples/blob/main/mnist/main.py
final class ConvolutionalModel: Module, Layer {
    private let conv1: Conv2d
    private let bn1: BatchNorm2d?
    private let conv2: Conv2d
    private let bn2: BatchNorm2d?
    private let dropout1: Dropout
    private let dropout2: Dropout
    private let fc1: Linear
    private let fc2: Linear

    /// The smallest height and width of an image.
    static let leastSide = 6
    /// The dropouts of PyTorch's example.
    static let dropouts = [0.25, 0.5]

    /// How many numbers the convolutions leave of an image of so many rows and columns.
    static func features(_ rows: Int, _ columns: Int) -> Int { 64 * ((rows - 4) / 2) * ((columns - 4) / 2) }

    init(channels: Int, rows: Int, columns: Int, outputs: Int, dropouts: [Double], normalizes: Bool) {
        conv1 = Conv2d(channels, 32, kernel: 3)
        bn1 = normalizes ? BatchNorm2d(32) : nil
        conv2 = Conv2d(32, 64, kernel: 3)
        bn2 = normalizes ? BatchNorm2d(64) : nil
        dropout1 = Dropout(dropouts[0])
        dropout2 = Dropout(dropouts[1])
        fc1 = Linear(ConvolutionalModel.features(rows, columns), 128)
        fc2 = Linear(128, outputs)
    }

    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        let images = input.rank == 3 ? input.unsqueezed(axis: 1) : input
        let first = bn1.map { $0(conv1(images)).relu() } ?? conv1(images, activation: .relu)
        let second = bn2.map { $0(conv2(first)).relu() } ?? conv2(first, activation: .relu)
        let features = maxPool2d(second, kernel: 2)
        let hidden = fc1(dropout1(features).flattened(from: 1), activation: .relu)
        return fc2(dropout2(hidden))
    }
}
