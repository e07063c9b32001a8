internal import CLockstepWire

/// Memory for the C structs of one message while it is packed; all of it is freed with the arena.
final class Arena {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    /// A C message after its `init` function and `fill`.
    func message<M>(
        _ initialize: (UnsafeMutablePointer<M>?) -> Void, _ fill: (inout M) throws(WireError) -> Void = { _ in }
    ) throws(WireError) -> UnsafeMutablePointer<M> {
        let message: UnsafeMutablePointer<M> = room(for: 1)
        initialize(message)
        try fill(&message.pointee)
        return message
    }

    /// Pointers to C messages, one an element.
    func messages<M, Element>(
        _ elements: [Element], _ initialize: (UnsafeMutablePointer<M>?) -> Void,
        _ fill: (inout M, Element) throws(WireError) -> Void
    ) throws(WireError) -> UnsafeMutablePointer<UnsafeMutablePointer<M>?> {
        let list: UnsafeMutablePointer<UnsafeMutablePointer<M>?> = room(for: elements.count)
        for (index, element) in elements.enumerated() {
            list[index] = try message(initialize) { message throws(WireError) in try fill(&message, element) }
        }
        return list
    }

    /// A copy of the elements.
    func copy<Element: BitwiseCopyable>(_ elements: [Element]) -> UnsafeMutablePointer<Element> {
        let copy: UnsafeMutablePointer<Element> = room(for: elements.count)
        copy.initialize(from: elements, count: elements.count)
        return copy
    }

    /// A text as C has it; throws if it holds U+0000, at which C would end it.
    func text(_ text: String, _ field: String) throws(WireError) -> UnsafeMutablePointer<CChar> {
        let bytes = text.utf8CString
        guard bytes.count == text.utf8.count + 1, !text.utf8.contains(0) else { throw .text(field: field) }
        return copy(Array(bytes))
    }

    private func room<T>(for count: Int) -> UnsafeMutablePointer<T> {
        let pointer = UnsafeMutablePointer<T>.allocate(capacity: max(1, count))
        blocks.append(UnsafeMutableRawPointer(pointer))
        return pointer
    }
}

/// Checked passage between Swift's values and the wire's.
enum Field {
    /// The number as the wire has it; throws if it does not fit.
    static func pack<Wire: FixedWidthInteger>(_ value: Int, _ field: String) throws(WireError) -> Wire {
        guard let wire = Wire(exactly: value) else {
            throw .number(field: field, found: "\(value)", expected: "0 to \(Wire.max)")
        }
        return wire
    }

    /// The numbers as the wire has them.
    static func pack<Wire: FixedWidthInteger>(_ values: [Int], _ field: String) throws(WireError) -> [Wire] {
        var packed: [Wire] = []
        packed.reserveCapacity(values.count)
        for value in values { packed.append(try pack(value, field)) }
        return packed
    }

    /// The number as Swift has it; throws if it does not fit.
    static func unpack(_ value: some FixedWidthInteger, _ field: String) throws(WireError) -> Int {
        guard let value = Int(exactly: value) else {
            throw .number(field: field, found: "\(value)", expected: "0 to \(Int.max)")
        }
        return value
    }

    /// The range; throws if it ends before it begins.
    static func unpack(_ first: UInt32, _ end: UInt32, _ field: String) throws(WireError) -> Range<Int> {
        guard first <= end else { throw .number(field: "\(field).end", found: "\(end)", expected: "\(first) or more") }
        return Int(first)..<Int(end)
    }

    /// The text, with a space for each control character but line feeds: who sends a text that people read does not get to move
    /// their cursor or clear their screen. Throws if it is not UTF-8.
    static func unpack(_ text: UnsafeMutablePointer<CChar>?, _ field: String) throws(WireError) -> String {
        try unpack(text, field) { $0.properties.generalCategory == .control && $0 != "\n" }
    }

    /// The same for a text that people read on one line, which does not get to begin another.
    static func unpackLine(_ text: UnsafeMutablePointer<CChar>?, _ field: String) throws(WireError) -> String {
        try unpack(text, field) { $0.properties.generalCategory == .control }
    }

    private static func unpack(
        _ text: UnsafeMutablePointer<CChar>?, _ field: String, blanking isBlanked: (Unicode.Scalar) -> Bool
    ) throws(WireError) -> String {
        guard let text else { return "" }
        guard let string = String(validatingCString: text) else { throw .text(field: field) }
        guard string.unicodeScalars.contains(where: isBlanked) else { return string }
        return String(String.UnicodeScalarView(string.unicodeScalars.map { isBlanked($0) ? " " : $0 }))
    }

    /// The elements of a repeated field.
    static func unpack<Element: BitwiseCopyable>(_ elements: UnsafeMutablePointer<Element>?, _ count: Int) -> [Element]
    {
        Array(UnsafeBufferPointer(start: elements, count: elements == nil ? 0 : count))
    }

    /// The elements of a repeated number.
    static func unpack(
        _ elements: UnsafeMutablePointer<UInt64>?, _ count: Int, _ field: String
    ) throws(WireError) -> [Int] {
        var unpacked: [Int] = []
        for element in unpack(elements, count) { unpacked.append(try unpack(element, field)) }
        return unpacked
    }
}
