internal import FoundationEssentials
internal import LockstepTensor

/// One argument of a call, as a case's metadata write it.
indirect enum Argument: Decodable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case text(String)
    case list([Argument])
    /// The number of an input tensor.
    case tensor(Int)
    case dtype(DType)
    case slice(start: Int?, stop: Int?, step: Int?)

    init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            if let index = try object.decodeIfPresent(Int.self, forKey: .tensor) {
                self = .tensor(index)
            } else if let name = try object.decodeIfPresent(String.self, forKey: .dtype) {
                guard let dtype = DType(rawValue: name) else { throw ParityError("unknown dtype \(name)") }
                self = .dtype(dtype)
            } else if let bounds = try object.decodeIfPresent([Int?].self, forKey: .slice), bounds.count == 3 {
                self = .slice(start: bounds[0], stop: bounds[1], step: bounds[2])
            } else if let number = Double(try object.decode(String.self, forKey: .float)) {
                self = .float(number)
            } else {
                throw ParityError("an argument that is no number")
            }
            return
        }
        if var list = try? decoder.unkeyedContainer() {
            var elements: [Argument] = []
            while !list.isAtEnd { elements.append(try list.decode(Argument.self)) }
            self = .list(elements)
            return
        }
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .none
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let int = try? value.decode(Int.self) {
            self = .int(int)
        } else if let float = try? value.decode(Double.self) {
            self = .float(float)
        } else {
            self = .text(try value.decode(String.self))
        }
    }

    private enum Key: String, CodingKey { case tensor, dtype, slice, float }
}

/// Why a case could not be run.
struct ParityError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
