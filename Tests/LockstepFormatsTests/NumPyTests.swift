import LockstepFormats
import LockstepTensor
import Testing

/// A `.npy` file with that dictionary as its header.
private func npy(_ dictionary: String, _ data: [UInt8]) -> [UInt8] {
    [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(dictionary.utf8.count), 0] + Array(dictionary.utf8) + data
}

@Suite struct NPYTests {
    @Test func readsBackWhatItWrote() throws {
        for (name, tensor) in everyType {
            for fortranOrder in [false, true] {
                let written = NPY(tensor).encoded(fortranOrder: fortranOrder)
                let read = try NPY(parsing: written).tensor
                #expect(read.dtype == tensor.dtype && read.shape == tensor.shape, "\(name)")
                #expect(bytes(read) == bytes(tensor), "\(name)")
            }
        }
    }

    @Test func theBytesAreThoseOfNumPy() {
        // numpy.save of numpy.float32([[1, 2], [3, 4]]) and of its transpose in Fortran order.
        let tensor = Tensor<Float>([1, 2, 3, 4], shape: [2, 2])
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"
        let expected =
            [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(header.utf8)
            + [UInt8](repeating: 0x20, count: 117 - header.utf8.count) + [0x0A]
        let encoded = NPY(.float32(tensor)).encoded()
        #expect(Array(encoded.prefix(128)) == expected)
        #expect(Array(encoded.suffix(8)) == [0, 0, 64, 64, 0, 0, 128, 64])
        #expect(Array(NPY(.float32(tensor)).encoded(fortranOrder: true).suffix(8)) == [0, 0, 0, 64, 0, 0, 128, 64])
    }

    @Test func theOtherByteOrderIsRead() throws {
        let read = try NPY(
            parsing: npy("{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", [0xFF, 0xFE, 1, 0])
        ).tensor
        guard case .int32(let tensor) = read else { return #expect(Bool(false)) }
        #expect(tensor.scalars == [-2, 256])
    }

    @Test(arguments: [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "holds 4 bytes of elements, expected 8"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (), } x", "expected the end of the header"),
        (
            "{'descr': '<c8', 'fortran_order': False, 'shape': (), }",
            "holds elements of type '<c8', expected one of b1,"
        ),
        ("{'descr': '|f4', 'fortran_order': False, 'shape': (), }", "holds elements of type '|f4'"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (), }", "holds elements of type '|O'"),
        ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }", "holds records with fields"),
        ("{'descr': '<f4', 'fortran_order': 0, 'shape': (), }", "expected True or False"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "expected a non-negative integer"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "does not fit 64 bits"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "overflows 64 bits"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 9223372036854775807, 9), }", "overflows 64 bits"),
        ("{'descr': '<f4', 'fortran_order': False, }", "expected the keys 'descr', 'fortran_order' and 'shape'"),
        ("{'descr': '<f4', 'descr': '<f4'}", "the key 'descr' is unknown or occurs twice"),
        ("{'descr': '<f4", "a string is not closed"),
        ("", "expected '{'"),
        ("{'descr': '|b1', 'fortran_order': False, 'shape': (4,), }", "is 3, expected 0 or 1 for BOOL"),
    ])
    func malformedFilesAreRefusedWithTheirReason(header: String, reason: String) throws {
        let error = try #require(throws: FormatError.self) {
            try NPY(parsing: npy(header, [0, 1, 3, 0]), name: "some.npy")
        }
        #expect(error.file == "some.npy")
        #expect(error.description.contains(reason), "\(error)")
    }

    @Test func noFileCutShortOrDamagedTraps() throws {
        let whole = NPY(.float32(Tensor([1, 2, 3, 4], shape: [2, 2]))).encoded()
        for count in whole.indices {
            #expect(throws: FormatError.self) { try NPY(parsing: Array(whole[..<count])) }
        }
        #expect(throws: FormatError.self) { try NPY(parsing: whole + [0]) }
        for place in 0..<128 {
            for byte in [0, 0x27, 0x28, 0x2C, 0x30, 0x39, 0x7D, 0xFF] as [UInt8] {
                var damaged = whole
                damaged[place] = byte
                // Accepted or refused, but never a trap.
                if let read = try? NPY(parsing: damaged).tensor { #expect(bytes(read)?.count ?? 0 <= 32) }
            }
        }
    }
}

@Suite struct NPZTests {
    private let small = NPZ([("a", .float32(Tensor([1, 2]))), ("b", .bool(Tensor([true])))])

    @Test func readsBackWhatItWrote() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/all.npz"
        try NPZ(everyType).write(to: path)
        #expect(try File.read(path) == NPZ(everyType).encoded())
        let read = try NPZ(contentsOf: path)
        #expect(read.tensors.map(\.name) == everyType.map(\.name))
        for (name, tensor) in everyType { #expect(bytes(read.tensor(named: name)) == bytes(tensor)) }
        #expect(read.tensor(named: "other") == nil)
        #expect(try NPZ(parsing: NPZ([]).encoded()).tensors.isEmpty)
    }

    @Test func noFileCutShortOrDamagedTraps() throws {
        let whole = small.encoded()
        for count in whole.indices {
            #expect(throws: FormatError.self) { try NPZ(parsing: Array(whole[..<count])) }
        }
        var refused = 0
        for place in whole.indices {
            for byte in [0, 1, 0x7F, 0xFF] as [UInt8] where whole[place] != byte {
                var damaged = whole
                damaged[place] = byte
                do { _ = try NPZ(parsing: damaged) } catch is FormatError { refused += 1 }
            }
        }
        #expect(refused > whole.count)
    }

    @Test func aDamagedElementIsFoundByItsChecksum() throws {
        var bytes = small.encoded()
        let place = try #require(bytes.lastIndex(of: 0x3F))  // of the number 1
        bytes[place] = 0x3E
        let error = try #require(throws: FormatError.self) { try NPZ(parsing: bytes, name: "some.npz") }
        #expect(error.file == "some.npz" && error.place == "member 'a.npy'")
        #expect(error.problem.contains("has the checksum"))
    }

    @Test func namesUsedTwiceStop() async {
        await #expect(processExitsWith: .failure) {
            let one = AnyTensor.uint8(Tensor([1]))
            _ = NPZ([("a", one), ("a", one)])
        }
    }
}

/// Against NumPy.
@Suite(.enabled("needs Python with numpy: set LOCKSTEP_PYTHON to one that has it") { await Python.has("numpy") })
struct NumPyPythonTests {
    @Test func pythonReadsWhatWeWrite() async throws {
        let folder = TemporaryFolder()
        let names = ["flags", "bytes", "weight", "empty", "step", "ints", "doubles"]
        let arrays = zip(names, everyType).map { (name: $0, tensor: $1.tensor) }
        try NPZ(arrays).write(to: "\(folder.path)/all.npz")
        for (name, tensor) in arrays {
            try NPY(tensor).write(to: "\(folder.path)/\(name).npy")
            try NPY(tensor).write(to: "\(folder.path)/\(name)-f.npy", fortranOrder: true)
        }
        let printed = try await Python.run(
            #"""
            import sys, numpy as np
            folder, names = sys.argv[1], sys.argv[2:]
            archive = np.load(folder + "/all.npz")
            print(sorted(archive.files) == sorted(names))
            for name in names:
                a = np.load(f"{folder}/{name}.npy")
                f = np.load(f"{folder}/{name}-f.npy")
                same = all(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes() for b in (f, archive[name]))
                print(name, a.dtype, a.shape, same, f.flags.f_contiguous, a.tobytes().hex())
            """#, [folder.path] + names)
        let expected = arrays.map { name, tensor in
            let shape = tensor.shape.map(String.init).joined(separator: ", ") + (tensor.shape.count == 1 ? "," : "")
            let hex = (bytes(tensor) ?? []).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            return "\(name) \(tensor.dtype) (\(shape)) True True \(hex)"
        }
        #expect(printed == (["True"] + expected).joined(separator: "\n") + "\n")
    }

    @Test func weReadWhatPythonWrites() async throws {
        let folder = TemporaryFolder()
        _ = try await Python.run(
            #"""
            import sys, numpy as np
            a = np.arange(-3, 9).reshape(3, 4)
            arrays = {}
            for code in ["b1", "u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]:
                for order in "<>":
                    with np.errstate(all="ignore"):
                        values = np.abs(a) if code[0] in "ub" else a
                        arrays[code + ("l" if order == "<" else "b")] = values.astype(order + code)
            arrays["fortran"] = np.asfortranarray(a.astype(np.float32))
            arrays["strided"] = np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1)
            arrays["scalar"] = np.array(2.5)
            arrays["none"] = np.zeros((0, 3), np.float32)
            arrays["large"] = np.zeros(100000)
            for name, array in arrays.items(): np.save(f"{sys.argv[1]}/{name}.npy", array)
            np.savez(sys.argv[1] + "/stored.npz", **arrays)
            np.savez_compressed(sys.argv[1] + "/compressed.npz", **arrays)
            """#, [folder.path])
        let stored = try NPZ(contentsOf: "\(folder.path)/stored.npz")
        let compressed = try NPZ(contentsOf: "\(folder.path)/compressed.npz")
        #expect(stored.tensors.count == 29)
        func numbers(_ tensor: AnyTensor?) -> [Double] {
            switch tensor {
            case .float32(let tensor)?: tensor.scalars.map(Double.init)
            case .float64(let tensor)?: tensor.scalars
            case .int64(let tensor)?: tensor.scalars.map(Double.init)
            case .int32(let tensor)?: tensor.scalars.map(Double.init)
            case .uint8(let tensor)?: tensor.scalars.map(Double.init)
            case .bool(let tensor)?: tensor.scalars.map { $0 ? 1 : 0 }
            case nil: []
            }
        }
        let signed = (-3..<9).map(Double.init)
        for (name, tensor) in stored.tensors {
            let expected: [Double] =
                switch name.first {
                case "b": signed.map { $0 == 0 ? 0 : 1 }
                case "u": signed.map(abs)
                default: signed
                }
            let others = [compressed.tensor(named: name), try NPY(contentsOf: "\(folder.path)/\(name).npy").tensor]
            for other in others {
                #expect(other?.shape == tensor.shape && numbers(other) == numbers(tensor), "\(name)")
            }
            switch name {
            case "scalar": #expect(tensor.shape == [] && numbers(tensor) == [2.5])
            case "none": #expect(tensor.shape == [0, 3])
            case "large": #expect(numbers(tensor) == [Double](repeating: 0, count: 100_000))
            case "strided":
                let base = Tensor((0..<24).map(Double.init), shape: [2, 3, 4])
                #expect(tensor.shape == [4, 2, 3] && numbers(tensor) == base.permuted([2, 0, 1]).scalars)
            default: #expect(tensor.shape == [3, 4] && numbers(tensor) == expected, "\(name)")
            }
        }
    }
}
