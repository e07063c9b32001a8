import LockstepNN
import LockstepTensor
import LockstepTraining
import Testing

struct GradientBucketsTests {
    @Test("Buckets cover each element once, from the end, the first one a quarter of the others")
    func cut() throws {
        #expect(try GradientBuckets(count: 100, bytes: 160).ranges == [90..<100, 50..<90, 10..<50, 0..<10])
        #expect(try GradientBuckets(count: 5, bytes: 4).ranges == [4..<5, 3..<4, 2..<3, 1..<2, 0..<1])
        #expect(try GradientBuckets(count: 5, bytes: 1 << 20).ranges == [0..<5])
        #expect(try GradientBuckets(count: 0).ranges == [0..<0])
        for count in 1...60 {
            for bytes in stride(from: 4, to: 80, by: 4) {
                let ranges = try GradientBuckets(count: count, bytes: bytes).ranges
                #expect(ranges.flatMap { $0.reversed() } == (0..<count).reversed())
                #expect(ranges.allSatisfy { !$0.isEmpty && $0.count <= bytes / 4 })
            }
        }
    }

    @Test("Buckets of a size that makes too many are refused with the smallest that can be used")
    func tooMany() throws {
        #expect(try GradientBuckets(count: 1024, bytes: 4).ranges.count == 1024)
        let error = #expect(throws: TrainingError.self) { try GradientBuckets(count: 100_000, bytes: 64) }
        #expect(
            error?.description.contains(
                "--bucket-bytes is 64, which cuts the gradient of 400000 bytes into more than 1024 buckets; "
                    + "expected at least 392") == true)
        #expect(try GradientBuckets(count: 100_000, bytes: 392).ranges.count <= 1024)
    }

    /// A job whose first layers are used last in forward, so that the buckets are complete in another order than they are sent,
    /// and which has a layer that no loss depends on.
    private static func scrambled() -> some TrainableJob {
        TrainingJob.classification(
            name: "scrambled", model: { Scrambled() }, data: { (try TinyJob.points(23, seed: 1), nil) })
    }

    @Test(
        "The sums of the buckets are those of the whole gradient, bit for bit, for any range and size",
        arguments: [false, true])
    func sums(scrambled: Bool) throws {
        for bytes in [4, 12, 40, 100, 1000] {
            let settings = try TinyJob.settings(microbatches: 7, epochs: 1, bucketBytes: bytes)
            let job: any TrainableJob = scrambled ? GradientBucketsTests.scrambled() : TinyJob.job()
            let trainer = try TinyJob.trainer(settings, job: job)
            let ranges = trainer.buckets.ranges
            for step in [0, 2] {
                for range in [0..<7, 0..<1, 0..<3, 1..<4, 3..<7, 6..<7, 4..<4] {
                    let whole = try trainer.sums(of: range, step: step)
                    let found = Found()
                    let losses = try trainer.sums(of: range, step: step) { found.buckets.append($0) }
                    #expect(losses == whole.losses)
                    #expect(found.buckets.map(\.bucket) == Array(ranges.indices))
                    for sums in found.buckets {
                        #expect(sums.subtrees.map(\.node) == whole.subtrees.map(\.node))
                        for (part, all) in zip(sums.subtrees, whole.subtrees) {
                            #expect(part.sum.bits == all.sum[ranges[sums.bucket]].bits, "\(bytes) bytes, \(range)")
                        }
                    }
                }
            }
        }
    }

    @Test(
        "A bucket is given away during the last microbatch's backward, before earlier layers' gradients are there"
    )
    func early() throws {
        let events = Events()
        let job = TrainingJob.classification(
            name: "watched", model: { Sequential(Linear(2, 5), Watch(events), Linear(5, 3)) },
            data: { (try TinyJob.points(23, seed: 1), nil) })
        let trainer = try TinyJob.trainer(TinyJob.settings(microbatches: 2, epochs: 1, bucketBytes: 56), job: job)
        // The last layer has the elements from 15 on.
        #expect(trainer.buckets.ranges == [30..<33, 16..<30, 2..<16, 0..<2])
        _ = try trainer.sums(of: 0..<2, step: 0) { events.names.append("bucket \($0.bucket)") }
        #expect(events.names == ["backward", "bucket 0", "bucket 1", "backward", "bucket 2", "bucket 3"])
    }
}

private final class Found { var buckets: [Trainer.BucketSums] = [] }

private final class Events: @unchecked Sendable {
    // Sendable because the tests that use it have one thread.
    var names: [String] = []
}

/// Passes on what it gets, and notes when backward has come to what was before it.
private final class Watch: Module, Layer {
    private let events: Events
    init(_ events: Events) { self.events = events }
    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> {
        let output = input * 1
        _ = input.registerHook { [events] _ in
            events.names.append("backward")
            return nil
        }
        return output
    }
}

/// Two layers that stand in the other order than they are used in, and one that no loss depends on.
private final class Scrambled: Module, Layer {
    private let last = Linear(5, 3)
    private let unused = Linear(2, 2)
    private let first = Linear(2, 5)
    func callAsFunction(_ input: Tensor<Float>) -> Tensor<Float> { last(first(input).relu()) }
}
