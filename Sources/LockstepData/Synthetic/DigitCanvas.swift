/// A picture on which curves are drawn with a round pen and smooth edges.
///
/// It computes with `+ - * /` and square roots of `Double` only, whose results IEEE 754 fixes to the last bit, so a picture
/// has the same bytes on every machine.
struct DigitCanvas {
    typealias Point = DigitGlyphs.Point

    /// Pixels along each side.
    static let side = 28
    /// Of each pixel's centre, the square of its distance to the nearest line drawn; `far` where none is near.
    private var distances: [Double]
    /// More than any pen's radius: how far from a line pixels are looked at.
    private static let reach = 4.0
    private static let far = reach * reach

    init() { distances = [Double](repeating: Self.far, count: Self.side * Self.side) }

    /// Draws a quadratic B-spline through the halves between `points`, from the first of them to the last.
    mutating func draw(_ points: [Point]) {
        guard var from = points.first, let last = points.last else { return }
        guard points.count > 2 else { return line(from, last) }
        for place in 1..<points.count - 1 {
            let control = points[place]
            let next = points[place + 1]
            let to = place == points.count - 2 ? last : Point((control.x + next.x) / 2, (control.y + next.y) / 2)
            // Four straight pieces a curve are as smooth as 28 pixels can show.
            var start = from
            for piece in 1...4 {
                let t = Double(piece) / 4
                let s = 1 - t
                let end = Point(
                    s * s * from.x + 2 * s * t * control.x + t * t * to.x,
                    s * s * from.y + 2 * s * t * control.y + t * t * to.y)
                line(start, end)
                start = end
            }
            from = to
        }
    }

    private mutating func line(_ a: Point, _ b: Point) {
        let dx = b.x - a.x
        let dy = b.y - a.y
        let squaredLength = dx * dx + dy * dy
        let inverse = squaredLength > 0 ? 1 / squaredLength : 0
        let columns = Self.pixels(from: min(a.x, b.x), to: max(a.x, b.x))
        for row in Self.pixels(from: min(a.y, b.y), to: max(a.y, b.y)) {
            let y = Double(row) - a.y
            for column in columns {
                let x = Double(column) - a.x
                // The nearest point of the line is a + t (b - a).
                let t = min(1, max(0, (x * dx + y * dy) * inverse))
                let ex = x - t * dx
                let ey = y - t * dy
                let place = row * Self.side + column
                distances[place] = min(distances[place], ex * ex + ey * ey)
            }
        }
    }

    /// The pixels along one axis that are within reach of a stretch.
    private static func pixels(from low: Double, to high: Double) -> Range<Int> {
        let first = max(0, Int((low - reach).rounded(.up)))
        let last = min(side - 1, Int((high + reach).rounded(.down)))
        return first..<max(first, last + 1)
    }

    /// How much ink a pen of that radius leaves at pixel `place`, from 0 to 1: all within the radius less half a pixel, none
    /// beyond the radius and half a pixel.
    func ink(at place: Int, radius: Double) -> Double {
        let distance = distances[place]
        guard distance < Self.far else { return 0 }
        return min(1, max(0, radius + 0.5 - distance.squareRoot()))
    }
}
