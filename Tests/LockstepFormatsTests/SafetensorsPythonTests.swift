import LockstepFormats
import LockstepTensor
import Testing

/// Against the reference implementation.
@Suite(
    .enabled("needs Python with safetensors and numpy: set LOCKSTEP_PYTHON to one that has them") {
        await Python.has("safetensors.numpy, numpy")
    }
)
struct SafetensorsPythonTests {
    @Test func pythonReadsWhatWeWrite() async throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/ours.safetensors"
        try Safetensors(everyType, metadata: ["format": "pt", "é": "\n"]).write(to: path)
        let printed = try await Python.run(
            #"""
            import sys
            from safetensors import safe_open
            with safe_open(sys.argv[1], framework="np") as file:
                print(sorted(file.metadata().items()))
                for name in sorted(file.keys()):
                    t = file.get_tensor(name)
                    print(ascii(name), t.dtype, t.shape, t.tobytes().hex())
            """#, [path])
        let bits: (String) -> String = { name in
            let tensor = everyType.first { $0.name == name }?.tensor
            return (bytes(tensor) ?? []).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        #expect(
            printed == #"""
                [('format', 'pt'), ('é', '\n')]
                'bytes' uint8 (3, 1) \#(bits("bytes"))
                'doubles' float64 (2,) \#(bits("doubles"))
                'empty' float64 (0, 4) 
                'flags' bool (3,) \#(bits("flags"))
                'linear1.weight' float32 (2, 3) \#(bits("linear1.weight"))
                'step' int64 () \#(bits("step"))
                '\xe9 "quoted" \\ \n\x01\x1f\U0001f600' int32 (2,) \#(bits(everyType[5].name))

                """#)
    }

    @Test func weReadWhatPythonWrites() async throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/theirs.safetensors"
        _ = try await Python.run(
            #"""
            import sys, numpy as np
            from safetensors.numpy import save_file
            save_file({
                "flags": np.array([True, False]), "bytes": np.array([[1], [255]], np.uint8),
                "f": np.array([1.5, -2], np.float32), "d": np.array(0.1), "i": np.array([-7], np.int32),
                "l": np.array([2**62], np.int64), "none": np.zeros((0, 3), np.float32), "é\n": np.zeros(1, np.float32),
            }, sys.argv[1], metadata={"format": "pt", "quote": "\"\\ü"})
            """#, [path])
        let read = try Safetensors(contentsOf: path)
        #expect(read.metadata == ["format": "pt", "quote": "\"\\ü"])
        #expect(Set(read.tensors.map(\.name)) == ["flags", "bytes", "f", "d", "i", "l", "none", "é\n"])
        if case .bool(let flags)? = read.tensor(named: "flags") { #expect(flags.scalars == [true, false]) }
        if case .float32(let f)? = read.tensor(named: "f") { #expect(f.scalars == [1.5, -2]) }
        let elements = read.tensors.map { "\($0.name) \($0.tensor.dtype) \($0.tensor.shape) \(bytes($0.tensor)!)" }
        #expect(
            elements.sorted() == [
                "bytes uint8 [2, 1] [1, 255]",
                "d float64 [] [154, 153, 153, 153, 153, 153, 185, 63]",
                "f float32 [2] [0, 0, 192, 63, 0, 0, 0, 192]",
                "flags bool [2] [1, 0]",
                "i int32 [1] [249, 255, 255, 255]",
                "l int64 [1] [0, 0, 0, 0, 0, 0, 0, 64]",
                "none float32 [0, 3] []",
                "é\n float32 [1] [0, 0, 0, 0]",
            ])
    }

    @Test func anElementTypeThatWeDoNotHaveIsNamed() async throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/half.safetensors"
        _ = try await Python.run(
            """
            import sys, numpy as np
            from safetensors.numpy import save_file
            save_file({"h": np.zeros(3, np.float16)}, sys.argv[1])
            """, [path])
        let error = try #require(throws: FormatError.self) { try Safetensors(contentsOf: path) }
        #expect(error.description.contains("\(path), tensor 'h': holds F16 elements"))
    }
}
