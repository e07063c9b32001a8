import Glibc
import LockstepFormats
import LockstepTensor
import Testing

/// A file with one tensor of that dtype.
private func one(_ dtype: String, _ shape: String, _ bytes: [UInt8]) -> [UInt8] {
    let header = #"{"t":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[0,\#(bytes.count)]}}"#
    return file(header, data: 0) + bytes
}

@Suite struct SafetensorsFileTests {
    @Test func aTensorIsReadByItselfOrInPart() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/some.safetensors"
        let rows = Tensor<Float>((0..<12).map(Float.init), shape: [4, 3])
        let written: [(name: String, tensor: AnyTensor)] = [
            ("scalar", .int64(Tensor(7))), ("rows", .float32(rows)), ("none", .float64(Tensor([], shape: [0, 3]))),
        ]
        try Safetensors(written, metadata: ["a": "b"]).write(to: path)
        let file = try SafetensorsFile(path)
        #expect(file.names == ["scalar", "rows", "none"] && file.metadata == ["a": "b"])
        #expect(file.description(of: "rows")?.dtype == .float32 && file.description(of: "rows")?.shape == [4, 3])
        #expect(file.description(of: "other") == nil)
        for (name, tensor) in written { #expect(bytes(try file.tensor(named: name)) == bytes(tensor)) }
        guard case .float32(let part) = try file.tensor(named: "rows", rows: 1..<3) else { return #expect(Bool(false)) }
        #expect(part.shape == [2, 3] && part.scalars == [3, 4, 5, 6, 7, 8])
        #expect(try file.tensor(named: "rows", rows: 4..<4).shape == [0, 3])
        #expect(try file.tensor(named: "none", rows: 0..<0).shape == [0, 3])
    }

    @Test func whatIsNotThereIsNamed() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/some.safetensors"
        try Safetensors([("scalar", .int64(Tensor(7))), ("rows", .float32(.zeros([4, 3])))]).write(to: path)
        let file = try SafetensorsFile(path)
        let missing = #expect(throws: FormatError.self) { try file.tensor(named: "bias") }
        #expect(missing?.description == "\(path): has no tensor 'bias', found 'scalar', 'rows'. Check the name.")
        let beyond = #expect(throws: FormatError.self) { try file.tensor(named: "rows", rows: 3..<5) }
        #expect(beyond?.problem == "has shape [4, 3], expected rows 3..<5 along the first axis")
        #expect(throws: FormatError.self) { try file.tensor(named: "rows", rows: -1..<1) }
        #expect(throws: FormatError.self) { try file.tensor(named: "scalar", rows: 0..<0) }
    }

    @Test func aFileThatBecameShorterThrows() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/some.safetensors"
        try Safetensors([("rows", .float32(.zeros([4, 3])))]).write(to: path)
        let file = try SafetensorsFile(path)
        let whole = try File.read(path)
        // Written over in place, as another program may.
        let stream = try #require(fopen(path, "w"))
        fwrite(whole, 1, whole.count - 20, stream)
        fclose(stream)
        let error = #expect(throws: FormatError.self) { try file.tensor(named: "rows") }
        #expect(error?.problem.contains("ends here, expected") == true)
    }

    @Test func smallTypesAreConverted() throws {
        func floats(_ dtype: String, _ bytes: [UInt8]) throws -> [Float] {
            let count = dtype.contains("8") ? bytes.count : bytes.count / 2
            guard
                case .float32(let tensor)? = try Safetensors(parsing: one(dtype, "[\(count)]", bytes)).tensor(
                    named: "t")
            else { return [] }
            return tensor.scalars
        }
        #expect(try floats("F16", [0x00, 0x3C, 0x00, 0xC0, 0xFF, 0x7B, 0x01, 0x00]) == [1, -2, 65504, 0x1p-24])
        #expect(try floats("BF16", [0x80, 0x3F, 0x00, 0xC0, 0x80, 0x7F]) == [1, -2, .infinity])
        #expect(try floats("F8_E4M3", [0x38, 0xC0, 0x7E, 0x01]) == [1, -2, 448, 0x1p-9])
        #expect(try floats("F8_E5M2", [0x3C, 0xC0, 0x7B, 0x01, 0x7C]) == [1, -2, 57344, 0x1p-16, .infinity])
        #expect(try floats("F8_E4M3FNUZ", [0x40, 0xC8, 0x7F]) == [1, -2, 240])
        #expect(try floats("F8_E5M2FNUZ", [0x40, 0xC4, 0x7F]) == [1, -2, 57344])
        #expect(try floats("F8_E8M0", [127, 128, 0]) == [1, 2, 0x1p-127])
        for (dtype, bits) in [("F8_E4M3", 0xFF), ("F8_E5M2", 0x7D), ("F8_E4M3FNUZ", 0x80), ("F8_E8M0", 0xFF)]
            as [(String, UInt8)]
        {
            #expect(try floats(dtype, [bits]).first?.isNaN == true)
        }
        guard case .int32(let small)? = try Safetensors(parsing: one("I8", "[2]", [0xFF, 0x7F])).tensor(named: "t"),
            case .int64(let large)? = try Safetensors(parsing: one("U32", "[1]", [255, 255, 255, 255]))
                .tensor(named: "t")
        else { return #expect(Bool(false)) }
        #expect(small.scalars == [-1, 127] && large.scalars == [4_294_967_295])
    }

    @Test func aNumberBeyondInt64IsRefused() throws {
        let bytes = one("U64", "[2]", [UInt8](repeating: 0, count: 15) + [0x80])
        let error = #expect(throws: FormatError.self) { try Safetensors(parsing: bytes) }
        #expect(
            error?.problem
                == "element 1 is 9223372036854775808, expected at most 9223372036854775807: it is read as Int64")
    }
}
