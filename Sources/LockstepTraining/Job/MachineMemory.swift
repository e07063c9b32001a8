internal import Glibc

/// The memory of the machine that this process runs on.
enum MachineMemory {
    /// All of it, in bytes.
    static var bytes: Int { max(1, sysconf(Int32(_SC_PHYS_PAGES))) * max(1, sysconf(Int32(_SC_PAGESIZE))) }
}
