import LockstepCluster
import LockstepTraining
import LockstepWire
import Testing

/// Workers that compute at different speeds.
struct PaceTests {
    /// Lets every rank report steps until `count` more are complete, each in as many seconds a microbatch as given.
    private func report(
        _ coordinator: inout Coordinator, steps: Range<Int>, seconds: [Double], counts: [Int], generation: Int = 1
    ) -> [CoordinatorAction] {
        var actions: [CoordinatorAction] = []
        for step in steps {
            for rank in seconds.indices {
                let report = StepReport(
                    losses: [1, 1, 1, 1], computeSeconds: seconds[rank] * Double(counts[rank]), communicateSeconds: 0,
                    bytesSent: 0, samples: .ofFour)
                actions += coordinator.say(
                    .stepReport(report), from: rank, rank: rank, generation: generation, step: step)
            }
        }
        return actions
    }

    /// A long run without tests: they would have to be answered, too.
    private func training(balances: Bool) throws -> Coordinator {
        var coordinator = try Coordinator(workers: 2) {
            $0.membership.balances = balances
            $0.membership.comparesEvery = .max
        }
        let ready = Ready(
            signature: "s", fingerprint: "f", parameters: "p", processor: "Chip", trainingSamples: 8000, testSamples: 0,
            parameterCount: 1, stateBytes: 4)
        for number in 0..<2 { _ = coordinator.hello(number) }
        for number in 0..<2 { _ = coordinator.say(.ready(ready), from: number, rank: number, generation: 0) }
        for number in 0..<2 { _ = coordinator.say(.holding, from: number, rank: number) }
        return coordinator
    }

    @Test("A worker that is notably slower than the others is named, with how much, and not again and again")
    func slow() throws {
        var coordinator = try training(balances: false)
        let first = report(&coordinator, steps: 0..<50, seconds: [0.001, 0.0032], counts: [2, 2])
        #expect(
            first.warnings == [
                "worker 1 (host host-1, process 101) takes 3.2 times as long to compute a microbatch as the others (3200 µs, before the all-reduce); --balance deals it fewer"
            ])
        #expect(report(&coordinator, steps: 50..<100, seconds: [0.001, 0.0032], counts: [2, 2]).warnings == [])
        // A little slower is nothing to tell.
        var even = try training(balances: false)
        #expect(report(&even, steps: 0..<50, seconds: [0.001, 0.0014], counts: [2, 2]).warnings == [])
    }

    @Test("Where that is asked for, a slow worker is dealt fewer microbatches")
    func balanced() throws {
        var coordinator = try training(balances: true)
        // The two steps that are under way are done first.
        let actions = report(&coordinator, steps: 0..<52, seconds: [0.001, 0.0032], counts: [2, 2])
        let members = actions.sent.compactMap {
            if case .members(let members) = $0.body { members.members } else { nil }
        }
        #expect(members.map { $0.map(\.microbatches) } == Array(repeating: [0..<3, 3..<4], count: 2))
        // Then it stays so.
        for rank in 0..<2 { _ = coordinator.say(.holding, from: rank, rank: rank, generation: 2, step: 52) }
        let later = report(
            &coordinator, steps: 52..<110, seconds: [0.001, 0.0032], counts: [3, 1], generation: 2)
        #expect(!later.sent.contains { $0.body.name == "Members" })
    }

    @Test("Microbatches are dealt so that the slowest is done as early as can be", arguments: 1...6)
    func deal(workers: Int) throws {
        var random = SplitMix(seed: UInt64(workers))
        for count in 1...12 {
            let tree = MicrobatchTree(count: count)
            #expect(tree.deal(seconds: Array(repeating: 0.5, count: workers)) == tree.deal(to: workers))
            for _ in 0..<20 {
                let seconds = (0..<workers).map { _ in Double.random(in: 0.1...10, using: &random) }
                let ranges = tree.deal(seconds: seconds)
                var end = 0
                for range in ranges {
                    #expect(range.lowerBound == end)
                    end = range.upperBound
                }
                #expect(end == count)
                func time(_ counts: [Int]) -> Double { zip(counts, seconds).map { Double($0) * $1 }.max() ?? 0 }
                // Nobody else can take over one of a worker's and all be done earlier.
                let counts = ranges.map(\.count)
                for from in counts.indices where counts[from] > 0 {
                    for to in counts.indices where to != from {
                        var other = counts
                        other[from] -= 1
                        other[to] += 1
                        #expect(time(other) >= time(counts) - 1e-9)
                    }
                }
            }
        }
    }
}
