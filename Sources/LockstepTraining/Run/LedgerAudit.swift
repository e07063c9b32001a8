/// What the ledger of a run comes to: how often each sample was used, and what is wrong with it.
public struct LedgerAudit: Sendable, Equatable, Encodable {
    /// One epoch.
    public struct Epoch: Sendable, Equatable, Encodable {
        /// Which, from 1.
        public var epoch: Int
        /// How many samples it has.
        public var samples: Int
        /// How many were used exactly once.
        public var usedOnce = 0
        /// How many should have been used by now and were not.
        public var missing = 0
        /// How many were used more than once.
        public var usedTwice = 0
        /// How many are not due yet, or no more in a run that was stopped.
        public var toCome = 0
        /// How many steps have been done.
        public var steps = 0
        /// How many processes have computed them.
        public var workers = 0
    }

    /// A process that computed a part of the run.
    public struct Worker: Sendable, Hashable, Encodable {
        /// Its rank.
        public var rank: Int
        /// Its host.
        public var host: String
        /// Its process id.
        public var process: Int
        /// How many samples it computed.
        public var samples = 0
    }

    /// Each epoch that has begun.
    public var epochs: [Epoch] = []
    /// Who computed, by rank.
    public var workers: [Worker] = []
    /// How many steps the ledger has.
    public var steps = 0
    /// What is wrong, with the line and who did it; nothing where each sample of each epoch so far was used exactly once.
    public var problems: [String] = []
}

extension Ledger {
    /// Compares the ledger with the run's settings and counts how often each sample was used.
    public func audit() -> LedgerAudit {
        do {
            let plan = try SamplePlan(schedule: Schedule(samples: samples(), settings: settings), settings: settings)
            var auditor = Auditor(plan: plan)
            for (index, line) in lines.enumerated() { auditor.take(line, number: index + 1) }
            return auditor.finish(path: path, recordedSteps: recordedSteps)
        } catch {
            let damaged = lines.indices.filter { if case .damaged = lines[$0] { true } else { false } }
            return LedgerAudit(problems: damaged.map { Auditor.damage(line: $0 + 1) } + ["\(error)"])
        }
    }
}

/// Goes through a ledger, line after line.
private struct Auditor {
    /// The line of a share, its samples' places, and when it was.
    private struct Taken {
        let step: Int
        let places: Range<Int>
    }

    private var plan: SamplePlan
    private var audit = LedgerAudit()
    private var lastStep = 0
    private var announced: Set<Int> = []
    /// What was taken in each epoch, from 0.
    private var taken: [Int: [Taken]] = [:]
    private var steps: [Int: Set<Int>] = [:]
    private var processes: [Int: Set<LedgerAudit.Worker>] = [:]
    private var samples: [LedgerAudit.Worker: Int] = [:]

    init(plan: SamplePlan) { self.plan = plan }

    static func damage(line: Int) -> String { "line \(line) is damaged: it is no step and no epoch of a ledger" }

    mutating func take(_ line: Ledger.Content, number: Int) {
        switch line {
        case .damaged: audit.problems.append(Auditor.damage(line: number))
        case .epoch(let line): take(line, number: number)
        case .step(let line): take(line, number: number)
        }
    }

    private mutating func take(_ line: LedgerFile.EpochLine, number: Int) {
        let schedule = plan.schedule
        guard (1...schedule.steps / schedule.stepsPerEpoch).contains(line.epoch) else {
            return found("line \(number): the run has no epoch \(line.epoch)")
        }
        if !announced.insert(line.epoch).inserted { found("line \(number): epoch \(line.epoch) begins twice") }
        let first = (line.epoch - 1) * schedule.stepsPerEpoch + 1
        if line.step != first || line.step != lastStep + 1 {
            found(
                "line \(number): epoch \(line.epoch) begins with step \(line.step) behind step \(lastStep); expected step \(first)"
            )
        }
        if line.samples != schedule.samples {
            found("line \(number): epoch \(line.epoch) has \(line.samples) samples; expected \(schedule.samples)")
        }
        let order = plan.orderDigest(ofEpoch: line.epoch - 1)
        if line.order != order {
            found(
                "line \(number): the order of epoch \(line.epoch) has SHA-256 \(line.order); the settings give \(order)"
            )
        }
    }

    private mutating func take(_ line: LedgerFile.StepLine, number: Int) {
        let schedule = plan.schedule
        guard (1...schedule.steps).contains(line.step) else {
            return found("line \(number): the run has no step \(line.step); it has \(schedule.steps)")
        }
        switch line.step {
        case lastStep + 1: break
        case lastStep: found("line \(number): step \(line.step) is there twice")
        case (lastStep + 2)...:
            let steps =
                lastStep + 2 == line.step ? "step \(lastStep + 1) is" : "steps \(lastStep + 1) to \(line.step - 1) are"
            found("line \(number): step \(line.step) comes behind step \(lastStep); \(steps) missing")
        default:
            found("line \(number): step \(line.step) comes behind step \(lastStep): it is out of order, or there twice")
        }
        lastStep = max(lastStep, line.step)
        let (epoch, batch) = (schedule.epoch(of: line.step - 1), schedule.batch(of: line.step - 1))
        let places = schedule.places(ofStep: line.step - 1)
        if batch == 0, !announced.contains(epoch + 1) {
            found("line \(number): epoch \(epoch + 1) begins without a line of its own")
        }
        guard line.epoch == epoch + 1, line.batch == batch + 1, line.first == places.lowerBound,
            line.end == places.upperBound, line.samples == places.count
        else {
            return found(
                """
                line \(number): step \(line.step) is said to be batch \(line.batch) of epoch \(line.epoch), places \(line.first) to \
                \(line.end), \(line.samples) samples; expected batch \(batch + 1) of epoch \(epoch + 1), places \
                \(places.lowerBound) to \(places.upperBound), \(places.count) samples
                """)
        }
        var end = places.lowerBound
        for share in line.workers {
            let worker = LedgerAudit.Worker(rank: share.rank, host: share.host, process: share.process)
            let who = "worker \(share.rank) (host \(share.host), process \(share.process))"
            if share.first != end {
                found(
                    "line \(number): \(who) computed from place \(share.first) of epoch \(line.epoch) on; expected \(end)"
                )
            }
            end = share.end
            guard plan.holds(share, ofEpoch: epoch) else {
                found(
                    """
                    line \(number): the samples that \(who) took for places \(share.first) to \(share.end) of epoch \(line.epoch) in \
                    step \(line.step) have digest \(share.digest), which is not that of the epoch's order: it took others, or the line \
                    was altered
                    """)
                continue
            }
            taken[epoch, default: []].append(Taken(step: line.step, places: share.first..<share.end))
            processes[epoch, default: []].insert(worker)
            samples[worker, default: 0] += share.end - share.first
        }
        if end != places.upperBound {
            found("line \(number): step \(line.step) was computed up to place \(end); expected \(places.upperBound)")
        }
        steps[epoch, default: []].insert(line.step)
    }

    /// The sums, once all lines are taken.
    mutating func finish(path: String, recordedSteps: Int) -> LedgerAudit {
        if recordedSteps > lastStep {
            found(
                "\(path) ends with step \(lastStep), but the run's metrics have \(recordedSteps): the last lines are missing"
            )
        }
        let schedule = plan.schedule
        let done = max(lastStep, min(recordedSteps, schedule.steps))
        audit.steps = steps.values.reduce(0) { $0 + $1.count }
        if done > 0 { for epoch in 0...schedule.epoch(of: done - 1) { count(epoch, upTo: done) } }
        audit.workers = samples.map { worker, samples in
            LedgerAudit.Worker(rank: worker.rank, host: worker.host, process: worker.process, samples: samples)
        }.sorted { ($0.rank, $0.host, $0.process) < ($1.rank, $1.host, $1.process) }
        return audit
    }

    /// How often each sample of an epoch was used, where `done` steps of the run are.
    private mutating func count(_ epoch: Int, upTo done: Int) {
        let schedule = plan.schedule
        let isOver = done >= (epoch + 1) * schedule.stepsPerEpoch
        let due = isOver ? schedule.samples : schedule.places(ofStep: done - 1).upperBound
        let order = plan.order(ofEpoch: epoch)
        // By sample and not by place: that an order has each sample once is what is to be shown.
        var uses = [UInt8](repeating: 0, count: schedule.samples)
        for part in taken[epoch] ?? [] {
            for sample in order[part.places] { uses[sample] = min(uses[sample] + 1, 2) }
        }
        var isDue = [Bool](repeating: false, count: schedule.samples)
        for sample in order[..<due] { isDue[sample] = true }
        var row = LedgerAudit.Epoch(epoch: epoch + 1, samples: schedule.samples)
        row.usedOnce = uses.count { $0 == 1 }
        row.usedTwice = uses.count { $0 == 2 }
        row.missing = zip(uses, isDue).count { $0 == 0 && $1 }
        row.toCome = zip(uses, isDue).count { $0 == 0 && !$1 }
        row.steps = steps[epoch]?.count ?? 0
        row.workers = processes[epoch]?.count ?? 0
        audit.epochs.append(row)
        if let sample = uses.firstIndex(of: 2), let place = order.firstIndex(of: sample) {
            let steps = (taken[epoch] ?? []).filter { $0.places.contains(place) }.map { "\($0.step)" }
            found(
                "epoch \(epoch + 1): \(row.usedTwice) samples were used more than once, sample \(sample) in the steps \(steps.joined(separator: " and "))"
            )
        }
        if row.missing > 0, let place = order[..<due].firstIndex(where: { uses[$0] == 0 }) {
            let step = epoch * schedule.stepsPerEpoch + place / max(schedule.places(ofStep: 0).count, 1) + 1
            found(
                "epoch \(epoch + 1): \(row.missing) samples were not used, the first is sample \(order[place]), due in step \(step)"
            )
        }
    }

    private mutating func found(_ problem: String) { audit.problems.append(problem) }
}
