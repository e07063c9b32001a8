/// A model as it is written on a command line and in a run's settings.
///
/// What a specification leaves open, such as the classes or the pixels of an image, the data say.
public enum ModelSpecification: Sendable, Equatable, CustomStringConvertible {
    /// `mlp:784-512-512-10`: a multi-layer perceptron with these widths, the input's first, and ReLU between the layers.
    case mlp(widths: [Int])
    /// `linear`: one linear layer, for numbers.
    case linear
    /// `logistic`: one linear layer, for classes.
    case logistic
    /// `cnn`: the network of PyTorch's MNIST example, with its two dropouts; with `norm=batch` a batch normalisation behind each
    /// convolution.
    case cnn(dropouts: [Double], normalizes: Bool)
    /// `lstm:128`: an LSTM over the rows of images, or over the characters of a text.
    case lstm(Recurrent)
    /// `gpt`: a decoder-only transformer over the characters of a text.
    case gpt(Transformer)

    /// The settings of an LSTM.
    public struct Recurrent: Sendable, Equatable {
        /// Units of a layer's state.
        public var hidden = 128
        /// Layers.
        public var layers = 1
        /// Dropout between layers.
        public var dropout = 0.0
        /// Characters of a stretch of text.
        public var context = 64
    }

    /// The settings of a transformer.
    public struct Transformer: Sendable, Equatable {
        /// Blocks.
        public var layers = 4
        /// Heads of a block's attention.
        public var heads = 4
        /// Numbers of a character in the stream.
        public var width = 128
        /// Characters that a prediction sees at most.
        public var context = 64
        /// Dropout everywhere that nanoGPT has it.
        public var dropout = 0.0
    }

    /// The forms that ``init(parsing:)`` reads, for messages to people.
    public static let forms = [Form.mlp, Form.linear, Form.logistic, Form.cnn, Form.lstm, Form.gpt].joined(
        separator: "; ")

    private enum Form {
        static let mlp = "mlp:INPUT-HIDDEN-…-OUTPUT (such as mlp:784-512-512-10)"
        static let linear = "linear"
        static let logistic = "logistic"
        static let cnn = "cnn, cnn:dropout=0,norm=batch"
        static let lstm = "lstm, lstm:HIDDEN, lstm:hidden=128,layers=1,dropout=0,context=64"
        static let gpt = "gpt, gpt:layers=4,heads=4,width=128,context=64,dropout=0"
    }

    /// Reads what a user has written. Throws a ``TrainingError`` that lists what there is when it is none of that.
    public init(parsing text: String) throws {
        let name = text.prefix { $0 != ":" }
        switch name {
        case "mlp" where text.contains(":"): self = .mlp(widths: try ModelSpecification.widths(text))
        case "linear":
            try ModelOptions(parsing: text, form: Form.linear).finish()
            self = .linear
        case "logistic":
            try ModelOptions(parsing: text, form: Form.logistic).finish()
            self = .logistic
        case "cnn":
            var options = try ModelOptions(parsing: text, form: Form.cnn)
            let dropout = try options.probability("dropout")
            let norm = try options.choice("norm", of: ["none", "batch"])
            try options.finish()
            self = .cnn(
                dropouts: dropout.map { [$0, $0] } ?? ConvolutionalModel.dropouts, normalizes: norm == "batch")
        case "lstm":
            var options = try ModelOptions(parsing: text, first: "hidden", form: Form.lstm)
            var settings = Recurrent()
            settings.hidden = try options.whole("hidden", settings.hidden, in: 1...16384)
            settings.layers = try options.whole("layers", settings.layers, in: 1...64)
            settings.dropout = try options.probability("dropout") ?? settings.dropout
            settings.context = try options.whole("context", settings.context, in: 1...65536)
            try options.finish()
            guard settings.dropout == 0 || settings.layers > 1 else {
                throw options.error("has a dropout between layers, but one layer")
            }
            self = .lstm(settings)
        case "gpt":
            var options = try ModelOptions(parsing: text, form: Form.gpt)
            var settings = Transformer()
            settings.layers = try options.whole("layers", settings.layers, in: 1...256)
            settings.heads = try options.whole("heads", settings.heads, in: 1...256)
            settings.width = try options.whole("width", settings.width, in: 1...16384)
            settings.context = try options.whole("context", settings.context, in: 1...65536)
            settings.dropout = try options.probability("dropout") ?? settings.dropout
            try options.finish()
            guard settings.width % settings.heads == 0 else {
                throw options.error("has a width of \(settings.width), which \(settings.heads) heads do not divide")
            }
            self = .gpt(settings)
        default:
            throw TrainingError(
                .invalidSetting, "model '\(text)' is not known; expected one of: \(ModelSpecification.forms)")
        }
    }

    private static func widths(_ text: String) throws -> [Int] {
        let widths = text.dropFirst("mlp:".count).split(separator: "-", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard widths.count >= 2, widths.allSatisfy({ (1...1_000_000).contains($0 ?? 0) }) else {
            throw TrainingError(
                .invalidSetting,
                "model '\(text)' needs at least two widths of 1 to 1000000 between dashes; expected \(Form.mlp)")
        }
        let specification = ModelSpecification.mlp(widths: widths.compactMap { $0 })
        guard specification.parameterCount(inputs: [], outputs: 0) <= mostParameters else {
            throw TrainingError(
                .invalidSetting,
                "model '\(text)' has more than \(mostParameters) parameters, the most there may be; "
                    + "expected smaller widths, or fewer")
        }
        return widths.compactMap { $0 }
    }

    /// What ``init(parsing:)`` reads back.
    public var description: String {
        switch self {
        case .mlp(let widths): return "mlp:" + widths.map(String.init).joined(separator: "-")
        case .linear: return "linear"
        case .logistic: return "logistic"
        case .cnn(let dropouts, let normalizes):
            let options =
                (dropouts == ConvolutionalModel.dropouts ? [] : ["dropout=\(dropouts[0])"])
                + (normalizes ? ["norm=batch"] : [])
            return (["cnn"] + (options.isEmpty ? [] : [options.joined(separator: ",")])).joined(separator: ":")
        case .lstm(let settings):
            return
                "lstm:hidden=\(settings.hidden),layers=\(settings.layers),dropout=\(settings.dropout),context=\(settings.context)"
        case .gpt(let settings):
            return
                "gpt:layers=\(settings.layers),heads=\(settings.heads),width=\(settings.width),"
                + "context=\(settings.context),dropout=\(settings.dropout)"
        }
    }

    /// The model's kind: `mlp`, `gpt` and so on.
    public var kind: String { String(description.prefix { $0 != ":" }) }

    /// The characters of a stretch of text that the model is trained on; nil where it reads none.
    package var context: Int? {
        switch self {
        case .lstm(let settings): settings.context
        case .gpt(let settings): settings.context
        case .mlp, .linear, .logistic, .cnn: nil
        }
    }
}
