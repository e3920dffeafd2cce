import NearestName
import YAML

/// The keys of a mapping, all of which have to be known.
struct Fields {
    private let entries: [YAMLNode.Entry]

    /// The keys of the mapping `node`, which is `what`; another key than those `allowed` is an error.
    init(_ node: YAMLNode, _ what: String, _ allowed: [String]) throws(CaseError) {
        guard case .mapping(let entries) = node.content else {
            throw CaseError(line: node.position.line, reason: "\(what) has keys: \(allowed.joined(separator: ", "))")
        }
        for entry in entries where !allowed.contains(entry.key) {
            let hint =
                nearestName(to: entry.key, among: allowed).map { "did you mean \($0)?" } ?? "known are \(allowed.joined(separator: ", "))"
            throw CaseError(line: entry.position.line, reason: "\(what) has no key \(entry.key): \(hint)")
        }
        self.entries = entries
    }

    /// The names of the keys that are there.
    var names: [String] { entries.map(\.key) }

    /// The entries, in the order of the file.
    var all: [YAMLNode.Entry] { entries }

    /// The value of a key; nil where it is missing.
    subscript(name: String) -> YAMLNode? { entries.first { $0.key == name }?.value }

    /// The text of a key; nil where it is missing.
    func text(_ name: String) throws(CaseError) -> String? {
        guard let node = self[name] else { return nil }
        return try Fields.scalar(node, name)
    }

    /// The items of a key; none where it is missing.
    func list(_ name: String) throws(CaseError) -> [YAMLNode] {
        guard let node = self[name] else { return [] }
        return try Fields.list(node, name)
    }

    /// The text of a value.
    static func scalar(_ node: YAMLNode, _ what: String) throws(CaseError) -> String {
        guard case .scalar(let text, _) = node.content, !node.isNull else {
            throw CaseError(line: node.position.line, reason: "\(what): one value is expected")
        }
        return text
    }

    /// The items of a value.
    static func list(_ node: YAMLNode, _ what: String) throws(CaseError) -> [YAMLNode] {
        if node.isNull { return [] }
        guard case .sequence(let items) = node.content else {
            throw CaseError(line: node.position.line, reason: "\(what): a list is expected, each item after a dash")
        }
        return items
    }
}
