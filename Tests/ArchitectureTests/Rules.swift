import Foundation

/// Something that is against a rule, with its place and the way out.
struct Violation: Equatable, CustomStringConvertible {
    var path: String
    var line: Int
    var message: String

    var description: String { "\(path):\(line): \(message)" }
}

/// The rules, each from a file's path and text to what is wrong with it.
enum Rules {
    /// Imports point down only.
    static func imports(_ path: String, _ source: SwiftSource, target: String) -> [Violation] {
        guard let allowed = Layers.allowedImports[target] else {
            return [Violation(path: path, line: 1, message: "target \(target) is not in Layers.allowedImports")]
        }
        return source.imports.filter { !allowed.contains($0.module) }.map { module, line in
            let wayOut =
                Layers.importerOfC[module].map { "only \($0) may import it" }
                ?? (Layers.onlyInExecutable.contains(module)
                    ? "only \(Layers.executable) may import it; use Glibc or Synchronization in an adapter" : "arrows point down only")
            return Violation(path: path, line: line, message: "\(target) imports \(module): \(wayOut)")
        }
    }

    /// Files and functions fit in a reader's head.
    static func sizes(_ path: String, _ source: SwiftSource) -> [Violation] {
        var found: [Violation] = []
        let count = source.lines.last == "" ? source.lines.count - 1 : source.lines.count
        if count > Limits.linesPerFile {
            found.append(Violation(path: path, line: count, message: "\(count) lines, at most \(Limits.linesPerFile): split by aspect"))
        }
        for function in source.functions where function.length > Limits.linesPerFunction {
            let message = "\(function.name) has \(function.length) lines, at most \(Limits.linesPerFunction): pull out a step"
            found.append(Violation(path: path, line: function.line, message: message))
        }
        return found
    }

    /// Lines fit, and there are spaces only.
    static func layout(_ path: String, _ text: String) -> [Violation] {
        eachLine(text) { line in
            if line.utf8.contains(UInt8(ascii: "\t")) { return "a tab: use spaces" }
            if line.utf8.contains(UInt8(ascii: "\r")) { return "a carriage return: use line feeds only" }
            return line.utf8.count > Limits.columns && line.count > Limits.columns
                ? "\(line.count) columns, at most \(Limits.columns)" : nil
        }.map { Violation(path: path, line: $0, message: $1) }
    }

    /// Nothing is left for later without an issue of its own.
    static func unfinished(_ path: String, _ text: String) -> [Violation] {
        let marks = ["FIX" + "ME", "TO" + "DO", "X" + "XX"]
        return eachLine(text) { line in
            marks.first { isWord($0, in: line) }.map { "\($0): do it, or file an issue and say here what holds" }
        }.map { Violation(path: path, line: $0, message: $1) }
    }

    /// No place of one machine.
    static func machinePaths(_ path: String, _ text: String) -> [Violation] {
        let places = ["work", "home", "root", "Users"].map { "/\($0)/" }
        return eachLine(text) { line in
            places.first { place in
                var rest = line[...]
                while let range = rest.range(of: place) {
                    // In the middle of a path it is a folder like any other.
                    if range.lowerBound == line.startIndex || !isPathCharacter(line[line.index(before: range.lowerBound)]) { return true }
                    rest = rest[range.upperBound...]
                }
                return false
            }.map { "\($0) is a place of one machine: make it relative, or an option" }
        }.map { Violation(path: path, line: $0, message: $1) }
    }

    private static func isPathCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "._-~$}*".contains(character)
    }

    private static func isWord(_ word: String, in line: Substring) -> Bool {
        guard let range = line.range(of: word) else { return false }
        let before = range.lowerBound == line.startIndex ? nil : line[line.index(before: range.lowerBound)]
        let after = range.upperBound == line.endIndex ? nil : line[range.upperBound]
        return ![before, after].contains { $0.map { $0.isLetter || $0.isNumber || $0 == "_" } ?? false }
    }

    private static func eachLine(_ text: String, _ rule: (Substring) -> String?) -> [(Int, String)] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
            rule(line).map { (index + 1, $0) }
        }
    }
}
