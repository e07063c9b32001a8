import LockstepWire
import Testing

/// Names of runs.
@Suite struct RunIDTests {
    @Test func bytesAndTextAreTheSameName() {
        let bytes = Array(UInt8(0)...15)
        let run = RunID(bytes: bytes)
        #expect(run?.bytes == bytes)
        #expect(run?.description == "000102030405060708090a0b0c0d0e0f")
        #expect(RunID("000102030405060708090A0B0C0D0E0F") == run)
        #expect(RunID.unknown.bytes == [UInt8](repeating: 0, count: 16))
        #expect(RunID.unknown.description == String(repeating: "0", count: 32))
    }

    @Test func anythingElseIsNoName() {
        #expect(RunID(bytes: Array(0...14)) == nil)
        #expect(RunID(bytes: Array(0...16)) == nil)
        for text in ["", "00", "+00102030405060708090a0b0c0d0e0f", String(repeating: "g", count: 32)] {
            #expect(RunID(text) == nil, "\(text)")
        }
    }

    @Test func randomNamesDiffer() {
        let names = Set((0..<1000).map { _ in RunID.random() })
        #expect(names.count == 1000)
        #expect(!names.contains(.unknown))
    }
}
