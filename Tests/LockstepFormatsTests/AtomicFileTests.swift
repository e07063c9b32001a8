import Glibc
import LockstepFormats
import Testing

@Suite struct AtomicFileTests {
    @Test func readsBackWhatWasWrittenAndLeavesNothingElse() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/file"
        for bytes in [[], [1, 2, 3], [UInt8](repeating: 7, count: 100_000)] as [[UInt8]] {
            try AtomicFile.write(bytes, to: path)
            #expect(try File.read(path) == bytes)
            #expect(folder.names == ["file"])
        }
    }

    @Test func writesCollectionsThatAreNotContiguous() throws {
        let folder = TemporaryFolder()
        try AtomicFile.write((0..<10).lazy.map { UInt8($0) }, to: "\(folder.path)/file")
        #expect(try File.read("\(folder.path)/file") == Array(0..<10))
    }

    @Test func aFailureWhileWritingLeavesTheOldFileAlone() throws {
        struct Stop: Error {}
        let folder = TemporaryFolder()
        let path = "\(folder.path)/file"
        try AtomicFile.write([1, 2, 3], to: path)
        #expect(throws: Stop.self) {
            try AtomicFile.write(to: path) { file in
                try [UInt8](repeating: 9, count: 50_000).withUnsafeBytes { try file.write($0) }
                throw Stop()
            }
        }
        #expect(try File.read(path) == [1, 2, 3])
        #expect(folder.names == ["file"])
    }

    @Test func aFileThatTheSystemCutsOffLeavesTheOldOneAlone() async {
        // In a process of its own, which may write no file of more than 1000 bytes.
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let path = "\(folder.path)/file"
            try AtomicFile.write([1, 2, 3], to: path)
            signal(SIGXFSZ, SIG_IGN)
            var limit = rlimit(rlim_cur: 1000, rlim_max: 1000)
            try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            let error = try #require(throws: FormatError.self) {
                try AtomicFile.write([UInt8](repeating: 9, count: 10_000), to: path)
            }
            #expect(error.description.contains("\(path): cannot write: File too large"))
            #expect(try File.read(path) == [1, 2, 3])
            #expect(folder.names == ["file"])
        }
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/none/file"
        let error = try #require(throws: FormatError.self) { try AtomicFile.write([1], to: path) }
        #expect(error.description.contains(path))
        #expect(error.description.contains("No such file or directory (errno 2)"))
    }

    @Test func aFolderInTheFilesPlaceIsRefusedAndNothingIsLeft() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/file"
        try #require(mkdir(path, 0o700) == 0)
        let error = try #require(throws: FormatError.self) { try AtomicFile.write([1], to: path) }
        #expect(error.file == path)
        #expect(folder.names == ["file"])
        #expect(throws: FormatError.self) { try AtomicFile.write([1], to: "\(folder.path)/") }
    }

    @Test func aTemporaryNameOfSomebodyElseIsLeftAlone() throws {
        let folder = TemporaryFolder()
        // The numbers that this process may use next.
        for serial in 1...200 {
            let descriptor = open("\(folder.path)/.file.\(getpid())-\(serial).tmp", O_CREAT | O_WRONLY, 0o600)
            try #require(descriptor >= 0)
            close(descriptor)
        }
        try AtomicFile.write([1, 2, 3], to: "\(folder.path)/file")
        #expect(try File.read("\(folder.path)/file") == [1, 2, 3])
        #expect(folder.names.count == 201)
    }

    @Test func threadsThatWriteOneFileLeaveOneWholeContent() async throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/file"
        try await withThrowingTaskGroup(of: Void.self) { group in
            for value in 0..<8 {
                group.addTask { try AtomicFile.write([UInt8](repeating: UInt8(value), count: 10_000), to: path) }
            }
            try await group.waitForAll()
        }
        let bytes = try File.read(path)
        #expect(bytes.count == 10_000)
        #expect(Set(bytes).count == 1)
        #expect(folder.names == ["file"])
    }
}

@Suite struct FileTests {
    @Test func refusesWhatIsNoRegularFile() throws {
        let folder = TemporaryFolder()
        let pipe = "\(folder.path)/pipe"
        try #require(mkfifo(pipe, 0o600) == 0)
        #expect(try #require(throws: FormatError.self) { try File.read(pipe) }.problem.contains("pipe"))
        #expect(try #require(throws: FormatError.self) { try File.read(folder.path) }.problem.contains("folder"))
        #expect(try #require(throws: FormatError.self) { try File.read("/none") }.problem.contains("No such file"))
    }

    @Test func refusesAFileAboveTheLimit() throws {
        let folder = TemporaryFolder()
        try AtomicFile.write([UInt8](repeating: 0, count: 11), to: "\(folder.path)/file")
        #expect(try File.read("\(folder.path)/file", limit: 11).count == 11)
        let error = try #require(throws: FormatError.self) { try File.read("\(folder.path)/file", limit: 10) }
        #expect(error.problem == "holds 11 bytes, expected at most 10")
    }
}
