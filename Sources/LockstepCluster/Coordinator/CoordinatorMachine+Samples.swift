internal import LockstepTraining
internal import LockstepTransport
internal import LockstepWire

/// Samples that are to be read and sent to a worker that has no copy of the data.
package struct SampleRead: Sendable, Equatable {
    /// Whom they are for.
    let peer: Peer
    let generation: Int
    /// The step, or after how many steps the test is.
    let step: Int
    /// Which microbatch of it, or block of the test.
    let samples: Samples
}

/// Samples are sent when they are asked for, so this process need not know who has what, and a new generation asks again.
extension CoordinatorMachine {
    /// A member asks for samples of what it has been ordered. Each part it may ask for once in a generation: so no more is ever on its way to
    /// it than its share of the steps that are ordered ahead, and of a test.
    mutating func provide(_ request: SamplesRequest, step: Int, toRank rank: Int) -> [CoordinatorAction] {
        let what = "a SamplesRequest of rank \(rank) for \(request.parts) of step \(step)"
        guard setup.data != nil, case .training = phase, let worker = workers[rank], !request.parts.isEmpty,
            let place = members.firstIndex(of: rank)
        else { return dropped(what + " that was not awaited") }
        if request.tests {
            let blocks = (0..<Trainer.evaluationBlocks(of: reference?.testSamples ?? 0)).part(place, of: members.count)
            let earlier = worker.requestedBlocks.completedSteps == step ? worker.requestedBlocks.end : 0
            guard progress.test?.completedSteps == step, request.parts.lowerBound >= max(earlier, blocks.lowerBound),
                request.parts.upperBound <= blocks.upperBound
            else { return dropped(what + ", blocks that it is not to test") }
            workers[rank]?.requestedBlocks = (step, request.parts.upperBound)
        } else {
            guard
                (max(
                    worker.requestedSteps, progress.completedSteps)..<max(
                        progress.orderedSteps, worker.requestedSteps, progress.completedSteps)).contains(step),
                request.parts.lowerBound >= ranges[place].lowerBound,
                request.parts.upperBound <= ranges[place].upperBound
            else { return dropped(what + ", microbatches that it is not to compute") }
            workers[rank]?.requestedSteps = step + 1
        }
        samplesInHand += request.parts.count
        return request.parts.map {
            .read(
                SampleRead(
                    peer: worker.peer, generation: generation, step: step,
                    samples: Samples(tests: request.tests, number: $0)))
        }
    }

    /// Samples have been read: sends them, if they are still wanted.
    mutating func deliver(_ read: SampleRead, _ payload: Payload, now: Duration) -> [CoordinatorAction] {
        samplesInHand -= 1
        // The workers are waited for from now on, and not before.
        progress.lastDone = now
        guard read.generation == generation, workers.contains(where: { $0.value.peer == read.peer }) else { return [] }
        return [send(.samples(read.samples), to: read.peer, payload: payload, step: read.step)]
    }
}
