internal import ArgumentParser
internal import LockstepTraining
internal import LockstepTransport

/// `lockstep keys`: makes the keys without which nobody from another host takes part in a run.
struct KeysCommand: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "keys",
            abstract: "Make the keys of a cluster, and say which workers may join.",
            discussion: """
                The folder stays on the coordinator's host. Of what is in it, a worker's host gets a copy of workers/NAME, \
                and the worker is started with --keys and that copy. A key may be used by one worker or by all.

                Adding and removing a key takes effect with the next connection, also while a coordinator runs.


                """
                    + JobCatalog.examples(
                        "keys new cluster                 one key for all workers, in cluster/workers/all",
                        "keys new cluster node2 node3     a key for each",
                        "keys add cluster node4",
                        "keys remove cluster node4",
                        "keys list cluster",
                        "coordinator --bind tcp://10.0.0.1:5700 --keys cluster",
                        "worker --coordinator tcp://10.0.0.1:5700 --keys cluster/workers/all"),
            subcommands: [New.self, Add.self, Remove.self, List.self])
    }

    /// The folder that all of them work on.
    struct Folder: ParsableArguments {
        @Argument(help: ArgumentHelp("The folder with the cluster's keys.", valueName: "folder"))
        var folder: String
    }

    struct New: ParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(commandName: "new", abstract: "Make the keys of a new cluster.")
        }

        @OptionGroup var place: Folder
        @Argument(
            help: ArgumentHelp("The workers to make a key for. (default: all, one key for all)", valueName: "name"))
        var names: [String] = []

        mutating func run() throws {
            let names = names.isEmpty ? ["all"] : names
            let keys = try ClusterKeys.make(in: place.folder, workers: names)
            print("made the coordinator's keys in \(keys.folder); use them with: --keys \(keys.folder)")
            for name in names { KeysCommand.tell(of: name, in: keys) }
        }
    }

    struct Add: ParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(commandName: "add", abstract: "Make a key for a worker and let it join.")
        }

        @OptionGroup var place: Folder
        @Argument(help: ArgumentHelp("What to call the key.", valueName: "name"))
        var name: String

        mutating func run() throws {
            let keys = try ClusterKeys(place.folder)
            try keys.add(name)
            KeysCommand.tell(of: name, in: keys)
        }
    }

    struct Remove: ParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(commandName: "remove", abstract: "Let a worker's key join no more.")
        }

        @OptionGroup var place: Folder
        @Argument(help: ArgumentHelp("The key's name.", valueName: "name"))
        var name: String

        mutating func run() throws {
            try ClusterKeys(place.folder).remove(name)
            print("\(name) may join no more; a worker that has joined with it stays until it ends")
        }
    }

    struct List: ParsableCommand {
        static var configuration: CommandConfiguration {
            CommandConfiguration(commandName: "list", abstract: "List the keys that may join.")
        }

        @OptionGroup var place: Folder

        mutating func run() throws {
            let keys = try ClusterKeys(place.folder)
            let allowed = try keys.allowed()
            let width = (allowed.map(\.name.count) + ["coordinator".count]).max() ?? 0
            func line(_ name: String, _ key: PublicKey) -> String {
                name + String(repeating: " ", count: width - name.count + 2) + key.description
            }
            print(line("coordinator", try keys.coordinator()))
            for key in allowed { print(line(key.name, key.key)) }
        }
    }

    private static func tell(of name: String, in keys: ClusterKeys) {
        print("\(name) may join; copy its folder to its host: scp -rp \(keys.folder)/workers/\(name) HOST:keys")
    }
}
