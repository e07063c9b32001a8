import LockstepFormats
import LockstepTraining
import Testing

/// The account of every sample of every epoch.
struct LedgerTests {
    private let folder = TemporaryFolder()

    /// The lines of the ledger of the run in the folder at `path`.
    private func lines(_ path: String) throws -> [String] {
        String(decoding: try File.read("\(path)/ledger.jsonl"), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func write(_ lines: [String], to path: String) throws {
        try AtomicFile.write(Array(lines.map { $0 + "\n" }.joined().utf8), to: "\(path)/ledger.jsonl")
    }

    /// Two epochs of 23 samples in steps of 8, 8 and 7.
    private func run() throws -> String { try TinyRun.begin(in: folder.path, TinyJob.settings()).path }

    @Test("The ledger of a run has a line an epoch and a line a step, and each sample of each epoch once")
    func once() throws {
        let path = try run()
        let lines = try lines(path)
        #expect(
            lines.map { $0.contains(#""kind":"epoch""#) } == [true, false, false, false, true, false, false, false])
        #expect(
            lines[1].contains(
                #""batch":1,"end":8,"epoch":1,"first":0,"generation":0,"kind":"step","samples":8,"step":1"#))
        let audit = try Ledger(ofRun: path).audit()
        #expect(audit.problems == [])
        #expect(audit.epochs.map(\.usedOnce) == [23, 23])
        #expect(audit.epochs.allSatisfy { $0.missing == 0 && $0.usedTwice == 0 && $0.toCome == 0 && $0.steps == 3 })
        #expect(audit.workers.map(\.samples) == [46])
        let orders = try (1...2).map { try Ledger(ofRun: path).uses(ofEpoch: $0).map(\.sample) }
        #expect(orders.map { $0.sorted() } == [Array(0..<23), Array(0..<23)])
        #expect(orders[0] != orders[1])
    }

    @Test("A digest is FNV-1a, so that other programs can make it")
    func digest() throws {
        // Index 0 of a run that is not shuffled, in a step of one sample: eight bytes of zero.
        var settings = try TinyJob.settings(batch: 1, microbatches: 1, epochs: 1, limit: 1)
        settings.shuffle = false
        let path = try TinyRun.begin(in: folder.path, settings).path
        var expected: UInt64 = 14_695_981_039_346_656_037
        for _ in 0..<8 { expected = expected &* 1_099_511_628_211 }
        #expect(try lines(path)[1].contains("\"digest\":\"\(String(expected, radix: 16))\""))
    }

    @Test("A run that was stopped and resumed has each step once, and what is to come is no fault")
    func resumed() throws {
        let settings = try TinyJob.settings(checkpointEvery: 2)
        let (path, _) = try TinyRun.begin(in: folder.path, settings, stopAfter: 4)
        let half = try Ledger(ofRun: path).audit()
        #expect(half.problems == [])
        #expect(half.epochs.map(\.usedOnce) == [23, 8])
        #expect(half.epochs.map(\.toCome) == [0, 15])
        // As a crash leaves it: steps beyond the checkpoint, and half a line.
        let stopped = try lines(path)
        let surplus = stopped[stopped.count - 1].replacing(#""step":4"#, with: #""step":5"#)
        try AtomicFile.write(
            Array((stopped + [surplus, "{\"kind\":"]).joined(separator: "\n").utf8), to: "\(path)/ledger.jsonl")
        _ = try TinyRun.resume(path)
        #expect(try lines(path).prefix(stopped.count).elementsEqual(stopped))
        let audit = try Ledger(ofRun: path).audit()
        #expect(audit.problems == [])
        #expect(audit.epochs.map(\.usedOnce) == [23, 23])
    }

    @Test("Whatever is altered in a ledger is found, with its line")
    func altered() throws {
        let path = try run()
        let good = try lines(path)
        /// The first problem of the ledger after a change, and what the epochs come to.
        func audit(_ change: (inout [String]) -> Void) throws -> LedgerAudit {
            var lines = good
            change(&lines)
            try write(lines, to: path)
            return try Ledger(ofRun: path).audit()
        }
        let doubled = try audit { $0.insert($0[2], at: 3) }
        #expect(doubled.problems.first == "line 4: step 2 is there twice")
        #expect(doubled.epochs.map(\.usedTwice) == [8, 0])
        #expect(doubled.problems.last?.contains("8 samples were used more than once, sample ") == true)
        #expect(doubled.problems.last?.hasSuffix("in the steps 2 and 2") == true)

        let missing = try audit { $0.remove(at: 2) }
        #expect(missing.problems.first == "line 3: step 3 comes behind step 1; step 2 is missing")
        #expect(missing.epochs.map(\.missing) == [8, 0])
        #expect(missing.problems.last?.hasSuffix("due in step 2") == true)

        let swapped = try audit { $0.swapAt(1, 2) }
        #expect(swapped.problems.first == "line 2: step 2 comes behind step 0; step 1 is missing")
        #expect(swapped.problems[1] == "line 3: step 1 comes behind step 2: it is out of order, or there twice")
        #expect(swapped.epochs.map(\.usedOnce) == [23, 23])

        let last = try audit { $0.removeLast() }
        #expect(
            last.problems.first?.hasSuffix("ends with step 5, but the run's metrics have 6: the last lines are missing")
                == true)
        #expect(last.epochs.map(\.missing) == [0, 7])

        let digest = try audit { lines in
            let start = lines[3].firstRange(of: #""digest":""#)!.upperBound  // every step's line has one
            lines[3].replaceSubrange(start...start, with: lines[3][start] == "0" ? "1" : "0")
        }
        #expect(digest.problems.first?.hasPrefix("line 4: the samples that worker 0 (host ") == true)
        #expect(digest.epochs.map(\.missing) == [7, 0])

        let order = try audit {
            $0[4] = $0[0].replacing(#""epoch":1"#, with: #""epoch":2"#).replacing(#""step":1"#, with: #""step":4"#)
        }
        #expect(order.problems.count == 1)
        #expect(order.problems.first?.hasPrefix("line 5: the order of epoch 2 has SHA-256 ") == true)

        let places = try audit { $0[2] = $0[2].replacing(#""end":16"#, with: #""end":15"#) }
        #expect(
            places.problems.first?.contains("places 8 to 15, 8 samples; expected batch 2 of epoch 1, places 8 to 16")
                == true)
        #expect(places.epochs.map(\.missing) == [8, 0])

        let damaged = try audit { $0[2] = String($0[2].dropLast(5)) }
        #expect(damaged.problems.first == "line 3 is damaged: it is no step and no epoch of a ledger")
        #expect(damaged.epochs.map(\.missing) == [8, 0])

        let epoch = try audit { $0.remove(at: 4) }
        #expect(epoch.problems == ["line 5: epoch 2 begins without a line of its own"])

        let samples = try audit { $0[0] = $0[0].replacing(#""samples":23"#, with: #""samples":9223372036854775807"#) }
        #expect(!samples.problems.isEmpty)
        let nothing = try audit { $0 = [] }
        #expect(nothing.problems.first?.contains("has no line that says how many samples an epoch has") == true)
        #expect(try audit { _ in }.problems == [])
    }

    @Test("A ledger of whatever bytes is damaged, and no reason to trap")
    func anything() throws {
        var random = SplitMix(seed: 5)
        let path = try run()
        let good = try File.read("\(path)/ledger.jsonl")
        let settings = try TinyJob.settings()
        #expect(Ledger(good, path: "l", settings: settings, recordedSteps: 6).audit().problems == [])
        for round in 0..<3000 {
            var bytes = good
            for _ in 0...Int.random(in: 0..<3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                bytes[place] =
                    round % 2 == 0 ? .random(in: 48...57, using: &random) : .random(in: 0...255, using: &random)
            }
            let ledger = Ledger(bytes, path: "l", settings: settings, recordedSteps: 6)
            let audit = ledger.audit()
            _ = try? ledger.uses(ofEpoch: 1)
            if audit.problems.isEmpty { #expect(audit.epochs.map(\.usedOnce) == [23, 23]) }
        }
    }

    @Test("A step that was computed from other samples ends the run, with who did it")
    func otherSamples() throws {
        let settings = try TinyJob.settings()
        let run = try RunFolder.create(in: folder.path, settings: settings)
        let recorder = try RunRecorder(
            folder: run, settings: settings, schedule: Schedule(samples: 23, settings: settings), completedSteps: 0,
            observer: EventLog())
        let share = StepAccount.Share(rank: 3, host: "a", process: 9, microbatches: 0..<4, digest: SampleDigest())
        #expect {
            try recorder.complete(
                step: 0, lossSum: 1, samples: StepAccount(generation: 1, shares: [share]), computeSeconds: 0,
                communicateSeconds: 0)
        } throws: {
            "\($0)".hasPrefix(
                "worker 3 (host a, process 9) computed microbatches 0 to 3 of step 1 from other samples than")
        }
        #expect(try RunFolder.metrics(of: run.path).steps.isEmpty)
    }
}
