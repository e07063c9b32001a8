/// Drawn digits, made from a seed alone.
public enum SyntheticDigits {
    /// The digits of one split. TODO
    public static func dataset(_ split: DataSplit, seed: UInt64 = 0, count: Int? = nil) throws -> ImageDataset {
        let n = count ?? 100
        return try ImageDataset(
            pixels: .init(repeating: 0, count: n * 784), labels: .init(repeating: 0, count: n), rows: 28, columns: 28,
            classes: 10, name: "synthetic")
    }
}
