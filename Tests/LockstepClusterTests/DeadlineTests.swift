import LockstepCluster
import LockstepTraining
import LockstepWire
import Testing

/// Who is waited for, and for how long: nobody is put out for a time that he did not take.
struct DeadlineTests {
    /// A coordinator of two workers that waits a hundred seconds for a step, and for the first one 24 times as long.
    private func coordinator(change: (inout CoordinatorMachine.Setup) -> Void = { _ in }) throws -> Coordinator {
        try Coordinator(workers: 2) {
            $0.membership.comparesEvery = .max
            $0.membership.patience.working = .seconds(100)
            // Nobody answers for the states that are asked for beside the steps.
            $0.membership.patience.moving = .seconds(1_000_000)
            change(&$0)
        }
    }

    /// Lets so many seconds pass in which these ranks say that they live, and whom they wait for.
    private func pass(
        _ seconds: Int, _ coordinator: inout Coordinator, ranks: [(rank: Int, unheard: [Int])], generation: Int = 1
    ) -> [CoordinatorAction] {
        var actions: [CoordinatorAction] = []
        for _ in 0..<seconds {
            coordinator.now += .seconds(1)
            for (rank, unheard) in ranks {
                let heartbeat = Heartbeat(phase: "busy", unheard: unheard)
                actions += coordinator.say(.heartbeat(heartbeat), from: rank, rank: rank, generation: generation)
            }
            actions += coordinator.machine.handle(.tick, now: coordinator.now)
        }
        return actions
    }

    private let both: [(rank: Int, unheard: [Int])] = [(0, []), (1, [])]

    /// Lets both ranks report a step, a second after the last.
    private func report(_ steps: Range<Int>, _ coordinator: inout Coordinator) {
        for step in steps {
            coordinator.now += .seconds(1)
            for rank in 0..<2 {
                let report = StepReport(
                    losses: [1, 1, 1, 1], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0, samples: .ofFour)
                _ = coordinator.say(.stepReport(report), from: rank, rank: rank, step: step)
            }
        }
    }

    @Test("Who has something in hand that takes long is waited for, and told of, before the others may give up")
    func linking() throws {
        var coordinator = try Coordinator(workers: 3)
        coordinator.beginTraining(workers: 3)
        _ = coordinator.machine.handle(.lost(Simulation.peer(0)), now: coordinator.now)
        let first = pass(1, &coordinator, ranks: [])
        #expect(first.sent.filter { $0.body.name == "Members" }.count == 2)
        let actions = pass(300, &coordinator, ranks: [(1, []), (2, [1])], generation: 2)
        #expect(actions.error == nil && actions.sent.allSatisfy { $0.body.name == "Heartbeat" })
        let told = "linking up has taken more than 30.0 s so far, as some have something in hand: worker 1 "
        #expect(actions.warnings.count > 5)
        for warning in actions.warnings { #expect(warning.hasPrefix(told) && warning.hasSuffix(" is busy")) }
    }

    @Test("The first test may take a day, as nobody knows how long one takes, and not what steps let one expect")
    func testing() throws {
        var coordinator = try coordinator()
        coordinator.beginTraining(workers: 2)
        let steps = try Schedule(samples: 23, settings: TinyJob.settings()).stepsPerEpoch
        report(0..<steps, &coordinator)
        let actions = pass(2300, &coordinator, ranks: both)
        #expect(actions.putOut == 0)
        #expect(actions.warnings.first?.hasPrefix("the test after \(steps) steps has taken more than") == true)
        #expect(pass(200, &coordinator, ranks: both).putOut > 0, "and no longer")
    }

    @Test("For what the record holds up nobody is put out, and from when it goes on each has his time")
    func record() throws {
        var coordinator = try coordinator()
        coordinator.beginTraining(workers: 2, ready: Foreign.ready(count: 8000, testCount: 0))
        _ = coordinator.machine.handle(.recordIsBehind(true), now: coordinator.now)
        report(0..<2, &coordinator)
        let held = pass(500, &coordinator, ranks: both)
        #expect(held.putOut == 0, "\(held.warnings)")
        #expect(held.warnings.first?.hasPrefix("the run's record has not been written for more than") == true)
        let ordered = coordinator.machine.handle(.recordIsBehind(false), now: coordinator.now)
        #expect(ordered.sent.contains { $0.body.name == "StepOrder" })
        #expect(pass(99, &coordinator, ranks: both).putOut == 0)
        #expect(pass(5, &coordinator, ranks: both).putOut > 0)
    }

    @Test("Who waits for samples that the coordinator reads is not late, and from when he has them has his time")
    func samples() throws {
        let source = try TinyJob.job(training: 8000, test: 0).openSamples()
        var coordinator = try coordinator { $0.data = source.description }
        let fingerprint = source.description.fingerprint
        coordinator.beginTraining(
            workers: 2, ready: Foreign.ready(fingerprint: fingerprint, count: 8000, testCount: 0))
        report(0..<1, &coordinator)
        let request = Body.samplesRequest(SamplesRequest(tests: false, parts: 0..<2))
        let reads = coordinator.say(request, from: 0, rank: 0, step: 1).compactMap { action in
            if case .read(let read) = action { read } else { nil }
        }
        #expect(reads.count == 2)
        let waiting = pass(500, &coordinator, ranks: both)
        #expect(waiting.putOut == 0, "\(waiting.warnings)")
        #expect(waiting.warnings.first?.contains("waits for samples that are read here") == true)
        for read in reads {
            _ = coordinator.machine.handle(.samplesRead(read, Payload([UInt8]())), now: coordinator.now)
        }
        #expect(pass(99, &coordinator, ranks: both).putOut == 0)
        #expect(pass(5, &coordinator, ranks: both).putOut > 0)
    }

    @Test("In the place of one that was too long in building its replica another has as long to join")
    func building() throws {
        var coordinator = try coordinator {
            $0.membership.patience.preparing = .seconds(100)
            $0.membership.patience.joining = .seconds(50)
        }
        for number in 0..<2 { _ = coordinator.hello(number) }
        _ = coordinator.say(.ready(Foreign.ready()), from: 0, rank: 0, generation: 0)
        let actions = pass(140, &coordinator, ranks: both, generation: 0)
        #expect(actions.warnings.contains { $0.contains("has not built its replica within 100.0 s") })
        #expect(actions.error == nil)
        let error = pass(20, &coordinator, ranks: [(0, [])], generation: 0).error
        #expect(error?.description.hasPrefix("1 of 2 workers did not join within 50.0 s") == true)
    }

    @Test("When all are gone one that builds its replica has come back")
    func returning() throws {
        var coordinator = try coordinator { $0.membership.patience.joining = .seconds(50) }
        coordinator.beginTraining(workers: 2)
        for number in 0..<2 {
            _ = coordinator.machine.handle(.lost(Simulation.peer(number)), now: coordinator.now)
        }
        _ = pass(2, &coordinator, ranks: [])
        _ = coordinator.hello(0)
        #expect(pass(200, &coordinator, ranks: [(0, [])], generation: 0).error == nil)
    }
}

extension [CoordinatorAction] {
    /// How many are told that they are out of the run.
    fileprivate var putOut: Int { sent.filter { ["PutOut", "Refusal"].contains($0.body.name) }.count }
}
