import LockstepCluster
import LockstepFormats
import LockstepTraining
import LockstepTransport
import LockstepWire

/// What the machines ask for, and how it is done: messages are put on their way, and what was recorded or read comes back.
extension Simulation {
    mutating func perform(_ actions: [CoordinatorAction]) {
        for action in actions {
            switch action {
            case .send(let envelope, let peer):
                if case .members(let list) = envelope.body { deals.append(list.members.map(\.microbatches.count)) }
                guard
                    let number = workers.indices.first(where: {
                        Simulation.peer($0, connection: connections[$0]) == peer
                    })
                else { continue }
                put(
                    .message(envelope),
                    on: Link(from: .coordinator, to: .worker(number), connection: connections[number]))
            case .begin, .completeStep, .tested, .checkpoint: unwritten.append(action)
            case .read(let read): reads.append(read)
            case .computedOn(let kinds): machines = kinds
            case .launch: launches += 1
            case .note(let text): notes.append(text)
            case .warning(let text): warnings.append(text)
            case .end(let error): endings[.coordinator] = .some(error)
            }
        }
    }

    /// Lets the coordinator's reader be done with the next samples.
    mutating func read() {
        let read = reads.removeFirst()
        do {
            guard let payload = try reader?.read(read) else { return }
            feed(.samplesRead(read, payload))
        } catch {
            feed(.samplesFailed("\(error)"))
        }
    }

    /// Lets one thing that the coordinator had recorded reach the disk.
    mutating func write() {
        switch unwritten.removeFirst() {
        case .begin(_, _, _, let completedSteps, let recordedSteps):
            beginnings += 1
            if completedSteps > 0 { notes.append("resumed") }
            ledger.removeAll { $0.step >= recordedSteps }
            record.removeAll { !$0.hasPrefix("checkpoint") && Reference.step(of: $0) > recordedSteps }
            position = RecordedPosition(
                steps: recordedSteps, testedSteps: min(position.testedSteps, recordedSteps))
        case .completeStep(let step, let lossSum, let samples, _, _, _, _):
            ledger.append((step, samples))
            record.append(Reference.line(step: step, loss: lossSum))
            position.steps = step + 1
            feed(.recorded(position))
        case .tested(let result, let completed):
            record.append(Reference.line(tested: result, after: completed))
            position.testedSteps = completed
            feed(.recorded(position))
        case .checkpoint(let payload, let digest, let completed, let then):
            do {
                _ = try AgreedState(image: payload.array(), digest: digest, settings: setup.settings)
            } catch {
                return feed(.stateIsDamaged(completedSteps: completed, reason: error.reason))
            }
            if then != .keep {
                record.append(Reference.line(state: payload, after: completed, then: "\(then)"))
                checkpoint = payload
            }
            feed(.stateRecorded(completedSteps: completed))
        default: break
        }
    }

    mutating func perform(_ actions: [WorkerAction], of number: Int) {
        for action in actions {
            switch action {
            case .send(let envelope, .coordinator):
                put(
                    .message(envelope),
                    on: Link(from: .worker(number), to: .coordinator, connection: connections[number]))
            case .send(let envelope, .rank(let rank)):
                guard let (other, connection) = peers[number][rank], !unreachable.contains([number, other]) else {
                    continue
                }
                put(.message(envelope), on: Link(from: .worker(number), to: .worker(other), connection: connection))
            case .connect(let rank, let endpoint, _):
                guard let other = Int(endpoint.dropFirst("worker ".count)) else { continue }
                peers[number][rank] = (other, newConnection())
            case .disconnect(let rank): peers[number][rank] = nil
            case .compute(let request): computations[number].append(request)
            case .reconnect: reconnect(number)
            case .end(let error): endings[.worker(number)] = .some(error)
            case .note, .admit: break
            }
        }
    }
}
