internal import ArgumentParser
internal import LockstepTensor

/// How many threads a single process computes with.
struct ThreadOptions: ParsableArguments {
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            """
            With --single-process: how many threads share a large product; the bits are the same. Workers have one each. \
            (default: 1)
            """, valueName: "count"))
    var threads: Int?

    func validate() throws {
        guard (1...1024).contains(threads ?? 1) else {
            throw ValidationError("--threads is \(threads ?? 1); expected 1 to 1024")
        }
    }

    /// Throws where there are threads to share work, but no single process.
    func check(singleProcess: Bool) throws {
        if let threads, threads > 1, !singleProcess {
            throw ValidationError(
                "--threads is for --single-process, as each worker computes with one thread; give --workers \(threads)")
        }
    }

    /// Has this process compute with them, and with the kernels that are asked for. Throws where the bits would depend on how many there are.
    func use(kernels: String?) throws {
        let threads = threads ?? 1
        if threads > 1, BLAS.usesLibrary || kernels != nil {
            throw ValidationError(
                """
                --threads is \(threads); expected 1, or none: products are OpenBLAS's here, so that the bits would depend on the \
                number of threads
                """)
        }
        BLAS.threads = threads
    }
}
