import Foundation
import LockstepPlot
import LockstepTensor
import Testing

/// What is in the pictures that gnuplot draws.
@Suite(.timeLimit(.minutes(2))) struct PlotTests {
    let folder = TemporaryFolder()

    /// Writes a plot as SVG and reads it.
    func picture(_ plot: Plot) throws -> SVG {
        let path = "\(folder.path)/plot.svg"
        try plot.write(to: path)
        return try SVG(contentsOf: path)
    }

    @Test func anSVGHasTheTextsTheDotsAndTheLine() throws {
        var plot = Plot(title: "Regression", xLabel: "hours", yLabel: "marks")
        plot.scatter([1, 2, 3, 4], [2.5, 3.5, 5, 6], label: "measured")
        plot.line([1, 4], [2.4, 6.1], label: "fit", style: .dashed)
        let svg = try picture(plot)
        for text in ["Regression", "hours", "marks", "measured", "fit"] {
            #expect(svg.texts.count { $0 == text } == 1, "\(text) in \(svg.texts)")
        }
        #expect(svg.dots == 4 + 1)
        // One piece of line in the picture and one in the legend, in the palette's second colour.
        #expect(svg.pieces(red: 0xD5, green: 0x5E, blue: 0x00) == 2)
        #expect(svg.attributes.first?["width"] == "960" && svg.attributes.first?["height"] == "600")
    }

    @Test(arguments: [("png", 1, 960, 600), ("PNG", 2, 960, 800)])
    func aPNGHasItsSignatureAndItsSize(ending: String, plots: Int, width: Int, height: Int) throws {
        var plot = Plot()
        plot.line([3, 1, 2])
        let path = "\(folder.path)/plot.\(ending)"
        try Figure(Array(repeating: plot, count: plots)).write(to: path)
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        #expect(bytes.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
        func number(_ start: Int) -> Int { bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
        #expect(number(16) == width && number(20) == height)
    }

    @Test func valuesMayBeTensorsArraysAndRanges() throws {
        var plot = Plot()
        let column = Tensor<Float>([[1], [2], [3]]).requiringGrad()
        plot.scatter(column, column * 2)
        plot.scatter(Tensor<Int64>([1, 2, 3]), [Float(1), 2, 3])
        plot.scatter(0..<3, [UInt8(1), 2, 3])
        plot.scatter(1...3, Tensor<Float>([[1, 0], [2, 0], [3, 0]])[.all, 0])
        #expect(try picture(plot).dots == 12)
    }

    @Test func whatHasNoPlaceIsLeftOut() throws {
        let bad = [Double.nan, .infinity, -.infinity]
        var plot = Plot()
        plot.scatter([1, 2, 3, 4, 5], [1, 2] + bad)
        plot.scatter(bad + [4, 5], [1, 2, 3, 4, 5])
        #expect(try picture(plot).dots == 4)

        plot = Plot(xScale: .logarithmic, yScale: .logarithmic)
        plot.scatter([-1, 0, 1, 10, 100], [1, 1, 1, 0, 1])
        #expect(try picture(plot).dots == 2)
    }

    @Test func aLineHasAGapWhereAPointIsMissing() throws {
        var plot = Plot()
        plot.line([1, 2, .nan, 4, 5, .infinity, 7, 8])
        #expect(try picture(plot).pieces(red: 0x00, green: 0x72, blue: 0xB2) == 3)
    }

    @Test func aLogarithmicAxisNamesMoreThanPowersOfTen() throws {
        var plot = Plot(yScale: .logarithmic)
        plot.line([2.3, 1.4, 0.9, 0.6])
        let texts = try picture(plot).texts.map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(texts.contains("2") && texts.contains("1"))
        plot.line([1e-6, 1e6])
        #expect(try picture(plot).texts.count > 5)
    }

    @Test func limitsAreKept() throws {
        var plot = Plot()
        plot.scatter([1, 2, 3, 4], [1, 2, 3, 4])
        (plot.xLimits, plot.yLimits) = (0...2.5, 0...10)
        let svg = try picture(plot)
        #expect(svg.dots == 2)
        #expect(svg.texts.contains { $0.trimmingCharacters(in: .whitespaces) == "10" })
    }

    /// A faint dot would not be seen in the legend.
    @Test func faintDotsAreFullInTheLegend() throws {
        var plot = Plot()
        plot.scatter([1, 2], [1, 2], label: "faint", opacity: 0.05)
        let svg = try picture(plot)
        let dots = svg.attributes.filter { $0["xlink:href"] == "#gpPt6" && $0["transform"] != nil }
        #expect(dots.count { $0["opacity"] == "0.05" } == 2 && dots.count { $0["opacity"] == nil } == 1)
        #expect(svg.texts.contains("faint"))
    }

    @Test func oneFigureHasSeveralPlots() throws {
        var (loss, accuracy) = (Plot(title: "loss"), Plot(title: "accuracy"))
        loss.line([3, 2, 1])
        accuracy.line([0.1, 0.5, 0.7], markers: true)
        let path = "\(folder.path)/run.svg"
        try Figure([loss, accuracy]).write(to: path)
        let svg = try SVG(contentsOf: path)
        #expect(svg.texts.contains("loss") && svg.texts.contains("accuracy"))
        #expect(svg.dots == 3)
        #expect(svg.attributes.first?["height"] == "800")
    }

    /// Far more than fits in a pipe.
    @Test func manyPointsAreDrawn() throws {
        var plot = Plot()
        plot.scatter(0..<50_000, (0..<50_000).map { sin(Double($0)) })
        #expect(try picture(plot).dots == 50_000)
    }

    /// Waiting for gnuplot takes no thread from the tasks that run it, however many wait.
    @Test func manyTasksDrawAtOnce() async throws {
        let path = folder.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<32 {
                group.addTask {
                    var plot = Plot(title: "plot \(index)")
                    plot.line([1, 2, 3])
                    try plot.write(to: "\(path)/\(index).svg")
                }
            }
            try await group.waitForAll()
        }
        for index in 0..<32 { #expect(try SVG(contentsOf: "\(path)/\(index).svg").texts.contains("plot \(index)")) }
    }
}
