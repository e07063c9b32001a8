import Glibc
import Subprocess
import SystemPackage
import Testing

/// The command `fuzz`: that it reaches what it is to try, and that it tells of what it finds.
@Suite struct FuzzTests {
    /// The program that was built together with these tests.
    private static let binary: String = {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = max(0, readlink("/proc/self/exe", &path, path.count))
        let tests = String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return tests[..<(tests.lastIndex(of: "/") ?? tests.startIndex)] + "/fuzz"
    }()

    /// Runs it in a new folder; gives its exit code, what it wrote, and the input that it kept.
    private func fuzz(_ arguments: String...) async throws -> (
        code: Int32?, output: String, errors: String, kept: [UInt8]?
    ) {
        var template = Array("/tmp/lockstep-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            unlink("\(folder)/fuzz-crash.bin")
            rmdir(folder)
        }
        let result = try await Subprocess.run(
            .path(FilePath(Self.binary)), arguments: Arguments(arguments), workingDirectory: FilePath(folder),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        var kept: [UInt8]?
        if let file = fopen("\(folder)/fuzz-crash.bin", "r") {
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 100_000)
            let count = fread(&bytes, 1, bytes.count, file)
            kept = Array(bytes.prefix(count))
        }
        let code: Int32? = if case .exited(let code) = result.terminationStatus { code } else { nil }
        return (code, result.standardOutput, result.standardError, kept)
    }

    @Test func everyDecoderTakesSomeInputsAndRefusesOthers() async throws {
        let (code, output, errors, _) = try await fuzz("--inputs", "45000", "--seed", "3")
        #expect(code == 0, "\(errors)")
        let names = [
            "envelope", "safetensors", "npy", "npz", "csv", "idx", "idx-gzip", "key-file", "settings", "endpoint",
            "samples", "sample-description", "ledger", "metrics", "run-records",
        ]
        for name in names {
            let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("\(name): 3000 inputs, ") })
            let taken = try #require(line.firstMatch(of: /inputs, (\d+) of them taken/).flatMap { Int($0.1) })
            #expect((1..<3000).contains(taken), "\(line)")
        }
        #expect(output.contains("fuzz: 45000 inputs with seed 3, none crashed"))
    }

    @Test func aCrashIsToldWithSeedAndInputAndHappensAgain() async throws {
        let (code, _, errors, kept) = try await fuzz("--decoder", "crashing", "--inputs", "100000", "--seed", "11")
        #expect(code == 1)
        let command = try #require(
            errors.firstMatch(of: /fuzz: crashed: decoder crashing, seed 11; again with: fuzz (.*)/)?.1)
        // An odd first byte is what that decoder dies of.
        #expect(kept?.first?.isMultiple(of: 2) == false)
        let words = command.split(separator: " ").map(String.init)
        #expect(words.count == 8)
        let again = try await fuzz(
            words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7])
        #expect(again.code == 1)
        #expect(again.errors.contains(command))
        #expect(again.kept == kept)
    }

    @Test func anUnknownDecoderIsAnsweredWithTheirNames() async throws {
        let (code, _, errors, _) = try await fuzz("--decoder", "pickle")
        #expect(code == 64)
        #expect(errors.contains("--decoder is 'pickle'; expected one of envelope, safetensors, npy"))
    }
}
