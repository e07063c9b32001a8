import Foundation
import LockstepFormats
import LockstepPlot
import Testing

/// What cannot be drawn says why, and leaves what was there.
@Suite(.timeLimit(.minutes(2))) struct FailureTests {
    static var plot: Plot {
        var plot = Plot()
        plot.line([1, 2, 3])
        return plot
    }

    /// A plot that has something else as well.
    static func with(_ scale: Plot.Scale = .linear, _ add: (inout Plot) -> Void) -> Plot {
        var plot = Plot(yScale: scale)
        plot.line([1, 2, 3])
        add(&plot)
        return plot
    }

    static let empty: [(Plot, String)] = [
        (Plot(), "has a plot without a series"),
        (with { $0.line([Double](), label: "loss") }, "the series 'loss' is empty"),
        (
            with { $0.scatter([Double.nan, 1], [1, .infinity]) },
            "the series number 2 has no point that can be drawn: of 2"
        ),
        (with(.logarithmic) { $0.line([0, -1]) }, "each is NaN, infinite or not positive on a logarithmic axis"),
    ]

    @Test(arguments: empty.indices) func anEmptySeriesIsRefused(_ index: Int) throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/plot.svg"
        try AtomicFile.write(Array("before".utf8), to: path)
        let error = #expect(throws: FormatError.self) { try Self.empty[index].0.write(to: path) }
        #expect(error?.file == path)
        #expect("\(error.map { "\($0)" } ?? "")".contains(Self.empty[index].1))
        #expect(try File.read(path) == Array("before".utf8))
    }

    @Test(arguments: ["plot", "plot.pdf", "plot.svg.gz", "folder.svg/plot", ""])
    func anotherFormatIsRefused(_ path: String) {
        let error = #expect(throws: FormatError.self) { try Self.plot.write(to: path) }
        #expect(error.map { "\($0)" }?.contains("Let the name end in .svg or .png") == true)
    }

    @Test func aFolderThatIsNotThereIsNamed() throws {
        let error = #expect(throws: FormatError.self) { try Self.plot.write(to: "/nowhere/at all/plot.svg") }
        #expect(error.map { "\($0)" }?.contains("/nowhere/at all/plot.svg: cannot write: No such file") == true)
    }

    @Test func withoutGnuplotItSaysWhatToInstall() async {
        await #expect(processExitsWith: .success) {
            setenv("PATH", "/nowhere", 1)
            let error = #expect(throws: FormatError.self) { try FailureTests.plot.write(to: "/tmp/never.svg") }
            let text = error.map { "\($0)" } ?? ""
            #expect(text.contains("gnuplot is not installed") && text.contains("apt-get install gnuplot-nox"))
        }
    }

    /// A gnuplot that ends before it has read its input, which is longer than a pipe holds: nothing else may end with it.
    @Test func aGnuplotThatFailsIsQuoted() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let program = "\(folder.path)/gnuplot"
            try AtomicFile.write(Array("#!/bin/sh\necho no fonts found >&2\nexit 3\n".utf8), to: program)
            chmod(program, 0o755)
            setenv("PATH", folder.path + ":/usr/bin:/bin", 1)
            var plot = Plot()
            plot.line((0..<200_000).map { Double($0) })
            let error = #expect(throws: FormatError.self) { try plot.write(to: "\(folder.path)/plot.svg") }
            #expect(error.map { "\($0)" }?.contains("no fonts found") == true, "\(error.map { "\($0)" } ?? "")")
            #expect(TemporaryFolder.names(in: folder.path) == ["gnuplot"])
        }
    }

    /// The settings of the user's own gnuplot change no picture.
    @Test func theUsersOwnSettingsAreNotRead() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let settings = "set title \"MINE\"\nset label \"MINE\" at 1,1\n"
            try AtomicFile.write(Array(settings.utf8), to: "\(folder.path)/.gnuplot")
            setenv("HOME", folder.path, 1)
            setenv("GNUTERM", "dumb", 1)
            try FailureTests.plot.write(to: "\(folder.path)/plot.svg")
            #expect(try !SVG(contentsOf: "\(folder.path)/plot.svg").texts.contains("MINE"))
        }
    }

    static let stops: [Stop] = [
        Stop("x and y must have same first dimension, but have shapes (3,) and (2,)") {
            var plot = Plot()
            plot.scatter([1, 2, 3], [1, 2])
        },
        Stop("alpha must be between 0 and 1, inclusive, found 1.5") {
            var plot = Plot()
            plot.line([1, 2], opacity: 1.5)
        },
        Stop("the size of dots is positive, found -1.0") {
            var plot = Plot()
            plot.scatter([1], [1], size: -1)
        },
        Stop("a picture has from 100 to 10000 pixels a side, found 0") { _ = Figure([plot], width: 0) },
    ]

    @Test(arguments: stops.indices) func theProgrammersMistakesStop(_ place: Int) async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [place] in
            FailureTests.stops[place].run()
        }
        #expect(said(FailureTests.stops[place].message, result))
    }
}
