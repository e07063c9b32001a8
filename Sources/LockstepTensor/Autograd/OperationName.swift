/// PyTorch's name of an operation's backward, from the type of its node: `SquareRootNode<Float>` is "SquareRootBackward0".
///
/// Where PyTorch says it in another way, the table below has its name.
func backwardName(ofNodeType type: Any.Type) -> String { names[baseName(type)] ?? baseName(type) + "Backward0" }

/// PyTorch's name for a view, from the type of its record.
func backwardName(ofRecordType type: Any.Type) -> String { names[baseName(type)] ?? baseName(type) + "Backward0" }

/// PyTorch's name of an operation's backward, from the method that runs it: `leakyRelu(negativeSlope:)` is "LeakyReluBackward0".
func backwardName(ofMethod method: StaticString) -> String {
    let name = String("\(method)".prefix { $0 != "(" })
    return methodNames[name] ?? name.prefix(1).uppercased() + name.dropFirst() + "Backward0"
}

/// The name of a type without the parameters and the word that all of its kind end in.
private func baseName(_ type: Any.Type) -> String {
    let name = String(describing: type).prefix { $0 != "<" }
    for ending in ["Node", "Record"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return String(name)
}

private let names = [
    "Negate": "NegBackward0",
    "Multiply": "MulBackward0",
    "Concatenate": "CatBackward0",
    "Join": "CatBackward0",
    "Convert": "ToCopyBackward0",
    "Replace": "WhereBackward0",
    "Put": "CopySlices",
    "Product": "MmBackward0",
    "SquaredError": "MseLossBackward0",
    "RunningSum": "CumsumBackward0",
    "RunningProduct": "CumprodBackward0",
    "Embed": "SliceBackward0",
    "Diagonal": "DiagBackward0",
    "BatchedProduct": "BmmBackward0",
    "Linear": "AddmmBackward0",
    "CrossEntropy": "NllLossBackward0",
    "NegativeLogLikelihood": "NllLossBackward0",
    "Attention": "ScaledDotProductFlashAttentionForCpuBackward0",
    "BinaryLogits": "BinaryCrossEntropyWithLogitsBackward0",
    "MaxPool": "MaxPool2DWithIndicesBackward0",
    "MeanPool": "AvgPool2DBackward0",
    "Normalize": "NativeLayerNormBackward0",
    "Pad": "ConstantPadNdBackward0",
]

private let methodNames = [
    "clamp": "ClampBackward1",
    "log1p": "Log1PBackward0",
    "logsigmoid": "LogSigmoidBackward0",
    "selu": "EluBackward0",
    "softsign": "DivBackward0",
    "square": "PowBackward0",
    "tanhshrink": "SubBackward0",
]

/// A name that many nodes share, for operations that are made of others.
final class OperationName: NodeExtras, @unchecked Sendable {
    // Sendable because it holds a constant and nothing else.
    init(_ name: String) { super.init(name: name) }

    static let addmm = OperationName("AddmmBackward0")
    static let amax = OperationName("AmaxBackward0")
    static let amin = OperationName("AminBackward0")
    static let dot = OperationName("DotBackward0")
    static let glu = OperationName("GluBackward0")
    static let logSoftmax = OperationName("LogSoftmaxBackward0")
    static let logsumexp = OperationName("LogsumexpBackward0")
    static let maskedFill = OperationName("MaskedFillBackward0")
    static let max = OperationName("MaxBackward1")
    static let maxAlongAxis = OperationName("MaxBackward0")
    static let mean = OperationName("MeanBackward0")
    static let meanAlongAxes = OperationName("MeanBackward1")
    static let min = OperationName("MinBackward1")
    static let minAlongAxis = OperationName("MinBackward0")
    static let mseLoss = OperationName("MseLossBackward0")
    static let mv = OperationName("MvBackward0")
    static let norm = OperationName("LinalgVectorNormBackward0")
    static let prelu = OperationName("PreluKernelBackward0")
    static let roll = OperationName("RollBackward0")
    static let softmax = OperationName("SoftmaxBackward0")
    static let stack = OperationName("StackBackward0")
    static let std = OperationName("StdBackward0")
    static let t = OperationName("TBackward0")
    static let trace = OperationName("TraceBackward0")
    static let tril = OperationName("TrilBackward0")
    static let triu = OperationName("TriuBackward0")
    static let variance = OperationName("VarBackward0")
}
