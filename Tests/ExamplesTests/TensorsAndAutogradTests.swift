import Foundation
import Testing

/// Document 000: tensors, autograd, optimizers. What it prints, letter for letter where it is a tensor.
@Suite(.timeLimit(.minutes(2))) struct TensorsAndAutogradTests {
    let folder = TemporaryFolder()

    func run() async throws -> Example {
        let example = try await Example.run("TensorsAndAutograd", [folder.path])
        #expect(example.code == 0, "\(example.errors)")
        return example
    }

    @Test func tensorsAreMadeReducedReshapedAndJoined() async throws {
        let example = try await run()
        for (heading, text) in Self.printed { #expect(example.chapter(heading) == text, "\(heading)") }
    }

    static let printed: [(String, String)] = [
        (
            "Tensor and NumPy",
            """
            tensor([1., 2., 3.])
            tensor([[3., 4.],
                    [5., 6.]])
            2
            [2, 2]
            tensor([[ 1.,  2.,  3.,  4.],
                    [ 2.,  4.,  6.,  8.],
                    [ 3.,  6.,  9., 12.]])
            """
        ),
        (
            "mean, max, min, argmax",
            """
            tensor(2.)
            2.0
            tensor([[2., 3., 4., 5.],
                    [3., 4., 5., 6.],
                    [4., 5., 6., 7.]])
            tensor(4.5000)
            tensor([3., 4., 5., 6.])
            tensor([1., 2., 3.])
            tensor(3.)
            values=tensor(1.)
            indices=tensor(0)
            tensor(2)
            tensor(0)
            """
        ),
        (
            "view",
            """
            tensor([[2., 3., 4., 5.],
                    [3., 4., 5., 6.],
                    [4., 5., 6., 7.]])
            tensor([[2., 3., 4.],
                    [5., 3., 4.],
                    [5., 6., 4.],
                    [5., 6., 7.]])
            tensor([[2., 3., 4., 5., 3., 4.],
                    [5., 6., 4., 5., 6., 7.]])
            tensor([[2., 3.],
                    [4., 5.],
                    [3., 4.],
                    [5., 6.],
                    [4., 5.],
                    [6., 7.]])
            """
        ),
        (
            "Squeeze, Unsqueeze",
            """
            tensor([[[[1],
                      [2],
                      [3],
                      [4],
                      [5]]]], dtype=torch.int32)
            [5]
            [1, 5, 1]
            [1, 5, 1]
            [1, 1, 5, 1]
            [1, 1, 5]
            [1, 1, 5]
            [5, 1]
            tensor([[1],
                    [2],
                    [3],
                    [4],
                    [5]], dtype=torch.int32)
            [1, 5]
            tensor([[1, 2, 3, 4, 5]], dtype=torch.int32)
            """
        ),
        (
            "Cat, Stack",
            """
            tensor([1., 2., 3., 4., 5., 6.])
            tensor([[1., 2., 3.],
                    [4., 5., 6.]])
            tensor([[1., 2., 3., 4., 5., 6.]])
            tensor([[1., 2., 3.],
                    [4., 5., 6.]])
            tensor([[1., 4.],
                    [2., 5.],
                    [3., 6.]])
            """
        ),
        (
            "zeros_like, ones_like",
            """
            tensor([[0., 0.],
                    [0., 0.]])
            tensor([1., 1., 1., 1.])
            tensor([1, 2, 3, 4, 5], dtype=torch.int32)
            tensor([0, 0, 0, 0, 0], dtype=torch.int32)
            tensor([1, 1, 1, 1, 1], dtype=torch.int32)
            """
        ),
        (
            "inplace operation",
            """
            tensor([ 2,  4,  6,  8, 10], dtype=torch.int32)
            tensor([1, 2, 3, 4, 5], dtype=torch.int32)
            tensor([ 2,  4,  6,  8, 10], dtype=torch.int32)
            tensor([1., 2., 3.])
            tensor([2., 3., 4.])
            tensor([-8., -7., -6.])
            tensor([-0.8000, -0.7000, -0.6000])
            """
        ),
        (
            "Numpy <-> Torch",
            """
            tensor([1., 2., 3., 4., 5.], dtype=torch.float64)
            float64, [1.0, 2.0, 3.0, 4.0, 5.0]
            """
        ),
        (
            "Autograd",
            """
            tensor(2., grad_fn=<MulBackward0>)
            tensor(2.)
            tensor(8.)
            """
        ),
    ]

    @Test(.enabled("needs Python with numpy: set LOCKSTEP_PYTHON to one that has it") { await Python.has("numpy") })
    func arraysGoToNumPyAndBack() async throws {
        let save = "import numpy, sys; numpy.save(sys.argv[1], numpy.array([1, 2, 3, 4, 5], dtype=sys.argv[2]))"
        let load = "import numpy, sys; a = numpy.load(sys.argv[1]); print(a, a.dtype)"
        for type in ["float", "float32", "int16", "uint8"] {
            _ = try await Python.run(save, ["\(folder.path)/from-numpy.npy", type])
            let example = try await run()
            #expect(example.chapter("Numpy <-> Torch").hasPrefix("tensor([1., 2., 3., 4., 5.], dtype=torch.float64)"))
            #expect(try await Python.run(load, ["\(folder.path)/to-numpy.npy"]) == "[ 2.  4.  6.  8. 10.] float64\n")
        }
    }

    @Test func aFolderThatIsNotThereIsNamed() async throws {
        let example = try await Example.run("TensorsAndAutograd", ["/nowhere"])
        #expect(example.code == 1)
        #expect(example.errors.contains("error: /nowhere/from-numpy.npy: cannot write: No such file or directory"))
    }

    /// The numbers after `w:`, `b:` and `d:` or `err:` in lines of progress.
    static func progress(_ chapter: String) -> [[Double]] {
        chapter.split(separator: "\n").map { line in
            line.matches(of: /(?:w|b|d|err):(-?[0-9.]+)/).compactMap { Double($0.1) }
        }.filter { !$0.isEmpty }
    }

    /// Which is 0.3 for the sum of squares of ten points: some four standard deviations of each weight.
    @Test(arguments: [("y = 7x + 3, by hand", 7.0, 3.0), ("Exercise: y = 2x + 3", 2.0, 3.0)])
    func gradientsAloneFitALine(_ heading: String, w: Double, b: Double) async throws {
        let progress = Self.progress(try await run().chapter(heading))
        #expect(progress.count == 11)
        let last = try #require(progress.last)
        #expect(abs(last[0] - w) < 0.15 && abs(last[1] - b) < 0.7 && last[2] < 0.2, "\(last)")
        #expect(zip(progress, progress.dropFirst()).allSatisfy { $1[2] <= $0[2] })
    }

    @Test func gradientsAloneFitASlope() async throws {
        let lines = try await run().chapter("y = 2x, by hand").split(separator: "\n").compactMap { Double($0) }
        #expect(lines.count == 100 && abs((lines.last ?? 0) - 2) < 0.1)
    }

    /// The document's mistake: without a square the loss falls for ever, in equal steps here, and nothing crashes.
    @Test func aLossWithoutASquareDiverges() async throws {
        let example = try await run()
        let progress = Self.progress(example.chapter("Optimizer: a loss that has no least value"))
        #expect(progress.count == 100)
        #expect(zip(progress, progress.dropFirst()).allSatisfy { $1[0] > $0[0] && $1[1] < $0[1] })
        #expect((progress.last?[1] ?? 0) < -10)
        // With the square, one step is enough to turn round.
        let turned = try #require(Self.progress(example.chapter("Optimizer: with the square")).first)
        #expect(turned[0] < progress[99][0] && turned[1] > 0)
    }

    @Test func anOptimizerStopsWhereTheLossIsSmall() async throws {
        let example = try await run()
        let chapter = example.chapter("Exercise: until the loss is 0.01")
        let match = try #require(chapter.firstMatch(of: /^([0-9]+)step : .*\nfinal step: ([0-9]+)$/))
        let step = try #require(Int(match.1))
        #expect(step < 10_000 && match.1 == match.2)
        let found = try #require(Self.progress(chapter).first)
        #expect(abs(found[0] - 2) < 0.1 && abs(found[1] - 4) < 0.4 && found[2] <= 0.01, "\(found)")

        let other = try #require(Self.progress(example.chapter("Exercise: y = 4x - 3")).first)
        #expect(abs(other[0] - 4) < 0.15 && abs(other[1] + 3) < 0.7, "\(other)")
    }
}
