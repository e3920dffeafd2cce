import NearestName
import StockWire
import YAML

/// Reads a case (docs/cases.md). An unknown or misspelt key is an error that names its line.
public struct CaseReader {
    /// The time at which a case begins that names none: 2026-01-01T00:00:00Z.
    public static let startMilliseconds: Int64 = 1_767_225_600_000

    private var time = CaseReader.startMilliseconds
    private var steps: [CaseStep] = []
    private var names: [String: String] = [:]

    private init() {}

    /// Reads the text of a file. `name` is the title of one that has none.
    public static func read(_ text: [UInt8], name: String) throws(CaseError) -> CaseFile {
        let root: YAMLNode?
        do throws(YAMLError) {
            root = try YAMLReader.read(text)
        } catch {
            throw CaseError(line: error.position?.line, reason: error.reason)
        }
        guard let root else { throw CaseError(line: nil, reason: "the file holds nothing") }
        var reader = CaseReader()
        return try reader.readCase(root, name: name)
    }

    private mutating func readCase(_ root: YAMLNode, name: String) throws(CaseError) -> CaseFile {
        let fields = try Fields(root, "a case", ["case", "given", "events", "expect"])
        let title = try fields.text("case") ?? name
        if let given = fields["given"] { try readGiven(given) }
        if let events = fields["events"] {
            for node in try Fields.list(events, "events") { try readEvent(node) }
        }
        let expectation = try fields["expect"].map { node throws(CaseError) in try readExpectation(node, isFinal: true) }
        guard !steps.isEmpty else { throw CaseError(line: root.position.line, reason: "a case without events") }
        return CaseFile(title: title, steps: steps, expectation: expectation ?? CaseExpectation())
    }

    // MARK: - What is there

    private mutating func readGiven(_ node: YAMLNode) throws(CaseError) {
        let fields = try Fields(node, "given", ["time", "policies", "stock"])
        if let start = fields["time"] { time = try readTime(start) }
        for policy in try fields.list("policies") { try addGiven("define", policy, [:]) }
        var number = 0
        for stock in try fields.list("stock") {
            number += 1
            try addGiven("receive", stock, ["receipt": "given-\(number)"])
        }
    }

    private mutating func addGiven(_ type: String, _ node: YAMLNode, _ defaults: [String: String]) throws(CaseError) {
        let event = try CaseEvent(type, node, id: "given-\(steps.count + 1)", defaults: defaults)
        steps.append(
            CaseStep(
                line: node.position.line, timeMilliseconds: time, event: event, isGiven: true, expectation: CaseExpectation()))
    }

    // MARK: - What happens

    private mutating func readEvent(_ node: YAMLNode) throws(CaseError) {
        let fields = try Fields(node, "a step", ["at", "expect"] + CaseEvent.types)
        if let at = fields["at"] {
            let moved = try readTime(at)
            guard moved >= time else { throw CaseError(line: at.position.line, reason: "at: time does not go back") }
            time = moved
        }
        let types = fields.names.filter { CaseEvent.types.contains($0) }
        guard types.count <= 1 else {
            throw CaseError(line: node.position.line, reason: "one step, two events: \(types.joined(separator: " and "))")
        }
        let id = "event-\(steps.count { !$0.isGiven } + 1)"
        let event = try types.first.map { type throws(CaseError) in try CaseEvent(type, fields[type]!, id: id, defaults: [:]) }
        let expectation = try fields["expect"].map { node throws(CaseError) in try readExpectation(node, isFinal: false) }
        steps.append(
            CaseStep(
                line: node.position.line, timeMilliseconds: time, event: event, isGiven: false,
                expectation: expectation ?? CaseExpectation()))
    }

    /// A time, or `+15m` after the one before.
    private func readTime(_ node: YAMLNode) throws(CaseError) -> Int64 {
        let text = try Fields.scalar(node, "a time")
        if text.hasPrefix("+") {
            guard let milliseconds = CaseReader.duration(text.dropFirst()) else {
                throw CaseError(line: node.position.line, reason: "\(text): a number and ms, s, m, h or d, such as +15m")
            }
            return time + milliseconds
        }
        let parsed = Array(text.utf8).withUnsafeBytes { Timestamp.parse($0) }
        guard let parsed else {
            throw CaseError(line: node.position.line, reason: "\(text): a time such as 2026-01-31T10:00:00Z, or +15m after the one before")
        }
        return parsed
    }

    /// The milliseconds of `15m`; nil where it is none.
    static func duration(_ text: Substring) -> Int64? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        guard let count = Int64(digits), count <= 1_000_000, let unit = units[String(text.dropFirst(digits.count))] else { return nil }
        return count * unit
    }
}
