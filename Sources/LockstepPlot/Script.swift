/// What gnuplot is told, to draw a figure.
struct Script {
    private(set) var text = ""

    init(_ figure: Figure, _ format: PictureFormat) {
        let terminal =
            switch format {
            case .svg: "svg"
            case .png: "pngcairo"
            }
        let isOne = figure.plots.count == 1
        // Texts are shown as they are (noenhanced); a page may be dark, so white is painted and not left out.
        add(
            """
            set encoding utf8
            set terminal \(terminal) size \(figure.width),\(figure.height) noenhanced font "sans-serif,13" background "#ffffff"
            set border 3 linecolor rgb "#444444"
            set tics nomirror out scale 0.6
            set grid linetype 1 linecolor rgb "#dddddd" linewidth 0.7
            set key outside top center horizontal
            set style line 1 linewidth 2
            """)
        for (place, plot) in figure.plots.enumerated() { addData(of: plot, place) }
        if !isOne { add("set multiplot layout \(figure.plots.count),1") }
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
        add("set title \(Script.quoted(plot.title))")
        add("set xlabel \(Script.quoted(plot.xLabel))")
        add("set ylabel \(Script.quoted(plot.yLabel))")
        add("unset logscale")
        if plot.xScale == .logarithmic { add("set logscale x") }
        if plot.yScale == .logarithmic { add("set logscale y") }
        let parts = plot.series.enumerated().flatMap { index, series in
            Script.parts(of: series, data: Script.name(place, index))
        }
        add("plot " + parts.joined(separator: ", "))
    }

    /// What a series is in gnuplot's `plot`: itself, and its entry in the legend.
    private static func parts(of series: Series, data: String) -> [String] {
        let title = series.label.map { "title \(quoted($0))" } ?? "notitle"
        let color = series.color.rawValue
        switch series.kind {
        case .line(let style, let markers):
            let dots = markers ? "linespoints pointtype 7 pointsize 0.6" : "lines"
            return ["\(data) using 1:2 with \(dots) linewidth 2 dashtype \(style.rawValue) linecolor rgb \"#\(color)\" \(title)"]
        case .dots(let size, let opacity):
            let dots = "with points pointtype 7 pointsize \(0.6 * size) linecolor rgb"
            if opacity == 1 { return ["\(data) using 1:2 \(dots) \"#\(color)\" \(title)"] }
            // gnuplot counts how transparent a colour is. In the legend the dot stands alone and would hardly be seen.
            let transparency = hexadecimal(UInt8((255 * (1 - opacity)).rounded()))
            let itself = "\(data) using 1:2 \(dots) \"#\(transparency)\(color)\" notitle"
            return series.label == nil ? [itself] : [itself, "keyentry \(dots) \"#\(color)\" \(title)"]
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
            let isShown =
                scalar == "\n" || !(scalar.properties.generalCategory == .control || scalar.properties.isNoncharacterCodePoint)
            for byte in UTF8.encode(scalar == "\t" ? " " : isShown ? scalar : "\u{FFFD}") ?? .init() {
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
