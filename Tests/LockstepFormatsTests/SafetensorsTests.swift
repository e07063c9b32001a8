import LockstepFormats
import LockstepTensor
import Testing

/// One tensor of each element type, some with no elements, in an order that is not that of their sizes.
let everyType: [(name: String, tensor: AnyTensor)] = [
    ("flags", .bool(Tensor([true, false, true], shape: [3]))),
    ("bytes", .uint8(Tensor([0, 127, 255], shape: [3, 1]))),
    ("linear1.weight", .float32(Tensor([1.5, -0.0, .infinity, .leastNonzeroMagnitude, 3, 4], shape: [2, 3]))),
    ("empty", .float64(Tensor([], shape: [0, 4]))),
    ("step", .int64(Tensor([Int64.min], shape: []))),
    ("é \"quoted\" \\ \n\u{1}\u{1F}😀", .int32(Tensor([-1, Int32.max], shape: [2]))),
    ("doubles", .float64(Tensor([0.1, -2e300], shape: [2]))),
]

func bytes(_ tensor: AnyTensor?) -> [UInt8]? { tensor.map { $0.withUnsafeBytes { Array($0) } } }

@Suite struct SafetensorsTests {
    @Test func readsBackWhatItWrote() throws {
        let metadata = ["format": "pt", "run": "line\n\"one\" 😀", "": ""]
        let written = Safetensors(everyType, metadata: metadata)
        let read = try Safetensors(parsing: written.encoded())
        #expect(read.metadata == metadata)
        #expect(read.tensors.map(\.name) == everyType.map(\.name))
        for (name, tensor) in everyType {
            let found = try #require(read.tensor(named: name))
            #expect(found.dtype == tensor.dtype)
            #expect(found.shape == tensor.shape)
            #expect(bytes(found) == bytes(tensor))
        }
        #expect(read.tensor(named: "none") == nil)
    }

    @Test func aFileHoldsTheEncodedBytes() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/all.safetensors"
        let safetensors = Safetensors(everyType, metadata: ["b": "2", "a": "1"])
        try safetensors.write(to: path)
        #expect(try File.read(path) == safetensors.encoded())
        #expect(try Safetensors(contentsOf: path).encoded() == safetensors.encoded())
        #expect(folder.names == ["all.safetensors"])
    }

    @Test func dataAndEveryTensorAreAligned() throws {
        for count in 0...everyType.count {
            let encoded = Safetensors(Array(everyType.prefix(count))).encoded()
            let length = encoded[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
            #expect(length % 8 == 0)
        }
        // Eight-byte elements come first in the data, though the header keeps the order given.
        let encoded = Safetensors([
            ("a", .uint8(Tensor([1], shape: [1]))), ("b", .float64(Tensor([2], shape: [1]))),
        ]).encoded()
        let header = String(decoding: encoded[8...].prefix { $0 != 0 && $0 != 1 }, as: UTF8.self)
        #expect(
            header.hasPrefix(
                #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},"b":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#
            ))
    }

    @Test func aViewIsWrittenAsItsElementsInOrder() throws {
        let base = Tensor<Float>([0, 1, 2, 3, 4, 5], shape: [2, 3])
        let transposed = Tensor<Float>(
            storage: base.storage, layout: Layout(shape: [3, 2], strides: [1, 3], offset: 0))
        let read = try Safetensors(parsing: Safetensors([("t", .float32(transposed))]).encoded())
        guard case .float32(let tensor)? = read.tensor(named: "t") else { return #expect(Bool(false)) }
        #expect(tensor.shape == [3, 2])
        #expect(tensor.scalars == [0, 3, 1, 4, 2, 5])
    }

    @Test func namesUsedTwiceStop() async {
        await #expect(processExitsWith: .failure) {
            let one = AnyTensor.uint8(Tensor([1], shape: [1]))
            _ = Safetensors([("a", one), ("a", one)])
        }
        await #expect(processExitsWith: .failure) {
            _ = Safetensors([("__metadata__", .uint8(Tensor([1], shape: [1])))])
        }
    }
}
