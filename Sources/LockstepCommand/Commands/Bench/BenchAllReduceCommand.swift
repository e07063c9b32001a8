internal import ArgumentParser
internal import Glibc
internal import LockstepCluster
internal import LockstepTensor
internal import LockstepTraining
internal import LockstepTransport
internal import Logging

/// `lockstep bench allreduce`: how long the sum of gradients takes.
struct BenchAllReduceCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "allreduce",
            abstract: "Time the sum of gradients over workers, as training makes it.",
            discussion: """
                Gradients of each size go through all that they do in training: buckets, protobuf messages, ZeroMQ, the sum in the \
                order of the microbatches. The same exchange over bare sockets shows what the machine could carry. The bus \
                bandwidth is 2(N-1)/N times the bytes of the gradient on the wire a second, which is what each link carries in each \
                direction.

                Without --bind the workers are processes of this host. With it this process is the first of them and waits for the \
                others: 'bench peer'.


                """
                    + JobCatalog.examples(
                        "bench allreduce --workers 2",
                        "bench allreduce --workers 4 --transport tcp --bytes 4096,1048576 --json",
                        "bench allreduce --workers 2 --bind tcp://10.0.0.1:5700 --keys cluster"))
    }

    @Option(name: .shortAndLong, parsing: .unconditional, help: "How many workers.")
    var workers = 2
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "The sizes of the gradients. (default: \(AllReducePlan.defaultSizes.map(String.init).joined(separator: ",")))",
            valueName: "bytes,…"))
    var bytes: NumberList?
    @Option(help: "How workers on this host reach each other: ipc, tcp (loopback), or in-process (threads).")
    var transport = TrainCommand.TransportKind.ipc
    @OptionGroup var sharing: SharingOptions
    @Option(parsing: .unconditional, help: "Bytes of a bucket of the gradient.")
    var bucketBytes = GradientBuckets.defaultBytes
    @Option(help: "The type in which gradients travel, as of 'train'; the bare sockets always carry float32.")
    var wire = WireType.float32
    @Option(parsing: .unconditional, help: "How many sums of each size are not counted.")
    var warmUp = 3
    @Option(
        parsing: .unconditional,
        help: "How many sums of each size are timed. (default: as many as move 64 MiB, from 5 to 200)")
    var repetitions: Int?
    @Flag(help: "Leave out the bare sockets.")
    var noSockets = false
    @Option(help: ArgumentHelp("Wait for workers that are started elsewhere.", valueName: "endpoint"))
    var bind: String?
    @OptionGroup(title: "NETWORK OPTIONS") var network: KeyOptions
    @Flag(help: "Print each size as a line of JSON.")
    var json = false
    @Option(help: LogLevel.help)
    var logLevel = LogLevel.warning

    mutating func run() throws {
        let sizes = try bytes?.numbers.map { number in
            guard let size = Int(exactly: number) else {
                throw ValidationError("--bytes has \(number); expected whole numbers")
            }
            return size
        }
        let isInProcess = transport == .inProcess && bind == nil
        let plan = try AllReducePlan(
            peers: workers, sizes: sizes ?? AllReducePlan.defaultSizes, bucketBytes: bucketBytes, wire: wire,
            warmUp: warmUp, repetitions: repetitions, comparesSockets: !noSockets && !isInProcess)
        BLAS.threads = 1
        if let bind { return try measureElsewhere(plan, at: Endpoint(bind)) }
        if isInProcess { return try measureThreads(plan) }
        let (endpoint, remove): (Endpoint, @Sendable () -> Void) =
            switch self.transport {
            case .ipc: try Endpoint.privateIPC()
            case .tcp, .inProcess: (Endpoint.tcp(host: "127.0.0.1", port: 0), {})
            }
        defer { remove() }
        let transport = try ZeroMQTransport(binding: endpoint, limits: sharing.limits)
        let bench = AllReduceBench(meetingAt: transport, advertised: transport.endpoint, plan: plan)
        let peers = LocalWorkers(
            count: plan.peers - 1,
            arguments: [
                "bench", "peer", "--meet", "\(transport.endpoint)", "--parent", "\(getpid())", "--log-level",
                "\(logLevel)",
            ] + sharing.arguments, for: bench)
        defer { peers.end(within: .milliseconds(500)) }
        try measure(bench, plan)
    }

    /// With workers that somebody else starts.
    private func measureElsewhere(_ plan: AllReducePlan, at endpoint: Endpoint) throws {
        let protection = try network.protection { try Keyring.coordinator($0) }
        let transport = try ZeroMQTransport(binding: endpoint, protection: protection, limits: sharing.limits)
        let advertised = try transport.endpoint.advertised()
        let log = logLevel.logger("bench")
        if let warning = network.warning(listeningAt: advertised) { log.warning("\(warning)") }
        let options = network.workerOptions.isEmpty ? "" : " " + network.workerOptions
        Terminal.complain(
            "waiting for \(plan.peers - 1) more: \(Program.name) bench peer --meet \(advertised)\(options)")
        let bench = AllReduceBench(
            meetingAt: transport, advertised: advertised, plan: plan, patience: .seconds(600))
        try measure(bench, plan)
    }

    /// With threads of this process.
    private func measureThreads(_ plan: AllReducePlan) throws {
        let network = InProcessNetwork()
        let transport = try InProcessTransport(network: network, name: "first")
        let bench = AllReduceBench(meetingAt: transport, advertised: transport.endpoint, plan: plan)
        let (fail, endpoint) = (bench.fail, transport.endpoint)
        for index in 1..<plan.peers {
            DetachedThread.start {
                do {
                    let transport = try InProcessTransport(network: network, name: "peer-\(index)")
                    try AllReduceBench(joining: endpoint, through: transport, advertised: transport.endpoint)
                        .measure { _ in }
                } catch { fail("\(error)") }
            }
        }
        try measure(bench, plan)
    }

    private func measure(_ bench: AllReduceBench, _ plan: AllReducePlan) throws {
        var sums: [Int: Double] = [:]
        if !json { print("\(plan.peers) workers   bytes      median    fastest    slowest   bus bandwidth") }
        try bench.measure { timing in
            if json { return print(line(timing)) }
            let times = [timing.median, timing.seconds.min() ?? 0, timing.seconds.max() ?? 0].map(BenchWording.time)
            var line = BenchWording.row(
                [timing.subject, Wording.grouped(timing.bytes)] + times + [
                    "\(Wording.fixed(timing.busBandwidth / 1e9, 3)) GB/s"
                ])
            if timing.subject == "lockstep" { sums[timing.bytes] = timing.median }
            // In 16 bits it carries half as much, which is no comparison.
            if timing.subject != "lockstep", wire == .float32, let own = sums[timing.bytes] {
                line += "   (lockstep carries \(Wording.percent(timing.median / own)) of it)"
            }
            print(line)
        }
    }

    /// A size for programs, with the names that others give these figures.
    private func line(_ timing: AllReduceTiming) -> String {
        let values = [
            ("peer", "\"\(timing.subject)\""), ("transport", "\"\(transport.rawValue)\""),
            ("wire", "\"\(wire.rawValue)\""), ("n", "\(timing.peers)"),
            ("bytes", "\(timing.bytes)"), ("bytes_on_wire", "\(timing.bytesOnWire)"), ("median_s", "\(timing.median)"),
            ("fastest_s", "\(timing.seconds.min() ?? 0)"), ("slowest_s", "\(timing.seconds.max() ?? 0)"),
            ("busbw_GBps", "\(timing.busBandwidth / 1e9)"),
        ]
        return "{" + values.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }
}

/// `lockstep bench peer`: one of the workers of `bench allreduce`, on any host.
struct BenchPeerCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "peer",
            abstract: "Take part in a 'bench allreduce' that waits for workers.",
            discussion: JobCatalog.examples("bench peer --meet tcp://10.0.0.1:5700 --keys keys"))
    }

    @Option(help: ArgumentHelp("Where 'bench allreduce' waits.", valueName: "endpoint"))
    var meet: String
    @Option(
        help: ArgumentHelp(
            "Where other workers reach this one. (default: a free port of the address that leads to the first)",
            valueName: "endpoint"))
    var bind: String?
    @OptionGroup(title: "NETWORK OPTIONS") var network: KeyOptions
    @OptionGroup var sharing: SharingOptions
    @Option(help: LogLevel.help)
    var logLevel = LogLevel.info
    @Option(help: .hidden)
    var parent: Int?

    mutating func run() throws {
        if let parent {
            Signals.leaveToParent()
            guard Parent.follow(pid: parent) else { throw ExitCode.failure }
        }
        BLAS.threads = 1
        let meeting = try Endpoint(meet)
        let protection = try network.protection { try Keyring.worker($0) }
        let transport = try ZeroMQTransport(
            binding: bind.map { try Endpoint($0) } ?? meeting.forWorker(), protection: protection,
            limits: sharing.limits)
        let log = logLevel.logger("bench")
        if let warning = network.warning(listeningAt: transport.endpoint) { log.warning("\(warning)") }
        try AllReduceBench(
            joining: meeting, through: transport, advertised: transport.endpoint.advertised(toward: meeting)
        ).measure { _ in }
    }
}

/// How figures of measurements are put into words.
enum BenchWording {
    /// `123.4 µs`, `12.3 ms` or `1.23 s`.
    static func time(_ seconds: Double) -> String {
        if seconds < 1e-3 { return "\(Wording.fixed(seconds * 1e6, 1)) µs" }
        return seconds < 1 ? "\(Wording.fixed(seconds * 1e3, 2)) ms" : "\(Wording.fixed(seconds, 2)) s"
    }

    /// Columns of eleven places, the first one to the left.
    static func row(_ columns: [String]) -> String {
        columns.enumerated().map { index, text in
            let space = String(repeating: " ", count: max(0, (index == 0 ? 9 : 10) - text.count))
            return index == 0 ? text + space : " " + space + text
        }.joined()
    }
}
