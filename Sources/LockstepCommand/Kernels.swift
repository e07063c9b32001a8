internal import Glibc
internal import LockstepTensor
internal import LockstepTraining

/// The kernels that this process multiplies matrices with.
enum Kernels {
    private static let variable = "OPENBLAS_CORETYPE"

    /// Sees to it that this process has the kernels of a kind: where it has others it starts itself again, with the same arguments
    /// and as the same process, because OpenBLAS chooses when it is loaded.
    ///
    /// Throws where this processor cannot run them, or OpenBLAS does not have them.
    static func use(_ name: String?) throws {
        guard let name, name != BLAS.coreType else { return }
        try check(name)
        setenv(variable, name, 1)
        var signals = sigset_t()
        sigemptyset(&signals)
        // Threads of Dispatch's block signals, and who blocks them passes that on.
        pthread_sigmask(SIG_SETMASK, &signals, nil)
        var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        execv("/proc/self/exe", arguments)
        throw TrainingError(
            .invalidSetting,
            "this process could not be started again for the kernels of \(name): \(String(cString: strerror(errno)))")
    }

    /// Throws where this process cannot have the kernels of a kind.
    static func check(_ name: String) throws {
        let missing = ProcessorKind(name)?.missingInstructions ?? []
        guard missing.isEmpty else {
            throw TrainingError(
                .invalidSetting,
                "--kernels is \(name), whose kernels need instructions that this processor, which OpenBLAS takes for \(BLAS.coreType), "
                    + "does not have: \(missing.joined(separator: ", "))")
        }
        // It was started for them, and OpenBLAS took others without a word.
        guard getenv(variable).map({ String(cString: $0) }) != name else {
            throw TrainingError(
                .invalidSetting,
                "--kernels is \(name), which \(BLAS.version) of this host was built without; it has taken \(BLAS.coreType)"
            )
        }
    }
}
