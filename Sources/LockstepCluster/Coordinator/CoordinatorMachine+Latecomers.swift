/// Who has kept the others waiting for too long.
extension CoordinatorMachine {
    /// Puts out those who have kept the others waiting. Who does so again before he has trained is not let in any more: the others would
    /// come no further.
    mutating func putOutLate(_ late: [Int], because reason: String, now: Duration) -> [CoordinatorAction] {
        var actions: [CoordinatorAction] = []
        for rank in late {
            if case .ended = phase { break }
            guard let worker = workers[rank] else { continue }
            let advice = "its disk or a thread of it hangs, or its link is too slow"
            actions +=
                latecomers.insert(worker.hello.process).inserted
                ? putOut(rank, because: reason, advice: advice, now: now)
                : putOutForGood(rank, because: reason, advice: advice, code: .timeout, now: now)
        }
        return actions
    }

    /// Members that have done a step keep nobody waiting.
    mutating func forgetLatecomers() {
        for rank in members where !latecomers.isEmpty { latecomers.remove(workers[rank]?.hello.process ?? "") }
    }
}
