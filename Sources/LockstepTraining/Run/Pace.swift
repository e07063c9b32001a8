/// How fast a run goes, over its last steps.
///
/// The reports of several steps may come in together, so the time between two steps says little: one step seems slow and
/// the next to take no time at all.
struct Pace {
    /// How many steps count: enough to even that out, few enough to follow a change within a second or so.
    private static let steps = 20

    private var last: [(samples: Int, seconds: Double)] = []

    /// A step of `samples` samples was complete `seconds` after the one before. Returns samples a second.
    mutating func add(samples: Int, seconds: Double) -> Double {
        last.append((samples, seconds))
        if last.count > Pace.steps { last.removeFirst() }
        let total = last.reduce(0) { $0 + $1.seconds }
        return total > 0 ? Double(last.reduce(0) { $0 + $1.samples }) / total : 0
    }
}
