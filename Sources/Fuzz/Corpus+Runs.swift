internal import LockstepOptim
internal import LockstepTensor
internal import LockstepTraining

/// Inputs of what comes with a run.
extension Corpus {
    /// Images of one portion, of two, and of none.
    static func samples() -> [[UInt8]] {
        func portion(_ indices: [Int]) -> (indices: [Int], tensors: [(name: String, tensor: AnyTensor)]) {
            let inputs = Tensor<Float>(shape: [indices.count, 2]) { $0.initialize(repeating: 0.5) }
            let labels = Tensor(indices.map { Int64($0 % 3) }, shape: [indices.count])
            return (indices, [("inputs", .float32(inputs)), ("labels", .int64(labels))])
        }
        return [[portion([7, 1, 4])], [portion([0, 0]), portion([3])], []].map { SampleImages.encode($0) }
    }

    /// What is said of data with labels, with a text, and of those of a job of the user's own.
    static let sampleDescriptions = [
        #"{"facts":{"bound":3,"inputs":[2],"kind":"classes","loss":"cross-entropy","names":["a","b","c"],"outputs":3},"fingerprints":["f","g"],"tensors":[{"dtype":"float32","name":"inputs","shape":[2]},{"dtype":"int64","name":"labels","shape":[]}],"test":4,"training":9}"#,
        #"{"facts":{"bound":2,"inputs":[8],"kind":"text","loss":"cross-entropy","names":["\u000a","\"x\""],"outputs":2},"fingerprints":["f"],"tensors":[{"dtype":"int64","name":"inputs","shape":[8]}],"test":0,"training":1}"#,
        #"{"fingerprints":["f"],"tensors":[{"dtype":"bool","name":"mask","shape":[2,0,3]}],"test":0,"training":5}"#,
    ]

    /// Two epochs of two steps each.
    static func ledgerSettings() throws -> RunSettings {
        try RunSettings(
            name: "own", model: "own", data: "own", batch: 6, microbatches: 2, epochs: 2,
            optimizer: OptimizerSettings(name: "sgd", learningRate: 0.1), seed: 1)
    }

    /// A ledger that is in order, of two workers.
    static func ledger() throws -> String {
        let (settings, samples) = (try ledgerSettings(), 10)
        var plan = try SamplePlan(schedule: Schedule(samples: samples, settings: settings), settings: settings)
        let steps = (0..<4).map { step in
            let shares = (0..<2).map { rank in
                StepAccount.Share(
                    rank: rank, host: "node\(rank)", process: 40 + rank, microbatches: rank..<rank + 1,
                    digest: plan.digest(of: rank..<rank + 1, step: step))
            }
            return (step: step, account: StepAccount(generation: 1, shares: shares))
        }
        return try Ledger.text(of: steps, settings: settings, samples: samples)
    }

    /// Steps and tests, with numbers and without.
    static let metrics = """
        {"bytes_sent":99,"communicate_seconds":0.25,"compute_seconds":1,"epoch":1,"kind":"step","loss":0.5,"samples":8,"samples_per_second":4,"step":1}
        {"epoch":1,"kind":"step","loss":"NaN","samples":8,"step":2}
        {"accuracy":0.8342,"epoch":1,"kind":"test","loss":0.46,"samples":10,"step":2}
        {"epoch":2,"kind":"test","loss":"-Infinity","perplexity":1.5e300,"samples":10,"step":3}

        """

    /// Who coordinates a run, what its workers do, and what it is computed on.
    static let runRecords = [
        #"{"endpoint":"tcp://10.0.0.1:5700","host":"node1","process":77,"run":"00112233445566778899aabbccddeeff"}"#,
        #"{"all_reduce":"star","generation":3,"phase":"training","workers":[{"doing":"computing gradients","host":"a","microbatches":4,"process":7,"rank":0,"seconds_per_microbatch":0.5}]}"#,
        #"{"machines":["SkylakeX","Zen"],"microbatches":8,"threads":1}"#,
    ]
}
