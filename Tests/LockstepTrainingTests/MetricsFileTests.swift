import LockstepFormats
import LockstepTraining
import Testing

struct MetricsFileTests {
    private func step(_ step: Int, loss: Double = 0.5) -> StepRecord {
        StepRecord(
            step: step, epoch: 1, loss: loss, samples: 8, throughput: 4, computeSeconds: 1, communicateSeconds: 0.25,
            bytesSent: 99)
    }

    private func test(_ step: Int, correct: Int?) -> TestRecord {
        TestRecord(Evaluation(loss: 1, correct: correct, count: 4), step: step, epoch: 1)
    }

    private func lines(_ path: String) throws -> [String] {
        String(decoding: try File.read(path), as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    @Test("Each record is one line of JSON")
    func format() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/metrics.jsonl"
        let file = try MetricsFile(path: path, keepingSteps: 0)
        try file.write(step(1))
        try file.write(test(1, correct: 3))
        try file.write(test(2, correct: nil))
        #expect(
            try lines(path) == [
                #"{"bytes_sent":99,"communicate_seconds":0.25,"compute_seconds":1,"epoch":1,"kind":"step","loss":0.5,"samples":8,"samples_per_second":4,"step":1}"#,
                #"{"accuracy":0.75,"epoch":1,"kind":"test","loss":0.25,"samples":4,"step":1}"#,
                #"{"epoch":1,"kind":"test","loss":0.25,"samples":4,"step":2}"#,
                "",
            ])
    }

    @Test("Numbers that JSON has no spelling for have Python's")
    func notFinite() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/metrics.jsonl"
        let file = try MetricsFile(path: path, keepingSteps: 0)
        for loss in [Double.nan, .infinity, -.infinity] { try file.write(step(1, loss: loss)) }
        let found = try lines(path)
        for (line, spelling) in zip(found, ["NaN", "Infinity", "-Infinity"]) {
            #expect(line.contains("\"loss\":\"\(spelling)\""))
        }
        // They are read back, and so kept, when the run is resumed.
        _ = try MetricsFile(path: path, keepingSteps: 1)
        #expect(try lines(path) == found)
    }

    @Test("What was recorded is read back, without a last line that was cut short")
    func readBack() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/metrics.jsonl"
        let file = try MetricsFile(path: path, keepingSteps: 0)
        try file.write(step(1, loss: .infinity))
        try file.write(step(2))
        try file.write(test(2, correct: 3))
        try file.write(test(3, correct: nil))
        let written = try File.read(path)
        try AtomicFile.write(written + Array(#"{"kind":"st"#.utf8), to: path)
        let (steps, tests) = try RunFolder.metrics(of: folder.path)
        #expect(steps == [step(1, loss: .infinity), step(2)])
        #expect(tests == [test(2, correct: 3), test(3, correct: nil)])

        try AtomicFile.write(Array("{}\n".utf8) + written, to: path)
        let error = #expect(throws: TrainingError.self) { try RunFolder.metrics(of: folder.path) }
        #expect(error.map { "\($0)" }?.contains("\(path), line 1: no step and no test of a run") == true)
        let missing = #expect(throws: TrainingError.self) { try RunFolder.metrics(of: "/nowhere") }
        #expect(missing.map { "\($0)" }?.contains("/nowhere is not the folder of a run that has begun") == true)
    }

    @Test("A run that is resumed keeps the lines up to its checkpoint and drops what comes after")
    func resume() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/metrics.jsonl"
        do {
            let file = try MetricsFile(path: path, keepingSteps: 0)
            #expect(file.lastTest == nil)
            for number in 1...3 {
                try file.write(step(number))
                try file.write(test(number, correct: 2))
            }
            #expect(file.lastTest?.step == 3)
        }
        let before = try lines(path)
        let file = try MetricsFile(path: path, keepingSteps: 2)
        #expect(file.lastTest == test(2, correct: 2))
        #expect(try lines(path) == before.prefix(4) + [""])
        try file.write(step(3))
        #expect(try lines(path) == before.prefix(5) + [""])
        #expect(try MetricsFile(path: path, keepingSteps: 0).lastTest == nil)
        #expect(try lines(path) == [""])
    }

    @Test("A last line that a crash cut short, at whatever byte, is dropped, and the next begins on a line of its own")
    func tornLine() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/metrics.jsonl"
        do {
            let file = try MetricsFile(path: path, keepingSteps: 0)
            for number in 1...2 { try file.write(step(number)) }
        }
        let whole = try File.read(path)
        let first = try #require(whole.firstIndex(of: UInt8(ascii: "\n"))) + 1
        for end in first..<whole.count {
            try AtomicFile.write(whole[..<end], to: path)
            let file = try MetricsFile(path: path, keepingSteps: 1)
            try file.write(step(2))
            #expect(try File.read(path) == whole, "cut at byte \(end)")
        }
    }

    @Test("A file that cannot be written is named")
    func notWritable() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/none/metrics.jsonl"
        let error = #expect(throws: TrainingError.self) { try MetricsFile(path: path, keepingSteps: 0) }
        #expect(error?.description.hasPrefix("\(path): ") == true)
    }
}
