import CLockstepKernels

/// The sizes of a convolution of images, and its three products.
///
/// A sample's image is unfolded into a matrix of columns, one for each place of the window, which is multiplied with the weight:
/// one product a sample and group. So a sample's result does not depend on the batch that it is in.
struct ConvolutionGeometry: Sendable {
    let batch: Int
    let inputs: Int
    let outputs: Int
    let groups: Int
    let windows: LKWindows

    var inputShape: [Int] { [batch, inputs, Int(windows.height), Int(windows.width)] }
    var outputShape: [Int] { [batch, outputs, Int(windows.out_height), Int(windows.out_width)] }
    var weightShape: [Int] { [outputs, inputs / groups, Int(windows.kernel_height), Int(windows.kernel_width)] }

    /// The places of the window in a sample.
    private var places: Int { Int(windows.out_height * windows.out_width) }
    private var pixels: Int { Int(windows.height * windows.width) }
    /// The elements of a window in one group's channels.
    private var elements: Int { inputs / groups * Int(windows.kernel_height * windows.kernel_width) }

    /// Whether a sample already is its columns: windows of one element, one on each pixel.
    private var isPointwise: Bool {
        windows.kernel_height == 1 && windows.kernel_width == 1 && windows.stride_height == 1
            && windows.stride_width == 1 && places == pixels && windows.top == 0 && windows.left == 0
    }

    /// The convolution of `input` with `weight`, plus a bias, and max(…, 0) of that with `relu`.
    func output<Scalar: FloatingScalar>(
        _ input: Tensor<Scalar>, _ weight: Tensor<Scalar>, _ bias: Tensor<Scalar>? = nil, relu: Bool = false
    ) -> Tensor<Scalar> {
        if let tiles = tiles(Scalar.self) { return tiles.output(input, weight, bias, relu: relu) }
        let bias = bias?.detached().contiguous()
        let result = Tensor<Scalar>(uninitialized: outputShape)
        let weight = groupMatrices(of: weight)
        forEachSample(input) { sample, group, columns, offset in
            let first = group * outputs / groups
            let channels = result.storage.pointer + (sample * outputs + first) * places
            BLAS.multiply(
                MatrixOperand(weight, at: group * weight.layout.strides[0]), MatrixOperand(columns, at: offset),
                into: channels, adding: false)
            // While they are in the cache.
            if bias != nil || relu {
                lk_channel_bias(
                    Scalar.kernelType, outputs / groups, places, channels, bias.map { $0.pointer + first }, relu)
            }
        }
        withExtendedLifetime(bias) {}
        return result
    }

    /// The gradient of `weight`, written to or added to what is at `destination`, from that of the output.
    func addWeightGradient<Scalar: FloatingScalar>(
        _ input: Tensor<Scalar>, _ gradient: Tensor<Scalar>, to destination: UnsafeMutablePointer<Scalar>, adding: Bool
    ) {
        let size = outputs / groups * elements
        if batch == 0 || places == 0, !adding { destination.fill(0, count: size * groups) }
        if places == 0 { return }
        if let tiles = tiles(Scalar.self) {
            return tiles.addWeightGradient(input, gradient, to: destination, adding: adding)
        }
        let gradients = gradient.contiguous().reshaped(to: [batch * groups, outputs / groups, places])
        forEachSample(input) { sample, group, columns, offset in
            BLAS.multiply(
                MatrixOperand(gradients, at: (sample * groups + group) * gradients.layout.strides[0]),
                MatrixOperand(columns.transposed(-1, -2), at: offset), into: destination + group * size,
                adding: adding || sample > 0)
        }
    }

    /// The gradient of the input from that of the output; also the transposed convolution of `gradient` with `weight`.
    func input<Scalar: FloatingScalar>(_ gradient: Tensor<Scalar>, _ weight: Tensor<Scalar>) -> Tensor<Scalar> {
        if places > 0, let tiles = tiles(Scalar.self) { return tiles.input(gradient, weight) }
        let result = Tensor<Scalar>.zeros(inputShape)
        if places == 0 { return result }
        let weight = groupMatrices(of: weight).transposed(-1, -2)
        let gradients = gradient.contiguous().reshaped(to: [batch * groups, outputs / groups, places])
        let columns = Tensor<Scalar>(uninitialized: [elements, places])
        withExtendedLifetime((columns.storage, gradients.storage)) {
            for sample in 0..<batch {
                for group in 0..<groups {
                    let image = result.storage.pointer + (sample * inputs + group * inputs / groups) * pixels
                    BLAS.multiply(
                        MatrixOperand(weight, at: group * weight.layout.strides[0]),
                        MatrixOperand(gradients, at: (sample * groups + group) * gradients.layout.strides[0]),
                        into: isPointwise ? image : columns.storage.pointer, adding: false)
                    if isPointwise { continue }
                    withUnsafePointer(to: windows) {
                        lk_fold(Scalar.kernelType, inputs / groups, $0, columns.pointer, image)
                    }
                }
            }
        }
        return result
    }

    /// The weight as one matrix a group, whose rows are windows.
    private func groupMatrices<Scalar>(of weight: Tensor<Scalar>) -> Tensor<Scalar> {
        weight.detached().contiguous().reshaped(to: [groups, outputs / groups, elements])
    }

    /// Calls `body` with each sample's and group's columns: the last two axes of a tensor, at an offset.
    private func forEachSample<Scalar: FloatingScalar>(
        _ input: Tensor<Scalar>, _ body: (_ sample: Int, _ group: Int, _ columns: Tensor<Scalar>, _ offset: Int) -> Void
    ) {
        let input = input.detached().contiguous()
        let size = inputs / groups * pixels
        let columns =
            isPointwise
            ? input.reshaped(to: [batch * groups, inputs / groups, pixels])
            : Tensor<Scalar>(uninitialized: [elements, places])
        withExtendedLifetime((input.storage, columns.storage)) {
            for sample in 0..<batch {
                for group in 0..<groups {
                    let offset = (sample * groups + group) * size
                    if !isPointwise {
                        withUnsafePointer(to: windows) {
                            lk_unfold(
                                Scalar.kernelType, inputs / groups, $0, input.pointer + offset, columns.storage.pointer)
                        }
                    }
                    body(sample, group, columns, isPointwise ? offset : 0)
                }
            }
        }
    }
}

// Sendable because it holds nothing but numbers.
extension LKWindows: @retroactive @unchecked Sendable {}

extension LKWindows {
    /// The windows over an image; stops where there is room for none, with PyTorch's message.
    init(
        image: Size2D, kernel: Size2D, stride: Size2D, padding: ConvolutionPadding<Size2D>, dilation: Size2D
    ) {
        guard stride.height > 0, stride.width > 0 else { fatalError("non-positive stride is not supported") }
        guard dilation.height > 0, dilation.width > 0 else { fatalError("dilation should be greater than zero") }
        let reach = Size2D(dilation.height * (kernel.height - 1), dilation.width * (kernel.width - 1))
        let before: Size2D
        let all: Size2D
        switch padding {
        case .by(let size):
            guard size.height >= 0, size.width >= 0 else { fatalError("negative padding is not supported") }
            (before, all) = (size, Size2D(2 * size.height, 2 * size.width))
        case .same:
            guard stride == 1 else { fatalError("padding='same' is not supported for strided convolutions") }
            (before, all) = (Size2D(reach.height / 2, reach.width / 2), reach)
        }
        let padded = Size2D(image.height + all.height, image.width + all.width)
        guard padded.height > reach.height, padded.width > reach.width else {
            fatalError(
                "Calculated padded input size per channel: (\(padded.height) x \(padded.width)). Kernel size: "
                    + "(\(reach.height + 1) x \(reach.width + 1)). Kernel size can't be greater than actual input size")
        }
        self.init(
            height: image.height, width: image.width, kernel_height: kernel.height, kernel_width: kernel.width,
            stride_height: stride.height, stride_width: stride.width, top: before.height, left: before.width,
            dilation_height: dilation.height, dilation_width: dilation.width,
            out_height: (padded.height - reach.height - 1) / stride.height + 1,
            out_width: (padded.width - reach.width - 1) / stride.width + 1)
    }
}
