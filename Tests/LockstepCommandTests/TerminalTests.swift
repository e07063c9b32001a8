import Glibc
import Testing

extension CommandTests {
    /// What a person at a terminal sees.
    @Suite(.enabled(if: access("/usr/bin/script", X_OK) == 0, "needs script(1), of the package bsdutils"))
    struct OnATerminal {
        private let folder = TemporaryFolder()

        /// Runs `lockstep` on a terminal of so many columns and gives all that is written to it.
        private func show(_ arguments: [String], columns: Int) async throws -> (text: String, code: Int?) {
            let command = ([Lockstep.binary] + arguments).joined(separator: " ")
            let outcome = try await Lockstep.run(
                program: "/usr/bin/script", ["-qefc", "stty cols \(columns); exec \(command)", "/dev/null"],
                in: folder.path, environment: ["TERM": "xterm"])
            return (outcome.output, outcome.code)
        }

        /// The states of the progress bar, without the codes that move the cursor.
        private func bars(_ text: String) -> [String] {
            // A carriage return and a line feed are one character to Swift.
            let ends: Set<Character> = ["\r", "\n", "\r\n"]
            let frames = text.split { ends.contains($0) }.map { String($0).replacing("\u{1b}[K", with: "") }
            return frames.filter { $0.contains(#/^epoch \d+/\d+ /#) }
        }

        @Test(arguments: [20, 40, 80, 200]) func aProgressBarFitsTheWidth(columns: Int) async throws {
            let (text, code) = try await show(["train", "--workers", "2"] + Jobs.tiny, columns: columns)
            #expect(code == 0)
            let bars = bars(text)
            #expect(bars.count >= 2)
            for bar in bars { #expect(bar.count < columns, "\(bar)") }
            #expect(text.contains("sha256      \(try await Jobs.digest(of: Jobs.tiny))"))
        }

        @Test func aProgressBarShowsWhatMatters() async throws {
            let (text, _) = try await show(["train", "--workers", "2"] + Jobs.tiny, columns: 100)
            let last = try #require(bars(text).last)
            let pattern =
                /epoch 1\/1 ━+  10\/10  loss \d\.\d{4}  [\d,]+ samples\/s  0:00 left  2 workers/
            #expect(last.wholeMatch(of: pattern) != nil, "\(last)")
        }

        @Test func anErrorTakesThePlaceOfTheBar() async throws {
            let (text, code) = try await show(
                ["train", "--workers", "2", "--optimizer", "sgd", "--lr", "1e30"] + Jobs.tiny, columns: 80)
            #expect(code == 1)
            #expect(text.contains("\r\u{1b}[KError: the loss is"))
        }

        @Test func aTerminalThatCannotMoveItsCursorGetsLines() async throws {
            let outcome = try await Lockstep.run(
                program: "/usr/bin/script",
                [
                    "-qefc", ([Lockstep.binary, "train", "--single-process"] + Jobs.tiny).joined(separator: " "),
                    "/dev/null",
                ],
                in: folder.path, environment: ["TERM": "dumb"])
            #expect(!outcome.output.contains("\u{1b}"))
            #expect(outcome.output.contains("epoch 1/1  step 10/10  loss "))
        }
    }
}
