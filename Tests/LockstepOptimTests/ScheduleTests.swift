import FixtureReader
import Foundation
import LockstepOptim
import LockstepTensor
import Testing

/// PyTorch's rates, made by scripts/fixtures/make_schedules.py.
private let fixture = Result { try Fixture("schedules.txt", in: .module) }

/// The optimizer of that script: two groups with rates of their own.
private func optimizer() -> SGD {
    SGD(groups: [
        ([Parameter(Tensor([0]))], SGDRule(lr: 0.5, momentum: 0.9)),
        ([Parameter(Tensor([0]))], SGDRule(lr: 0.02, momentum: 0.9)),
    ])
}

private let schedules: [(name: String, make: @Sendable () -> LearningRateSchedule)] = [
    ("lambda", { .lambda { 1 / Double(1 + $0) } }),
    ("step", { .step(every: 30) }),
    ("step-gamma", { .step(every: 7, gamma: 0.8) }),
    ("multi-step", { .multiStep(milestones: [20, 50, 50, 90], gamma: 0.3) }),
    ("exponential", { .exponential(gamma: 0.97) }),
    ("constant", { .constant(factor: 0.25, steps: 40) }),
    ("linear", { .linear() }),
    ("linear-options", { .linear(startFactor: 0.9, endFactor: 0.1, steps: 70) }),
    ("polynomial", { .polynomial(steps: 80, power: 2.5) }),
    ("cosine", { .cosineAnnealing(steps: 50) }),
    ("cosine-minimum", { .cosineAnnealing(steps: 100, minimum: 0.01) }),
    ("cosine-restarts", { .cosineAnnealingWarmRestarts(first: 25, minimum: 0.001) }),
    ("cosine-restarts-longer", { .cosineAnnealingWarmRestarts(first: 10, multiplier: 2) }),
    (
        "sequential",
        {
            .sequential(
                [
                    .linear(startFactor: 0.01, steps: 20), .cosineAnnealing(steps: 60),
                    .constant(factor: 0.1, steps: 1000),
                ], milestones: [20, 80])
        }
    ),
    ("one-cycle", { .oneCycle(maximum: 0.8, steps: 121) }),
    (
        "one-cycle-options",
        {
            .oneCycle(
                maximum: 0.8, steps: 121, riseFraction: 0.4, annealing: .linear, momenta: (base: 0.7, maximum: 0.9),
                divisor: 10, finalDivisor: 100)
        }
    ),
    ("one-cycle-phases", { .oneCycle(maximum: 0.8, steps: 121, threePhases: true) }),
    ("one-cycle-still", { .oneCycle(maximum: 0.8, steps: 121, momenta: nil) }),
]

private let plateaus: [(name: String, make: @Sendable (any Optimizer) -> PlateauScheduler)] = [
    ("plateau", { PlateauScheduler($0) }),
    (
        "plateau-absolute",
        {
            PlateauScheduler(
                $0, factor: 0.5, patience: 3, threshold: 0.01, thresholdMode: .absolute, cooldown: 4, minimum: 0.005)
        }
    ),
    ("plateau-max", { PlateauScheduler($0, mode: .max, factor: 0.7, patience: 2, eps: 0.01) }),
    ("plateau-max-absolute", { PlateauScheduler($0, mode: .max, factor: 0.7, patience: 0, thresholdMode: .absolute) }),
]

@Suite struct ScheduleTests {
    private func expectEqual(_ ours: [Double], _ theirs: [Double], _ name: String) {
        #expect(ours.count == theirs.count && !ours.isEmpty)
        // PyTorch multiplies step by step; the rounding of 120 steps is all that differs.
        for (place, (one, other)) in zip(ours, theirs).enumerated() {
            #expect(abs(one - other) <= 1e-12 + 1e-11 * abs(other), "\(name) step \(place / 2): \(one) \(other)")
        }
    }

    @Test(arguments: schedules.indices) func everyRateIsPyTorchs(index: Int) throws {
        let (name, make) = schedules[index]
        let optimizer = optimizer()
        let scheduler = LearningRateScheduler(optimizer, make())
        var (rates, momenta) = (optimizer.learningRates, optimizer.groups.map(\.momentum))
        for _ in 0..<120 {
            scheduler.step()
            rates += optimizer.learningRates
            momenta += optimizer.groups.map(\.momentum)
        }
        expectEqual(rates, try fixture.get().doubles(name), name)
        if name.hasPrefix("one-cycle") { expectEqual(momenta, try fixture.get().doubles("\(name)/momentum"), name) }
    }

    @Test(arguments: plateaus.indices) func ratesFallOnAPlateauAsPyTorchs(index: Int) throws {
        let (name, make) = plateaus[index]
        let wave = try fixture.get().doubles("wave")
        let optimizer = optimizer()
        var scheduler = make(optimizer)
        var rates = optimizer.learningRates
        for (step, metric) in wave.enumerated() {
            if step == 55 {
                // As when a run is resumed.
                let saved = try JSONEncoder().encode(scheduler.state)
                optimizer.learningRate = 7
                scheduler = make(optimizer)
                scheduler.state = try JSONDecoder().decode(PlateauScheduler.State.self, from: saved)
            }
            scheduler.step(metric)
            rates += optimizer.learningRates
        }
        expectEqual(rates, try fixture.get().doubles(name), name)
        #expect(Set(rates).count > 4, "the rate fell")
    }

    @Test func aResumedScheduleHasTheRateOfItsStep() {
        let (one, other) = (optimizer(), optimizer())
        let schedule = LearningRateSchedule.cosineAnnealing(steps: 100)
        let scheduler = LearningRateScheduler(one, schedule)
        for _ in 0..<30 { scheduler.step() }
        let resumed = LearningRateScheduler(other, schedule)
        resumed.restore(stepCount: 30)
        #expect(other.learningRates == one.learningRates)
        #expect(one.learningRates != [0.5, 0.02])
        #expect(resumed.stepCount == 30 && resumed.initialLearningRates == [0.5, 0.02])
    }

    @Test func aPlateauCanBeSavedBeforeItsFirstMetric() throws {
        let scheduler = PlateauScheduler(optimizer())
        let saved = try JSONEncoder().encode(scheduler.state)
        scheduler.state = try JSONDecoder().decode(PlateauScheduler.State.self, from: saved)
        #expect(scheduler.state.best == nil)
        scheduler.step(5)
        #expect(scheduler.state.best == 5 && scheduler.state.badSteps == 0)
    }

    @Test func wrongArgumentsStopWithPyTorchsMessage() async throws {
        func expect(_ message: String, _ result: ExitTest.Result?) throws {
            let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
            #expect(output.contains(message), "\(output)")
        }
        try expect(
            "Starting multiplicative factor expected to be greater than 0 and less or equal to 1.",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = LearningRateSchedule.linear(startFactor: 0)
            })
        try expect(
            "Tried to step 4 times. The specified number of total steps is 3",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                _ = LearningRateSchedule.oneCycle(maximum: 1, steps: 3).learningRate(after: 4, initial: 1)
            })
        try expect(
            "optimizer must support momentum or beta1 with `cycle_momentum` option enabled",
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
                let optimizer = Adagrad([Parameter(Tensor([1]))])
                _ = LearningRateScheduler(optimizer, .oneCycle(maximum: 1, steps: 30))
            })
    }
}
