/// All of a model's parameters in one flat buffer, and their gradients in another.
///
/// The parameters lie one after another in the given order, without padding, and each becomes a view of its slice. So an
/// optimizer step is one pass over two arrays, a bucket of gradients is a slice, a checkpoint is a write, a transfer is a
/// send, and none of them copies. Backward adds straight into the slices.
///
/// Several buffers may be made of the same parameters in the same order: they are one. A parameter that is put into a buffer of
/// other parameters leaves the one it was in, and using that one stops.
public final class ParameterBuffer {
    /// Where one parameter lies.
    public struct Entry: Sendable, Equatable {
        /// The parameter's dotted name.
        public let name: String
        /// Elements along each axis.
        public let shape: [Int]
        /// The place of its first element.
        public let offset: Int
        /// The number of its elements.
        public let count: Int
    }

    /// The parameters' names, shapes and places, in order.
    public let entries: [Entry]
    /// The parameters, in order.
    public let parameters: [Parameter]
    private let flat: FlatParameters

    /// Moves the parameters into one buffer; values and gradients are kept.
    ///
    /// Stops where one is given twice.
    public init(_ named: [(name: String, parameter: Parameter)]) {
        parameters = named.map(\.parameter)
        var entries: [Entry] = []
        var end = 0
        for (name, parameter) in named {
            entries.append(Entry(name: name, shape: parameter.shape, offset: end, count: parameter.count))
            end += parameter.count
        }
        self.entries = entries
        if Set(parameters.map(ObjectIdentifier.init)).count != parameters.count {
            fatalError("a parameter appears more than once in a ParameterBuffer: \(named.map(\.name))")
        }
        if let shared = ParameterBuffer.sharedHome(of: parameters, count: end) {
            flat = shared
        } else {
            flat = ParameterBuffer.gather(parameters, entries, count: end)
        }
    }

    /// The buffer in which exactly these parameters lie in this order, if there is one.
    private static func sharedHome(of parameters: [Parameter], count: Int) -> FlatParameters? {
        guard let home = parameters.first?.leaf.home, home.count == count else { return nil }
        var offset = 0
        for parameter in parameters {
            guard parameter.leaf.home === home, parameter.leaf.layout.offset == offset else { return nil }
            offset += parameter.count
        }
        return home
    }

    private static func gather(_ parameters: [Parameter], _ entries: [Entry], count: Int) -> FlatParameters {
        var values = Tensor<Float>(uninitialized: [count])
        for (parameter, entry) in zip(parameters, entries) {
            values.write(
                noGrad { parameter.value }, at: Layout(contiguous: entry.shape, offset: entry.offset))
        }
        let flat = FlatParameters(values: values.storage, counts: entries.map(\.count))
        for (slice, parameter) in parameters.enumerated() {
            let gradient = parameter.gradient
            parameter.leaf.home.isAbandoned = true
            parameter.leaf.move(to: flat, slice: slice, offset: entries[slice].offset)
            parameter.gradient = gradient
        }
        return flat
    }

    /// The number of elements of all parameters.
    public var count: Int { flat.count }

    /// The values of all parameters, [count].
    ///
    /// Reading gives a snapshot without a copy, which later changes of the parameters do not reach. Setting replaces all values;
    /// it stops where the shape differs.
    public var values: Tensor<Float> {
        get {
            checkInUse()
            return Tensor(storage: flat.values, layout: Layout(contiguous: [count]))
        }
        set {
            checkInUse()
            checkShape(newValue)
            flat.adoptValues(newValue)
        }
    }

    /// The gradients of all parameters, [count], with zeros where there are none.
    ///
    /// Reading gives a snapshot without a copy. Setting replaces all gradients; it stops where the shape differs.
    public var gradients: Tensor<Float> {
        get {
            checkInUse()
            return Tensor(storage: flat.completeGradients(), layout: Layout(contiguous: [count]))
        }
        set {
            checkInUse()
            checkShape(newValue)
            flat.adoptGradients(newValue)
        }
    }

    /// Some of the gradients, [range.count], with zeros where there are none, in the memory that backward goes on in: for those that it
    /// is through with. Should it come back to one of them, that memory is copied first.
    package func lendGradients(_ range: Range<Int>) -> Tensor<Float> {
        checkInUse()
        return Tensor(
            storage: flat.lendGradients(range), layout: Layout(contiguous: [range.count], offset: range.lowerBound))
    }

    /// Moves the gradients out, [count], with zeros where there are none; the next backward starts from none.
    ///
    /// The result owns its memory and can be sent from another thread while backward fills the next block.
    public func takeGradients() -> Tensor<Float> {
        checkInUse()
        return Tensor(storage: flat.takeGradients(), layout: Layout(contiguous: [count]))
    }

    /// Drops all gradients, so that the next backward starts from none.
    public func zeroGrad() { flat.dropGradients() }

    /// Called during backward when the last part of a parameter's gradient has been added, with the parameter's place in `entries`;
    /// it can be read, and sent, from then on. A parameter that took no part in the result is not reported.
    package var gradientIsComplete: ((_ entry: Int) -> Void)? {
        get { flat.gradientIsComplete }
        set { flat.gradientIsComplete = newValue }
    }

    /// Lets `body` change the values in place, given the gradients (zeros where there are none): an optimizer's step.
    ///
    /// The values are copied first where a snapshot of them is alive.
    package func update(
        _ body: (_ values: UnsafeMutableBufferPointer<Float>, _ gradients: UnsafeBufferPointer<Float>) -> Void
    ) {
        checkInUse()
        flat.makeValuesUnique()
        let (values, gradients) = (flat.values, flat.completeGradients())
        withExtendedLifetime((values, gradients)) {
            body(
                UnsafeMutableBufferPointer(start: values.pointer, count: count),
                UnsafeBufferPointer(start: gradients.pointer, count: count))
        }
    }

    /// Lets `body` change the gradients in place (zeros where there are none, which stay none), as clipping does.
    package func updateGradients(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
        checkInUse()
        let block = flat.ownGradients()
        withExtendedLifetime(block) { body(UnsafeMutableBufferPointer(start: block.pointer, count: count)) }
    }

    private func checkInUse() {
        if flat.isAbandoned {
            fatalError(
                "this ParameterBuffer is no longer in use: some of its parameters (\(entries.first?.name ?? ""), …) have been "
                    + "put into a buffer with others. Make an optimizer after the model is complete.")
        }
    }

    private func checkShape(_ tensor: Tensor<Float>) {
        guard tensor.shape == [count] else {
            fatalError("a ParameterBuffer of \(count) elements cannot be set to a tensor of shape \(tensor.shape)")
        }
    }
}
