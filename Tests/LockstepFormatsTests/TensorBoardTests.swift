import LockstepFormats
import LockstepTensor
import Testing

/// Against TensorBoard itself, and against PyTorch's writer.
@Suite(
    .enabled("needs Python with tensorboard: set LOCKSTEP_PYTHON to one that has it") {
        await Python.has("tensorboard.backend.event_processing.event_accumulator")
    }
)
struct TensorBoardTests: ~Copyable {
    private let folder = TemporaryFolder()

    @Test func tensorBoardReadsEveryKind() async throws {
        let writer = try SummaryWriter(logDirectory: folder.path)
        for step in 0..<3 { try writer.addScalar("loss/train", 1 / Double(step + 1), step: step, wallTime: 100.25) }
        try writer.addHistogram("weights", Tensor<Float>([-1, 0, 0, 2]), step: 7)
        try writer.addText("notes", "**a** é\0b", step: 2)
        let grey = Tensor<Float>([0, 0.25, 0.5, 1, 2, -1], shape: [1, 2, 3])
        try writer.addImage("grey", grey, step: 1)
        try writer.addImage("color", Tensor<UInt8>((0..<12).map { UInt8($0) }, shape: [3, 2, 2]))
        try writer.addImage("rows", Tensor<UInt8>((0..<12).map { UInt8($0) }, shape: [2, 2, 3]), layout: .hwc)
        try writer.addImage("flat", Tensor<UInt8>([7, 8], shape: [1, 2]), layout: .hw)
        try writer.close()

        let printed = try await read(
            """
            for tag in a.Tags()["scalars"]:
                for e in a.Scalars(tag): print(tag, e.wall_time, e.step, e.value)
            for e in a.Histograms("weights"):
                h = e.histogram_value
                print(e.step, h.min, h.max, h.num, h.sum, h.sum_squares, h.bucket[0], sum(h.bucket), len(h.bucket))
            for e in a.Tensors("notes/text_summary"):
                print(e.step, e.tensor_proto.dtype, [d.size for d in e.tensor_proto.tensor_shape.dim], e.tensor_proto.string_val)
            print(a.SummaryMetadata("notes/text_summary").plugin_data.plugin_name)
            for tag in a.Tags()["images"]:
                for e in a.Images(tag):
                    print(tag, e.step, e.width, e.height, pixels(e.encoded_image_string))
            """)
        #expect(
            printed == #"""
                loss/train 100.25 0 1.0
                loss/train 100.25 1 0.5
                loss/train 100.25 2 0.3333333432674408
                7 -1.0 2.0 4.0 1.0 5.0 0.0 4.0 591
                2 7 [1] [b'**a** \xc3\xa9\x00b']
                text
                grey 1 3 2 (0, 8, [0, 63, 127, 255, 255, 0])
                color 0 2 2 (2, 8, [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
                rows 0 2 2 (2, 8, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
                flat 0 2 1 (0, 8, [7, 8])

                """#)
    }

    /// Each curve of a diagram is a run of its own.
    @Test func scalarsOfOneDiagramAreInFoldersOfTheirOwn() async throws {
        let writer = try SummaryWriter(logDirectory: folder.path)
        for step in 0..<2 { try writer.addScalars("a/b", ["sin": 0.5, "cos": Double(step)], step: step) }
        try writer.close()
        #expect(folder.names.filter { !$0.hasPrefix("events") } == ["a_b_cos", "a_b_sin"])
        for (name, values) in [("cos", "[0.0, 1.0]"), ("sin", "[0.5, 0.5]")] {
            let printed = try await read(
                #"print([e.value for e in a.Scalars("a/b")])"#, in: "\(folder.path)/a_b_\(name)")
            #expect(printed == values + "\n")
        }
    }

    /// A run that was killed after step 6 and goes on from step 4: what was done again counts once.
    @Test func stepsThatAreDoneAgainCountOnce() async throws {
        let first = try SummaryWriter(logDirectory: folder.path)
        for step in 1...6 { try first.addScalar("loss", Double(step), step: step) }
        let second = try SummaryWriter(logDirectory: folder.path, purgeStep: 5)
        for step in 5...8 { try second.addScalar("loss", Double(-step), step: step) }
        #expect(folder.names.count == 2)
        let printed = try await read(#"print([(e.step, e.value) for e in a.Scalars("loss")])"#)
        #expect(printed == "[(1, 1.0), (2, 2.0), (3, 3.0), (4, 4.0), (5, -5.0), (6, -6.0), (7, -7.0), (8, -8.0)]\n")
    }

    /// PyTorch's writer, from the same numbers, writes the same events.
    @Test(
        .enabled("needs PyTorch too") { await Python.has("torch.utils.tensorboard") },
        arguments: [[-3, -0.5, -1e-13, 0, 0, 1e-12, 0.1, 0.1, 2, 1e19, 3e20], [5], [0], [1, 2, 3, .infinity, .nan]])
    func histogramsArePyTorchs(values: [Float]) async throws {
        let writer = try SummaryWriter(logDirectory: folder.path)
        try writer.addHistogram("h", Tensor(values), step: 3, wallTime: 1)
        try writer.addScalar("s", 0.1, step: 4, wallTime: 2)
        try writer.addText("t", "text", step: 5, wallTime: 3)
        let printed = try await Python.run(
            #"""
            import sys, glob, torch
            from torch.utils.tensorboard import SummaryWriter
            from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
            ours, values = sys.argv[1], torch.tensor([float(x) for x in sys.argv[2:]])
            writer = SummaryWriter(ours + "/theirs")
            writer.add_histogram("h", values, 3, walltime=1)
            writer.add_scalar("s", 0.1, 4, walltime=2)
            writer.add_text("t", "text", 5, walltime=3)
            writer.close()
            read = lambda folder: list(LegacyEventFileLoader(glob.glob(folder + "/events*")[0]).Load())
            for a, b in zip(read(ours), read(ours + "/theirs")):
                if a.file_version: continue
                same = str(a) == str(b)
                print(same if same else (a, b))
            """#, [folder.path] + values.map { "\($0)" })
        #expect(printed == "True\nTrue\nTrue\n")
    }

    /// Runs `program` with TensorBoard's reader of a folder as `a`.
    private func read(_ program: String, in path: String? = nil) async throws -> String {
        try await Python.run(
            #"""
            import sys, struct, zlib
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
            a = EventAccumulator(sys.argv[1])
            a.Reload()
            def pixels(png):
                """Colour type, bits, and the bytes of a PNG without filters; each chunk's checksum is checked."""
                assert png[:8] == b"\x89PNG\r\n\x1a\n"
                at, data, head = 8, b"", None
                while at < len(png):
                    size, kind = struct.unpack(">I4s", png[at:at + 8])
                    body = png[at + 8:at + 8 + size]
                    assert struct.unpack(">I", png[at + 8 + size:at + 12 + size])[0] == zlib.crc32(kind + body)
                    if kind == b"IHDR": head = struct.unpack(">IIBBBBB", body)
                    if kind == b"IDAT": data += body
                    at += 12 + size
                width, height, bits, color = head[:4]
                rows = zlib.decompress(data)
                line = len(rows) // height
                assert all(rows[r * line] == 0 for r in range(height))
                return color, bits, [x for r in range(height) for x in rows[r * line + 1:(r + 1) * line]]
            """# + "\n" + program, [path ?? folder.path])
    }
}
