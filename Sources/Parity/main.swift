internal import Glibc

// Runs operator parity cases: `parity DIR [--verbose] [OPERATOR…]`. See docs/parity.md.

struct Count {
    var passed = 0
    var failed = 0
    var skipped = 0
}

let arguments = CommandLine.arguments.dropFirst()
let isVerbose = arguments.contains("--verbose")
let words = arguments.filter { !$0.hasPrefix("--") }
guard let folder = words.first, let directory = opendir(folder) else {
    print("usage: parity DIR [--verbose] [OPERATOR…]\nDIR holds cases written by generate.py")
    exit(2)
}
var names: [String] = []
while let entry = readdir(directory) {
    let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    if name.hasSuffix(".safetensors") { names.append(name) }
}
closedir(directory)

var counts: [String: Count] = [:]
for name in names.sorted() {
    do {
        let oneCase = try Case(contentsOf: "\(folder)/\(name)")
        let op = oneCase.call.op
        if words.count > 1, !words.dropFirst().contains(op) { continue }
        guard let body = Registry.operators[op] else {
            counts[op, default: Count()].skipped += 1
            continue
        }
        // A stop inside an operator ends the program: the name tells where.
        if isVerbose { print(name) }
        if let difference = try oneCase.run(body) {
            counts[op, default: Count()].failed += 1
            print("\(name): \(difference)")
        } else {
            counts[op, default: Count()].passed += 1
        }
    } catch {
        counts[String(name.prefix { $0 != "-" }), default: Count()].failed += 1
        print("\(name): \(error)")
    }
}
for (op, count) in counts.sorted(by: { $0.key < $1.key }) {
    print("\(op): \(count.passed) passed, \(count.failed) failed, \(count.skipped) skipped")
}
let total = counts.values.reduce(into: Count()) { total, count in
    total.passed += count.passed
    total.failed += count.failed
    total.skipped += count.skipped
}
print("\(total.passed) passed, \(total.failed) failed, \(total.skipped) skipped")
exit(total.failed == 0 && total.passed > 0 ? 0 : 1)
