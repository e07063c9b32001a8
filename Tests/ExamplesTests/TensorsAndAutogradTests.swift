import Testing

/// Document 000: tensors, autograd, optimizers.
@Suite(.timeLimit(.minutes(5))) struct TensorsAndAutogradTests {
    @Test func runsToItsEnd() async throws {
        let example = try await Example.run("TensorsAndAutograd")
        #expect(example.code == 0, "\(example.errors)")
        #expect(example.output.contains("tensor([1., 2., 3.])"))
    }
}
