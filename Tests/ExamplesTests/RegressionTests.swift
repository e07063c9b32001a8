import Foundation
import Testing

/// Document 004: regression and logistic regression.
@Suite(
    .timeLimit(.minutes(2)),
    .enabled("needs ../shared/data/regression.csv beside the package") {
        FileManager.default.fileExists(atPath: RegressionFigures.data)
    })
struct RegressionTests {
    let folder = TemporaryFolder()

    func run(_ arguments: [String] = []) async throws -> Example {
        let example = try await Example.run(
            "Regression", [RegressionFigures.data, "--plots", "\(folder.path)/plots"] + arguments, in: folder.path)
        #expect(example.code == 0, "\(example.errors)")
        return example
    }

    /// A chapter without the lines that name plots.
    func text(_ heading: String, _ example: Example) -> String {
        example.chapter(heading).split(separator: "\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("plot: ") }.joined(separator: "\n")
    }

    /// What the document prints, letter for letter where it is a tensor, and every figure of it.
    @Test func eachChapterPrintsWhatTheDocumentPrints() async throws {
        let example = try await run()
        for (heading, expected) in RegressionFigures.printed {
            // The last number that the first chapter prints is drawn by chance, without a seed in the document.
            let text = text(heading, example)
            #expect(heading == "numpy, torch" ? text.hasPrefix(expected) : text == expected, "\(heading):\n\(text)")
        }
    }

    @Test func theToyExamplePrintsWhatTheDocumentPrints() async throws {
        let example = try await run()
        #expect(text("Logistic regression: motive", example).split(separator: "\n").count == 14)
        let chapter = text("toy example", example)
        #expect(chapter.hasPrefix(RegressionFigures.toyExample), "\(chapter)")
    }

    /// The document's loss is not that of logistic regression, and 6000 steps end on the way to −1 and 5; PyTorch is there too.
    @Test func logisticRegressionComesNearTheTruth() async throws {
        let (w0, w1) = try Self.logistic(try await run())
        #expect(abs(w0 + 1) < 0.1 && abs(w1 - 5) < 0.6, "\(w0), \(w1)")
    }

    static func logistic(_ example: Example) throws -> (w0: Double, w1: Double) {
        let numbers = example.chapter("toy example").matches(of: /tensor\(\[+(-?[0-9.]+)\]+, requires_grad=True\)/)
            .compactMap { Double($0.1) }
        try #require(numbers.count == 2)
        return (numbers[0], numbers[1])
    }

    @Test(.enabled("needs Python with torch: set LOCKSTEP_PYTHON to one that has it") { await Python.has("torch") })
    func pyTorchDrawsAndFitsTheSame() async throws {
        let example = try await run()
        let lines = try await Python.run(
            """
            import torch
            from torch.nn import Linear
            torch.manual_seed(43052)
            print(torch.randn(10))
            # The layers that the document makes after it has set the seed for the last time.
            torch.manual_seed(43052)
            Linear(2, 1), Linear(1, 1), Linear(1, 1), Linear(2, 1, bias=False), Linear(2, 1, bias=False)
            Linear(1, 1), Linear(1, 1), Linear(2, 1, bias=False), Linear(1, 1)
            torch.bernoulli(torch.tensor([0.5] * 100))
            x = torch.linspace(-1, 1, 2000).reshape(2000, 1)
            u = -1 + x * 5
            y = torch.bernoulli(torch.exp(u) / (1 + torch.exp(u)))
            layer = Linear(1, 1)
            layer.bias.data, layer.weight.data = torch.tensor([-1.0]), torch.tensor([[1.0]])
            for _ in range(6000):
                loss = torch.mean((y - torch.sigmoid(layer(x))) ** 2)
                loss.backward()
                for p in layer.parameters():
                    p.data = p.data - 0.1 * p.grad
                    p.grad = None
            print(layer.bias.item(), layer.weight.item())
            """
        ).split(separator: "\n")
        #expect(text("numpy, torch", example).hasSuffix(lines.dropLast().joined(separator: "\n")))
        let numbers = (lines.last ?? "").split(separator: " ").compactMap { Double($0) }
        let (w0, w1) = try Self.logistic(example)
        #expect(numbers.count == 2 && abs(numbers[0] - w0) < 2e-4 && abs(numbers[1] - w1) < 2e-4, "\(numbers)")
    }

    @Test(arguments: ["svg", "png"]) func itsPlotsAreWritten(_ format: String) async throws {
        let example = try await run(["--format", format])
        let named = example.output.matches(of: /plot: (.*)/).map { String($0.1) }
        let files = TemporaryFolder.names(in: "\(folder.path)/plots")
        #expect(files.count == 24 && named == files.map { "\(folder.path)/plots/\($0)" })
        for file in files {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder.path)/plots/\(file)")))
            guard format == "svg" else {
                #expect(bytes.starts(with: [0x89] + "PNG\r\n\u{1A}\n".utf8), "\(file)")
                continue
            }
            let dots = String(decoding: bytes, as: UTF8.self).matches(of: /xlink:href='#gpPt6' transform=/).count
            // Each dot, and the one in the legend.
            let expected = file < "19" ? 101 : file < "21" ? 14 : 2001
            #expect(dots == expected && bytes.starts(with: "<?xml".utf8), "\(file) has \(dots) dots")
        }
    }

    @Test(arguments: [
        ("A@b1", "2x2 and 1x2"), ("b2@A", "2x1 and 2x2"), ("net(X)", "100x2 and 1x1"), ("net(_x)", "1x100 and 1x1"),
    ])
    func aMistakeStopsWithPyTorchsMessage(_ mistake: String, shapes: String) async throws {
        let example = try await Example.run(
            "Regression", [RegressionFigures.data, "--mistake", mistake], in: folder.path)
        #expect(example.code == nil)
        #expect(example.errors.contains("mat1 and mat2 shapes cannot be multiplied (\(shapes))"))
    }

    @Test func whatIsMissingIsNamed() async throws {
        var example = try await Example.run("Regression", ["nothing.csv"], in: folder.path)
        #expect(example.code == 1)
        #expect(example.errors.contains("nothing.csv: cannot open for reading: No such file or directory"))

        try "a,b\n1,2\n".write(toFile: "\(folder.path)/other.csv", atomically: true, encoding: .utf8)
        example = try await Example.run("Regression", ["other.csv"], in: folder.path)
        #expect(example.code == 1 && example.errors.contains("other.csv: has no column 'x', found 'a', 'b'"))

        example = try await Example.run(
            "Regression", [RegressionFigures.data, "--plots", folder.path], environment: ["PATH": "/nowhere"])
        #expect(example.code == 1 && example.errors.contains("apt-get install gnuplot-nox"))
    }
}
