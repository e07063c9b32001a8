import LockstepTensor
import Testing

/// What kernels processors of different kinds have in common.
struct ProcessorKindTests {
    @Test(
        "The best kind that all can run is found",
        arguments: [
            (["SkylakeX", "Zen"], "Haswell"), (["Cooperlake", "SkylakeX"], "SkylakeX"),
            (["Zen", "Nehalem"], "Nehalem"),
            (["Haswell", "Sandybridge", "SkylakeX"], "Sandybridge"), (["Prescott", "Zen"], "Prescott"),
            (["haswell"], "Haswell"),
        ])
    func common(names: [String], expected: String) { #expect(ProcessorKind.common(to: names)?.name == expected) }

    @Test("Of kinds that are not known nothing is said")
    func unknown() {
        #expect(ProcessorKind.common(to: ["Haswell", "ARMV8"]) == nil)
        #expect(ProcessorKind.common(to: []) == nil)
        #expect(ProcessorKind("ARMV8") == nil)
    }

    @Test("This processor can run the kernels that OpenBLAS has chosen for it")
    func here() {
        if let kind = ProcessorKind(BLAS.coreType) { #expect(kind.missingInstructions == []) }
    }
}
