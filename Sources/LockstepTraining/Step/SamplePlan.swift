internal import LockstepData
internal import LockstepFormats

/// Which samples each step of a run is to be computed from: the order of each epoch, and what of it is whose.
///
/// It follows from the settings and the number of samples alone, so that a worker can tell whether the others took what they
/// should have, and a reader of the ledger whether the run did.
public struct SamplePlan: Sendable {
    /// Which places of an epoch's order each step uses.
    public let schedule: Schedule
    private let sampler: ShuffledSampler
    private let shuffles: Bool
    /// The order that was asked for last, so that it is drawn once an epoch.
    private var known: (epoch: Int, order: [Int])?

    /// The plan of a run on so many samples as `schedule` has.
    public init(schedule: Schedule, settings: RunSettings) {
        self.schedule = schedule
        sampler = ShuffledSampler(count: schedule.samples, seed: settings.seed)
        shuffles = settings.shuffle ?? true
    }

    /// The sample indices of an epoch, from 0, in the order in which they are used.
    public mutating func order(ofEpoch epoch: Int) -> [Int] {
        if let known, known.epoch == epoch { return known.order }
        let order = shuffles ? sampler.permutation(epoch: epoch) : Array(0..<sampler.count)
        known = (epoch, order)
        return order
    }

    /// The SHA-256 of an epoch's order, each index as 8 bytes, little-endian.
    mutating func orderDigest(ofEpoch epoch: Int) -> String {
        var hash = SHA256()
        order(ofEpoch: epoch).withUnsafeBytes { hash.update($0) }
        return hash.hexDigest()
    }

    /// The digest of the samples that some microbatches of a step are to be computed from.
    package mutating func digest(of microbatches: Range<Int>, step: Int) -> SampleDigest {
        digest(ofPlaces: schedule.places(ofMicrobatches: microbatches, step: step), epoch: schedule.epoch(of: step))
    }

    /// The digest of the samples at some places of an epoch's order.
    mutating func digest(ofPlaces places: Range<Int>, epoch: Int) -> SampleDigest {
        var digest = SampleDigest()
        digest.add(order(ofEpoch: epoch)[places])
        return digest
    }

    /// Throws where a step was computed from other samples than it is to be, with who did it.
    public mutating func check(_ account: StepAccount, step: Int) throws {
        for share in account.shares {
            let expected = digest(of: share.microbatches, step: step)
            guard share.digest == expected else {
                throw TrainingError(
                    .mismatch,
                    """
                    \(share.worker) computed microbatches \(share.microbatches.lowerBound) to \
                    \(share.microbatches.upperBound - 1) of step \(step + 1) from other samples than are due there: the digest of \
                    their indices is \(share.digest), expected \(expected). Its order of samples differs, or its memory \
                    or processor errs
                    """)
            }
        }
    }
}

/// The digest of some sample indices in their order: FNV-1a of 64 bits over each index as 8 bytes, little-endian.
///
/// It tells which samples were taken apart from those that should have been; it is no proof against somebody who means to deceive.
public struct SampleDigest: Sendable, Equatable, CustomStringConvertible {
    /// The digest as a number.
    public private(set) var value: UInt64

    /// The digest of no indices.
    public init() { value = 0xcbf2_9ce4_8422_2325 }

    /// A digest that was made elsewhere.
    public init(_ value: UInt64) { self.value = value }

    /// Adds indices behind those that it has.
    mutating func add(_ indices: some Sequence<Int>) {
        for index in indices {
            var rest = UInt64(bitPattern: Int64(index))
            for _ in 0..<8 {
                value = (value ^ (rest & 0xff)) &* 0x0000_0100_0000_01b3
                rest >>= 8
            }
        }
    }

    /// Sixteen hexadecimal digits.
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
