internal import LockstepTensor

extension Safetensors {
    /// The bytes of a safetensors file that holds these tensors and metadata.
    ///
    /// The same tensors give the same bytes. Names keep their order in the header; the elements are laid out with the larger
    /// element types first, so that every tensor's bytes are aligned for readers that map the file into memory.
    public func encoded() -> [UInt8] {
        encoded { count, write in
            [UInt8](unsafeUninitializedCapacity: count) { bytes, written in
                write(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(bytes)[..<count]))
                written = count
            }
        }
    }

    /// The same bytes wherever the caller wants them: `place` is given their number, and a function that writes them to so much room.
    package func encoded<Result>(in place: (Int, (UnsafeMutableRawBufferPointer) -> Void) -> Result) -> Result {
        let (header, order) = layOut()
        return place(tensors.reduce(header.count) { $0 + $1.tensor.byteCount }) { room in
            room.copyBytes(from: header)
            var end = header.count
            for place in order {
                tensors[place].tensor.withUnsafeBytes { bytes in
                    UnsafeMutableRawBufferPointer(rebasing: room[end...]).copyMemory(from: bytes)
                    end += bytes.count
                }
            }
        }
    }

    /// Writes a safetensors file at `path`, whole or not at all, as ``AtomicFile`` does, with no second copy in memory.
    ///
    /// Throws an error that names the path and the system's reason; a file that was there is then as it was.
    public func write(to path: String) throws {
        let (header, order) = layOut()
        try AtomicFile.write(to: path) { file in
            try header.withUnsafeBytes { try file.write($0) }
            for place in order { try tensors[place].tensor.withUnsafeBytes { try file.write($0) } }
        }
    }

    /// The bytes that ``encoded()`` begins with, before the elements.
    package var header: [UInt8] { layOut().header }

    /// The header with the length before it, and the order in which the tensors' elements follow it.
    private func layOut() -> (header: [UInt8], order: [Int]) {
        // A stable sort: tensors of one size of element stay in order.
        let order = tensors.indices.sorted {
            (-tensors[$0].tensor.dtype.size, $0) < (-tensors[$1].tensor.dtype.size, $1)
        }
        var ends = [Int](repeating: 0, count: tensors.count)
        var end = 0
        for place in order {
            end += tensors[place].tensor.byteCount
            ends[place] = end
        }
        var members = tensors.indices.map { place in
            let (name, tensor) = tensors[place]
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let type = SafetensorsHeader.name(of: tensor.dtype)
            let begin = ends[place] - tensor.byteCount
            return
                "\(quoted(name)):{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(ends[place])]}"
        }
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.insert("\"\(SafetensorsHeader.metadataName)\":{\(pairs.joined(separator: ","))}", at: 0)
        }
        var json = Array("{\(members.joined(separator: ","))}".utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        let length = (0..<8).map { UInt8(truncatingIfNeeded: json.count >> ($0 * 8)) }
        return (length + json, order)
    }

    /// `text` as a JSON string.
    private func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..<"\u{10}": result += "\\u000\(String(scalar.value, radix: 16))"
            case "\u{10}"..<"\u{20}": result += "\\u00\(String(scalar.value, radix: 16))"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension AnyTensor {
    /// Bytes of all elements.
    fileprivate var byteCount: Int { shape.reduce(dtype.size, *) }
}
