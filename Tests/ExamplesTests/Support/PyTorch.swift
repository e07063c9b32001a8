import FixtureReader
import Foundation
import Testing

/// What PyTorch gets with the settings and the seed of the examples; see scripts/fixtures/make_examples.py.
enum PyTorch {
    static func figures(_ name: String) throws -> [Double] {
        try Fixture("examples.txt", in: .module).doubles(name)
    }
}

extension Example {
    /// The numbers after `prefix` in the lines that begin with it.
    func numbers(after prefix: String) -> [Double] {
        output.split(separator: "\n").compactMap { line in
            line.hasPrefix(prefix) ? Double(line.dropFirst(prefix.count).trimmingCharacters(in: .whitespaces)) : nil
        }
    }
}

/// Expects each number to be its peer within a share of it. Sums in Float32 round, so runs drift apart as they go on.
func expectEqual(
    _ ours: some Collection<Double>, _ theirs: some Collection<Double>, within share: Double,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    #expect(ours.count == theirs.count && !ours.isEmpty, sourceLocation: sourceLocation)
    for (ours, theirs) in zip(ours, theirs) {
        #expect(
            abs(ours - theirs) <= share * abs(theirs), "\(ours), PyTorch \(theirs)", sourceLocation: sourceLocation)
    }
}
