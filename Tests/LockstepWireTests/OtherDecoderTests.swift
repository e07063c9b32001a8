import CLockstepWire
import Glibc
import LockstepWire
import Subprocess
import Testing

/// The two frames joined are one message for any protobuf decoder.
@Suite struct OtherDecoderTests {
    @Test(arguments: Samples.envelopes)
    func thePlainUnpackerDecodesTheJoinedFrames(_ envelope: Envelope) throws {
        let bytes = try envelope.encoded().joined()
        let message = try #require(lockstep__envelope__unpack(nil, bytes.count, bytes))
        defer { lockstep__envelope__free_unpacked(message, nil) }
        #expect(message.pointee.version == Envelope.protocolVersion)
        #expect(message.pointee.base.n_unknown_fields == 0)
        #expect(message.pointee.generation == UInt64(envelope.generation))
        #expect(message.pointee.step == UInt64(envelope.step))
        #expect(message.pointee.body_case != LOCKSTEP__ENVELOPE__BODY__NOT_SET)
        let run = UnsafeBufferPointer(start: message.pointee.run.data, count: message.pointee.run.len)
        #expect(Array(run) == envelope.run.bytes)
        let payload = UnsafeBufferPointer(start: message.pointee.payload.data, count: message.pointee.payload.len)
        #expect(Array(payload) == envelope.payload?.array() ?? [])
        if case .stop(let stop) = envelope.body {
            #expect(String(cString: message.pointee.stop.pointee.reason) == stop.reason)
        }
    }

    /// Python's protobuf, from the same protocol file, reads every sample and writes its fields back as they were.
    @Test(.enabled("needs protoc, and Python (LOCKSTEP_PYTHON or python3) with the module protobuf", Python.isUsable))
    func pythonsProtobufDecodesTheJoinedFrames() async throws {
        let lines = try Samples.envelopes.map { hex(try $0.encoded().joined()) }
        let answers = try await Python.describe(lines)
        try #require(answers.count == Samples.envelopes.count)
        for (fields, envelope) in zip(answers, Samples.envelopes) {
            #expect(fields[0] == envelope.body.name)
            #expect(fields[1] == hex(envelope.run.bytes))
            #expect(fields[2] == "\(envelope.generation)")
            #expect(fields[3] == "\(envelope.step)")
            #expect(fields[4] == hex(envelope.payload?.array() ?? []))
            // What Python writes for the message without its payload is a frame 0 of ours.
            var envelope = envelope
            envelope.payload = nil
            #expect(fields[5] == hex(try envelope.encoded().header))
        }
    }
}

/// Decodes messages with Python's protobuf.
private enum Python {
    private static let program = """
        import sys
        from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
        pool = descriptor_pool.DescriptorPool()
        files = descriptor_pb2.FileDescriptorSet.FromString(bytes.fromhex(sys.stdin.readline()))
        for file in files.file:
            pool.Add(file)
        # Debian 12 has a protobuf that knows the function by its older name only.
        message_class = getattr(message_factory, "GetMessageClass", None) or message_factory.MessageFactory(pool).GetPrototype
        Envelope = message_class(pool.FindMessageTypeByName("lockstep.Envelope"))
        for line in sys.stdin:
            e = Envelope.FromString(bytes.fromhex(line))
            body = getattr(e, e.WhichOneof("body")).DESCRIPTOR.name
            payload = e.payload.hex()
            e.payload = b""
            print(body, e.run.hex(), e.generation, e.step, payload, e.SerializeToString().hex(), sep=",")
        """

    /// Whether both programs and the module are there.
    static func isUsable() async -> Bool {
        guard let answers = try? await describe([]) else { return false }
        return answers.isEmpty
    }

    /// For each message in hexadecimal digits: body, run, generation, step, payload, and the message without its payload.
    static func describe(_ messages: [String]) async throws -> [[Substring]] {
        // This file is Tests/LockstepWireTests/OtherDecoderTests.swift in the package.
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        let compiled = try await run(
            .name("protoc"),
            arguments: ["--proto_path=\(root)/proto", "--descriptor_set_out=/dev/stdout", "lockstep.proto"],
            output: .bytes(limit: 1 << 20))
        let python = getenv("LOCKSTEP_PYTHON").map { String(cString: $0) } ?? "python3"
        let input = ([hex(compiled.standardOutput)] + messages).joined(separator: "\n")
        let answer = try await run(
            .name("env"), arguments: [python, "-c", program], input: .string(input), output: .string(limit: 1 << 24))
        guard compiled.terminationStatus.isSuccess, answer.terminationStatus.isSuccess else {
            throw Unusable()
        }
        return answer.standardOutput.split(separator: "\n")
            .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    }

    private struct Unusable: Error {}
}

/// Two hexadecimal digits a byte.
private func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
