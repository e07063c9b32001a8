import ArgumentParser
import Foundation
import Lockstep

/// Regression and logistic regression as one learns them with PyTorch, in Swift. One file a chapter, in this order.
@main
struct Program: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Regression",
        abstract: "Regression and logistic regression: the document from top to bottom, with its plots.")

    @Argument(help: ArgumentHelp("The data: a CSV file with columns x and y.", valueName: "file"))
    var data = "../shared/data/regression.csv"
    @Option(help: ArgumentHelp("The folder that plots are written into.", valueName: "folder"))
    var plots = "plots"
    @Option(help: "The plots' format: \(PlotFormat.allCases.map(\.rawValue).joined(separator: " or ")).")
    var format = PlotFormat.svg
    @Option(
        help: ArgumentHelp(
            """
            Make one of the document's mistakes instead, and stop with its message: \
            \(Mistake.allCases.map(\.rawValue).joined(separator: ", ")).
            """))
    var mistake: Mistake?

    mutating func run() throws {
        // Random numbers are PyTorch's. Where the document sets no seed, this one makes each run the same.
        manualSeed(43052)
        if mistake == .matrixTimesRow || mistake == .columnTimesMatrix { return shapes(mistake) }

        let points = try Points(contentsOf: data)
        if let mistake { return nets(points, mistake) }

        let pictures = try Pictures(folder: plots, format: format)
        arraysAndTensors()
        vectors()
        elementTypes()
        shapes(nil)
        try regressionByHand(points, pictures)
        try firstNets(points, pictures)
        try wholeNets(points, pictures)
        try optimizers(points, pictures)
        try parameters(points, pictures)
        try logisticRegression(pictures)
    }
}

/// What the document gets wrong on purpose: products of shapes that do not fit. They stop with PyTorch's message.
enum Mistake: String, CaseIterable, ExpressibleByArgument {
    case matrixTimesRow = "A@b1"
    case columnTimesMatrix = "b2@A"
    case tooManyColumns = "net(X)"
    case noColumn = "net(_x)"
}
