/// The program that this process runs, as messages name it that tell people what to type: a program of the user's own has
/// another name than `lockstep`.
public enum Program {
    /// The name that the program was started by.
    public static let name = name(startedAs: CommandLine.arguments.first ?? "")

    /// What goes on with the run in `folder`: the subcommand that this process was started with, a coordinator's with the
    /// same address, workers and keys.
    public static func resumeCommand(_ folder: String) -> String {
        "\(name) \(resumeArguments(folder, startedWith: Array(CommandLine.arguments.dropFirst())))"
    }

    /// The last component of a path; `lockstep` for what says nothing, as the name of the kernel's link to a program.
    package static func name(startedAs path: String) -> String {
        let last = path.split(separator: "/").last.map(String.init) ?? ""
        return last.isEmpty || path.hasPrefix("/proc/") ? "lockstep" : last
    }

    /// The part of ``resumeCommand(_:)`` after the program's name.
    package static func resumeArguments(_ folder: String, startedWith arguments: [String]) -> String {
        guard arguments.first == "coordinator" else { return "train --resume \(folder)" }
        var kept: [String] = []
        for (place, argument) in arguments.enumerated() {
            let option = argument.prefix { $0 != "=" }
            if argument == "--insecure" { kept.append(argument) }
            guard ["--bind", "--workers", "-w", "--keys", "--data-from"].contains(option) else { continue }
            kept.append(argument)
            if option == argument, place + 1 < arguments.count { kept.append(arguments[place + 1]) }
        }
        return (["coordinator", "--resume", folder] + kept).joined(separator: " ")
    }
}
