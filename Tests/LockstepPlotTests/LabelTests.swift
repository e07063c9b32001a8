import Foundation
import LockstepPlot
import Testing

/// Texts are shown as they are; nothing in them is a command or markup.
@Suite(.timeLimit(.minutes(2))) struct LabelTests {
    /// What gnuplot, a shell, XML or a browser would each take for something else.
    static let texts = [
        "`touch FOUND`", "\"; system(\"touch FOUND\") #", "'; system('touch FOUND') #",
        "\" . system('touch FOUND') . \"", "$(touch FOUND)", "| touch FOUND", "\\\"", "\\", "\\101\\n\\t",
        "x_1^{2} {/Symbol a} @~a&{b}", "100% %s %d %n %h",
        "]]>", "<![CDATA[", "<script>alert(1)</script>", "&amp; & &#65;", "--", "#", "$data_0_0 << END", "END", "NaN",
        "손실 – потеря – 📉", "a b", "(0, 1)", "\u{FF}\u{100}",
        String(String.UnicodeScalarView((0x21...0x7E).compactMap { Unicode.Scalar($0) })),
    ]

    @Test(arguments: texts) func aTextIsShownAsItIs(_ text: String) throws {
        let folder = TemporaryFolder()
        var plot = Plot(title: text, xLabel: text, yLabel: text)
        plot.scatter([1, 2], [1, 2], label: text)
        plot.scatter([1, 2], [1, 2], label: text, opacity: 0.5)
        plot.line([1, 2], label: text)
        let path = "\(folder.path)/plot.svg"
        try plot.write(to: path)
        #expect(try SVG(contentsOf: path).texts.count { $0 == text } == 6)
        #expect(TemporaryFolder.names(in: folder.path) == ["plot.svg"])
        #expect(!FileManager.default.fileExists(atPath: "FOUND"))
        try plot.write(to: "\(folder.path)/plot.png")
    }

    @Test func linesAreBrokenWhereTheTextSays() throws {
        let folder = TemporaryFolder()
        var plot = Plot(title: "first\nsecond\r\n12 third")
        plot.line([1, 2])
        try plot.write(to: "\(folder.path)/plot.svg")
        let texts = try SVG(contentsOf: "\(folder.path)/plot.svg").texts
        #expect(texts.contains("first") && texts.contains("second") && texts.contains("12 third"))
    }

    /// SVG allows no control characters, so they are shown as what cannot be shown.
    @Test func controlCharactersAreReplaced() throws {
        let folder = TemporaryFolder()
        var plot = Plot(title: "a\u{0}b\u{7}c\td\u{1B}e\u{85}f\u{FFFE}")
        plot.line([1, 2])
        try plot.write(to: "\(folder.path)/plot.svg")
        let texts = try SVG(contentsOf: "\(folder.path)/plot.svg").texts
        #expect(texts.contains("a\u{FFFD}b\u{FFFD}c d\u{FFFD}e\u{FFFD}f\u{FFFD}"), "\(texts)")
    }
}
