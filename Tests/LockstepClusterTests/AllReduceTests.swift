import LockstepCluster
import LockstepTensor
import LockstepTraining
import LockstepWire
import Testing

/// The all-reduces of all ranks of a step, with the messages between them.
private struct Reduction {
    struct Message {
        let body: Body
        let payload: Payload
        let from: Int
        let to: Int
    }

    /// In a star the last one is the hub.
    var ranks: [AllReduce]
    /// Each rank's sums over the buckets that it has not contributed yet.
    private(set) var contributions: [[Trainer.BucketSums]]
    /// The mean that every rank must come to.
    let expected: [UInt32]
    /// The losses of each rank's microbatches.
    let losses: [[Double]]
    /// What stands for the digest of each rank's samples.
    var samples: [UInt64] { losses.indices.map { UInt64($0 + 1) << 40 } }
    var waiting: Set<Int>
    var messages: [Message] = []
    var results: [Int: [UInt32]] = [:]

    /// Random gradients of so many microbatches, dealt to so many ranks.
    init(
        ranks count: Int, microbatches: Int, elements: Int, seed: UInt64, bucketBytes: Int = 1 << 20,
        wire: WireType = .float32, tail: Int = 0, kind: AllReduce.Kind = .direct
    ) throws {
        var random = SplitMix(seed: seed)
        let tree = MicrobatchTree(count: microbatches)
        let leaves = (0..<microbatches).map { _ in
            var leaf = Tensor(
                (0..<elements + tail).map { _ in
                    Float(
                        sign: Bool.random(using: &random) ? .plus : .minus,
                        exponent: .random(in: -20...20, using: &random), significand: .random(in: 1..<2, using: &random)
                    )
                })
            wire.round(&leaf, first: elements)
            return leaf
        }
        func sum(_ node: Range<Int>) -> Tensor<Float> {
            MicrobatchTree.sum(
                node, known: { $0.count == 1 ? leaves[$0.lowerBound] : nil },
                combine: { wire.add($1, to: &$0, first: elements) })
        }
        let ranges = tree.deal(to: count)
        let scale = 1 / Float(3 * microbatches)
        let buckets = try GradientBuckets(count: elements, tail: tail, bytes: bucketBytes, wire: wire)
        ranks = (0..<count + (kind == .star ? 1 : 0)).map {
            AllReduce(kind, place: $0, ranges: ranges, tree: tree, buckets: buckets, scale: $0 < count ? scale : 1)
        }
        contributions = ranges.map { range in
            buckets.ranges.indices.map { bucket in
                Trainer.BucketSums(
                    bucket: bucket, subtrees: tree.subtrees(in: range).map { ($0, sum($0)[buckets.ranges[bucket]]) })
            }
        }
        losses = ranges.map { $0.map { Double($0) + 0.5 } }
        expected = (sum(tree.root) * scale).scalars.map(\.bitPattern)
        waiting = Set(0..<count)
    }

    /// What can happen next: a rank's own sums are computed, or a message arrives.
    var choices: Int { waiting.count + messages.count }

    /// Lets the choice happen.
    mutating func take(_ choice: Int) throws {
        if choice < waiting.count {
            let rank = waiting.sorted()[choice]
            let sums = contributions[rank].removeFirst()
            let isLast = contributions[rank].isEmpty
            if isLast { waiting.remove(rank) }
            perform(
                ranks[rank].contribute(
                    sums, losses: isLast ? losses[rank] : [], samples: isLast ? samples[rank] : 0), of: rank)
        } else {
            try deliver(messages.remove(at: choice - waiting.count))
        }
    }

    mutating func deliver(_ message: Message) throws {
        switch message.body {
        case .partial(let partial):
            perform(try ranks[message.to].receive(partial, message.payload, from: message.from), of: message.to)
        case .reduced(let reduced):
            perform(try ranks[message.to].receive(reduced, message.payload, from: message.from), of: message.to)
        default: Issue.record("an all-reduce sent a \(message.body.name)")
        }
    }

    mutating func perform(_ actions: [AllReduce.Action], of rank: Int) {
        for action in actions {
            switch action {
            case .send(let body, let payload, let other):
                messages.append(Message(body: body, payload: payload, from: rank, to: other))
            case .complete(let gradient, let losses, let samples):
                #expect(results[rank] == nil, "rank \(rank) completed twice")
                results[rank] = gradient.scalars.map(\.bitPattern)
                #expect(losses == self.losses.flatMap { $0 })
                // Nothing is heard of the samples of who has none.
                for (found, (expected, mine)) in zip(samples, zip(self.samples, self.losses)) where !mine.isEmpty {
                    #expect(found == expected)
                }
            }
        }
    }

    /// Runs to the end in an order drawn from `random`.
    mutating func finish(_ random: inout SplitMix) throws {
        while choices > 0 { try take(.random(in: 0..<choices, using: &random)) }
    }

    /// Whether every rank has come to the sum of the tree, and the hub to the end.
    var isRight: Bool {
        ranks.indices.allSatisfy {
            results[$0] == ($0 < contributions.count ? expected : []) && ranks[$0].awaited.isEmpty
        }
    }
}

struct AllReduceTests {
    private static let kinds: [AllReduce.Kind] = [.direct, .star]

    @Test("Every rank comes to the bits of the tree's sum, for all sizes and any order", arguments: 1...8, kinds)
    func sizes(ranks: Int, kind: AllReduce.Kind) throws {
        var random = SplitMix(seed: UInt64(ranks))
        for microbatches in 1...9 {
            for elements in 1...40 {
                var reduction = try Reduction(
                    ranks: ranks, microbatches: microbatches, elements: elements, seed: random.next(), kind: kind)
                try reduction.finish(&random)
                #expect(reduction.isRight, "\(microbatches) microbatches, \(elements) elements")
            }
        }
    }

    @Test(
        "So do they with sums of 16 bits, each node of which is rounded, but for those behind the gradient",
        arguments: 1...8, WireType.allCases)
    func wires(ranks: Int, wire: WireType) throws {
        var random = SplitMix(seed: UInt64(ranks))
        for microbatches in 1...9 {
            for (elements, tail) in [(1, 0), (2, 1), (7, 0), (16, 3), (40, 5), (0, 2)] {
                for kind in Self.kinds {
                    var reduction = try Reduction(
                        ranks: ranks, microbatches: microbatches, elements: elements, seed: random.next(),
                        bucketBytes: 48, wire: wire, tail: tail, kind: kind)
                    try reduction.finish(&random)
                    #expect(reduction.isRight, "\(microbatches) microbatches, \(elements) and \(tail) elements")
                }
            }
        }
    }

    @Test("So do they for any size of the buckets", arguments: [1, 2, 3, 5], kinds)
    func buckets(ranks: Int, kind: AllReduce.Kind) throws {
        var random = SplitMix(seed: UInt64(ranks))
        for bucketBytes in [4, 8, 12, 20, 40, 64, 100, 1000] {
            for microbatches in [1, 4, 7] {
                for elements in [0, 1, 2, 7, 25, 40] {
                    var reduction = try Reduction(
                        ranks: ranks, microbatches: microbatches, elements: elements, seed: random.next(),
                        bucketBytes: bucketBytes, kind: kind)
                    try reduction.finish(&random)
                    #expect(
                        reduction.isRight,
                        "\(bucketBytes) bytes a bucket, \(microbatches) microbatches, \(elements) elements")
                }
            }
        }
    }

    @Test("Two ranks come to it in every order there is", arguments: 1...5, kinds)
    func everyOrderOfTwo(microbatches: Int, kind: AllReduce.Kind) throws {
        var orders = 0
        func explore(_ reduction: Reduction) throws {
            if reduction.choices == 0 {
                orders += 1
                #expect(reduction.isRight)
            }
            for choice in 0..<reduction.choices {
                var next = reduction
                try next.take(choice)
                try explore(next)
            }
        }
        try explore(Reduction(ranks: 2, microbatches: microbatches, elements: 5, seed: 1, kind: kind))
        #expect(orders > 1)
    }

    @Test(
        "Three and four ranks come to it in thousands of orders, also where sums come before a rank's own",
        arguments: [3, 4], kinds)
    func manyOrders(ranks: Int, kind: AllReduce.Kind) throws {
        var random = SplitMix(seed: UInt64(ranks))
        for microbatches in [ranks - 1, ranks, 7] {
            let start = try Reduction(ranks: ranks, microbatches: microbatches, elements: 6, seed: 5, kind: kind)
            for _ in 0..<1000 {
                var reduction = start
                try reduction.finish(&random)
                #expect(reduction.isRight)
            }
        }
    }

    @Test(
        "A rank sends 2(N−1)/N of the gradient's bytes where its microbatches make one subtree", arguments: 1...8,
        WireType.allCases)
    func bytes(ranks: Int, wire: WireType) throws {
        var random = SplitMix(seed: 1)
        let elements = 24 * ranks
        var reduction = try Reduction(ranks: ranks, microbatches: ranks, elements: elements, seed: 1, wire: wire)
        try reduction.finish(&random)
        let bytes = 2 * (ranks - 1) * wire.elementBytes * elements / ranks
        for rank in reduction.ranks { #expect(rank.bytesSent == bytes) }
    }

    @Test(
        "Two ranks whose microbatches make one subtree each need one round only",
        arguments: [(2, true), (3, true), (4, true), (8, true), (5, false), (6, false)])
    func rounds(microbatches: Int, isOne: Bool) throws {
        var reduction = try Reduction(ranks: 2, microbatches: microbatches, elements: 24, seed: 1)
        while !reduction.waiting.isEmpty { try reduction.take(0) }
        var hasSecond = false
        while let message = reduction.messages.popLast() {
            if case .reduced = message.body { hasSecond = true }
            try reduction.deliver(message)
        }
        #expect(hasSecond == !isOne)
        #expect(reduction.isRight)
    }

    @Test(
        "In a star a rank sends the gradient's bytes once, and the hub sends them to each", arguments: 1...8,
        WireType.allCases)
    func bytesOfAStar(ranks: Int, wire: WireType) throws {
        var random = SplitMix(seed: 1)
        var reduction = try Reduction(
            ranks: ranks, microbatches: ranks, elements: 24, seed: 1, bucketBytes: 40, wire: wire, kind: .star)
        try reduction.finish(&random)
        let bytes = 24 * wire.elementBytes
        #expect(reduction.ranks.map(\.bytesSent) == Array(repeating: bytes, count: ranks) + [ranks * bytes])
    }

    @Test("Who is awaited is known")
    func awaited() throws {
        var reduction = try Reduction(ranks: 3, microbatches: 3, elements: 6, seed: 1)
        #expect(reduction.ranks[1].awaited == [0, 2])
        for _ in 0..<3 { try reduction.take(0) }
        for message in reduction.messages where message.to == 1 && message.from == 0 { try reduction.deliver(message) }
        // The sums of rank 0 are there, but not its chunk, which needs those of rank 2.
        #expect(reduction.ranks[1].awaited == [0, 2])
    }

    /// Checks that rank 0 throws at a message, is not changed by it, and comes to the right sum afterwards.
    private func expectRefusal(
        _ reduction: Reduction, _ body: Body, _ payload: Payload?, from rank: Int,
        location: SourceLocation = #_sourceLocation
    ) throws {
        var reduction = reduction
        let awaited = reduction.ranks[0].awaited
        let error = #expect(throws: ClusterError.self, sourceLocation: location) {
            switch body {
            case .partial(let partial): _ = try reduction.ranks[0].receive(partial, payload, from: rank)
            case .reduced(let reduced): _ = try reduction.ranks[0].receive(reduced, payload, from: rank)
            default: break
            }
        }
        #expect(error?.code == .unexpectedMessage, sourceLocation: location)
        #expect(reduction.ranks[0].awaited == awaited, sourceLocation: location)
        var random = SplitMix(seed: 3)
        try reduction.finish(&random)
        #expect(reduction.isRight, sourceLocation: location)
    }

    @Test("Messages that fit nothing are refused and change nothing, at every moment of a reduction")
    func refusals() throws {
        // Rank 3 of four has no microbatches, and with 3 elements no chunk either.
        var random = SplitMix(seed: 9)
        for elements in [3, 8] {
            var reduction = try Reduction(ranks: 4, microbatches: 3, elements: elements, seed: 4)
            let chunk = (0..<elements).part(0, of: 4).count
            let good = Payload(floats: [Float](repeating: 1, count: chunk))
            while true {
                let moment = reduction
                let partial = { (nodes: [Range<Int>]) in Body.partial(Partial(bucket: 0, subtrees: nodes, losses: [1]))
                }
                // Nobody, itself, and one without microbatches.
                for rank in [-1, 0, 3, 4, .max] { try expectRefusal(moment, partial([1..<2]), good, from: rank) }
                for rank in [-1, 0, 4, .max] {
                    try expectRefusal(moment, .reduced(Reduced(bucket: 0)), good, from: rank)
                }
                try expectRefusal(moment, .partial(Partial(bucket: 0, subtrees: [1..<2])), good, from: 1)
                // Other sums, other buckets, other sizes.
                for nodes in [[], [0..<1], [0..<3], [1..<2, 1..<2], [1..<Int.max]] {
                    try expectRefusal(moment, partial(nodes), good, from: 1)
                }
                try expectRefusal(moment, .partial(Partial(bucket: 1, subtrees: [1..<2], losses: [1])), good, from: 1)
                try expectRefusal(moment, .reduced(Reduced(bucket: 1)), good, from: 1)
                for payload in [
                    nil, Payload([UInt8]()), Payload([UInt8](repeating: 0, count: 4 * chunk - 1)),
                    Payload(floats: [Float](repeating: 1, count: elements + 1)),
                ] {
                    try expectRefusal(moment, partial([1..<2]), payload, from: 1)
                    try expectRefusal(moment, .reduced(Reduced(bucket: 0)), payload, from: 1)
                }
                guard reduction.choices > 0 else { break }
                try reduction.take(.random(in: 0..<reduction.choices, using: &random))
            }
        }
    }

    @Test("The losses come with the last bucket's sums, and with no others")
    func lossesOfBuckets() throws {
        // Buckets of 1, 4 and 3 elements; the chunks of rank 0 have 1, 2 and 2.
        let moment = try Reduction(ranks: 2, microbatches: 2, elements: 8, seed: 4, bucketBytes: 16)
        for (bucket, chunk) in [1, 2, 2].enumerated() {
            let good = Payload(floats: [Float](repeating: 1, count: chunk))
            let losses = bucket == 2 ? [] : [0.5]
            try expectRefusal(
                moment, .partial(Partial(bucket: bucket, subtrees: [1..<2], losses: losses)), good, from: 1)
        }
        for bucket in [-1, 3, .max] {
            try expectRefusal(
                moment, .partial(Partial(bucket: bucket, subtrees: [1..<2])), Payload(floats: [1]), from: 1)
            try expectRefusal(moment, .reduced(Reduced(bucket: bucket)), Payload(floats: [1]), from: 1)
        }
    }

    @Test("In a star ranks take chunks from the hub alone, with all losses and of the right size")
    func refusalsInAStar() throws {
        // Buckets of 1, 4 and 3 elements.
        let moment = try Reduction(ranks: 2, microbatches: 2, elements: 8, seed: 4, bucketBytes: 16, kind: .star)
        for (bucket, count) in [1, 4, 3].enumerated() {
            let good = Payload(floats: [Float](repeating: 1, count: count))
            for rank in [-1, 0, 1, 3, .max] {
                try expectRefusal(moment, .reduced(Reduced(bucket: bucket)), good, from: rank)
            }
            for losses in [[], [1.5], [1, 2, 3]] where bucket == 2 || !losses.isEmpty {
                try expectRefusal(moment, .reduced(Reduced(bucket: bucket, losses: losses)), good, from: 2)
            }
            let (losses, samples): ([Double], [UInt64]) = bucket == 2 ? ([1.5, 2], [7, 8]) : ([], [])
            for payload in [nil, Payload(floats: [Float](repeating: 1, count: count + 1))] {
                let reduced = Reduced(bucket: bucket, losses: losses, samples: samples)
                try expectRefusal(moment, .reduced(reduced), payload, from: 2)
            }
            for samples: [UInt64] in [[], [7], [7, 8, 9]] where bucket == 2 || !samples.isEmpty {
                try expectRefusal(
                    moment, .reduced(Reduced(bucket: bucket, losses: losses, samples: samples)), good, from: 2)
            }
            // Sums go to the hub alone.
            try expectRefusal(
                moment, .partial(Partial(bucket: bucket, subtrees: [1..<2], losses: bucket == 2 ? [1.5] : [])),
                Payload([]), from: 1)
        }
    }

    @Test("A message that comes twice is refused the second time", arguments: kinds)
    func duplicates(kind: AllReduce.Kind) throws {
        var random = SplitMix(seed: 2)
        for seed in 0..<20 as Range<UInt64> {
            var reduction = try Reduction(
                ranks: 3, microbatches: 5, elements: 7, seed: seed, bucketBytes: 12, kind: kind)
            while reduction.choices > 0 {
                let choice = Int.random(in: 0..<reduction.choices, using: &random)
                let place = choice - reduction.waiting.count
                let message = place >= 0 ? reduction.messages[place] : nil
                try reduction.take(choice)
                if let message {
                    var copy = reduction
                    #expect(throws: ClusterError.self) { try copy.deliver(message) }
                    #expect(copy.results == reduction.results)
                }
            }
            #expect(reduction.isRight)
        }
    }
}
