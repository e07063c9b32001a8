internal import LockstepFormats

/// Plots one above the other, in one picture: loss and accuracy of the same steps, for instance.
///
///     try Figure([loss, accuracy]).write(to: "run.png")
///
/// Source: `matplotlib.pyplot.subplots`.
public struct Figure: Sendable {
    /// The plots, from top to bottom.
    public var plots: [Plot]
    /// The picture's width in pixels.
    public var width: Int
    /// The picture's height in pixels.
    public var height: Int

    /// A picture of some plots. By default it is 960 pixels wide and 600 high, or 400 for each plot where there are several.
    ///
    /// Stops for a size outside of 100 to 10 000 pixels.
    public init(_ plots: [Plot], width: Int = 960, height: Int? = nil) {
        self.plots = plots
        self.width = width
        self.height = height ?? min(10_000, plots.count > 1 ? 400 * plots.count : 600)
        for size in [self.width, self.height] where !(100...10_000).contains(size) {
            fatalError("a picture has from 100 to 10000 pixels a side, found \(size)")
        }
    }

    /// Writes the picture as SVG or PNG, whichever the path ends in.
    ///
    /// Throws where the path ends in anything else, where gnuplot is not installed, where a series has no point that can be
    /// drawn, and where the file cannot be written. A file that is there is replaced, by a whole picture or not at all.
    public func write(to path: String) throws {
        guard let format = PictureFormat(path: path) else {
            throw FormatError(
                file: path, problem: "names no format for a picture",
                remedy: "Let the name end in .svg or .png")
        }
        try check(path)
        let script = Script(self, format).text
        try AtomicFile.write(format.corrected(try Gnuplot.draw(script, for: path)), to: path)
    }

    /// Throws where something has nothing to show: an empty picture says nothing, least of all why it is empty.
    private func check(_ path: String) throws {
        if plots.isEmpty || plots.contains(where: \.series.isEmpty) {
            throw FormatError(
                file: path, problem: "has a plot without a series",
                remedy: "Add one with scatter or line before writing")
        }
        for plot in plots {
            for (place, series) in plot.series.enumerated() where !series.points.contains(where: plot.shows) {
                let name = series.label.map { "'\($0)'" } ?? "number \(place + 1)"
                let reason =
                    series.points.isEmpty
                    ? "is empty"
                    : "has no point that can be drawn: of \(series.points.count), each is NaN, infinite\(plot.alsoHidden)"
                throw FormatError(
                    file: path, problem: "the series \(name) \(reason)", remedy: "Look at its numbers, or leave it out")
            }
        }
    }
}

extension Plot {
    /// Whether a point has a place in the plot.
    fileprivate func shows(_ point: (x: Double, y: Double)) -> Bool {
        point.x.isFinite && point.y.isFinite && (xScale == .linear || point.x > 0)
            && (yScale == .linear || point.y > 0)
    }

    /// What else keeps a point out of the plot, in words.
    fileprivate var alsoHidden: String {
        xScale == .linear && yScale == .linear ? "" : " or not positive on a logarithmic axis"
    }
}

/// What kind of file a picture is.
enum PictureFormat: String, CaseIterable {
    case svg
    case png

    /// The format that the end of a path names, in capitals or not.
    init?(path: String) {
        guard let dot = path.lastIndex(of: ".") else { return nil }
        self.init(rawValue: path[path.index(after: dot)...].lowercased())
    }

    /// A picture of gnuplot's, with what is wrong in it put right: `]]>` in a text, which XML allows nowhere.
    func corrected(_ bytes: [UInt8]) -> [UInt8] {
        if self == .png { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes {
            if byte == UInt8(ascii: ">"), result.suffix(2).elementsEqual("]]".utf8) {
                result += "&gt;".utf8
            } else {
                result.append(byte)
            }
        }
        return result
    }
}
