import ArgumentParser
import Foundation
import Lockstep

enum PlotFormat: String, CaseIterable, ExpressibleByArgument {
    case svg
    case png
}

/// The folder of the plots, which are numbered in the order of the document.
final class Pictures {
    private let folder: String
    private let format: PlotFormat
    private var count = 0

    init(folder: String, format: PlotFormat) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        (self.folder, self.format) = (folder, format)
    }

    /// Writes a plot, and says where.
    func add(_ plot: Plot, _ name: String) throws {
        count += 1
        let words = name.lowercased().split { !($0.isLetter || $0.isNumber || $0 == "-") }
        let path = "\(folder)/\(count < 10 ? "0" : "")\(count)-\(words.joined(separator: "-")).\(format.rawValue)"
        try plot.write(to: path)
        print("plot: \(path)")
    }

    /// The data as dots and, where it is given, a line through them.
    func add(_ points: Points, _ name: String, _ lines: (label: String, y: Tensor<Float>)...) throws {
        var plot = Plot(title: name, xLabel: "x", yLabel: "y")
        plot.scatter(points.x, points.y, label: "data")
        for (style, line) in zip([Plot.LineStyle.dashed, .dashDotted, .dotted], lines) {
            plot.line(points.x, line.y, label: line.label, style: style)
        }
        try add(plot, name)
    }
}
