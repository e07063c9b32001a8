/// Where tensors lie and are computed with: the processor, and nothing else.
///
/// ```swift
/// let device = Device.isAvailable("cuda") ? try Device("cuda") : .cpu
/// ```
/// is what a program says that prefers an accelerator, and comes out as the processor. Since there is one device, tensors are made
/// without naming it.
///
/// Source: `torch.device`.
public struct Device: Sendable, Hashable, CustomStringConvertible {
    /// PyTorch's name of it.
    public let description: String

    /// The processor.
    public static let cpu = Device(description: "cpu")

    private init(description: String) { self.description = description }

    /// The device that PyTorch calls `name`, such as "cpu" or "cuda:0".
    ///
    /// Throws a ``DeviceError`` for every device but "cpu".
    public init(_ name: String) throws {
        guard Device.isAvailable(name) else { throw DeviceError(name: name) }
        self = .cpu
    }

    /// Whether there is a device that PyTorch calls `name`: true for "cpu" alone.
    public static func isAvailable(_ name: String) -> Bool { name == "cpu" }
}

/// That a device was asked for which Lockstep does not compute on.
public struct DeviceError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was asked for.
    public let name: String

    /// The whole as sentences for the user.
    public var description: String {
        "there is no device '\(name)': Lockstep computes on processors only. Ask for 'cpu', or see Device.isAvailable first."
    }
}

extension Tensor {
    /// Where the tensor lies.
    public var device: Device { .cpu }

    /// This tensor on `device`, which is where it is.
    ///
    /// Source: `torch.Tensor.to`.
    public func to(_ device: Device) -> Tensor { self }
}
