extension ModelSpecification {
    /// 2⁴⁰: more than any machine holds, and few enough that no size of anything made of them overflows.
    static let mostParameters = 1 << 40

    /// Elements in all parameters together, where a sample is of shape `inputs` ([] for a character) and so many outputs are
    /// asked for; where it is above ``mostParameters``, only that is sure.
    func parameterCount(inputs: [Int], outputs: Int) -> Int {
        let flat = inputs.reduce(1, *)
        switch self {
        case .mlp(let widths):
            var count = 0
            for (inputs, outputs) in zip(widths, widths.dropFirst()) where count <= ModelSpecification.mostParameters {
                count += (inputs + 1) * outputs
            }
            return count
        case .linear, .logistic: return (flat + 1) * outputs
        case .cnn(_, let normalizes):
            guard inputs.count >= 2 else { return 0 }
            let features = ConvolutionalModel.features(inputs[inputs.count - 2], inputs[inputs.count - 1])
            let filters = (9 * (inputs.count == 3 ? inputs[0] : 1) + 1) * 32 + (9 * 32 + 1) * 64
            return filters + (normalizes ? 2 * (32 + 64) : 0) + (features + 1) * 128 + 129 * outputs
        case .lstm(let settings):
            let hidden = settings.hidden
            let first = inputs.last ?? hidden
            let layers = 4 * hidden * (first + hidden + 2) + (settings.layers - 1) * 4 * hidden * (2 * hidden + 2)
            return (inputs.isEmpty ? outputs * hidden : 0) + layers + (hidden + 1) * outputs
        case .gpt(let settings):
            let width = settings.width
            return (outputs + settings.context + 2) * width + settings.layers * (12 * width * width + 13 * width)
        }
    }

    /// Throws where a machine with so much memory cannot train the model: parameters and gradients, 4 bytes each, are the
    /// least that takes.
    package func checkRoom(bytes memory: Int, inputs: [Int] = [], outputs: Int = 0) throws {
        let count = parameterCount(inputs: inputs, outputs: outputs)
        let needed = 8 * count
        guard needed <= memory else {
            throw TrainingError(
                .invalidSetting,
                """
                model \(self) has \(count) parameters, which take \(needed >> 20) MiB with their gradients, but this \
                machine has \(memory >> 20) MiB of memory; expected a smaller model
                """)
        }
    }
}
