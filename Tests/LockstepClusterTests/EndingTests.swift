import LockstepCluster
import LockstepTraining
import LockstepWire
import Testing

/// How a coordinator finds out that a worker is gone, and what it says.
struct EndingTests {
    /// A run of two workers in training.
    private func training() throws -> Coordinator {
        var coordinator = try Coordinator(workers: 2)
        coordinator.beginTraining(workers: 2)
        return coordinator
    }

    /// What the first tick within ten seconds says that says anything of a worker, and when it was.
    private func wordOfTicks(_ coordinator: inout Coordinator) -> (actions: [CoordinatorAction], after: Duration)? {
        for tick in 1...100 {
            let now = coordinator.now + .milliseconds(100 * tick)
            let actions = coordinator.machine.handle(.tick, now: now)
            if actions.error != nil || !actions.warnings.isEmpty { return (actions, now - coordinator.now) }
        }
        return nil
    }

    /// Expects that rank 0 or 1 is gone and the other is told to go on alone.
    private func expectRegrouped(_ actions: [CoordinatorAction], location: SourceLocation = #_sourceLocation) {
        #expect(actions.error == nil, sourceLocation: location)
        let members = actions.sent.compactMap {
            if case .members(let members) = $0.body { members.members } else { nil }
        }
        #expect(members.map { $0.map(\.microbatches) } == [[0..<4]], sourceLocation: location)
    }

    @Test("A worker that cannot go on has its reason told, and the other goes on")
    func failure() throws {
        var coordinator = try training()
        let actions = coordinator.say(
            .failure(Failure(phase: "computing gradients", reason: "data file is gone")), from: 1, rank: 1)
        #expect(
            actions.warnings == [
                "worker 1 (host host-1, process 101) cannot go on, computing gradients: data file is gone at step 1. 1 worker goes on from step 1"
            ])
        expectRegrouped(actions)
        // The last one's reason is the run's.
        let last = coordinator.say(.failure(Failure(phase: "linking", reason: "no memory")), from: 0, rank: 0)
        #expect(
            last.error
                == ClusterError(
                    .workerFailed, "worker 0 (host host-0, process 100) cannot go on, linking: no memory at step 1"))
        // It is over: nothing more happens.
        #expect(coordinator.machine.handle(.interrupted, now: .zero).isEmpty)
        #expect(coordinator.say(.leave(Leave(reason: "x")), from: 0, rank: 0).isEmpty)
    }

    @Test("Before the first step a worker that cannot go on ends the run: the others most likely cannot either")
    func failureAtOnce() throws {
        var coordinator = try Coordinator(workers: 2)
        for number in 0..<2 { _ = coordinator.hello(number) }
        let actions = coordinator.say(
            .failure(Failure(phase: "loading", reason: "no such file")), from: 1, rank: 1, generation: 0)
        let reason = "worker 1 (host host-1, process 101) cannot go on, loading: no such file"
        #expect(actions.error == ClusterError(.workerFailed, reason))
        #expect(
            actions.sent.map(\.body)
                == Array(repeating: .stop(Stop(reason: "the coordinator ended the run: \(reason)")), count: 2))
    }

    @Test("A worker that was asked to go has that told")
    func leave() throws {
        var coordinator = try training()
        let actions = coordinator.say(.leave(Leave(reason: "it was interrupted")), from: 0, rank: 0)
        #expect(
            actions.warnings == [
                "worker 0 (host host-0, process 100) left the run: it was interrupted at step 1. 1 worker goes on from step 1"
            ])
        expectRegrouped(actions)
    }

    @Test("A process that a signal ended is named at once, with the signal, the step and what it was doing")
    func signal() throws {
        var coordinator = try training()
        _ = coordinator.say(.heartbeat(Heartbeat(phase: "computing gradients")), from: 1, rank: 1)
        for rank in 0..<2 {
            let report = StepReport(
                losses: [1, 1, 1, 1], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0, samples: .ofFour)
            _ = coordinator.say(.stepReport(report), from: rank, rank: rank)
        }
        let actions = coordinator.machine.handle(.exited(pid: 101, .signalled(signal: 9)), now: .zero)
        #expect(
            actions.warnings == [
                "worker 1 (host host-1, process 101) was ended by signal 9 (SIGKILL) at step 2; when last heard from it was computing gradients. 1 worker goes on from step 2"
            ])
        expectRegrouped(actions)
        #expect("\(ProcessEnd.signalled(signal: 63))" == "was ended by signal 63")
    }

    @Test("A process that ended by itself is given the time to have its reason arrive")
    func exitWithReason() throws {
        var coordinator = try training()
        #expect(coordinator.machine.handle(.exited(pid: 100, .exited(code: 1)), now: .zero).isEmpty)
        #expect(coordinator.machine.handle(.tick, now: .milliseconds(200)).warnings.isEmpty)
        let warnings = coordinator.say(.failure(Failure(phase: "testing", reason: "out of memory")), from: 0, rank: 0)
            .warnings
        #expect(warnings.first?.contains("cannot go on, testing: out of memory at step 1") == true)
    }

    @Test("A process that ended without a word is named with its exit code")
    func exitWithoutReason() throws {
        var coordinator = try training()
        #expect(coordinator.machine.handle(.exited(pid: 100, .exited(code: 3)), now: .zero).isEmpty)
        // Its connection ends, too, which says less.
        #expect(coordinator.machine.handle(.lost(Simulation.peer(0)), now: .milliseconds(10)).isEmpty)
        let (actions, after) = try #require(wordOfTicks(&coordinator))
        #expect(
            actions.warnings.first?.hasPrefix("worker 0 (host host-0, process 100) exited with code 3 at step 1")
                == true)
        #expect(after < .seconds(1))
    }

    @Test("A process whose exit is seen after its connection's end is named with its exit code")
    func exitAfterLoss() throws {
        var coordinator = try training()
        #expect(coordinator.machine.handle(.lost(Simulation.peer(0)), now: .zero).isEmpty)
        #expect(coordinator.machine.handle(.exited(pid: 100, .exited(code: 3)), now: .milliseconds(10)).isEmpty)
        let (actions, _) = try #require(wordOfTicks(&coordinator))
        #expect(actions.warnings.first?.contains("exited with code 3") == true)
    }

    @Test("A worker of another host whose connection ends is named")
    func lost() throws {
        var coordinator = try training()
        #expect(coordinator.machine.handle(.lost(Simulation.peer(1)), now: .zero).isEmpty)
        // Somebody's who is not in the run is nobody's business.
        #expect(coordinator.machine.handle(.lost(Simulation.peer(9)), now: .zero).isEmpty)
        let (actions, after) = try #require(wordOfTicks(&coordinator))
        #expect(
            actions.warnings.first?.hasPrefix("worker 1 (host host-1, process 101) closed its connection at step 1")
                == true)
        #expect(after < .seconds(1))
    }

    @Test("All workers lost, a run waits for one that holds its state, and goes on from the checkpoint only without")
    func allLost() throws {
        let reference = try Reference(TinyJob.settings(), job: TinyJob.job())
        var coordinator = try Coordinator(workers: 1, state: reference.states[0], isOpen: true)
        let ready = try readyOf(TinyJob.job())
        _ = coordinator.hello(0)
        _ = coordinator.say(.ready(ready), from: 0, rank: 0, generation: 0)
        _ = coordinator.say(.holding, from: 0, rank: 0)
        let report = StepReport(
            losses: [1, 1, 1, 1], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0, samples: .ofFour)
        _ = coordinator.say(.stepReport(report), from: 0, rank: 0, step: 0)
        _ = coordinator.machine.handle(.lost(Simulation.peer(0)), now: .zero)
        let (actions, _) = try #require(wordOfTicks(&coordinator))
        #expect(actions.warnings.first?.hasSuffix("No worker is left; waiting for others") == true)
        // One that holds nothing does not undo what another may hold …
        coordinator.now = .seconds(2)
        _ = coordinator.hello(1)
        #expect(coordinator.say(.ready(ready), from: 1, rank: 0, generation: 0, step: 0).isEmpty)
        var copy = coordinator
        // … who is taken as soon as he is there …
        copy.machine = coordinator.machine
        _ = copy.hello(2)
        // … and until half a minute has passed.
        for second in 3...31 {
            coordinator.now = .seconds(second)
            _ = coordinator.say(.heartbeat(Heartbeat(phase: "waiting")), from: 1, rank: 0)
            let warnings = coordinator.machine.handle(.tick, now: coordinator.now).warnings
            if second < 30 { #expect(warnings == []) }
            if !warnings.isEmpty {
                #expect(
                    warnings == ["no worker holds the state after 1 steps any more; going on from step 1"])
                return
            }
        }
        Issue.record("it waits for ever")
    }

    private func readyOf(_ job: any TrainableJob) throws -> Ready {
        var replica = ReplicaHolder(makeJob: { _ in job })
        guard case .prepared(let prepared) = replica.carryOut(.prepare(settings: try TinyJob.settings())) else {
            throw ClusterError(.workerFailed, "nothing is prepared")
        }
        return prepared.ready
    }

    @Test("A process that ends before it joins ends the run, with the reason where it was refused")
    func beforeJoining() throws {
        var coordinator = try Coordinator(workers: 2)
        _ = coordinator.hello(0)
        var copy = coordinator
        #expect(
            copy.machine.handle(.exited(pid: 104, .exited(code: 1)), now: .zero).error?.description
                == "a worker (process 104) exited with code 1 before it joined the run")
        _ = coordinator.hello(1)
        _ = coordinator.say(.ready(Foreign.ready()), from: 0, rank: 0, generation: 0)
        _ = coordinator.say(.ready(Foreign.ready(fingerprint: "g")), from: 1, rank: 1, generation: 0)
        #expect(
            coordinator.machine.handle(.exited(pid: 101, .exited(code: 1)), now: .zero).error?.description
                == "a worker (process 101) exited with code 1 before it joined the run: it was refused, because the data differs: this worker has g, the run has f"
        )
    }

    @Test("A process that cannot be started ends the run with the reason")
    func launch() throws {
        var coordinator = try Coordinator(workers: 2)
        let actions = coordinator.machine.handle(.launchFailed("/bin/x: not found"), now: .zero)
        #expect(actions.error == ClusterError(.launch, "a worker could not be started: /bin/x: not found"))
    }

    @Test("A silent worker is named in every phase, with what it was doing")
    func silent() throws {
        var joining = try Coordinator(workers: 2)
        _ = joining.hello(0)
        var linking = try Coordinator(workers: 1)
        _ = linking.hello(0)
        _ = linking.say(.ready(Foreign.ready()), from: 0, rank: 0, generation: 0)
        for coordinator in [joining, linking] {
            var coordinator = coordinator
            let (actions, after) = try #require(wordOfTicks(&coordinator))
            #expect(
                actions.error
                    == ClusterError(
                        .timeout,
                        """
                        worker 0 (host host-0, process 100) has not been heard from for 2.6 s at step 1. Most likely it is frozen, \
                        or its host or network is gone
                        """))
            #expect(after == .milliseconds(2600))
        }
        var training = try training()
        coordinatorHears(&training, "testing the model", rank: 0)
        let (actions, _) = try #require(wordOfTicks(&training))
        #expect(
            actions.warnings.first
                == """
                worker 0 (host host-0, process 100) has not been heard from for 2.6 s at step 1; when last heard from it was testing \
                the model. Most likely it is frozen, or its host or network is gone. 1 worker goes on from step 1
                """)
        // Should it still hear, it is told.
        #expect(
            actions.sent.first?.body == .putOut(PutOut(reason: "it has not been heard from for 2.6 s")))
    }

    private func coordinatorHears(_ coordinator: inout Coordinator, _ phase: String, rank: Int) {
        _ = coordinator.say(.heartbeat(Heartbeat(phase: phase)), from: rank, rank: rank)
    }

    @Test("Of three workers one with other numbers is put out and named; of two nobody knows which is right")
    func diverged() throws {
        func report(_ digest: String) -> Body {
            .stepReport(
                StepReport(
                    losses: [1, 1, 1, 1], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0, digest: digest,
                    samples: .ofFour))
        }
        var three = try Coordinator(workers: 3)
        three.beginTraining(workers: 3)
        var actions: [CoordinatorAction] = []
        for (rank, digest) in ["aa", "bb", "aa"].enumerated() {
            actions += three.say(report(digest), from: rank, rank: rank)
        }
        #expect(actions.error == nil)
        #expect(
            actions.warnings == [
                "worker 1 (host host-1, process 101) has other numbers than the others after 1 steps (bb, expected aa) at step 2. Most likely its memory or processor is at fault. 2 workers go on from step 2"
            ])
        #expect(actions.sent.contains { $0.body.name == "PutOut" && $0.peer == Simulation.peer(1) })
        var two = try Coordinator(workers: 2)
        two.beginTraining(workers: 2)
        actions = []
        for (rank, digest) in ["aa", "bb"].enumerated() { actions += two.say(report(digest), from: rank, rank: rank) }
        #expect(actions.error?.code == .diverged)
        #expect(
            actions.error?.description.hasPrefix(
                "after 1 steps worker 0 (host host-0, process 100) has other numbers than worker 1 (host host-1, process 101), and there is no majority"
            ) == true)
        var four = try Coordinator(workers: 4)
        four.beginTraining(workers: 4)
        actions = []
        for (rank, digest) in ["aa", "bb", "aa", "bb"].enumerated() {
            actions += four.say(report(digest), from: rank, rank: rank)
        }
        #expect(
            actions.error?.description.hasPrefix(
                """
                after 1 steps worker 0 (host host-0, process 100), worker 2 (host host-2, process 102) has other numbers than \
                worker 1 (host host-1, process 101), worker 3 (host host-3, process 103), and there is no majority
                """) == true)
    }

    @Test("Workers that cannot reach each other are named with what they wait for")
    func linking() throws {
        var coordinator = try Coordinator(workers: 2) { $0.membership.allReduce = .direct }
        for number in 0..<2 { _ = coordinator.hello(number) }
        for number in 0..<2 { _ = coordinator.say(.ready(Foreign.ready()), from: number, rank: number, generation: 0) }
        _ = coordinator.say(.holding, from: 0, rank: 0)
        var error: ClusterError?
        for second in 1...31 where error == nil {
            for rank in 0..<2 {
                coordinator.now = .seconds(second)
                let heartbeat = Heartbeat(phase: "waiting for rank 0 at tcp://10.0.0.2:7", unheard: [1 - rank])
                _ = coordinator.say(.heartbeat(heartbeat), from: rank, rank: rank)
            }
            error = coordinator.machine.handle(.tick, now: .seconds(second)).error
        }
        #expect(error?.code == .timeout)
        #expect(
            error?.description.hasPrefix(
                "workers cannot reach each other within 30.0 s: worker 1 (host host-1, process 101) is waiting for rank 0 at tcp://10.0.0.2:7."
            ) == true)
    }

    @Test(
        "Where all that are not connected wait for others, gradients are summed at the coordinator, unless that may not be",
        arguments: [AllReduceChoice.auto, .direct])
    func apart(choice: AllReduceChoice) throws {
        var coordinator = try Coordinator(workers: 3) { $0.membership.allReduce = choice }
        for number in 0..<3 { _ = coordinator.hello(number) }
        for number in 0..<3 { _ = coordinator.say(.ready(Foreign.ready()), from: number, rank: number, generation: 0) }
        _ = coordinator.say(.holding, from: 2, rank: 2)
        /// Lets a second pass in which worker 1 says who it has not heard from.
        func pass(_ second: Int, unheard: [Int]) -> [CoordinatorAction] {
            coordinator.now = .seconds(second)
            for (rank, unheard) in [(0, [1]), (1, unheard), (2, [])] {
                _ = coordinator.say(.heartbeat(Heartbeat(phase: "", unheard: unheard)), from: rank, rank: rank)
            }
            return coordinator.machine.handle(.tick, now: .seconds(second))
        }
        // For as long as it has something else to do nobody knows.
        for second in 1...15 { #expect(pass(second, unheard: []).sent.allSatisfy { $0.body.name == "Heartbeat" }) }
        // From when it waits for nothing but the other, a first packet that is lost has time to be sent again.
        for second in 16...25 { #expect(pass(second, unheard: [0]).sent.allSatisfy { $0.body.name == "Heartbeat" }) }
        let actions = pass(26, unheard: [0])
        guard choice == .auto else {
            #expect(actions.sent.allSatisfy { $0.body.name == "Heartbeat" })
            return
        }
        let lists = actions.sent.compactMap { if case .members(let list) = $0.body { list } else { nil } }
        #expect(lists.count == 3 && lists.allSatisfy { $0.isStar })
        let warning = actions.compactMap { if case .warning(let text) = $0 { text } else { nil } }.first ?? ""
        #expect(
            warning.hasPrefix(
                "worker 1 (host host-1, process 101) cannot reach worker 0 (host host-0, process 100) at worker 0, worker 0 "
                    + "(host host-0, process 100) cannot reach worker 1 (host host-1, process 101) at worker 1. From now on"
            ),
            "\(warning)")
    }

    @Test("An interrupt before the first step ends the run")
    func interrupted() throws {
        var coordinator = try Coordinator(workers: 2)
        _ = coordinator.hello(0)
        let actions = coordinator.machine.handle(.interrupted, now: .zero)
        #expect(actions.error == ClusterError(.stopped, "interrupted before the first step"))
        #expect(actions.sent.map(\.peer) == [Simulation.peer(0)])
    }
}
