public import Foundation

/// A file of records made by `scripts/fixtures`: one line each, `name type value value …`.
public struct Fixture: Sendable {
    private let records: [String: (type: String, words: [Substring])]

    /// Reads the file `name` of the folder `Fixtures` in a test target's resources.
    public init(_ name: String, in bundle: Bundle) throws {
        let text = try String(contentsOf: Fixture.url(name, in: bundle), encoding: .utf8)
        var records: [String: (type: String, words: [Substring])] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            records[String(words[0])] = (String(words[1]), Array(words[2...]))
        }
        self.records = records
    }

    /// A file of little-endian 32-bit floating-point numbers and nothing else.
    public static func floats(_ name: String, in bundle: Bundle) throws -> [Float] {
        let data = try Data(contentsOf: url(name, in: bundle))
        return data.withUnsafeBytes { bytes in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }

    public var names: [String] { records.keys.sorted() }

    public func floats(_ name: String) -> [Float] {
        words(name, "f32").map { Float(bitPattern: UInt32($0, radix: 16)!) }
    }

    public func doubles(_ name: String) -> [Double] {
        words(name, "f64").map { Double(bitPattern: UInt64($0, radix: 16)!) }
    }

    public func integers(_ name: String) -> [Int64] {
        words(name, "i64").map { Int64($0)! }
    }

    private func words(_ name: String, _ type: String) -> [Substring] {
        guard let record = records[name], record.type == type else {
            fatalError("the fixture has no record '\(name)' of type \(type)")
        }
        return record.words
    }

    private static func url(_ name: String, in bundle: Bundle) throws -> URL {
        guard let url = bundle.url(forResource: name, withExtension: nil, subdirectory: "Fixtures") else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: "Fixtures/" + name])
        }
        return url
    }
}
