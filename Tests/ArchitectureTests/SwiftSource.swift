/// A Swift file with its comments and the contents of its literals blanked out, so that rules see code only.
struct SwiftSource {
    /// The file's text as it is, by lines.
    let lines: [Substring]
    /// The code: every character of a comment or of a literal is a space, lines and columns are unchanged.
    let code: [UInt8]

    init(_ text: String) {
        lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var blanker = Blanker(Array(text.utf8))
        blanker.run()
        code = blanker.bytes
    }

    /// The code by lines.
    var codeLines: [String] {
        code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The modules that the file imports, each with its line, counted from 1.
    var imports: [(module: String, line: Int)] {
        codeLines.enumerated().compactMap { index, line in
            var words = line.split(separator: " ")
            guard let place = words.firstIndex(of: "import"), words[..<place].allSatisfy(Self.mayPrecedeImport) else { return nil }
            words.removeFirst(place + 1)
            if let kind = words.first, Self.importKinds.contains(String(kind)) { words.removeFirst() }
            guard let module = words.first?.split(separator: ".").first else { return nil }
            return (String(module), index + 1)
        }
    }

    private static let importKinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]

    private static func mayPrecedeImport(_ word: Substring) -> Bool {
        word.hasPrefix("@") || ["public", "package", "internal", "private", "fileprivate"].contains(word)
    }
}

/// Replaces comments and the contents of literals by spaces.
private struct Blanker {
    var bytes: [UInt8]
    private var at = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() {
        skipCode(untilClosingParenthesis: false)
    }

    private func starts(with text: StaticString, at place: Int) -> Bool {
        text.withUTF8Buffer { wanted in
            place + wanted.count <= bytes.count && wanted.indices.allSatisfy { bytes[place + $0] == wanted[$0] }
        }
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where at < bytes.count {
            if bytes[at] != UInt8(ascii: "\n") { bytes[at] = UInt8(ascii: " ") }
            at += 1
        }
    }

    /// Goes through code; inside an interpolation, up to its closing parenthesis.
    private mutating func skipCode(untilClosingParenthesis isInterpolation: Bool) {
        var depth = 0
        while at < bytes.count {
            if starts(with: "//", at: at) {
                while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { blank() }
            } else if starts(with: "/*", at: at) {
                skipBlockComment()
            } else if let pounds = poundsOfLiteral() {
                skipLiteral(pounds: pounds)
            } else {
                if bytes[at] == UInt8(ascii: "(") { depth += 1 }
                if bytes[at] == UInt8(ascii: ")") {
                    if isInterpolation, depth == 0 { return }
                    depth -= 1
                }
                if isInterpolation { blank() } else { at += 1 }
            }
        }
    }

    private mutating func skipBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*", at: at) {
                depth += 1
                blank(2)
            } else if starts(with: "*/", at: at) {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && at < bytes.count
    }

    /// The number of `#` before the quotation mark if a literal begins here.
    private func poundsOfLiteral() -> Int? {
        var place = at
        while place < bytes.count, bytes[place] == UInt8(ascii: "#") { place += 1 }
        return place < bytes.count && bytes[place] == UInt8(ascii: "\"") ? place - at : nil
    }

    private func pounds(at place: Int) -> Int {
        var end = place
        while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
        return end - place
    }

    private mutating func skipLiteral(pounds count: Int) {
        blank(count)
        let isMultiline = starts(with: "\"\"\"", at: at)
        let quotes = isMultiline ? 3 : 1
        blank(quotes)
        while at < bytes.count {
            if bytes[at] == UInt8(ascii: "\\"), pounds(at: at + 1) >= count {
                blank(1 + count)
                if at < bytes.count, bytes[at] == UInt8(ascii: "(") {
                    blank()
                    skipCode(untilClosingParenthesis: true)
                }
                blank()
            } else if isMultiline ? starts(with: "\"\"\"", at: at) : bytes[at] == UInt8(ascii: "\""), pounds(at: at + quotes) >= count {
                blank(quotes + count)
                return
            } else if !isMultiline, bytes[at] == UInt8(ascii: "\n") {
                return
            } else {
                blank()
            }
        }
    }
}
