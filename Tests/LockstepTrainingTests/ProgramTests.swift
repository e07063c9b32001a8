import LockstepTraining
import Testing

struct ProgramTests {
    @Test(
        "A program's name is the last component of what it was started as",
        arguments: [
            ("lockstep", "lockstep"), ("/usr/bin/lockstep", "lockstep"), (".build/release/OwnModel", "OwnModel"),
            ("/proc/self/exe", "lockstep"), ("", "lockstep"),
        ])
    func name(path: String, name: String) {
        #expect(Program.name(startedAs: path) == name)
    }

    @Test(
        "A run is resumed as it was started: a coordinator with its address and workers",
        arguments: [
            (["train"], "train --resume runs/a"),
            (["train", "--workers", "3", "--epochs", "2"], "train --resume runs/a"),
            ([], "train --resume runs/a"),
            (["coordinator"], "coordinator --resume runs/a"),
            (
                ["coordinator", "--epochs", "2", "--bind", "tcp://10.0.0.1:5700", "-w", "3", "--json"],
                "coordinator --resume runs/a --bind tcp://10.0.0.1:5700 -w 3"
            ),
            (["coordinator", "--workers=2", "--resume", "runs/a"], "coordinator --resume runs/a --workers=2"),
            (
                ["coordinator", "--keys", "cluster", "--epochs", "2"], "coordinator --resume runs/a --keys cluster"
            ),
            (["coordinator", "--insecure", "-w", "2"], "coordinator --resume runs/a --insecure -w 2"),
        ])
    func resume(arguments: [String], command: String) {
        #expect(Program.resumeArguments("runs/a", startedWith: arguments) == command)
    }
}
