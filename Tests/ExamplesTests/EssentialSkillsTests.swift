import Testing

/// Document 001: what everyone must know.
@Suite(.timeLimit(.minutes(5))) struct EssentialSkillsTests {
    @Test func arithmeticPrintsWhatTheDocumentPrints() async throws {
        let example = try await Example.run("EssentialSkills")
        #expect(example.code == 0, "\(example.errors)")
        let sum = """
            tensor([[[10., 12.],
                     [14., 16.]],

                    [[18., 20.],
                     [22., 24.]]])

            """
        let difference = """
            tensor([[[-8., -8.],
                     [-8., -8.]],

                    [[-8., -8.],
                     [-8., -8.]]])

            """
        let product = """
            tensor([[[  9.,  20.],
                     [ 33.,  48.]],

                    [[ 65.,  84.],
                     [105., 128.]]])

            """
        let quotient = """
            tensor([[[0.1111, 0.2000],
                     [0.2727, 0.3333]],

                    [[0.3846, 0.4286],
                     [0.4667, 0.5000]]])

            """
        let document =
            """
            tensor([[[1., 2.],
                     [3., 4.]],

                    [[5., 6.],
                     [7., 8.]]])
            tensor([[[ 9., 10.],
                     [11., 12.]],

                    [[13., 14.],
                     [15., 16.]]])

            """ + sum + difference + product + quotient + sum + difference + product + quotient + """
                tensor([[[ 31.,  34.],
                         [ 71.,  78.]],

                        [[155., 166.],
                         [211., 226.]]])
                Device:  cpu

                """
        #expect(example.output.hasPrefix(document), "\(example.output)")
    }

    @Test func theNetworkLearnsAsInPyTorch() async throws {
        let example = try await Example.run("EssentialSkills")
        let losses = [100, 200, 300, 400, 500].flatMap { example.numbers(after: "Iteration:  \($0) \t Loss: ") }
        expectEqual(losses, try PyTorch.figures("autograd"), within: 0.05)
        #expect(losses.last ?? 1 < 1e-4)
    }
}
