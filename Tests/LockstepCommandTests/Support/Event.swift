import FoundationEssentials

/// A line that `--json` prints, or a line of metrics.jsonl: what any of them has.
struct Event: Decodable, Sendable {
    var event: String?
    var kind: String?
    var run: String?
    var step: Int?
    var steps: Int?
    var epoch: Int?
    var loss: Number?
    var samples: Int?
    var accuracy: Double?
    var perplexity: Double?
    var testLoss: Double?
    var sha256: String?
    var weights: String?
    var workers: [String]?
    var parameters: Int?
    var completedSteps: Int?
    var checkpoint: String?
    var path: String?
    var text: String?
    var samplesPerSecond: Double?
    var computeSeconds: Double?
    var communicateSeconds: Double?
    var bytesSent: Int?

    /// A number, or the word for what is none.
    enum Number: Decodable, Sendable {
        case value(Double)
        case word(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let value = try? container.decode(Double.self) {
                self = .value(value)
            } else {
                self = .word(try container.decode(String.self))
            }
        }
    }

    /// Reads a line; nil where it is no JSON object.
    init?(_ line: String) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let event = try? decoder.decode(Event.self, from: Data(line.utf8)) else { return nil }
        self = event
    }

    /// The lines of a JSON-lines file, each of which must be one.
    static func lines(ofFile path: String) throws -> [Event] {
        let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
        return try text.split(separator: "\n").map { line in
            guard let event = Event(String(line)) else { throw Failure("\(path): no JSON: \(line)") }
            return event
        }
    }
}
