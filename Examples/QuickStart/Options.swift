import Lockstep

/// What the command line asks for.
struct Options {
    var data = DataSpecification.automatic
    var epochs = 2
    var seed: UInt64 = 0
    var output = "runs/quick-start"

    struct Wrong: Error, CustomStringConvertible {
        let description: String
    }

    init(_ arguments: some Collection<String>) throws {
        var rest = Array(arguments)
        while !rest.isEmpty {
            let option = rest.removeFirst()
            guard ["--data", "--epochs", "--seed", "--output"].contains(option) else {
                throw Wrong(
                    description: "there is no option '\(option)'; "
                        + "usage: QuickStart [--data DATA] [--epochs N] [--seed N] [--output FOLDER]")
            }
            guard !rest.isEmpty else { throw Wrong(description: "\(option) needs a value") }
            let value = rest.removeFirst()
            switch option {
            case "--data": data = try DataSpecification(parsing: value)
            case "--epochs": epochs = try number(value, of: option, from: 1)
            case "--seed": seed = UInt64(try number(value, of: option, from: 0))
            default: output = value
            }
        }
    }

    private func number(_ text: String, of option: String, from least: Int) throws -> Int {
        guard let number = Int(text), number >= least else {
            throw Wrong(description: "\(option) is '\(text)', expected a whole number from \(least)")
        }
        return number
    }
}

/// The title of a chapter.
func heading(_ text: String) { print("\n== \(text)") }
