import Foundation
import ParityRunner
import Testing

/// Operators against PyTorch's results, forward and backward: a few cases of each, chosen by `scripts/fixtures/choose_parity.py`.
@Suite struct ParityTests {
    private static let folder = Bundle.module.resourceURL?.appendingPathComponent("Fixtures").path ?? ""
    private static let cases = Dictionary(grouping: CaseFile.all(in: folder) ?? [], by: \.op)

    @Test func everyOperatorHasCases() {
        #expect(ParityTests.cases.keys.sorted() == CaseFile.operators)
        #expect(CaseFile.operators.count >= 167)
    }

    @Test(arguments: CaseFile.operators)
    func agreesWithPyTorch(op: String) {
        for file in ParityTests.cases[op] ?? [] { #expect(file.run() == .passed, "\(file.name)") }
    }

    @Test func whatDiffersIsReported() throws {
        let file = try #require(ParityTests.cases["add"]?.first)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let original = URL(fileURLWithPath: ParityTests.folder).appendingPathComponent(file.name)
        var bytes = try Data(contentsOf: original)
        // The sign of the last element of the last tensor.
        bytes[bytes.count - 1] ^= 0x80
        try bytes.write(to: folder.appendingPathComponent(file.name))
        try bytes.write(to: folder.appendingPathComponent("sub-000.safetensors"))
        try bytes.write(to: folder.appendingPathComponent("unknown-000.safetensors"))
        let outcomes = try #require(CaseFile.all(in: folder.path)).map { $0.run() }
        try #require(outcomes.count == 3)
        guard case .failed(let difference) = outcomes[0], case .failed(let mismatch) = outcomes[1] else {
            Issue.record("\(outcomes)")
            return
        }
        #expect(difference.contains("expected"))
        #expect(mismatch.contains("is a case of add, not of sub"))
        #expect(outcomes[2] == .skipped)
    }
}
