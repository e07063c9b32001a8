import Glibc
import LockstepCluster
import Testing

struct ProcessorCoresTests {
    @Test("A control group's quota is its share of cores, the last of which need not be whole")
    func quota() {
        #expect(ProcessorCores.cores(ofQuota: "200000 100000") == 2)
        #expect(ProcessorCores.cores(ofQuota: "150000 100000") == 2)
        #expect(ProcessorCores.cores(ofQuota: "5000 100000") == 1)
        for none in ["max 100000", "", "100000", "0 100000", "100000 0", "-1 100000"] {
            #expect(ProcessorCores.cores(ofQuota: none) == nil)
        }
    }

    @Test("There is at least one core to use, and no more than the machine has")
    func usable() {
        #expect((1...max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))).contains(ProcessorCores.usable))
    }
}
