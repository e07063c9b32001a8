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

    /// Against PyTorch's conversions, over every value of the small types.
    @Test(.enabled("needs PyTorch too") { await Python.has("torch") })
    func everyElementTypeIsConvertedAsInPython() async throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/types.safetensors"
        let printed = try await Python.run(
            #"""
            import sys, json, struct, numpy as np, torch
            kinds = {"I8": torch.int8, "U16": torch.uint16, "I16": torch.int16, "U32": torch.uint32, "U64": torch.uint64,
                "F16": torch.float16, "BF16": torch.bfloat16, "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
                "F8_E4M3FNUZ": torch.float8_e4m3fnuz, "F8_E5M2FNUZ": torch.float8_e5m2fnuz, "F8_E8M0": torch.float8_e8m0fnu}
            header, data = {}, b""
            for name, kind in kinds.items():
                size = kind.itemsize
                raw = np.arange(256 if size == 1 else 65536, dtype=f"<u{size}")
                if size > 2: raw = raw * raw.dtype.type(65537 if size == 4 else 2**47 - 1)
                array = torch.frombuffer(raw.tobytes(), dtype=kind)
                header[name] = {"dtype": name, "shape": list(array.shape), "data_offsets": [len(data), len(data) + raw.nbytes]}
                data += raw.tobytes()
                target = torch.float32 if "F" in name else torch.int64 if name in ("U32", "U64") else torch.int32
                wide = array.to(target).numpy()
                if "F" in name: wide[np.isnan(wide)] = -77
                wide = wide.astype(np.float64)
                with np.errstate(all="ignore"):
                    weighted = np.abs(wide * (np.arange(len(wide)) % 7)).sum()
                print(name, str(target).split(".")[1], wide.sum(), weighted)
            text = json.dumps(header).encode()
            open(sys.argv[1], "wb").write(struct.pack("<Q", len(text)) + text + data)
            """#, [path])
        // Sums are compared as numbers: in Float64 both are exact or equally rounded to a part in 10¹².
        let file = try Safetensors(contentsOf: path)
        let lines = printed.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        #expect(lines.count == 12)
        for line in lines {
            let tensor = try #require(file.tensor(named: line[0]))
            let values: [Double]
            switch tensor {
            case .float32(let tensor): values = tensor.scalars.map { $0.isNaN ? -77 : Double($0) }
            case .int64(let tensor): values = tensor.scalars.map(Double.init)
            case .int32(let tensor): values = tensor.scalars.map(Double.init)
            default: values = []
            }
            #expect(tensor.dtype.rawValue == line[1])
            let weighted = values.enumerated().reduce(0) { $0 + abs($1.element * Double($1.offset % 7)) }
            for (ours, theirs) in [(values.reduce(0, +), line[2]), (weighted, line[3])] {
                let theirs = theirs == "inf" ? Double.infinity : try #require(Double(theirs))
                #expect(
                    ours == theirs || (ours.isNaN && theirs.isNaN) || abs(ours - theirs) <= 1e-9 * max(1, abs(theirs)),
                    "\(line[0]): \(ours) \(theirs)")
            }
        }
    }
}
