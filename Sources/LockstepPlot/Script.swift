internal import Glibc

/// What gnuplot is told, to draw a figure.
struct Script {
    private(set) var text = ""

    init(_ figure: Figure, _ format: PictureFormat) {
        // The two count text and dots in other units; so they come out the same.
        let terminal =
            switch format {
            case .svg: "svg"
            case .png: "pngcairo fontscale 0.8 pointscale 1.6"
            }
        // Texts are shown as they are (noenhanced); a page may be dark, so white is painted and not left out.
        add(
            """
            set encoding utf8
            set terminal \(terminal) size \(figure.width),\(figure.height) noenhanced font "sans-serif,13" background "#ffffff"
            set border 3 linecolor rgb "#444444"
            set tics nomirror out scale 0.6
            set grid linetype 1 linecolor rgb "#dddddd" linewidth 0.7
            set key outside bottom center horizontal reverse Left samplen 3 height 1
            set autoscale fix
            set offsets graph 0.02, graph 0.02, graph 0.04, graph 0.04
            """)
        for (place, plot) in figure.plots.enumerated() { addData(of: plot, place) }
        if figure.plots.count > 1 {
            // One below the other, so that the same x is at the same place.
            add("set multiplot layout \(figure.plots.count),1")
            add("set lmargin at screen \(110 / Double(figure.width))")
            add("set rmargin at screen \(1 - 30 / Double(figure.width))")
        }
        for (place, plot) in figure.plots.enumerated() { addCommands(for: plot, place) }
    }

    private mutating func add(_ line: String) { text += line + "\n" }

    /// The name under which gnuplot keeps the numbers of a series.
    private static func name(_ plot: Int, _ series: Int) -> String { "$data_\(plot)_\(series)" }

    private mutating func addData(of plot: Plot, _ place: Int) {
        for (index, series) in plot.series.enumerated() {
            add("\(Script.name(place, index)) << END")
            for point in series.points { add("\(Script.number(point.x)) \(Script.number(point.y))") }
            add("END")
        }
    }

    private mutating func addCommands(for plot: Plot, _ place: Int) {
        add("set title \(Script.quoted(plot.title)) font \"sans-serif,15\"")
        add("set xlabel \(Script.quoted(plot.xLabel))")
        add("set ylabel \(Script.quoted(plot.yLabel))")
        addAxis("x", plot.xScale, plot.xLimits, plot.series.flatMap { $0.points.map(\.x) })
        addAxis("y", plot.yScale, plot.yLimits, plot.series.flatMap { $0.points.map(\.y) })
        let parts = plot.series.enumerated().flatMap { index, series in
            Script.parts(of: series, data: Script.name(place, index))
        }
        add("plot " + parts.joined(separator: ", "))
    }

    private mutating func addAxis(
        _ axis: String, _ scale: Plot.Scale, _ limits: ClosedRange<Double>?, _ values: [Double]
    ) {
        let range = limits.map { "[\(Script.number($0.lowerBound)):\(Script.number($0.upperBound))]" } ?? "[*:*]"
        // gnuplot's own choice of tics on a logarithmic axis is whole powers of ten, of which a loss may cross none.
        let shown = values.filter { $0 > 0 && $0.isFinite }
        var tics = "autofreq"
        if scale == .logarithmic, let low = shown.min(), let high = shown.max(), high / low < 1000 {
            let powers = Int(log10(low).rounded(.down))...Int(log10(high).rounded(.up))
            tics = "(" + powers.flatMap { power in [1, 2, 5].map { "\($0)e\(power)" } }.joined(separator: ", ") + ")"
        }
        add(scale == .logarithmic ? "set logscale \(axis)" : "unset logscale \(axis)")
        add("set \(axis)tics \(tics)")
        add("set \(axis)range \(range)")
    }

    /// What a series is in gnuplot's `plot`: itself, and its entry in the legend.
    private static func parts(of series: Series, data: String) -> [String] {
        let title = series.label.map { "title \(quoted($0))" } ?? "notitle"
        // gnuplot counts how transparent a colour is.
        let transparency = hexadecimal(UInt8((255 * (1 - series.opacity)).rounded()))
        let color = "linecolor rgb \"#\(transparency)\(series.color.rawValue)\""
        switch series.kind {
        case .line(let style, let markers):
            let dots = markers ? "linespoints pointtype 7 pointsize 0.5" : "lines"
            return ["\(data) using 1:2 with \(dots) linewidth 2 dashtype \(style.rawValue) \(color) \(title)"]
        case .dots(let size):
            let dots = "with points pointtype 7 pointsize \(0.6 * size)"
            if series.opacity == 1 || series.label == nil { return ["\(data) using 1:2 \(dots) \(color) \(title)"] }
            // In the legend a faint dot stands alone and would hardly be seen.
            return [
                "\(data) using 1:2 \(dots) \(color) notitle",
                "keyentry \(dots) linecolor rgb \"#\(series.color.rawValue)\" \(title)",
            ]
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    /// A number as gnuplot reads it: with all its digits, and nothing but `NaN` for what has no place.
    private static func number(_ value: Double) -> String { value.isFinite ? "\(value)" : "NaN" }

    /// A text as gnuplot's string, in which nothing can be anything but text: all but letters, digits and spaces is written as its
    /// number. What cannot be shown, and may stand in no SVG file, is replaced by U+FFFD.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.replacing("\r\n", with: "\n").unicodeScalars {
            let properties = scalar.properties
            let isShown =
                scalar == "\n" || !(properties.generalCategory == .control || properties.isNoncharacterCodePoint)
            for byte in String(scalar == "\t" ? " " : isShown ? scalar : "\u{FFFD}").utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: " "):
                    result.unicodeScalars.append(Unicode.Scalar(byte))
                default:
                    // gnuplot reads four digits after a leading 0, and three after any other.
                    let digits = String(byte, radix: 8)
                    result += "\\" + String(repeating: "0", count: (byte < 64 ? 4 : 3) - digits.count) + digits
                }
            }
        }
        return result + "\""
    }
}
