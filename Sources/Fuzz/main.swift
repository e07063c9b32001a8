internal import ArgumentParser
internal import Glibc

/// `fuzz`: gives every decoder inputs that are almost right, and sees that none of them ends the process.
struct Fuzz: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "fuzz",
            abstract: "Gives every decoder of bytes from outside inputs that are almost right.",
            discussion: """
                An input is made from the decoder, the seed and its number alone, so that a crash, which is told with all \\
                three, happens again with them. Exits with 0 if every input was taken or refused.
                """)
    }

    @Option(help: "The decoder. (default: all in turn)")
    var decoder: String?
    @Option(help: "What the inputs are drawn from.")
    var seed: UInt64 = 1
    @Option(help: "How many inputs, of all decoders together.")
    var inputs: UInt64 = 100_000
    @Option(help: "Stop after so many seconds, however many inputs there have been.")
    var seconds: Double?
    @Option(help: "The number of the first input.")
    var first: UInt64 = 0

    func validate() throws {
        guard inputs >= 1 else { throw ValidationError("--inputs is 0; expected at least 1") }
    }

    mutating func run() throws {
        var limit = rlimit(rlim_cur: 4 << 30, rlim_max: 4 << 30)
        // An input that makes a decoder take memory without end is a crash, not the machine's.
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        let all = Decoder.all
        defer { Decoder.cleanUp() }
        let decoders = decoder.map { name in (all + [("crashing", { .crashing })]).filter { $0.name == name } } ?? all
        guard !decoders.isEmpty else {
            throw ValidationError(
                "--decoder is '\(decoder ?? "")'; expected one of \(all.map(\.name).joined(separator: ", "))")
        }
        CrashReport.install()
        let start = ContinuousClock.now
        let share = inputs / UInt64(decoders.count) + (inputs.isMultiple(of: UInt64(decoders.count)) ? 0 : 1)
        let time = seconds.map { Duration.seconds($0 / Double(decoders.count)) }
        var total: UInt64 = 0
        for decoder in try decoders.map({ try $0.make() }) {
            let (count, taken, duration) = run(decoder, share, time)
            total += count
            print(
                "\(decoder.name): \(count) inputs, \(taken) of them taken, the others refused, in "
                    + "\(Int(duration / .seconds(1))) s")
            fflush(nil)
        }
        print(
            "fuzz: \(total) inputs with seed \(seed), none crashed, in \(Int((ContinuousClock.now - start) / .seconds(1))) s"
        )
    }

    private func run(_ decoder: Decoder, _ count: UInt64, _ time: Duration?) -> (
        count: UInt64, taken: UInt64, time: Duration
    ) {
        let start = ContinuousClock.now
        CrashReport.begin(decoder: decoder.name, seed: seed)
        let name = decoder.name.utf8.reduce(UInt64(5381)) { $0 &* 33 ^ UInt64($1) }
        var taken: UInt64 = 0
        for done in 0..<count {
            if let time, done & 0xFF == 0, ContinuousClock.now - start >= time {
                return (done, taken, ContinuousClock.now - start)
            }
            let number = first + done
            var random = Random(seed, name, number)
            CrashReport.watch(number, decoder.mutator.input(&random)) { input in
                do {
                    try decoder.decode(input)
                    taken += 1
                } catch let error as FuzzError {
                    fatalError("\(error)")
                } catch {
                    // Refused; that it can say why is part of it.
                    _ = "\(error)".utf8.count
                }
            }
        }
        return (count, taken, ContinuousClock.now - start)
    }
}

Fuzz.main()
