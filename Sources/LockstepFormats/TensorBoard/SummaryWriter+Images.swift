public import LockstepTensor

/// The order of a picture's axes.
public enum ImageLayout: String, Sendable {
    /// [channels, height, width]
    case chw = "CHW"
    /// [height, width, channels]
    case hwc = "HWC"
    /// [height, width], grey
    case hw = "HW"
}

extension SummaryWriter {
    /// Adds a picture with elements from 0, black, to 1; what is beyond is taken for the nearer of the two.
    ///
    /// There are 1 channel (grey), 3 (RGB) or 4 (RGB and opacity). Stored is ⌊255 · x⌋. Stops where the shape does not fit the layout.
    public func addImage(
        _ tag: String, _ image: Tensor<Float>, step: Int = 0, layout: ImageLayout = .chw, wallTime: Double? = nil
    ) throws {
        // NaN is black: it compares with nothing.
        let bytes = image.scalars.map { $0 > 0 ? UInt8(min($0 * 255, 255)) : 0 }
        try addImage(
            tag, Tensor<UInt8>(bytes, shape: image.shape), step: step, layout: layout, wallTime: wallTime)
    }

    /// Adds a picture with elements from 0, black, to 255.
    public func addImage(
        _ tag: String, _ image: Tensor<UInt8>, step: Int = 0, layout: ImageLayout = .chw, wallTime: Double? = nil
    ) throws {
        guard image.rank == (layout == .hw ? 2 : 3) else {
            fatalError(
                "size of input tensor and input format are different: tensor shape \(image.shape), input format \(layout.rawValue)"
            )
        }
        let picture =
            switch layout {
            case .chw: image.permuted([1, 2, 0])
            case .hwc: image
            case .hw: image.unsqueezed(axis: 2)
            }
        let (height, width, channels) = (picture.shape[0], picture.shape[1], picture.shape[2])
        guard [1, 3, 4].contains(channels), height > 0, width > 0 else {
            fatalError(
                "a picture has 1, 3 or 4 channels and at least one pixel: tensor shape \(image.shape), input format \(layout.rawValue)"
            )
        }
        let png = PNG.encoded(picture.scalars, width: width, height: height, channels: channels)
        try add(tag, .image(width: width, height: height, channels: channels, png: png), step, wallTime)
    }
}
