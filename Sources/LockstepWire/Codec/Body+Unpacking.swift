internal import CLockstepWire

extension Body {
    /// The body of an unpacked C envelope.
    ///
    /// The force-unwraps are safe: protobuf-c sets the case of the oneof together with the pointer, and unpacking fails
    /// as a whole where it could not make the message that the pointer is to.
    init(unpacking envelope: Lockstep__Envelope) throws(WireError) {
        switch envelope.body_case {
        case LOCKSTEP__ENVELOPE__BODY_HELLO: self = .hello(try Hello(envelope.hello.pointee))
        case LOCKSTEP__ENVELOPE__BODY_WELCOME: self = .welcome(try Welcome(envelope.welcome.pointee))
        case LOCKSTEP__ENVELOPE__BODY_REFUSAL:
            self = .refusal(Refusal(reason: try Field.unpackLine(envelope.refusal.pointee.reason, "refusal.reason")))
        case LOCKSTEP__ENVELOPE__BODY_READY: self = .ready(try Ready(envelope.ready.pointee))
        case LOCKSTEP__ENVELOPE__BODY_MEMBERS: self = .members(try Members(envelope.members.pointee))
        case LOCKSTEP__ENVELOPE__BODY_PEER_HELLO: self = .peerHello
        case LOCKSTEP__ENVELOPE__BODY_CONNECTED:
            let connected = envelope.connected.pointee
            self = .connected(
                Connected(
                    holdsState: connected.holds_state != 0,
                    digest: try Field.unpackLine(connected.digest, "connected.digest")))
        case LOCKSTEP__ENVELOPE__BODY_PUT_OUT:
            self = .putOut(PutOut(reason: try Field.unpackLine(envelope.put_out.pointee.reason, "put_out.reason")))
        case LOCKSTEP__ENVELOPE__BODY_LINK_LOST:
            self = .linkLost(LinkLost(rank: Int(envelope.link_lost.pointee.rank)))
        case LOCKSTEP__ENVELOPE__BODY_STEP_ORDER: self = .stepOrder(try StepOrder(envelope.step_order.pointee))
        case LOCKSTEP__ENVELOPE__BODY_PARTIAL: self = .partial(try Partial(envelope.partial.pointee))
        case LOCKSTEP__ENVELOPE__BODY_REDUCED:
            let reduced = envelope.reduced.pointee
            self = .reduced(
                Reduced(
                    bucket: Int(reduced.bucket), losses: Field.unpack(reduced.losses, reduced.n_losses),
                    samples: Field.unpack(reduced.samples, reduced.n_samples)))
        case LOCKSTEP__ENVELOPE__BODY_STEP_REPORT: self = .stepReport(try StepReport(envelope.step_report.pointee))
        case LOCKSTEP__ENVELOPE__BODY_EVALUATE_ORDER:
            self = .evaluateOrder(
                EvaluateOrder(epoch: try Field.unpack(envelope.evaluate_order.pointee.epoch, "evaluate_order.epoch")))
        case LOCKSTEP__ENVELOPE__BODY_EVALUATION_REPORT:
            self = .evaluationReport(try EvaluationReport(envelope.evaluation_report.pointee))
        case LOCKSTEP__ENVELOPE__BODY_STATE_ORDER:
            let order = envelope.state_order.pointee
            self = .stateOrder(
                StateOrder(
                    ranks: Field.unpack(order.ranks, order.n_ranks).map(Int.init), isDigestOnly: order.digest_only != 0)
            )
        case LOCKSTEP__ENVELOPE__BODY_STATE_DIGEST:
            let digest = try Field.unpackLine(envelope.state_digest.pointee.digest, "state_digest.digest")
            self = .stateDigest(StateDigest(digest: digest))
        case LOCKSTEP__ENVELOPE__BODY_STATE: self = .state(try State(envelope.state.pointee))
        case LOCKSTEP__ENVELOPE__BODY_STATE_RECEIVED:
            self = .stateReceived(
                StateReceived(end: try Field.unpack(envelope.state_received.pointee.end, "state_received.end")))
        case LOCKSTEP__ENVELOPE__BODY_SAMPLES_REQUEST:
            let request = envelope.samples_request.pointee
            self = .samplesRequest(
                SamplesRequest(
                    tests: request.tests != 0,
                    parts: try Field.unpack(request.first, request.end, "samples_request")))
        case LOCKSTEP__ENVELOPE__BODY_SAMPLES:
            let samples = envelope.samples.pointee
            self = .samples(Samples(tests: samples.tests != 0, number: Int(samples.number)))
        case LOCKSTEP__ENVELOPE__BODY_FINISH: self = .finish
        case LOCKSTEP__ENVELOPE__BODY_STOP:
            self = .stop(Stop(reason: try Field.unpackLine(envelope.stop.pointee.reason, "stop.reason")))
        case LOCKSTEP__ENVELOPE__BODY_FAILURE:
            let failure = envelope.failure.pointee
            self = .failure(
                Failure(
                    phase: try Field.unpackLine(failure.phase, "failure.phase"),
                    reason: try Field.unpackLine(failure.reason, "failure.reason")))
        case LOCKSTEP__ENVELOPE__BODY_LEAVE:
            self = .leave(Leave(reason: try Field.unpackLine(envelope.leave.pointee.reason, "leave.reason")))
        case LOCKSTEP__ENVELOPE__BODY_HEARTBEAT:
            let heartbeat = envelope.heartbeat.pointee
            self = .heartbeat(
                Heartbeat(
                    phase: try Field.unpackLine(heartbeat.phase, "heartbeat.phase"),
                    unheard: Field.unpack(heartbeat.unheard, heartbeat.n_unheard).map(Int.init)))
        default: throw .missingBody
        }
    }
}

extension Hello {
    fileprivate init(_ message: Lockstep__Hello) throws(WireError) {
        self.init(
            host: try Field.unpackLine(message.host, "hello.host"), pid: Int(message.pid),
            endpoint: try Field.unpackLine(message.endpoint, "hello.endpoint"),
            processor: try Field.unpackLine(message.processor, "hello.processor"),
            software: try Field.unpackLine(message.software, "hello.software"))
    }
}

extension Welcome {
    fileprivate init(_ message: Lockstep__Welcome) throws(WireError) {
        self.init(
            rank: Int(message.rank), workers: Int(message.workers),
            settings: try Field.unpack(message.settings, "welcome.settings"),
            recordedSteps: try Field.unpack(message.recorded_steps, "welcome.recorded_steps"),
            data: try Field.unpack(message.data, "welcome.data"))
    }
}

extension Ready {
    fileprivate init(_ message: Lockstep__Ready) throws(WireError) {
        self.init(
            signature: try Field.unpack(message.signature, "ready.signature"),
            fingerprint: try Field.unpackLine(message.fingerprint, "ready.fingerprint"),
            parameters: try Field.unpackLine(message.parameters, "ready.parameters"),
            processor: try Field.unpackLine(message.processor, "ready.processor"),
            trainingSamples: try Field.unpack(message.training_samples, "ready.training_samples"),
            testSamples: try Field.unpack(message.test_samples, "ready.test_samples"),
            parameterCount: try Field.unpack(message.parameter_count, "ready.parameter_count"),
            stateBytes: try Field.unpack(message.state_bytes, "ready.state_bytes"),
            holdsState: message.holds_state != 0, sumCount: try Field.unpack(message.sum_count, "ready.sum_count"))
    }
}

extension Members {
    fileprivate init(_ message: Lockstep__Members) throws(WireError) {
        var members: [Member] = []
        for case let member? in Field.unpack(message.members, message.n_members) {
            members.append(try Member(member.pointee))
        }
        self.init(members: members, isStar: message.star != 0)
    }
}

extension Member {
    fileprivate init(_ message: Lockstep__Member) throws(WireError) {
        self.init(
            rank: Int(message.rank), host: try Field.unpackLine(message.host, "member.host"), pid: Int(message.pid),
            endpoint: try Field.unpackLine(message.endpoint, "member.endpoint"),
            microbatches: try Field.unpack(message.first, message.end, "member"),
            publicKey: try Field.unpackLine(message.public_key, "member.public_key"))
    }
}

extension StepOrder {
    fileprivate init(_ message: Lockstep__StepOrder) throws(WireError) {
        self.init(
            epoch: try Field.unpack(message.epoch, "step_order.epoch"),
            batch: try Field.unpack(message.batch, "step_order.batch"), compares: message.compare != 0,
            recordedSteps: try Field.unpack(message.recorded_steps, "step_order.recorded_steps"))
    }
}

extension Partial {
    fileprivate init(_ message: Lockstep__Partial) throws(WireError) {
        var subtrees: [Range<Int>] = []
        for case let subtree? in Field.unpack(message.subtrees, message.n_subtrees) {
            subtrees.append(try Field.unpack(subtree.pointee.first, subtree.pointee.end, "subtree"))
        }
        self.init(
            bucket: Int(message.bucket), subtrees: subtrees, losses: Field.unpack(message.losses, message.n_losses),
            samples: message.samples)
    }
}

extension SampleAccount {
    fileprivate init(_ message: Lockstep__SampleAccount) throws(WireError) {
        var shares: [SampleShare] = []
        for case let share? in Field.unpack(message.shares, message.n_shares) {
            shares.append(try SampleShare(share.pointee))
        }
        self.init(generation: try Field.unpack(message.generation, "sample_account.generation"), shares: shares)
    }
}

extension SampleShare {
    fileprivate init(_ message: Lockstep__SampleShare) throws(WireError) {
        self.init(
            rank: Int(message.rank), host: try Field.unpackLine(message.host, "sample_share.host"),
            pid: Int(message.pid), microbatches: try Field.unpack(message.first, message.end, "sample_share"),
            digest: message.digest)
    }
}

extension StepReport {
    fileprivate init(_ message: Lockstep__StepReport) throws(WireError) {
        self.init(
            losses: Field.unpack(message.losses, message.n_losses), computeSeconds: message.compute_seconds,
            communicateSeconds: message.communicate_seconds,
            bytesSent: try Field.unpack(message.bytes_sent, "step_report.bytes_sent"),
            digest: try Field.unpackLine(message.digest, "step_report.digest"), overflowed: message.overflowed != 0,
            samples: try message.samples.map { message throws(WireError) in try SampleAccount(message.pointee) }
                ?? SampleAccount(), sendSeconds: message.send_seconds)
    }
}

extension State {
    fileprivate init(_ message: Lockstep__State) throws(WireError) {
        self.init(
            offset: try Field.unpack(message.offset, "state.offset"),
            total: try Field.unpack(message.total, "state.total"))
    }
}

extension EvaluationReport {
    fileprivate init(_ message: Lockstep__EvaluationReport) throws(WireError) {
        for (field, count) in [("correct", message.n_correct), ("counts", message.n_counts)]
        where count != message.n_losses && !(field == "correct" && count == 0) {
            throw .number(
                field: "evaluation_report.\(field) of elements", found: "\(count)",
                expected: "\(message.n_losses), one for each loss")
        }
        self.init(
            firstBlock: try Field.unpack(message.first_block, "evaluation_report.first_block"),
            losses: Field.unpack(message.losses, message.n_losses),
            correct: try Field.unpack(message.correct, message.n_correct, "evaluation_report.correct"),
            counts: try Field.unpack(message.counts, message.n_counts, "evaluation_report.counts"),
            digest: try Field.unpackLine(message.digest, "evaluation_report.digest"))
    }
}
