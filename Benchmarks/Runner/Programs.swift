import Glibc
import LockstepTraining
import Subprocess
import SystemPackage

/// The programs that are measured.
package struct Programs {
    /// Lockstep's, built next to this one.
    let lockstep: String
    /// The workloads of a single process, where they were built.
    let workloads: String?
    /// A Python that has PyTorch.
    let python: String?

    package init(lockstep: String, workloads: String?, python: String?) {
        (self.lockstep, self.workloads, self.python) = (lockstep, workloads, python)
    }

    static func find() async -> Programs {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = max(0, readlink("/proc/self/exe", &path, path.count))
        let own = String(decoding: path.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = own[..<(own.lastIndex(of: "/") ?? own.startIndex)]
        let workloads = "\(folder)/workloads"
        let named = getenv("LOCKSTEP_PYTHON").map { String(cString: $0) } ?? "python3"
        let hasTorch = (try? await output(of: named, ["-c", "import torch"])) != nil
        return Programs(
            lockstep: "\(folder)/lockstep", workloads: access(workloads, X_OK) == 0 ? workloads : nil,
            python: hasTorch ? named : nil)
    }

    /// What a program prints. Without the variables that choose OpenBLAS's kernels: it is to choose its own.
    static func output(of program: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name("env"),
            arguments: Arguments(["-u", "OPENBLAS_CORETYPE", "-u", "OPENBLAS_L2_SIZE", program] + arguments),
            output: .string(limit: 1 << 22), error: .string(limit: 1 << 22))
        guard result.terminationStatus.isSuccess else {
            throw Failure("\(program) \(arguments.joined(separator: " ")): \(result.standardError)")
        }
        return result.standardOutput
    }

    /// The figures that a program prints, a line of JSON each.
    static func lines(of program: String, _ arguments: [String]) async throws -> [Line] {
        let begun = Programs.now()
        return try await output(of: program, arguments).split(separator: "\n").filter { $0.hasPrefix("{") }.map {
            var line = try JSONText.decode($0.utf8, as: Line.self)
            line.begunAt = begun
            return line
        }
    }

    /// What PyTorch is measured at by a script and its arguments; nothing where there is no PyTorch.
    ///
    /// It is given a second chance: it has been seen to abort at its end, and a run of half an hour is not to be lost to that.
    package func peer(_ arguments: [String]) async throws -> [Line] {
        guard let python else { return [] }
        do {
            return try await Programs.lines(of: python, arguments)
        } catch {
            print("once more, because it failed: \(error)")
            return try await Programs.lines(of: python, arguments)
        }
    }

    /// The figures of Lockstep's steps by so many workers, or a single process where they are 0.
    func steps(
        model: String, batch: Int, optimizer: String, microbatches: Int, workers: Int, _ options: [String]
    ) async throws -> [Line] {
        try await Programs.lines(
            of: lockstep,
            [
                "bench", "step", "--model", model, "--batch", "\(batch)", "--optimizer", optimizer, "--microbatches",
                "\(microbatches)", "--json",
            ] + options + (workers == 0 ? ["--single-process"] : ["--workers", "\(workers)"]))
    }

    /// The seconds since 1970.
    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}

/// Why something could not be measured.
package struct Failure: Error, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// A line of figures; which it has depends on what was measured.
package struct Line: Decodable {
    var peer: String?
    var workload: String?
    package var bytes: Int?
    var medianS: Double?
    var stepsPerS: Double?
    var stepS: Double?
    var parameters: Int?
    var peakBytes: Double?
    var firstStepAt: Double?
    /// When the program that printed it was started.
    var begunAt: Double?

    /// From the start of the program to the end of the first step.
    package var untilFirstStep: Double { (firstStepAt ?? 0) - (begunAt ?? 0) }
}

/// The machine, for whoever reads the figures.
struct Machine: Encodable {
    var processor: String
    var cores: Int
    var memoryBytes: Int
    var system: String
    var swift: String
    /// What multiplies matrices.
    var products: String
    var pytorch: String
    var date: String

    static func describe(_ programs: Programs) async -> Machine {
        func value(_ name: String, in file: String) async -> String {
            let text = (try? await Programs.output(of: "cat", [file])) ?? ""
            let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
            return String(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " || $0 == "\t" })
        }
        func line(_ program: String, _ arguments: [String]) async -> String {
            let text = (try? await Programs.output(of: program, arguments)) ?? "not found"
            return String(text.split(separator: "\n").first ?? "")
        }
        let memory = await value("MemTotal", in: "/proc/meminfo").split(separator: " ").first.flatMap { Int($0) } ?? 0
        let torch =
            if let python = programs.python {
                await line(python, ["-c", "import torch; print(torch.__version__)"])
            } else {
                "none"
            }
        // Not this process's: the environment may choose other kernels for it.
        let kernels = await line(programs.lockstep, ["bench", "machine"])
        return Machine(
            processor: await value("model name", in: "/proc/cpuinfo"), cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            memoryBytes: memory << 10, system: await line("uname", ["-srm"]), swift: await line("swift", ["--version"]),
            products: kernels, pytorch: torch, date: await line("date", ["-u", "+%Y-%m-%d"]))
    }

    var text: String {
        """
        \(processor), \(cores) cores, \(memoryBytes >> 30) GiB, \(system); \(swift); products by \(products); PyTorch \(pytorch). \
        OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE are unset for all that is measured.
        """
    }
}
