import LockstepWire
import Testing

/// Bulk bytes, wherever they lie.
@Suite struct PayloadTests {
    @Test func floatsAreCopiedFromAnyAddress() {
        let floats: [Float] = [1, 2, 3, 4, 5]
        let bytes = [0xFF] + floats.withUnsafeBytes { [UInt8]($0) }
        let whole = Payload(bytes)
        // The same memory from one byte on, so that no float is aligned.
        let payload = whole.withUnsafeBytes { Payload(owner: Keeper(whole), bytes: .init(rebasing: $0.dropFirst())) }
        #expect(payload.floatCount == 5)
        #expect(payload.floats() == floats)
        var target: [Float] = [0, 0, 0]
        target.withUnsafeMutableBufferPointer { payload.copyFloats(1..<3, into: $0) }
        #expect(target == [2, 3, 0])
    }

    @Test func bytesThatAreNoWholeFloatsAreNotFloats() {
        #expect(Payload([1, 2, 3]).floatCount == nil)
        #expect(Payload([1, 2, 3, 4, 5]).floats() == nil)
        #expect(Payload([]).floats() == [])
    }

    @Test func equalBytesAreEqualPayloads() {
        #expect(Payload([1, 2]) == Payload([1, 2]))
        #expect(Payload([1, 2]) != Payload([1, 3]))
        #expect(Payload([1, 2]) != Payload([1, 2, 3]))
        #expect(Payload([]) == Payload([]))
    }

    @Test func aRangeOutsideStopsWithItsValues() async {
        await #expect(processExitsWith: .failure) {
            var target: [Float] = [0, 0]
            target.withUnsafeMutableBufferPointer { Payload(floats: [1]).copyFloats(0..<2, into: $0) }
        }
    }

    @Test func theOwnerLivesAsLongAsThePayload() {
        weak var owner: Keeper?
        var payload: Payload?
        do {
            let keeper = Keeper(Payload([7, 8]))
            owner = keeper
            payload = keeper.payload.withUnsafeBytes { Payload(owner: keeper, bytes: $0) }
        }
        #expect(payload?.array() == [7, 8])
        #expect(owner != nil)
        payload = nil
        #expect(owner == nil)
    }
}

/// Holds a payload.
private final class Keeper: Sendable {
    let payload: Payload
    init(_ payload: Payload) { self.payload = payload }
}
