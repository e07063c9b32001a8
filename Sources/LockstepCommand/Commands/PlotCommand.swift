internal import ArgumentParser
internal import LockstepPlot
internal import LockstepTraining

/// `lockstep plot`: draws what runs have recorded.
struct PlotCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "plot",
            abstract: "Draw loss and test accuracy of runs, finished or in progress.",
            discussion: """
                The training loss is drawn as the mean over stretches of steps, at most 500 of them. Drawing is done by \
                gnuplot (apt-get install gnuplot-nox).


                """
                    + JobCatalog.examples(
                        "plot runs/20261122-102355-mlp",
                        "plot runs/20261122-102355-mlp runs/20261122-110740-mlp --log -o two-runs.png"))
    }

    @Argument(help: ArgumentHelp("The folders of the runs.", valueName: "run-folder"))
    var runs: [String]
    @Option(name: .shortAndLong, help: ArgumentHelp("The picture: a file .svg or .png.", valueName: "file"))
    var output = "loss.svg"
    @Flag(help: "Draw the loss on a logarithmic axis.")
    var log = false

    func run() throws {
        var loss = Plot(xLabel: "step", yLabel: "loss", yScale: log ? .logarithmic : .linear)
        var accuracy = Plot(xLabel: "step", yLabel: "test accuracy")
        var last = 1
        for (index, run) in runs.enumerated() {
            let (steps, tests) = try RunFolder.metrics(of: run)
            guard let end = steps.last else {
                throw TrainingError(.invalidRun, "\(run) has no step to draw: its run has not completed one yet")
            }
            last = max(last, end.step)
            // One run has a colour for training and one for testing; of several, each has its own.
            let isOne = runs.count == 1
            let colors = PlotColor.allCases
            let color = colors[(isOne ? 1 : index) % colors.count]
            let name = isOne ? "" : PlotCommand.name(of: run, among: runs) + ", "
            let training = PlotCommand.means(steps, atMost: 500)
            loss.line(
                training.map(\.step), training.map(\.loss), label: name + "training loss",
                color: isOne ? colors[0] : color, opacity: 0.6)
            if tests.isEmpty { continue }
            loss.line(tests.map(\.step), tests.map(\.loss), label: name + "test loss", color: color, markers: true)
            let scored = tests.compactMap { test in test.accuracy.map { (test.step, $0) } }
            if scored.isEmpty { continue }
            accuracy.line(
                scored.map(\.0), scored.map(\.1), label: name + "test accuracy", color: color, markers: true)
        }
        (loss.xLimits, accuracy.xLimits) = (0...Double(last), 0...Double(last))
        loss.title = runs.count == 1 ? PlotCommand.name(of: runs[0], among: runs) : ""
        try Figure(accuracy.isEmpty ? [loss] : [loss, accuracy]).write(to: output)
        print("plot        \(output)")
    }

    /// A run's name in the legend: its folder's, or the whole path where two folders have the same name.
    private static func name(of run: String, among runs: [String]) -> String {
        func last(_ path: String) -> Substring { path.split(separator: "/").last ?? "/" }
        return runs.count { last($0) == last(run) } == 1 ? String(last(run)) : run
    }

    /// The mean loss over stretches of adjacent steps, each at its last step.
    private static func means(_ steps: [StepRecord], atMost count: Int) -> [(step: Int, loss: Double)] {
        let length = (steps.count + count - 1) / count
        return stride(from: 0, to: steps.count, by: length).map { start in
            let stretch = steps[start..<min(start + length, steps.count)]
            return (stretch[stretch.endIndex - 1].step, stretch.reduce(0) { $0 + $1.loss } / Double(stretch.count))
        }
    }
}
