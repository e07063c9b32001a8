internal import LockstepData

extension Decoder {
    /// Data sets in MNIST's format are read from files.
    static func idx(gzipped: Bool) throws -> Decoder {
        let ending = gzipped ? ".gz" : ""
        let (folder, paths) = try makeFolder(
            for: ["images-idx3", "labels-idx1"].map { "train-\($0)-ubyte\(ending)" })
        let right = Corpus.idx(gzipped: gzipped)
        return Decoder(gzipped ? "idx-gzip" : "idx", [right.images, right.labels]) { bytes in
            // Either file, the other one as it should be; and a few images can be as many labels.
            let isImages = bytes.count > right.labels.count
            try write(isImages ? bytes : right.images, to: paths[0])
            try write(isImages ? right.labels : bytes, to: paths[1])
            _ = try ImageDataset(idxFolder: folder, split: .train)
        }
    }
}
