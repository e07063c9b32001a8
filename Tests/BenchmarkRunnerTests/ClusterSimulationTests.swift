import BenchmarkRunner
import Testing

/// The step that the benchmarks play message by message: small ones worked out by hand.
@Suite struct ClusterSimulationTests {
    /// One bucket of 12 bytes, and nothing computed: a message takes each end 1 s and 0.25 s a byte, the way 5 s.
    private let hosts = ClusterSimulation(
        computing: 0, message: 1, byte: 0.25, latency: 5, bandwidth: 1, buckets: [12])

    @Test func oneWorkerOnlyComputes() {
        var alone = hosts
        alone.computing = 3
        #expect(alone.step(workers: 1) == 3)
    }

    @Test func twoWorkersExchangeAllSumsInOneRound() {
        // 12 bytes: 4 s to send, 12 s on the link, 5 s on its way, 4 s to receive.
        #expect(hosts.step(workers: 2) == 4 + 12 + 5 + 4)
    }

    @Test func ofThreeTheLinkCarriesOneMessageAfterTheOther() {
        // A third of 4 bytes: 2 s at each end; the second message waits for the first's 4 s on the link.
        #expect(hosts.step(workers: 3) == 2 * (2 + 4 + 4 + 5 + 2))
    }

    @Test func aProcessorThatIsSlowerThanItsLinkDecides() {
        var hosts = hosts
        hosts.bandwidth = 1e9
        hosts.latency = 0
        // Both messages out, then both in: 2 s each.
        #expect(abs(hosts.step(workers: 3) - 2 * (2 + 2 + 2 + 2)) < 1e-6)
    }

    @Test func eachBucketIsAMessageMore() {
        var hosts = hosts
        hosts.bandwidth = 1e9
        hosts.latency = 0
        hosts.buckets = [6, 6]
        #expect(abs(hosts.step(workers: 3) - 2 * (4 * (1 + 0.25 * 2) + 4 * (1 + 0.25 * 2))) < 1e-6)
    }

    @Test func theSlowestOfMoreWorkersIsSlower() {
        var hosts = hosts
        (hosts.computing, hosts.message, hosts.byte, hosts.latency, hosts.bandwidth) = (100, 0, 0, 0, 1e12)
        let (few, many) = (hosts.step(workers: 2), hosts.step(workers: 1024))
        #expect(many > few && many < 130)
        #expect(many == hosts.step(workers: 1024), "the same each time")
    }
}
