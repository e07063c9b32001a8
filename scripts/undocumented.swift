// Lists public declarations without a comment, from the symbol graphs in a folder: swift scripts/undocumented.swift FOLDER.
// Ends with status 1 where there is any. What implements a protocol's requirement is described there.
import Foundation

struct Graph: Decodable {
    struct Symbol: Decodable {
        struct Identifier: Decodable { let precise: String }
        struct Kind: Decodable { let identifier: String }
        struct Comment: Decodable {}
        struct Location: Decodable {
            struct Position: Decodable { let line: Int }
            let uri: String
            let position: Position
        }
        let identifier: Identifier
        let kind: Kind
        let pathComponents: [String]
        let docComment: Comment?
        let location: Location?
    }
    struct Relationship: Decodable {
        struct Origin: Decodable {}
        let source: String
        let kind: String
        let sourceOrigin: Origin?
    }
    let symbols: [Symbol]
    let relationships: [Relationship]
}

guard CommandLine.arguments.count == 2 else {
    print("usage: swift scripts/undocumented.swift FOLDER")
    exit(2)
}
let folder = URL(fileURLWithPath: CommandLine.arguments[1])
let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    .filter { $0.lastPathComponent.hasSuffix(".symbols.json") }.sorted { $0.path < $1.path }
var (count, missing) = (0, 0)
for file in files {
    let graph = try JSONDecoder().decode(Graph.self, from: Data(contentsOf: file))
    let described = Set(graph.relationships.filter { $0.sourceOrigin != nil || $0.kind == "overrides" }.map(\.source))
    for symbol in graph.symbols where symbol.kind.identifier != "swift.extension" {
        count += 1
        if symbol.docComment != nil || described.contains(symbol.identifier.precise) { continue }
        missing += 1
        let place = symbol.location.map { "\($0.uri.dropFirst("file://".count)):\($0.position.line + 1): " }
        print("\(place ?? "")\(symbol.pathComponents.joined(separator: ".")) has no comment")
    }
}
print("\(count) public declarations, \(missing) without a comment")
exit(count == 0 || missing > 0 ? 1 : 0)
