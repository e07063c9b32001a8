import Glibc

/// A kind of x86-64 processor that OpenBLAS has kernels for. Products have equal bits where the kernels are equal, on whatever
/// processor can run them.
///
/// The names are those of OpenBLAS (`OPENBLAS_CORETYPE`, ``BLAS/coreType``), the instructions those of Linux (`/proc/cpuinfo`).
public struct ProcessorKind: Sendable, Equatable, CustomStringConvertible {
    /// OpenBLAS's name: `Haswell`.
    public let name: String
    /// What a processor must have to run its kernels.
    let instructions: Set<String>

    public var description: String { name }

    /// All kinds that can be asked for, each after those that it can stand in for.
    public static let all: [ProcessorKind] = {
        let nehalem: Set = ["pni", "ssse3", "sse4_1", "sse4_2"]
        let haswell: Set = nehalem.union(["avx", "avx2", "fma"])
        let skylake: Set = haswell.union(["avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"])
        return [
            ProcessorKind(name: "Prescott", instructions: ["pni"]),
            ProcessorKind(name: "Nehalem", instructions: nehalem),
            ProcessorKind(name: "Sandybridge", instructions: nehalem.union(["avx"])),
            ProcessorKind(name: "Haswell", instructions: haswell),
            ProcessorKind(name: "Zen", instructions: haswell),
            ProcessorKind(name: "SkylakeX", instructions: skylake),
            ProcessorKind(name: "Cooperlake", instructions: skylake.union(["avx512_bf16"])),
        ]
    }()

    /// The kind of this name, in capitals or not; nil where there is none.
    public init?(_ name: String) {
        guard let kind = ProcessorKind.all.first(where: { $0.name.lowercased() == name.lowercased() }) else {
            return nil
        }
        self = kind
    }

    private init(name: String, instructions: Set<String>) { (self.name, self.instructions) = (name, instructions) }

    /// The kind with the most instructions whose kernels run on processors of all these names, of equals the first; nil where one
    /// of the names is not known.
    public static func common(to names: [String]) -> ProcessorKind? {
        let kinds = names.map { ProcessorKind($0) }
        guard let first = kinds.first ?? nil else { return nil }
        var shared = first.instructions
        for kind in kinds {
            guard let kind else { return nil }
            shared.formIntersection(kind.instructions)
        }
        var best: ProcessorKind?
        for kind in all where kind.instructions.isSubset(of: shared) {
            if kind.instructions.count > best?.instructions.count ?? 0 { best = kind }
        }
        return best
    }

    /// The instructions that this host's processor lacks to run the kernels.
    public var missingInstructions: [String] { instructions.subtracting(ProcessorKind.instructionsHere).sorted() }

    /// What the kernel says that this host's processor has; nothing where it does not say.
    private static let instructionsHere: Set<String> = {
        guard let file = fopen("/proc/cpuinfo", "r") else { return [] }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        while getline(&line, &room, file) > 0, let text = line.map({ String(cString: $0) }) {
            guard text.hasPrefix("flags"), let colon = text.firstIndex(of: ":") else { continue }
            return Set(text[colon...].dropFirst().split { $0 == " " || $0 == "\n" }.map(String.init))
        }
        return []
    }()
}
