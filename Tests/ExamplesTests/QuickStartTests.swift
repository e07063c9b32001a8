import Foundation
import Testing

/// Document 003: a quick start.
@Suite(.timeLimit(.minutes(5))) struct QuickStartTests {
    private let folder = TemporaryFolder()

    private static let hasFashionMNIST = FileManager.default.fileExists(
        atPath: "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")

    @Test(.enabled("needs Fashion-MNIST: apt-get install dataset-fashion-mnist", { hasFashionMNIST }))
    func trainsToPyTorchsAccuracyWithTheSameSettings() async throws {
        let example = try await Example.run("QuickStart", ["--data", "fashion-mnist"], in: folder.path)
        #expect(example.code == 0, "\(example.errors)")
        #expect(example.output.contains("60000 images in 938 batches\n"))
        // Weights, order of the images and losses are PyTorch's, but for rounding.
        let batches = [1, 2].flatMap { epoch in (1...9).map { "[\(epoch), \($0 * 100)] loss:" } }
        let losses = batches.flatMap { example.numbers(after: $0) }
        expectEqual(losses, try PyTorch.figures("quickstart-losses"), within: 0.02)
        let accuracies = [1, 2].flatMap { example.numbers(after: "[\($0)] accuracy on 10000 test images:") }
        let theirs = try PyTorch.figures("quickstart-accuracy")
        #expect(accuracies.count == 2)
        // Half a percentage point.
        for (ours, theirs) in zip(accuracies, theirs) { #expect(abs(ours - theirs) <= 0.005, "PyTorch: \(theirs)") }
    }

    @Test func runsFromTopToBottomWithoutAnyFile() async throws {
        let example = try await Example.run(
            "QuickStart", ["--data", "synthetic", "--epochs", "2", "--output", "out/digits"], in: folder.path)
        #expect(example.code == 0, "\(example.errors)")
        #expect(try #require(example.numbers(after: "[2] accuracy on 2000 test images:").first) > 0.9)
        for text in [
            """
            0 times: [3, 2] gradient of the looped layer: none
            1 times: [3, 2] gradient of the looped layer: [8, 8]
            2 times: [3, 2] gradient of the looped layer: [8, 8]

            """,
            """
            layers.0.weight [64, 784]
            layers.0.bias [64]
            layers.2.weight [10, 64]
            layers.2.bias [10]

            """,
            "same outputs after loading: true\n", "softmax recognises the same: true\n",
            """
            tensor([[1., 2.],
                    [3., 4.]]) float32
            tensor([0.5000, 1.5000])
            tensor([[0., 0., 0.],
                    [0., 0., 0.]])
            tensor([[0.4963, 0.7682],
                    [0.0885, 0.1320]])
            tensor([[-2.1788,  0.5684],
                    [-1.0845, -1.3986]])
            tensor([[11., 22.],
                    [13., 24.]])
            tensor([2., 4.]) [2]
            tensor([[2.],
                    [4.]]) [2, 1]
            10.0

            """,
            "[64, 1, 28, 28] -> [64, 8, 14, 14]\n", "[64, 28, 28] -> [64, 28, 16]\n",
            "state after the last time: [1, 64, 16] [1, 64, 16]\n",
        ] {
            #expect(example.output.contains(text), "\(example.output)")
        }
        let names = TemporaryFolder.names(in: "\(folder.path)/out/digits")
        #expect(names.filter { !$0.hasPrefix("events.out.tfevents.") } == ["net.safetensors", "x.npy"])
        #expect(names.count == 3)
    }

    @Test(
        .enabled("needs Python with tensorboard: set LOCKSTEP_PYTHON to one that has it") {
            await Python.has("tensorboard.backend.event_processing.event_accumulator")
        })
    func tensorBoardOpensItsEventFile() async throws {
        let example = try await Example.run(
            "QuickStart", ["--data", "synthetic", "--epochs", "2", "--output", "out"], in: folder.path)
        #expect(example.code == 0, "\(example.errors)")
        let printed = try await Python.run(
            """
            import sys
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            a = EventAccumulator(sys.argv[1])
            a.Reload()
            print([e.step for e in a.Scalars("loss/train")], [e.step for e in a.Scalars("accuracy/test")])
            print(["%.4f" % e.value for e in a.Scalars("accuracy/test")])
            print(a.Tags()["histograms"], [(e.width, e.height) for e in a.Images("first image")])
            print(a.Tensors("network/text_summary")[0].tensor_proto.string_val[0].decode())
            """, ["\(folder.path)/out"])
        let accuracies = [1, 2].flatMap { example.numbers(after: "[\($0)] accuracy on 2000 test images:") }
        let shown = accuracies.map { "'\(String(format: "%.4f", $0))'" }.joined(separator: ", ")
        #expect(
            printed == """
                [100, 225] [125, 250]
                [\(shown)]
                ['layers.0.weight', 'layers.0.bias', 'layers.2.weight', 'layers.2.bias'] [(28, 28)]
                `784 → 64 → 10`

                """)
    }

    @Test(arguments: [
        (["--epochs", "0"], "Error: --epochs is 0; expected at least 1\n"),
        (["--data", "nothing"], "Error: data set 'nothing': is not known"),
    ]) func wrongOptionsAreNamed(arguments: [String], message: String) async throws {
        let example = try await Example.run("QuickStart", arguments, in: folder.path)
        #expect(example.code != 0 && example.errors.hasPrefix(message), "\(example.errors)")
    }
}
