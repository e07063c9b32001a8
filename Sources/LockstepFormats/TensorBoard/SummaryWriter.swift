internal import Glibc
public import LockstepTensor

/// Writes what TensorBoard shows: curves, histograms, texts and pictures.
///
/// ```swift
/// let writer = try SummaryWriter(logDirectory: "runs/digits")
/// for step in 0..<1000 {
///     …
///     try writer.addScalar("loss/train", loss.item(), step: step)
/// }
/// ```
/// and then `tensorboard --logdir runs`. Values of one tag make one curve; the part of a tag before its first slash groups curves.
///
/// Each value is in the file when the call that adds it returns, so nothing is lost where a program ends without ``close()``, and a
/// write that fails leaves the file as it was before. A writer is used on one thread at a time.
///
/// Source: `torch.utils.tensorboard.SummaryWriter`.
public final class SummaryWriter {
    /// The folder that the file is in.
    public let logDirectory: String
    private let suffix: String
    private var file: EventFile?
    /// One for each curve of ``addScalars(_:_:step:wallTime:)``.
    private var writers: [String: SummaryWriter] = [:]

    /// Makes a new file in a folder, and the folder where it is missing.
    ///
    /// - Parameters:
    ///   - logDirectory: The folder; by default `runs/Nov22_10-23-55_HOST`, by the local time.
    ///   - comment: Added to the name of the default folder.
    ///   - purgeStep: Where a run goes on from a checkpoint: the first step that is done again. TensorBoard forgets what
    ///     earlier files of the folder hold of it and of later steps.
    ///   - filenameSuffix: Added to the file's name.
    ///
    /// Throws a ``FormatError`` where folder or file cannot be made.
    public init(
        logDirectory: String? = nil, comment: String = "", purgeStep: Int? = nil, filenameSuffix: String = ""
    ) throws {
        self.logDirectory = logDirectory ?? "runs/\(SummaryWriter.timestamp())_\(Host.name)\(comment)"
        suffix = filenameSuffix
        let now = SummaryWriter.now()
        var file = try EventFile(in: self.logDirectory, suffix: filenameSuffix, wallTime: now)
        if let purgeStep { try file.append(EventMessage(wallTime: now, step: purgeStep, content: .restart)) }
        self.file = consume file
    }

    /// Adds a point to the curve of `tag`. It is stored as a `Float`.
    ///
    /// - Parameters:
    ///   - step: Where on the horizontal axis.
    ///   - wallTime: Seconds since 1970; now by default.
    ///
    /// Throws a ``FormatError`` where the file cannot be written, or the tag holds U+0000. The other calls are alike.
    public func addScalar(
        _ tag: String, _ value: some BinaryFloatingPoint, step: Int = 0, wallTime: Double? = nil
    ) throws {
        try add(tag, .scalar(Float(value)), step, wallTime)
    }

    /// Adds a point to each of several curves that are shown in one diagram: `["sin": …, "cos": …]`.
    ///
    /// As in PyTorch each curve has a file of its own, in the folder `TAG_NAME` of ``logDirectory``.
    public func addScalars(
        _ tag: String, _ values: [String: some BinaryFloatingPoint], step: Int = 0, wallTime: Double? = nil
    ) throws {
        // One time for all, so that TensorBoard shows them side by side.
        let wallTime = wallTime ?? SummaryWriter.now()
        let stem = String(tag.map { $0 == "/" ? "_" : $0 })
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            let folder = "\(logDirectory)/\(stem)_\(name)"
            let writer = try writers[folder] ?? SummaryWriter(logDirectory: folder, filenameSuffix: suffix)
            writers[folder] = writer
            try writer.addScalar(tag, value, step: step, wallTime: wallTime)
        }
    }

    /// Adds a histogram of all elements of `values`, in PyTorch's default buckets, which grow by a tenth from ±10⁻¹² on.
    ///
    /// Elements that are NaN or beyond ±10²⁰ are in no bucket. Throws a ``FormatError`` where no element is in one.
    public func addHistogram(
        _ tag: String, _ values: Tensor<some FloatingScalar>, step: Int = 0, wallTime: Double? = nil
    ) throws {
        guard let histogram = Histogram(values.scalars.map { Double($0) }) else {
            throw FormatError(
                file: logDirectory, place: "histogram '\(tag)'",
                problem: "of \(values.count) elements none is a number below 10²⁰, expected at least one",
                remedy: "Look for a loss that is no longer finite, or leave out empty tensors")
        }
        try add(tag, .histogram(histogram), step, wallTime)
    }

    /// Adds a text, which TensorBoard shows as Markdown.
    public func addText(_ tag: String, _ text: String, step: Int = 0, wallTime: Double? = nil) throws {
        try add(tag + "/text_summary", .text(text), step, wallTime)
    }

    /// Closes the file, after ``flush()``. Nothing can be added after that.
    public func close() throws {
        try flush()
        file = nil
        for writer in writers.values { try writer.close() }
    }

    /// Waits until all that was added is on the disk, which it needs to be where the power may fail.
    public func flush() throws {
        try file?.flush()
        for writer in writers.values { try writer.flush() }
    }

    func add(_ tag: String, _ value: SummaryValue, _ step: Int, _ wallTime: Double?) throws {
        guard file != nil else {
            fatalError("the SummaryWriter of \(logDirectory) is closed: '\(tag)' cannot be added")
        }
        guard !tag.utf8.contains(0) else {
            throw FormatError(
                file: logDirectory, problem: "a tag holds the character U+0000", remedy: "Give the tag another name")
        }
        try file?.append(
            EventMessage(wallTime: wallTime ?? SummaryWriter.now(), step: step, content: .summary(tag: tag, value)))
    }

    /// Whether the folder at `path` holds event files.
    package static func hasWritten(to path: String) -> Bool { (try? EventFile.times(in: path).isEmpty) == false }

    /// Seconds since 1970.
    private static func now() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
    }

    /// The local time as `Nov22_10-23-55`.
    private static func timestamp() -> String {
        var now = time(nil)
        var parts = tm()
        localtime_r(&now, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let length = strftime(&text, text.count, "%b%d_%H-%M-%S", &parts)
        return String(decoding: text.prefix(length).map(UInt8.init), as: UTF8.self)
    }
}
