internal import CLockstepKernels
package import LockstepTensor

/// The type in which sums of gradients travel between workers.
///
/// It decides the bits of a run, since each node of the ``MicrobatchTree`` is rounded to it wherever it is computed: the gradient
/// of each microbatch, each sum of two nodes, which is made in Float32, and with them the root. So what is sent loses nothing more,
/// and the trained bits are the same for any number of workers, a single process included. In memory all are Float32.
///
/// Values are rounded to the nearest, of two equally near ones to the one whose last bit is 0 (IEEE 754).
public enum WireType: String, Codable, Sendable, CaseIterable {
    /// Four bytes an element, and nothing is rounded.
    case float32
    /// bfloat16: two bytes an element, the range of Float32, 8 significant bits.
    case bf16
    /// binary16: two bytes an element, 11 significant bits, up to 65504; a larger sum is infinite, which ends the run.
    case fp16

    /// Bytes of an element.
    public var elementBytes: Int { self == .float32 ? 4 : 2 }

    private var half: LKHalf? {
        switch self {
        case .float32: nil
        case .bf16: .BF16
        case .fp16: .FP16
        }
    }

    /// Rounds the first `count` elements, all by default.
    package func round(_ sum: inout Tensor<Float>, first count: Int? = nil) {
        guard half != nil else { return }
        sum.withUnsafeMutableElements { round(UnsafeMutableBufferPointer(rebasing: $0[..<(count ?? $0.count)])) }
    }

    /// Rounds all elements.
    package func round(_ elements: UnsafeMutableBufferPointer<Float>) {
        // A buffer without elements may have no address.
        guard let half, let start = elements.baseAddress else { return }
        lk_half_round(half, elements.count, start)
    }

    /// Adds in Float32 and rounds the first `count` elements of the sum, all by default.
    package func add(_ addend: Tensor<Float>, to sum: inout Tensor<Float>, first count: Int? = nil) {
        guard let half else {
            sum += addend
            return
        }
        guard addend.count == sum.count else { fatalError("cannot add \(addend.shape) to \(sum.shape)") }
        sum.withUnsafeMutableElements { sum in
            addend.contiguous().withUnsafeElements { addend in
                guard let sum = sum.baseAddress, let start = addend.baseAddress else { return }
                let count = count ?? addend.count
                lk_half_add(half, count, sum, start)
                lk_axpy(.float32, addend.count - count, 1, start + count, sum + count)
            }
        }
    }

    /// Writes the elements as they travel: ``elementBytes`` each, as many as `target` has room for.
    package func pack(_ sum: Tensor<Float>, into target: UnsafeMutableRawBufferPointer) {
        sum.contiguous().withUnsafeElements { pack($0, into: target) }
    }

    /// Writes the elements as they travel: ``elementBytes`` each, as many as `target` has room for.
    package func pack(_ elements: UnsafeBufferPointer<Float>, into target: UnsafeMutableRawBufferPointer) {
        precondition(target.count == elements.count * elementBytes)
        guard let start = elements.baseAddress, let bytes = target.baseAddress else { return }
        if let half {
            lk_half_pack(half, elements.count, start, bytes)
        } else {
            target.copyMemory(from: UnsafeRawBufferPointer(elements))
        }
    }

    /// Adds Float32 elements, which may have any address, as many as `target` has room for, rounds the sums, and writes their products
    /// with `scale` to `scaled`, where there is room for that.
    package func sum(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer,
        into target: UnsafeMutableBufferPointer<Float>, scaled: UnsafeMutableBufferPointer<Float>? = nil,
        by scale: Float = 1
    ) {
        let bytes = target.count * MemoryLayout<Float>.size
        precondition(first.count == bytes && second.count == bytes && scaled?.count ?? target.count == target.count)
        guard let a = first.baseAddress, let b = second.baseAddress, let sum = target.baseAddress else { return }
        lk_sum_scaled(target.count, a, b, scale, sum, half == nil ? scaled?.baseAddress : nil)
        guard half != nil else { return }
        round(target)
        if let scaled = scaled?.baseAddress { WireType.scale(target.count, sum, by: scale, into: scaled) }
    }

    /// Reads elements as they travel, as many as `target` has room for, and multiplies each with `scale`; in one pass over memory.
    package func unpack(
        _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>, times scale: Float
    ) {
        precondition(bytes.count == target.count * elementBytes)
        if self == .float32 {
            guard let start = target.baseAddress, let source = bytes.baseAddress else { return }
            return WireType.scale(target.count, source, by: scale, into: start)
        }
        // So many that they stay in the processor's nearest memory in between.
        let block = 2048
        for start in stride(from: 0, to: target.count, by: block) {
            let range = start..<min(start + block, target.count)
            let part = UnsafeMutableBufferPointer(rebasing: target[range])
            unpack(
                UnsafeRawBufferPointer(
                    rebasing: bytes[range.lowerBound * elementBytes..<range.upperBound * elementBytes]), into: part)
            if let start = part.baseAddress { WireType.scale(part.count, start, by: scale, into: start) }
        }
    }

    /// Multiplies Float32 elements, which may have any address.
    private static func scale(
        _ count: Int, _ source: UnsafeRawPointer, by factor: Float, into target: UnsafeMutablePointer<Float>
    ) {
        var factor = factor
        lk_binary(.float32, .multiply, 1, count, source, 0, 1, &factor, 0, 0, target, 0, 0)
    }

    /// Reads elements as they travel, as many as `target` has room for; the bytes may have any address.
    package func unpack(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Float>) {
        precondition(bytes.count == target.count * elementBytes)
        guard let start = target.baseAddress, let source = bytes.baseAddress else { return }
        if let half {
            lk_half_unpack(half, target.count, source, start)
        } else {
            UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
        }
    }

    /// Whether a gradient has left the type's range. Only of binary16 can that be told: what is not finite in the others was not
    /// before it was rounded.
    package func isExceeded(by gradient: Tensor<Float>) -> Bool {
        guard self == .fp16 else { return false }
        return gradient.contiguous().withUnsafeElements { elements in
            elements.baseAddress.map { !lk_all_finite(elements.count, $0) } ?? false
        }
    }
}
