internal import LockstepTensor
internal import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

extension AllReduceBench {
    /// Times the sums of gradients of so many bytes, by the way that they take in training.
    func measure(bytes: Int, of plan: AllReducePlan) throws -> AllReduceTiming {
        let count = bytes / MemoryLayout<Float>.size
        let buckets = try GradientBuckets(count: count, bytes: plan.bucketBytes, wire: plan.wire)
        let tree = MicrobatchTree(count: plan.peers)
        let ranges = tree.deal(to: plan.peers)
        var seconds: [Double] = []
        for round in 0..<plan.warmUp + plan.repetitions(ofBytes: bytes) {
            let step = nextStep()
            // What backward would have computed.
            let sums = buckets.ranges.enumerated().map { bucket, range in
                Trainer.BucketSums(
                    bucket: bucket,
                    subtrees: tree.subtrees(in: ranges[place]).map { ($0, .full([range.count], Float(place + 1))) })
            }
            try meetAll(step: step)
            let start = clock.now
            let mean = try reduce(sums, step: step, ranges: ranges, tree: tree, buckets: buckets)
            let taken = (clock.now - start).seconds
            if round >= plan.warmUp { seconds.append(taken) }
            try check(mean, of: plan, isThorough: round == 0)
        }
        return AllReduceTiming(
            subject: "lockstep", peers: plan.peers, bytes: bytes, bytesOnWire: count * plan.wire.elementBytes,
            seconds: seconds)
    }

    /// One all-reduce: the mean over all peers.
    private func reduce(
        _ sums: [Trainer.BucketSums], step: Int, ranges: [Range<Int>], tree: MicrobatchTree, buckets: GradientBuckets
    ) throws -> Tensor<Float> {
        var reduction = AllReduce(
            .direct, place: place, ranges: ranges, tree: tree, buckets: buckets, scale: 1 / Float(ranges.count))
        var result: Tensor<Float>?
        func perform(_ actions: [AllReduce.Action]) throws {
            for action in actions {
                switch action {
                case .send(let body, let payload, let other):
                    try send(message(body, payload: payload, step: step), to: other)
                case .complete(let mean, _, _): result = mean
                }
            }
        }
        for bucket in sums {
            let isLast = bucket.bucket == buckets.ranges.count - 1
            try perform(reduction.contribute(bucket, losses: isLast ? [0] : []))
        }
        while true {
            if let result { return result }
            let (envelope, _) = try next("peer \(reduction.awaited.first ?? 0) in the all-reduce") {
                if case .peerHello = $0.body { false } else { $0.step == step }
            }
            guard case .rank(let other) = envelope.sender else { throw unexpected("a peer's sums") }
            switch envelope.body {
            case .partial(let partial): try perform(reduction.receive(partial, envelope.payload, from: other))
            case .reduced(let reduced): try perform(reduction.receive(reduced, envelope.payload, from: other))
            default: throw unexpected("a peer's sums")
            }
        }
    }

    /// The same exchange over bare sockets.
    func measure(bytes: Int, of plan: AllReducePlan, over mesh: SocketMesh) throws -> AllReduceTiming {
        let count = bytes / MemoryLayout<Float>.size
        var seconds: [Double] = []
        for round in 0..<plan.warmUp + plan.repetitions(ofBytes: bytes) {
            var gradient = Tensor<Float>.full([count], Float(place + 1))
            try meetAll(step: nextStep())
            let start = clock.now
            try gradient.withUnsafeMutableElements { try mesh.allReduce($0, scale: 1 / Float(plan.peers)) }
            let taken = (clock.now - start).seconds
            if round >= plan.warmUp { seconds.append(taken) }
            try check(gradient, of: plan, isThorough: round == 0)
        }
        return AllReduceTiming(
            subject: "sockets", peers: plan.peers, bytes: bytes, bytesOnWire: bytes, seconds: seconds)
    }

    /// Opens bare sockets of the transport's kind to all other peers.
    func openSockets(_ plan: AllReducePlan) throws -> SocketMesh {
        let listener = try SocketListener(like: transport.endpoint)
        let addresses = try exchange(listener.address)
        return try SocketMesh(place: place, listener: listener, addresses: addresses)
    }

    /// Peer p gives p + 1 everywhere, so the mean is (N + 1)/2, but for what a sum in 16 bits is rounded by at each node of the tree.
    private func check(_ mean: Tensor<Float>, of plan: AllReducePlan, isThorough: Bool) throws {
        let expected =
            MicrobatchTree.sum(
                0..<plan.peers, known: { $0.count == 1 ? Tensor<Float>.full([1], Float($0.lowerBound + 1)) : nil },
                combine: { plan.wire.add($1, to: &$0) }
            ).item() / Float(plan.peers)
        let wrong = mean.withUnsafeElements { elements in
            func isWrong(_ value: Float) -> Bool { abs(value - expected) > 1e-3 * expected }
            if isThorough { return elements.firstIndex(where: isWrong) }
            return [0, elements.count / 2, elements.count - 1].first { isWrong(elements[$0]) }
        }
        guard let wrong else { return }
        throw ClusterError(.diverged, "element \(wrong) of the mean is \(mean.scalars[wrong]); expected \(expected)")
    }
}
