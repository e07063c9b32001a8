internal import CLockstepWire

extension Body {
    /// Sets the body of a C envelope; what it points to lives in the arena.
    func pack(into envelope: inout Lockstep__Envelope, _ arena: Arena) throws(WireError) {
        switch self {
        case .hello(let hello):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_HELLO
            envelope.hello = try arena.message(lockstep__hello__init) { message throws(WireError) in
                message.host = try arena.text(hello.host, "hello.host")
                message.pid = try Field.pack(hello.pid, "hello.pid")
                message.endpoint = try arena.text(hello.endpoint, "hello.endpoint")
                message.processor = try arena.text(hello.processor, "hello.processor")
                message.software = try arena.text(hello.software, "hello.software")
            }
        case .welcome(let welcome):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_WELCOME
            envelope.welcome = try arena.message(lockstep__welcome__init) { message throws(WireError) in
                message.rank = try Field.pack(welcome.rank, "welcome.rank")
                message.workers = try Field.pack(welcome.workers, "welcome.workers")
                message.settings = try arena.text(welcome.settings, "welcome.settings")
                message.recorded_steps = try Field.pack(welcome.recordedSteps, "welcome.recorded_steps")
                message.data = try arena.text(welcome.data, "welcome.data")
            }
        case .refusal(let refusal):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_REFUSAL
            envelope.refusal = try arena.message(lockstep__refusal__init) { message throws(WireError) in
                message.reason = try arena.text(refusal.reason, "refusal.reason")
            }
        case .ready(let ready):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_READY
            envelope.ready = try arena.message(lockstep__ready__init) { message throws(WireError) in
                message.signature = try arena.text(ready.signature, "ready.signature")
                message.fingerprint = try arena.text(ready.fingerprint, "ready.fingerprint")
                message.parameters = try arena.text(ready.parameters, "ready.parameters")
                message.processor = try arena.text(ready.processor, "ready.processor")
                message.training_samples = try Field.pack(ready.trainingSamples, "ready.training_samples")
                message.test_samples = try Field.pack(ready.testSamples, "ready.test_samples")
                message.parameter_count = try Field.pack(ready.parameterCount, "ready.parameter_count")
                message.state_bytes = try Field.pack(ready.stateBytes, "ready.state_bytes")
                message.holds_state = ready.holdsState ? 1 : 0
                message.sum_count = try Field.pack(ready.sumCount, "ready.sum_count")
            }
        case .members(let members):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_MEMBERS
            envelope.members = try arena.message(lockstep__members__init) { message throws(WireError) in
                message.star = members.isStar ? 1 : 0
                message.n_members = members.members.count
                message.members = try arena.messages(members.members, lockstep__member__init) {
                    message, member throws(WireError) in
                    message.rank = try Field.pack(member.rank, "member.rank")
                    message.host = try arena.text(member.host, "member.host")
                    message.pid = try Field.pack(member.pid, "member.pid")
                    message.endpoint = try arena.text(member.endpoint, "member.endpoint")
                    message.first = try Field.pack(member.microbatches.lowerBound, "member.first")
                    message.end = try Field.pack(member.microbatches.upperBound, "member.end")
                    message.public_key = try arena.text(member.publicKey, "member.public_key")
                }
            }
        case .peerHello:
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_PEER_HELLO
            envelope.peer_hello = try arena.message(lockstep__peer_hello__init)
        case .connected(let connected):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_CONNECTED
            envelope.connected = try arena.message(lockstep__connected__init) { message throws(WireError) in
                message.holds_state = connected.holdsState ? 1 : 0
                message.digest = try arena.text(connected.digest, "connected.digest")
            }
        case .putOut(let putOut):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_PUT_OUT
            envelope.put_out = try arena.message(lockstep__put_out__init) { message throws(WireError) in
                message.reason = try arena.text(putOut.reason, "put_out.reason")
            }
        case .linkLost(let lost):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_LINK_LOST
            envelope.link_lost = try arena.message(lockstep__link_lost__init) { message throws(WireError) in
                message.rank = try Field.pack(lost.rank, "link_lost.rank")
            }
        case .stepOrder(let order):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_STEP_ORDER
            envelope.step_order = try arena.message(lockstep__step_order__init) { message throws(WireError) in
                message.epoch = try Field.pack(order.epoch, "step_order.epoch")
                message.batch = try Field.pack(order.batch, "step_order.batch")
                message.compare = order.compares ? 1 : 0
                message.recorded_steps = try Field.pack(order.recordedSteps, "step_order.recorded_steps")
            }
        case .partial(let partial):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_PARTIAL
            envelope.partial = try arena.message(lockstep__partial__init) { message throws(WireError) in
                message.bucket = try Field.pack(partial.bucket, "partial.bucket")
                message.n_subtrees = partial.subtrees.count
                message.subtrees = try arena.messages(partial.subtrees, lockstep__subtree__init) {
                    message, subtree throws(WireError) in
                    message.first = try Field.pack(subtree.lowerBound, "subtree.first")
                    message.end = try Field.pack(subtree.upperBound, "subtree.end")
                }
                message.n_losses = partial.losses.count
                message.losses = arena.copy(partial.losses)
                message.samples = partial.samples
            }
        case .reduced(let reduced):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_REDUCED
            envelope.reduced = try arena.message(lockstep__reduced__init) { message throws(WireError) in
                message.bucket = try Field.pack(reduced.bucket, "reduced.bucket")
                message.n_losses = reduced.losses.count
                message.losses = arena.copy(reduced.losses)
                message.n_samples = reduced.samples.count
                message.samples = arena.copy(reduced.samples)
            }
        case .stepReport(let report):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_STEP_REPORT
            envelope.step_report = try arena.message(lockstep__step_report__init) { message throws(WireError) in
                message.n_losses = report.losses.count
                message.losses = arena.copy(report.losses)
                message.compute_seconds = report.computeSeconds
                message.communicate_seconds = report.communicateSeconds
                message.bytes_sent = try Field.pack(report.bytesSent, "step_report.bytes_sent")
                message.digest = try arena.text(report.digest, "step_report.digest")
                message.overflowed = report.overflowed ? 1 : 0
                message.samples = try report.samples.packed(arena)
                message.send_seconds = report.sendSeconds
            }
        case .evaluateOrder(let order):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_EVALUATE_ORDER
            envelope.evaluate_order = try arena.message(lockstep__evaluate_order__init) { message throws(WireError) in
                message.epoch = try Field.pack(order.epoch, "evaluate_order.epoch")
            }
        case .evaluationReport(let report):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_EVALUATION_REPORT
            envelope.evaluation_report = try arena.message(lockstep__evaluation_report__init) {
                message throws(WireError) in
                message.first_block = try Field.pack(report.firstBlock, "evaluation_report.first_block")
                message.n_losses = report.losses.count
                message.losses = arena.copy(report.losses)
                message.n_correct = report.correct.count
                message.correct = arena.copy(try Field.pack(report.correct, "evaluation_report.correct"))
                message.n_counts = report.counts.count
                message.counts = arena.copy(try Field.pack(report.counts, "evaluation_report.counts"))
                message.digest = try arena.text(report.digest, "evaluation_report.digest")
            }
        case .stateOrder(let order):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_STATE_ORDER
            envelope.state_order = try arena.message(lockstep__state_order__init) { message throws(WireError) in
                message.n_ranks = order.ranks.count
                message.ranks = arena.copy(try Field.pack(order.ranks, "state_order.ranks"))
                message.digest_only = order.isDigestOnly ? 1 : 0
            }
        case .stateDigest(let digest):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_STATE_DIGEST
            envelope.state_digest = try arena.message(lockstep__state_digest__init) { message throws(WireError) in
                message.digest = try arena.text(digest.digest, "state_digest.digest")
            }
        case .state(let state):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_STATE
            envelope.state = try arena.message(lockstep__state__init) { message throws(WireError) in
                message.offset = try Field.pack(state.offset, "state.offset")
                message.total = try Field.pack(state.total, "state.total")
            }
        case .stateReceived(let received):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_STATE_RECEIVED
            envelope.state_received = try arena.message(lockstep__state_received__init) { message throws(WireError) in
                message.end = try Field.pack(received.end, "state_received.end")
            }
        case .samplesRequest(let request):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_SAMPLES_REQUEST
            envelope.samples_request = try arena.message(lockstep__samples_request__init) {
                message throws(WireError) in
                message.tests = request.tests ? 1 : 0
                message.first = try Field.pack(request.parts.lowerBound, "samples_request.first")
                message.end = try Field.pack(request.parts.upperBound, "samples_request.end")
            }
        case .samples(let samples):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_SAMPLES
            envelope.samples = try arena.message(lockstep__samples__init) { message throws(WireError) in
                message.tests = samples.tests ? 1 : 0
                message.number = try Field.pack(samples.number, "samples.number")
            }
        case .finish:
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_FINISH
            envelope.finish = try arena.message(lockstep__finish__init)
        case .stop(let stop):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_STOP
            envelope.stop = try arena.message(lockstep__stop__init) { message throws(WireError) in
                message.reason = try arena.text(stop.reason, "stop.reason")
            }
        case .failure(let failure):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_FAILURE
            envelope.failure = try arena.message(lockstep__failure__init) { message throws(WireError) in
                message.phase = try arena.text(failure.phase, "failure.phase")
                message.reason = try arena.text(failure.reason, "failure.reason")
            }
        case .leave(let leave):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_LEAVE
            envelope.leave = try arena.message(lockstep__leave__init) { message throws(WireError) in
                message.reason = try arena.text(leave.reason, "leave.reason")
            }
        case .heartbeat(let heartbeat):
            envelope.body_case = LOCKSTEP__ENVELOPE__BODY_HEARTBEAT
            envelope.heartbeat = try arena.message(lockstep__heartbeat__init) { message throws(WireError) in
                message.phase = try arena.text(heartbeat.phase, "heartbeat.phase")
                message.n_unheard = heartbeat.unheard.count
                message.unheard = arena.copy(try Field.pack(heartbeat.unheard, "heartbeat.unheard"))
            }
        }
    }
}

extension SampleAccount {
    fileprivate func packed(_ arena: Arena) throws(WireError) -> UnsafeMutablePointer<Lockstep__SampleAccount> {
        try arena.message(lockstep__sample_account__init) { message throws(WireError) in
            message.generation = try Field.pack(generation, "sample_account.generation")
            message.n_shares = shares.count
            message.shares = try arena.messages(shares, lockstep__sample_share__init) {
                message, share throws(WireError) in
                message.rank = try Field.pack(share.rank, "sample_share.rank")
                message.host = try arena.text(share.host, "sample_share.host")
                message.pid = try Field.pack(share.pid, "sample_share.pid")
                message.first = try Field.pack(share.microbatches.lowerBound, "sample_share.first")
                message.end = try Field.pack(share.microbatches.upperBound, "sample_share.end")
                message.digest = share.digest
            }
        }
    }
}
