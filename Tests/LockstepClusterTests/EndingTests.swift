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

    /// The error of the first tick within ten seconds that has one, and when it was.
    private func errorOfTicks(_ coordinator: inout Coordinator) -> (ClusterError, Duration)? {
        for tick in 1...100 {
            let now = coordinator.now + .milliseconds(100 * tick)
            if let error = coordinator.machine.handle(.tick, now: now).error { return (error, now - coordinator.now) }
        }
        return nil
    }

    @Test("A worker that cannot go on has its reason told, and the others are stopped")
    func failure() throws {
        var coordinator = try training()
        let actions = coordinator.say(
            .failure(Failure(phase: "computing gradients", reason: "data file is gone")), from: 1, rank: 1)
        let reason = "worker 1 (host host-1, process 101) cannot go on, computing gradients: data file is gone"
        #expect(actions.error == ClusterError(.workerFailed, reason))
        #expect(
            actions.sent.map(\.body)
                == Array(repeating: .stop(Stop(reason: "the coordinator ended the run: \(reason)")), count: 2))
        // It is over: nothing more happens.
        #expect(coordinator.machine.handle(.interrupted, now: .zero).isEmpty)
        #expect(coordinator.say(.leave(Leave(reason: "x")), from: 0, rank: 0).isEmpty)
    }

    @Test("A worker that was asked to go has that told")
    func leave() throws {
        var coordinator = try training()
        let error = coordinator.say(.leave(Leave(reason: "it was interrupted")), from: 0, rank: 0).error
        #expect(
            error
                == ClusterError(
                    .workerEnded, "worker 0 (host host-0, process 100) left the run at step 1: it was interrupted"))
    }

    @Test("A process that a signal ended is named at once, with the signal, the step and what it was doing")
    func signal() throws {
        var coordinator = try training()
        _ = coordinator.say(.heartbeat(Heartbeat(phase: "computing gradients")), from: 1, rank: 1)
        for rank in 0..<2 {
            let report = StepReport(losses: [1, 1, 1, 1], computeSeconds: 0, communicateSeconds: 0, bytesSent: 0)
            _ = coordinator.say(.stepReport(report), from: rank, rank: rank)
        }
        let error = coordinator.machine.handle(.exited(pid: 101, .signalled(signal: 9)), now: .zero).error
        #expect(
            error
                == ClusterError(
                    .workerEnded,
                    "worker 1 (host host-1, process 101) was ended by signal 9 (SIGKILL) at step 2; when last heard from it was computing gradients"
                ))
        #expect("\(ProcessEnd.signalled(signal: 63))" == "was ended by signal 63")
    }

    @Test("A process that ended by itself is given the time to have its reason arrive")
    func exitWithReason() throws {
        var coordinator = try training()
        #expect(coordinator.machine.handle(.exited(pid: 100, .exited(code: 1)), now: .zero).isEmpty)
        #expect(coordinator.machine.handle(.tick, now: .milliseconds(200)).error == nil)
        let error = coordinator.say(.failure(Failure(phase: "testing", reason: "out of memory")), from: 0, rank: 0)
            .error
        #expect(error?.description.hasSuffix("cannot go on, testing: out of memory") == true)
    }

    @Test("A process that ended without a word is named with its exit code")
    func exitWithoutReason() throws {
        var coordinator = try training()
        #expect(coordinator.machine.handle(.exited(pid: 100, .exited(code: 3)), now: .zero).isEmpty)
        // Its connection ends, too, which says less.
        #expect(coordinator.machine.handle(.lost(Simulation.peer(0)), now: .milliseconds(10)).isEmpty)
        let (error, after) = try #require(errorOfTicks(&coordinator))
        #expect(error.description.hasPrefix("worker 0 (host host-0, process 100) exited with code 3 at step 1") == true)
        #expect(after < .seconds(1))
    }

    @Test("A process whose exit is seen after its connection's end is named with its exit code")
    func exitAfterLoss() throws {
        var coordinator = try training()
        #expect(coordinator.machine.handle(.lost(Simulation.peer(0)), now: .zero).isEmpty)
        #expect(coordinator.machine.handle(.exited(pid: 100, .exited(code: 3)), now: .milliseconds(10)).isEmpty)
        let (error, _) = try #require(errorOfTicks(&coordinator))
        #expect(error.description.contains("exited with code 3") == true)
    }

    @Test("A worker of another host whose connection ends is named")
    func lost() throws {
        var coordinator = try training()
        #expect(coordinator.machine.handle(.lost(Simulation.peer(1)), now: .zero).isEmpty)
        // Somebody's who is not in the run is nobody's business.
        #expect(coordinator.machine.handle(.lost(Simulation.peer(9)), now: .zero).isEmpty)
        let (error, after) = try #require(errorOfTicks(&coordinator))
        #expect(
            error.description.hasPrefix("worker 1 (host host-1, process 101) closed its connection at step 1") == true)
        #expect(after < .seconds(1))
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
        var training = try training()
        _ = training.say(.heartbeat(Heartbeat(phase: "testing the model")), from: 0, rank: 0)
        for (coordinator, doing) in [(joining, "joining"), (linking, "joining"), (training, "testing the model")] {
            var coordinator = coordinator
            let (error, after) = try #require(errorOfTicks(&coordinator))
            #expect(
                error
                    == ClusterError(
                        .timeout,
                        """
                        worker 0 (host host-0, process 100) has not been heard from for 3.1 s at step 1; when last heard from it \
                        was \(doing). It is frozen, or its host or network is gone
                        """))
            #expect(after == .milliseconds(3100))
        }
    }

    @Test("Workers that cannot reach each other are named with what they wait for")
    func linking() throws {
        var coordinator = try Coordinator(workers: 2)
        for number in 0..<2 { _ = coordinator.hello(number) }
        for number in 0..<2 { _ = coordinator.say(.ready(Foreign.ready()), from: number, rank: number, generation: 0) }
        _ = coordinator.say(.holding, from: 0, rank: 0)
        var error: ClusterError?
        for second in 1...31 where error == nil {
            for rank in 0..<2 {
                coordinator.now = .seconds(second)
                _ = coordinator.say(
                    .heartbeat(Heartbeat(phase: "waiting for rank 0 at tcp://10.0.0.2:7")), from: rank, rank: rank)
            }
            error = coordinator.machine.handle(.tick, now: .seconds(second)).error
        }
        #expect(error?.code == .timeout)
        #expect(
            error?.description.hasPrefix(
                "workers cannot reach each other within 30.0 s: worker 1 (host host-1, process 101) is waiting for rank 0 at tcp://10.0.0.2:7."
            ) == true)
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
