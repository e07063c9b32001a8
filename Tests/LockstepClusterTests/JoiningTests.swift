import LockstepCluster
import LockstepFormats
import LockstepTraining
import LockstepTransport
import LockstepWire
import Testing

struct JoiningTests {
    @Test("A worker that says hello gets a rank and the settings; one that says it again gets nothing more")
    func welcome() throws {
        var coordinator = try Coordinator(workers: 2)
        for number in 0..<2 {
            let actions = coordinator.hello(number)
            #expect(actions.notes == ["worker \(number) (host host-\(number), process \(100 + number)) joined"])
            #expect(actions.sent.count == 1)
            guard case .welcome(let welcome)? = actions.sent.first?.body else {
                Issue.record("no welcome")
                return
            }
            #expect(welcome.rank == number)
            #expect(welcome.workers == 2)
            #expect(try RunSettings(json: welcome.settings, from: "a test") == TinyJob.settings())
            #expect(coordinator.hello(number).isEmpty)
        }
    }

    @Test("A worker too many is refused, before and in the run, and told how to change that")
    func tooMany() throws {
        var coordinator = try Coordinator(workers: 2)
        _ = coordinator.hello(0)
        _ = coordinator.hello(1)
        for round in 0..<2 {
            let actions = coordinator.hello(7)
            let option = round == 0 ? "--workers" : "--max-workers"
            #expect(
                actions.refusals == [
                    "the coordinator at tcp://10.0.0.1:5555 refused this worker: the run has all its 2 workers; start it with a larger \(option)"
                ])
            #expect(actions.sent.first?.peer == Simulation.peer(7))
            // Of the first, the tenth, the hundredth, … the user is told, so that nobody can flood his terminal.
            let told = ["refused a worker on host-7 (process 107): the run has all its 2 workers"]
            #expect(actions.notes == (round == 0 ? told : []))
            #expect(actions.error == nil)
            coordinator.beginTraining(workers: 2)
        }
        // A member that says hello in the run says nothing new.
        #expect(coordinator.hello(0).isEmpty)
    }

    @Test("Where a worker differs it is refused with both values, and another takes its place")
    func differences() throws {
        let cases: [(Ready, String)] = [
            (Foreign.ready(signature: "t"), "the model differs: this worker has t, the run has s"),
            (Foreign.ready(fingerprint: "g"), "the data differs: this worker has g, the run has f"),
            (
                Foreign.ready(parameters: "q"),
                "the digest of the initial weights differs: this worker has q, the run has p"
            ),
        ]
        for (ready, reason) in cases {
            var coordinator = try Coordinator(workers: 2)
            _ = coordinator.hello(0)
            _ = coordinator.hello(1)
            #expect(coordinator.say(.ready(Foreign.ready()), from: 1, rank: 1, generation: 0).isEmpty)
            let actions = coordinator.say(.ready(ready), from: 0, rank: 0, generation: 0)
            #expect(actions.refusals == ["the coordinator at tcp://10.0.0.1:5555 refused this worker: \(reason)"])
            #expect(actions.sent.first?.peer == Simulation.peer(0))
            #expect(actions.warnings == ["refused a worker on host-0 (process 100): \(reason)"])
            #expect(actions.error == nil)
            // The refused worker ends, which nobody minds, and another gets its rank.
            #expect(coordinator.machine.handle(.lost(Simulation.peer(0)), now: .zero).isEmpty)
            guard case .welcome(let welcome)? = coordinator.hello(5).sent.first?.body else {
                Issue.record("no welcome")
                return
            }
            #expect(welcome.rank == 0)
            let begin = coordinator.say(.ready(Foreign.ready()), from: 5, rank: 0, generation: 0)
            guard case .members(let members)? = begin.sent.first?.body else {
                Issue.record("no members")
                return
            }
            #expect(members.members.map(\.host) == ["host-5", "host-1"])
            #expect(members.members.map(\.microbatches) == [0..<2, 2..<4])
            #expect(begin.sent.map(\.peer) == [Simulation.peer(5), Simulation.peer(1)])
        }
    }

    @Test("A run that is resumed compares with its checkpoint, also the first worker")
    func resumed() throws {
        let reference = try Reference(TinyJob.settings(), job: TinyJob.job())
        var coordinator = try Coordinator(workers: 1, state: reference.states[3])
        _ = coordinator.hello(0)
        let refusal = coordinator.say(.ready(Foreign.ready()), from: 0, rank: 0, generation: 0).refusals.first
        #expect(refusal?.contains("the model differs: this worker has s, the run has 0.weight [5, 2]") == true)
    }

    @Test("Another processor is let in, with a warning that the bits may differ")
    func processor() throws {
        var coordinator = try Coordinator(workers: 2)
        _ = coordinator.hello(0)
        _ = coordinator.hello(1)
        _ = coordinator.say(.ready(Foreign.ready()), from: 0, rank: 0, generation: 0)
        let actions = coordinator.say(.ready(Foreign.ready(processor: "Abacus")), from: 1, rank: 1, generation: 0)
        #expect(actions.warnings.count == 1)
        #expect(actions.warnings.first?.contains("Abacus") == true && actions.warnings.first?.contains("Chip") == true)
        #expect(actions.sent.map(\.body.name) == ["Members", "Members"])
    }

    @Test("More workers than microbatches are let in, with a warning that some have nothing to do")
    func idle() throws {
        var coordinator = try Coordinator(workers: 5)
        var actions: [CoordinatorAction] = []
        for number in 0..<5 { _ = coordinator.hello(number) }
        for number in 0..<5 {
            actions += coordinator.say(.ready(Foreign.ready()), from: number, rank: number, generation: 0)
        }
        #expect(
            actions.warnings.first?.hasPrefix(
                "1 of 5 workers have nothing to compute, because a batch has only 4 microbatches") == true)
    }

    @Test("Numbers of samples that no schedule can be made of end the run with the reason")
    func impossible() throws {
        for count in [0, Int.max] {
            var coordinator = try Coordinator(workers: 1)
            _ = coordinator.hello(0)
            let error = coordinator.say(.ready(Foreign.ready(count: count)), from: 0, rank: 0, generation: 0).error
            // With a batch of 8, even the largest number makes steps that can be counted.
            #expect((error == nil) == (count > 0))
        }
    }

    @Test("Who is waited for is told with the command that starts him, and the wait has an end")
    func waiting() throws {
        var coordinator = try Coordinator(workers: 3)
        var notes: [String] = []
        var seconds = 0
        var error: ClusterError?
        while error == nil, seconds < 1000 {
            seconds += 1
            coordinator.now = .seconds(seconds)
            let actions = coordinator.machine.handle(.tick, now: coordinator.now)
            notes += actions.notes
            error = actions.error
        }
        #expect(seconds == 601)
        #expect(
            notes.first
                == "waiting for 3 of 3 workers; start each with: \(Program.name) worker --coordinator tcp://10.0.0.1:5555"
        )
        #expect(notes.count == 120)
        #expect(
            error?.description
                == "3 of 3 workers did not join within 600.0 s; start each with: \(Program.name) worker --coordinator tcp://10.0.0.1:5555"
        )
    }

    @Test("Too many who ask to join within a minute are refused with the limit; a minute later there is room again")
    func tooManyJoins() throws {
        var coordinator = try Coordinator(workers: 2)
        // 60, and 12 for each worker.
        let most = 84
        for number in 0..<most { _ = coordinator.hello(number) }
        coordinator.now = .seconds(59)
        let actions = coordinator.hello(200)
        #expect(
            actions.refusals == [
                "the coordinator at tcp://10.0.0.1:5555 refused this worker: 84 workers have asked to join within a minute, "
                    + "and no more may; start it again in a minute"
            ])
        // Who has joined may say hello again, and work, whatever others do.
        #expect(coordinator.hello(0).isEmpty)
        coordinator.now = .seconds(61)
        #expect(coordinator.hello(201).refusals.first?.contains("the run has all its 2 workers") == true)
    }

    @Test("A worker to which a large state is on its way, and who so says hello again and again, is alive")
    func slowWelcome() throws {
        var coordinator = try Coordinator(workers: 2)
        for half in 0..<40 {
            coordinator.now = .milliseconds(500 * half)
            _ = coordinator.hello(0)
            #expect(coordinator.machine.handle(.tick, now: coordinator.now).error == nil)
        }
    }
}
