import Foundation
import FoundationXML
import Testing

/// What an SVG picture shows, read by an XML parser that accepts nothing but XML.
struct SVG {
    /// The texts, in order; of a text of several lines, each line.
    let texts: [String]
    /// The number of dots, those of the legend included.
    let dots: Int
    /// What the paths draw.
    let paths: [String]
    /// The values of all attributes of all elements.
    let attributes: [[String: String]]

    init(contentsOf path: String) throws {
        let reader = Reader()
        let parser = XMLParser(data: try Data(contentsOf: URL(filePath: path)))
        parser.delegate = reader
        try #require(parser.parse(), "\(path): \(parser.parserError.map { "\($0)" } ?? "no SVG")")
        texts = reader.texts
        attributes = reader.attributes
        dots = reader.attributes.count { $0["xlink:href"] == "#gpPt6" && $0["transform"] != nil }
        paths = reader.attributes.compactMap { $0["d"] }
    }

    /// How many pieces the line of that colour has.
    func pieces(red: Int, green: Int, blue: Int) -> Int {
        func colour(_ text: String) -> [Int] { text.split { !$0.isNumber }.compactMap { Int($0) } }
        return attributes.filter { $0["d"] != nil && colour($0["stroke"] ?? "") == [red, green, blue] }
            .reduce(0) { $0 + ($1["d"] ?? "").count { $0 == "M" } }
    }

    private final class Reader: NSObject, XMLParserDelegate {
        var texts: [String] = []
        var attributes: [[String: String]] = []
        private var text: String?

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            self.attributes.append(attributes)
            if name == "text" { text = "" }
        }

        func parser(_ parser: XMLParser, foundCharacters string: String) { text? += string }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            if name == "text", let text { texts.append(text) }
            if name == "text" { text = nil }
        }
    }
}
