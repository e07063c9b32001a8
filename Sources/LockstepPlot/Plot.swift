/// A picture of points and lines, with axes, a legend and a grid; written as SVG or PNG.
///
///     var plot = Plot(title: "Regression", xLabel: "x", yLabel: "y")
///     plot.scatter(x, y, label: "data")
///     plot.line(x, 4.0 * x + 2.5, label: "fit", style: .dashed)
///     try plot.write(to: "fit.svg")
///
/// Colours are those of Okabe and Ito, which readers with any kind of colour vision can tell apart, in a fixed order. Texts are shown as
/// they are, line ends included: nothing in them is taken for a command or for markup. A point that is NaN or infinite, or not
/// positive on a logarithmic axis, is left out, and a line has a gap there.
///
/// Source: `matplotlib.pyplot` for what can be said; gnuplot for how it is drawn.
public struct Plot: Sendable {
    /// How an axis counts.
    public enum Scale: Sendable {
        /// Equal distances are equal differences.
        case linear
        /// Equal distances are equal ratios; for positive numbers alone.
        case logarithmic
    }

    /// How a line is drawn.
    public enum LineStyle: Int, Sendable, CaseIterable {
        // In the order of gnuplot's dash types, from 1.
        case solid = 1
        case dashed
        case dotted
        case dashDotted
    }

    /// The text above the picture; none where it is empty.
    public var title: String
    /// The text below the horizontal axis.
    public var xLabel: String
    /// The text beside the vertical axis.
    public var yLabel: String
    /// How the horizontal axis counts.
    public var xScale: Scale
    /// How the vertical axis counts.
    public var yScale: Scale
    /// Where the horizontal axis begins and ends; nil for a little beyond the points.
    public var xLimits: ClosedRange<Double>?
    /// Where the vertical axis begins and ends; nil for a little beyond the points.
    public var yLimits: ClosedRange<Double>?

    /// What is drawn, the last on top.
    var series: [Series] = []

    /// Whether there is nothing in it yet.
    public var isEmpty: Bool { series.isEmpty }

    /// An empty picture; `scatter` and `line` put something into it.
    public init(
        title: String = "", xLabel: String = "", yLabel: String = "", xScale: Scale = .linear, yScale: Scale = .linear
    ) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.xScale = xScale
        self.yScale = yScale
    }

    /// Draws a dot for each pair of numbers.
    ///
    /// Stops where `x` and `y` are not equally many.
    ///
    /// - Parameters:
    ///   - label: The text in the legend; nil for no entry there.
    ///   - color: By default the next one that no series of this plot has had.
    ///   - size: The dots' diameter, 1 for a usual one.
    ///   - opacity: From 0, which cannot be seen, to 1. Where thousands of dots overlap, 0.05 shows how many they are.
    ///
    /// Source: `matplotlib.pyplot.scatter`.
    public mutating func scatter(
        _ x: some PlotValues, _ y: some PlotValues, label: String? = nil, color: PlotColor? = nil, size: Double = 1,
        opacity: Double = 1
    ) {
        guard size > 0, size.isFinite else { fatalError("the size of dots is positive, found \(size)") }
        add(x, y, label, color, opacity, .dots(size: size))
    }

    /// Joins points, in the given order, by straight lines.
    ///
    /// Stops where `x` and `y` are not equally many.
    ///
    /// - Parameters:
    ///   - label: The text in the legend; nil for no entry there.
    ///   - color: By default the next one that no series of this plot has had.
    ///   - style: Solid, dashed, …
    ///   - opacity: From 0, which cannot be seen, to 1.
    ///   - markers: Whether each point has a dot too: where there are few, so that one sees which are measured.
    ///
    /// Source: `matplotlib.pyplot.plot`.
    public mutating func line(
        _ x: some PlotValues, _ y: some PlotValues, label: String? = nil, color: PlotColor? = nil,
        style: LineStyle = .solid, opacity: Double = 1, markers: Bool = false
    ) {
        add(x, y, label, color, opacity, .line(style, markers: markers))
    }

    /// Joins points whose x are 0, 1, 2, …: a loss a step, for instance.
    ///
    /// As ``line(_:_:label:color:style:opacity:markers:)``.
    public mutating func line(
        _ y: some PlotValues, label: String? = nil, color: PlotColor? = nil, style: LineStyle = .solid,
        opacity: Double = 1, markers: Bool = false
    ) {
        let values = y.plotValues
        line(
            0..<values.count, values, label: label, color: color, style: style, opacity: opacity, markers: markers)
    }

    private mutating func add(
        _ x: some PlotValues, _ y: some PlotValues, _ label: String?, _ color: PlotColor?, _ opacity: Double,
        _ kind: Series.Kind
    ) {
        guard 0...1 ~= opacity else { fatalError("alpha must be between 0 and 1, inclusive, found \(opacity)") }
        let (x, y) = (x.plotValues, y.plotValues)
        guard x.count == y.count else {
            fatalError("x and y must have same first dimension, but have shapes (\(x.count),) and (\(y.count),)")
        }
        let color = color ?? PlotColor.allCases[series.count % PlotColor.allCases.count]
        series.append(Series(points: Array(zip(x, y)), label: label, color: color, opacity: opacity, kind: kind))
    }

    /// Writes the picture, 960 by 600 pixels, as SVG or PNG, whichever the path ends in.
    ///
    /// Throws where the path ends in anything else, where gnuplot is not installed, where a series has no point that can be
    /// drawn, and where the file cannot be written. A file that is there is replaced, by a whole picture or not at all.
    public func write(to path: String) throws { try Figure([self]).write(to: path) }
}

/// One thing that a plot shows.
struct Series: Sendable {
    enum Kind: Sendable {
        case dots(size: Double)
        case line(Plot.LineStyle, markers: Bool)
    }

    var points: [(x: Double, y: Double)]
    var label: String?
    var color: PlotColor
    var opacity: Double
    var kind: Kind
}

/// A colour of a series.
///
/// Source: M. Okabe and K. Ito, "Color Universal Design", 2008; without its yellow, which white swallows.
public enum PlotColor: String, Sendable, CaseIterable {
    case blue = "0072B2"
    case vermilion = "D55E00"
    case green = "009E73"
    case purple = "CC79A7"
    case orange = "E69F00"
    case skyBlue = "56B4E9"
    case black = "000000"
}
