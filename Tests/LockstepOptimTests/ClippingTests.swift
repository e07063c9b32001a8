import FixtureReader
import LockstepOptim
import LockstepTensor
import Testing

/// PyTorch's figures, made by scripts/fixtures/make_optimizers.py.
private let fixture = Result { try Fixture("optimizers.txt", in: .module) }

@Suite struct ClippingTests {
    /// Gradients as the script draws them.
    private func problem() -> ParameterBuffer {
        var generator = Generator(seed: 17)
        func draw(_ count: Int) -> [Float] { (0..<count).map { _ in generator.uniform(from: -1, to: 1) } }
        let buffer = ParameterBuffer([("w", Parameter(Tensor(draw(35)))), ("b", Parameter(Tensor(draw(2))))])
        buffer.gradients = Tensor(draw(37))
        return buffer
    }

    @Test(arguments: ["2.0", "1.0", "3.0", "inf"], ["0.5", "100.0"])
    func theNormIsLimitedAsInPyTorch(kind: String, limit: String) throws {
        let buffer = problem()
        let (type, largest) = try (#require(Double(kind)), #require(Double(limit)))
        let norm = clipGradientNorm(buffer, maxNorm: largest, normType: type)
        let name = "clip/\(kind)/\(limit)"
        let expected = Double(try fixture.get().floats("\(name)/norm")[0])
        #expect(abs(norm - expected) <= 1e-6 * expected)
        let theirs = try fixture.get().floats("\(name)/gradient")
        #expect(theirs.count == 37)
        for (one, other) in zip(buffer.gradients.scalars, theirs) { #expect(abs(one - other) <= 1e-6) }
    }

    @Test func valuesAreLimitedAsInPyTorch() throws {
        let buffer = problem()
        clipGradientValue(buffer, limit: 0.25)
        #expect(buffer.gradients.scalars == (try fixture.get().floats("clip/value")))
    }

    @Test func whatHadNoGradientHasNoneAfterwards() {
        let (one, other) = (Parameter(Tensor([3])), Parameter(Tensor([4])))
        let buffer = ParameterBuffer([("one", one), ("other", other)])
        one.gradient = Tensor([10])
        let before = one.gradient
        #expect(clipGradientNorm([one, other], maxNorm: 1) == 10)
        #expect(abs((one.gradient?.item() ?? 0) - 1) < 1e-6)
        #expect(other.gradient == nil)
        #expect(before?.item() == 10, "a snapshot stays as it was")
        clipGradientValue(buffer, limit: 0.5)
        #expect(one.gradient?.item() == 0.5 && other.gradient == nil)
    }

    @Test func gradientsThatAreNotFiniteShow() async throws {
        let parameter = Parameter(Tensor([1, 2, 3]))
        parameter.gradient = Tensor([1, .nan, 3])
        #expect(clipGradientNorm([parameter], maxNorm: 1).isNaN)
        #expect(parameter.gradient?.scalars.allSatisfy(\.isNaN) == true)
        parameter.gradient = Tensor([1, .nan, 3])
        #expect(clipGradientNorm([parameter], maxNorm: 1, normType: .infinity).isNaN)
        parameter.gradient = Tensor([1, .nan, 3])
        clipGradientValue([parameter], limit: 2)
        #expect(parameter.gradient?.scalars[1].isNaN == true && parameter.gradient?.scalars[2] == 2)
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let parameter = Parameter(Tensor([1]))
            parameter.gradient = Tensor([.infinity])
            clipGradientNorm([parameter], maxNorm: 1, errorIfNonFinite: true)
        }
        #expect(
            String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
                .contains("gradients from `parameters` is non-finite"))
    }

    @Test func nothingToClipIsNoProblem() {
        #expect(clipGradientNorm(ParameterBuffer([]), maxNorm: 1) == 0)
        clipGradientValue(ParameterBuffer([]), limit: 1)
    }
}
