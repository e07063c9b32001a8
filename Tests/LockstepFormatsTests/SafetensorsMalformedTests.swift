import LockstepFormats
import LockstepTensor
import Testing

/// A file with that header, and that many bytes of data.
func file(_ header: String, data: Int) -> [UInt8] {
    let json = Array(header.utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: json.count >> ($0 * 8)) } + json + [UInt8](repeating: 1, count: data)
}

@Suite struct SafetensorsMalformedTests {
    @Test(arguments: [
        ("", "expected '{', found its end"),
        ("[]", "expected '{', found '['"),
        ("{", "expected '\"', found its end"),
        ("{}{", "expected the end of the header, found '{'"),
        (#"{"a"}"#, "expected ':', found '}'"),
        (#"{"a":{}}"#, "has no dtype, shape, data_offsets"),
        (#"{"a":{"dtype":"U8","shape":[2]}}"#, "has no data_offsets"),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"x":1}}"#, "has the key 'x'"),
        (#"{"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, "'dtype' occurs twice"),
        (#"{"a":{"dtype":8,"shape":[2],"data_offsets":[0,2]}}"#, "expected '\"', found '8'"),
        (#"{"a":{"dtype":"C64","shape":[1],"data_offsets":[0,8]}}"#, "holds C64 elements, expected one of BF16, BOOL"),
        (#"{"a":{"dtype":"Q9","shape":[1],"data_offsets":[0,2]}}"#, "has the unknown dtype 'Q9'"),
        (#"{"a":{"dtype":"U8","shape":[-2],"data_offsets":[0,2]}}"#, "expected a non-negative integer, found '-'"),
        (#"{"a":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}}"#, "expected ']', found '.'"),
        (#"{"a":{"dtype":"U8","shape":[02],"data_offsets":[0,2]}}"#, "a number starts with 0"),
        (#"{"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,2]}}"#, "does not fit 64 bits"),
        (#"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,2]}}"#, "overflows 64 bits"),
        (#"{"a":{"dtype":"U8","shape":[0,9223372036854775807,9],"data_offsets":[0,0]}}"#, "overflows 64 bits"),
        (#"{"a":{"dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,2]}}"#, "overflows 64 bits"),
        (#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,2]}}"#, "has 2 bytes (data_offsets [0, 2]), expected 3"),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}}"#, "has data_offsets [2, 0]"),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0]}}"#, "has data_offsets [0]"),
        (
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
            "leaves a gap before it: starts at data byte 1, expected 0"
        ),
        (
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
            "overlaps the tensor before it"
        ),
        (#"{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}}"#, "ends at data byte 3, found 2 data bytes"),
        (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, "found 1 more bytes"),
        (
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#,
            "the name 'a' occurs twice"
        ),
        (#"{"__metadata__":{"k":1}}"#, "expected '\"', found '1'"),
        (#"{"__metadata__":{"k":"1","k":"2"}}"#, "the metadata key 'k' occurs twice"),
        (#"{"a\x":{}}"#, "unknown escape"),
        (#"{"\ud800":{}}"#, "half of a surrogate pair"),
        (#"{"\udc00\ud800":{}}"#, "half of a surrogate pair"),
        (#"{"\u12g4":{}}"#, "four hexadecimal digits"),
        (#"{"\u1"#, "a string is not closed"),
        ("{\"a\u{1}\":{}}", "control character 1"),
        (#"{"a"#, "a string is not closed"),
        (#"{"a\"#, "a string is not closed"),
    ])
    func isRefusedWithItsReason(header: String, reason: String) throws {
        let error = try #require(throws: FormatError.self) {
            try Safetensors(parsing: file(header, data: 2), name: "some.safetensors")
        }
        #expect(error.file == "some.safetensors")
        #expect(error.description.contains(reason), "\(error)")
    }

    @Test func aHeaderLongerThanTheFileIsRefused() throws {
        for claimed in [3, 1 << 26, UInt64.max, 1 << 63] as [UInt64] {
            let bytes = (0..<8).map { UInt8(truncatingIfNeeded: claimed >> ($0 * 8)) } + [0x7B, 0x7D]
            let error = try #require(throws: FormatError.self) { try Safetensors(parsing: bytes) }
            #expect(error.problem.contains("\(claimed) bytes is claimed"))
        }
        for count in 0..<8 {
            #expect(throws: FormatError.self) { try Safetensors(parsing: [UInt8](repeating: 0, count: count)) }
        }
    }

    @Test func aNameThatIsNotUTF8IsRefused() throws {
        let bytes = [5, 0, 0, 0, 0, 0, 0, 0] + [0x7B, 0x22, 0xFF, 0x22, 0x3A] as [UInt8]
        #expect(throws: FormatError.self) { try Safetensors(parsing: bytes) }
    }

    @Test func aBoolThatIsNeitherZeroNorOneIsRefused() throws {
        var bytes = file(#"{"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}}"#, data: 2)
        #expect(try Safetensors(parsing: bytes).tensors.count == 1)
        bytes[bytes.count - 1] = 2
        let error = try #require(throws: FormatError.self) { try Safetensors(parsing: bytes) }
        #expect(error.problem == "element 1 is 2, expected 0 or 1 for BOOL")
    }

    @Test func spacesEscapesAndAnyOrderOfKeysAreAccepted() throws {
        let header = #"""
             { "\u0061\/\ud83d\ude00" : {"data_offsets":[1 , 2],"shape" : [],"dtype":"U8"} ,
            "b":{"shape":[1],"dtype":"U8","data_offsets":[0,1]}, "__metadata__" : { } }  
            """#
        let read = try Safetensors(parsing: file(header, data: 2))
        #expect(read.tensors.map(\.name) == ["a/😀", "b"])
        #expect(read.tensors.map(\.tensor.shape) == [[], [1]])
    }

    @Test func noFileCutShortIsAcceptedOrTraps() throws {
        let whole = Safetensors(everyType, metadata: ["a": "b"]).encoded()
        for count in 0..<whole.count {
            #expect(throws: FormatError.self) { try Safetensors(parsing: Array(whole[..<count])) }
        }
        #expect(throws: FormatError.self) { try Safetensors(parsing: whole + [0]) }
    }

    /// Each byte of the header in turn is replaced; whatever then is accepted must be written and read back alike.
    @Test func noDamagedHeaderTraps() throws {
        let whole = Safetensors(everyType, metadata: ["a": "b"]).encoded()
        let length = 8 + whole[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        var refused = 0
        for place in 0..<length {
            for byte in [0, 0x22, 0x2C, 0x30, 0x39, 0x5B, 0x5D, 0x7B, 0x7D, 0x80, 0xFF] as [UInt8] {
                var damaged = whole
                damaged[place] = byte
                do {
                    let read = try Safetensors(parsing: damaged)
                    let again = try Safetensors(parsing: read.encoded())
                    #expect(again.tensors.map(\.name) == read.tensors.map(\.name))
                } catch is FormatError {
                    refused += 1
                }
            }
        }
        #expect(refused > length * 5)
    }
}
