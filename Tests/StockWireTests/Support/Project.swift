import Foundation

/// Files of the project, for tests that hold documents to what the code does.
enum Project {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../..")

    static func text(_ path: String) throws -> String { try String(contentsOf: root.appending(path: path), encoding: .utf8) }

    static func schema(_ name: String) throws -> SchemaValidator {
        SchemaValidator(root: try JSONValue(text("topics/schemas/\(name).schema.json")))
    }

    /// The fenced blocks of a Markdown page that begin with this word, without their fences.
    static func blocks(_ word: String, in page: String) throws -> [String] {
        var blocks: [String] = []
        var current: [Substring]?
        for line in try text(page).split(separator: "\n", omittingEmptySubsequences: false) {
            if let lines = current {
                if line.hasPrefix("```") {
                    blocks.append(lines.joined(separator: "\n"))
                    current = nil
                } else {
                    current = lines + [line]
                }
            } else if line == "```\(word)" {
                current = []
            }
        }
        return blocks
    }
}
