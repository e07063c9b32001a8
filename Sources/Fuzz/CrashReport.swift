internal import Glibc

/// What is being decoded, told where it ends the process: the handler of a signal may not do more than write it down.
enum CrashReport {
    /// What the handler needs, at an address that never changes.
    private struct Current {
        var text: UnsafeMutablePointer<UInt8>?
        var textCount = 0
        var number: UInt64 = 0
        var input: UnsafePointer<UInt8>?
        var inputCount = 0
    }

    /// Where the input that crashed is written to.
    static let file = "fuzz-crash.bin"
    /// How long a single input may take, in seconds.
    static let patience: UInt32 = 20

    // Only the one thread that fuzzes writes it, and the handler runs on that thread.
    nonisolated(unsafe) private static let current: UnsafeMutablePointer<Current> = {
        let current = UnsafeMutablePointer<Current>.allocate(capacity: 1)
        current.initialize(to: Current())
        return current
    }()

    /// From now on a crash, or an input that takes too long, is told and ends the process with 1.
    static func install() {
        _ = current
        // A stack of its own, for a crash that is the end of the other one.
        var stack = stack_t()
        stack.ss_size = 1 << 16
        stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: stack.ss_size, alignment: 16)
        sigaltstack(&stack, nil)
        for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { CrashReport.write(signal: $0) }
            action.sa_flags = Int32(SA_ONSTACK)
            sigaction(number, &action, nil)
        }
    }

    /// What to say of the inputs that follow, up to the number of the input.
    static func begin(decoder: String, seed: UInt64) {
        let text = Array(
            "decoder \(decoder), seed \(seed); again with: fuzz --decoder \(decoder) --seed \(seed) --inputs 1 --first "
                .utf8)
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: text.count)
        copy.initialize(from: text, count: text.count)
        current.pointee.text?.deallocate()
        current.pointee.text = copy
        current.pointee.textCount = text.count
    }

    /// Calls `body` for an input; what happens in it is told as this one's.
    static func watch(_ number: UInt64, _ input: [UInt8], _ body: ([UInt8]) -> Void) {
        input.withUnsafeBufferPointer { buffer in
            current.pointee.number = number
            current.pointee.input = buffer.baseAddress
            current.pointee.inputCount = buffer.count
            if number & 0xFF == 0 { alarm(patience) }
            body(input)
        }
    }

    private static func write(signal: Int32) -> Never {
        func put(_ text: StaticString) { _ = Glibc.write(2, text.utf8Start, text.utf8CodeUnitCount) }
        put(signal == SIGALRM ? "\nfuzz: took too long: " : "\nfuzz: crashed: ")
        if let text = current.pointee.text { _ = Glibc.write(2, text, current.pointee.textCount) }
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { room in
            var (rest, place) = (current.pointee.number, 20)
            repeat {
                place -= 1
                room[place] = 0x30 + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            if let start = room.baseAddress { _ = Glibc.write(2, start + place, 20 - place) }
        }
        put("\nfuzz: the input is in fuzz-crash.bin\n")
        let descriptor = open("fuzz-crash.bin", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        if descriptor >= 0, let input = current.pointee.input {
            _ = Glibc.write(descriptor, input, current.pointee.inputCount)
        }
        _exit(1)
    }
}
