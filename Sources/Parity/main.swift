internal import Glibc
internal import ParityRunner

// Runs operator parity cases: `parity DIR [--verbose] [OPERATOR…]`. See docs/parity.md.

struct Count {
    var passed = 0
    var failed = 0
    var skipped = 0
    var text: String { "\(passed) passed, \(failed) failed, \(skipped) skipped" }
}

let arguments = CommandLine.arguments.dropFirst()
let isVerbose = arguments.contains("--verbose")
let words = arguments.filter { !$0.hasPrefix("--") }
guard let folder = words.first, let files = CaseFile.all(in: folder) else {
    print("usage: parity DIR [--verbose] [OPERATOR…]\nDIR holds cases written by generate.py")
    exit(2)
}

var counts: [String: Count] = [:]
for file in files where words.count == 1 || words.dropFirst().contains(file.op) {
    // A stop inside an operator ends the program: the name tells where.
    if isVerbose { print(file.name) }
    switch file.run() {
    case .passed: counts[file.op, default: Count()].passed += 1
    case .skipped: counts[file.op, default: Count()].skipped += 1
    case .failed(let difference):
        counts[file.op, default: Count()].failed += 1
        print("\(file.name): \(difference)")
    }
}
for (op, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(op): \(count.text)") }
let total = counts.values.reduce(into: Count()) { total, count in
    total.passed += count.passed
    total.failed += count.failed
    total.skipped += count.skipped
}
print(total.text)
exit(total.failed == 0 && total.passed > 0 ? 0 : 1)
