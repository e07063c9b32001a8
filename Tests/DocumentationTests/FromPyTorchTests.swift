import TestSupport
import Testing

/// The repository's root, from this file's place in it.
private let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

@Suite struct FromPyTorchTests {
    /// Every name of PyTorch's is on the page, and every name of ours that the page gives exists. Needs the modules of a release build.
    @Test(.enabled(if: Python.isNamed, "set LOCKSTEP_PYTHON to a Python that has PyTorch"))
    func thePageAgreesWithPyTorchAndWithOurModules() async throws {
        let folder = TemporaryFolder()
        _ = try await execute("\(root)/scripts/symbol-graphs.sh", [folder.path])
        let said = try await Python.run(script: "\(root)/scripts/compare-with-pytorch.py", [folder.path])
        #expect(said.hasPrefix("PyTorch "), "\(said)")
    }
}
