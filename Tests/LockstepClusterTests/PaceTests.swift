import LockstepCluster
import LockstepTraining
import LockstepWire
import Testing

/// Workers that compute at different speeds.
struct PaceTests {
    /// Lets every rank report steps until `count` more are complete, each in as many seconds a microbatch as given.
    private func report(
        _ coordinator: inout Coordinator, steps: Range<Int>, seconds: [Double], counts: [Int], generation: Int = 1,
        communicating: Double = 0, sending: [Double] = [0, 0]
    ) -> [CoordinatorAction] {
        var actions: [CoordinatorAction] = []
        for step in steps {
            for rank in seconds.indices {
                let report = StepReport(
                    losses: [1, 1, 1, 1], computeSeconds: seconds[rank] * Double(counts[rank]),
                    communicateSeconds: communicating, bytesSent: 0, samples: .ofFour, sendSeconds: sending[rank])
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
        coordinator.beginTraining(workers: 2, ready: Foreign.ready(count: 8000, testCount: 0))
        return coordinator
    }

    @Test("A worker that is notably slower than the others is named, with how much, and not again and again")
    func slow() throws {
        var coordinator = try training(balances: false)
        let first = report(&coordinator, steps: 0..<50, seconds: [0.001, 0.0032], counts: [2, 2])
        #expect(
            first.warnings == [
                "worker 1 (host host-1, process 101) is slow in computing: it takes 3.2 times as long to compute a microbatch as the others (3200 µs, before the all-reduce); --balance deals it fewer"
            ])
        #expect(report(&coordinator, steps: 50..<100, seconds: [0.001, 0.0032], counts: [2, 2]).warnings == [])
        // A little slower is nothing to tell.
        var even = try training(balances: false)
        #expect(report(&even, steps: 0..<50, seconds: [0.001, 0.0014], counts: [2, 2]).warnings == [])
    }

    @Test("A worker whose messages are notably longer on their way is named, with for how long, where that costs time")
    func sending() throws {
        func warnings(_ sending: [Double], communicating: Double) throws -> [String] {
            var coordinator = try training(balances: true)
            let first = report(
                &coordinator, steps: 0..<50, seconds: [0.001, 0.001], counts: [2, 2], communicating: communicating,
                sending: sending)
            let again = report(
                &coordinator, steps: 50..<100, seconds: [0.001, 0.001], counts: [2, 2], communicating: communicating,
                sending: sending)
            #expect(again.warnings == [])
            return first.warnings
        }
        #expect(
            try warnings([0.0004, 0.085], communicating: 0.1) == [
                "worker 1 (host host-1, process 101) is slow in sending: what it sends is on its way for 85.0 ms a step, that of the others for 0.4 ms, waiting not counted; look at the network of its host"
            ])
        // Both wait for equally long, whoever is slow: that names nobody.
        #expect(try warnings([0, 0], communicating: 0.1) == [])
        #expect(try warnings([0.08, 0.09], communicating: 0.1) == [])
        // Many times as long, and yet nothing beside the step.
        #expect(try warnings([0.0004, 0.02], communicating: 0.1) == [])
        // No more than busy processes are late.
        #expect(try warnings([0.0005, 0.005], communicating: 0.006) == [])
        #expect(try warnings([.nan, -1], communicating: 0.1) == [])
        #expect(try warnings([0, 1], communicating: .infinity) == [])
    }

    @Test("Of a worker's connections the one in the middle counts, from step to step, and states that were sent do not")
    func connectionInTheMiddle() {
        var times = SendingTimes()
        let peers: [WorkerAction.Destination] = [.rank(1), .rank(2), .rank(4)]
        times.counts = [.rank(1): 5, .rank(2): 5, .rank(4): 5, .coordinator: 5]
        #expect(times.sinceLastStep(to: peers) == 0)
        times.counts = [.rank(1): 5.125, .rank(2): 5.5, .rank(4): 8, .coordinator: 7]
        #expect(times.sinceLastStep(to: peers) == 0.5)
        // Rank 2 was connected to anew; of two the faster counts.
        times.counts = [.rank(1): 5.25, .rank(2): 0.25, .rank(4): 9, .coordinator: 9]
        #expect(times.sinceLastStep(to: [.rank(2), .rank(4)]) == 0.25)
        times.counts[.coordinator] = 9.5
        #expect(times.sinceLastStep(to: [.coordinator]) == 0.5)
        #expect(times.sinceLastStep(to: [.rank(7)]) == 0)
        times.restart()
        #expect(times.sinceLastStep(to: peers) == 0)
        #expect(times.sinceLastStep(to: peers) == 0)
        // Over local sockets nobody measures.
        times.counts = [:]
        #expect(times.sinceLastStep(to: peers) == 0)
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

    @Test("Microbatches are dealt so that all have one and the slowest is done as early as can be", arguments: 1...6)
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
                let counts = ranges.map(\.count)
                // None is without: how fast it is would not be known any more.
                let least = count >= workers ? 1 : 0
                #expect(counts.min() ?? 0 >= least)
                // Nobody else can take over one of a worker's and all be done earlier.
                for from in counts.indices where counts[from] > least {
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
