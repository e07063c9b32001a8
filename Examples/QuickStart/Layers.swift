import Lockstep

/// Layers whose data has more axes than samples and numbers.
func layers() {
    heading("Convolution")
    // Each image has channels, height and width: [N, C, H, W].
    let images = Tensor<Float>.randn([64, 1, 28, 28])
    let convolution = Sequential(
        Conv2d(1, 8, kernel: 3, padding: 1),
        ReLU(),
        MaxPool2d(2))
    print(images.shape, "->", convolution(images).shape)

    heading("Recurrence")
    // A series has an axis of time: [N, T, numbers at a time].
    let series = Tensor<Float>.randn([64, 28, 28])
    let lstm = LSTM(28, 16, batchFirst: true)
    let (output, (hidden, cell)) = lstm(series)
    print(series.shape, "->", output.shape)
    print("state after the last time:", hidden.shape, cell.shape)
}
