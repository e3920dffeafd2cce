import StockWire
import YAML

extension CaseEvent {
    /// The types of events, as docs/events.md names them; but `expect` says in a step what must come of it, so the event is `incoming`.
    static let types = EventCatalog.types.map { $0 == "expect" ? "incoming" : $0 }

    /// Makes the JSON of an event from the keys of a mapping. `defaults` holds fields that need not be given.
    init(_ key: String, _ node: YAMLNode, id: String, defaults: [String: String]) throws(CaseError) {
        let type = key == "incoming" ? "expect" : key
        let fields = try Fields(node, type, EventCatalog.fields(ofType: type) ?? [])
        let sku = try fields.text("sku")
        guard let sku else { throw CaseError(line: node.position.line, reason: "\(type): the sku is missing") }
        var members: [(String, String)] = [("type", CaseEvent.quote(type))]
        if fields["id"] == nil { members.append(("id", CaseEvent.quote(id))) }
        for entry in fields.all { members.append((entry.key, try CaseEvent.value(entry))) }
        for (name, text) in defaults.sorted(by: { $0.key < $1.key }) where fields[name] == nil {
            members.append((name, CaseEvent.quote(text)))
        }
        self.init(type: type, sku: sku, json: "{" + members.map { CaseEvent.quote($0) + ":" + $1 }.joined(separator: ",") + "}")
    }

    /// A field's value as JSON: what is a number or a flag by the contract is written as such where it looks like one, so that a wrong
    /// value comes to the decoder as it would from a producer.
    private static func value(_ entry: YAMLNode.Entry) throws(CaseError) -> String {
        if entry.key == "meta" { return try object(entry.value) }
        if EventCatalog.kind(ofField: entry.key) == .integers, case .sequence(let items) = entry.value.content {
            let numbers = try items.map { item throws(CaseError) in
                let text = try Fields.scalar(item, entry.key)
                return number(text) ?? quote(text)
            }
            return "[" + numbers.joined(separator: ",") + "]"
        }
        if EventCatalog.kind(ofField: entry.key) == .list { return try list(entry) }
        guard case .scalar(let text, let isPlain) = entry.value.content else {
            throw CaseError(line: entry.value.position.line, reason: "\(entry.key): one value is expected")
        }
        guard isPlain else { return quote(text) }
        if entry.value.isNull { return "null" }
        switch EventCatalog.kind(ofField: entry.key) {
        case .text, .integers, .list: return quote(text)
        case .integer: return number(text) ?? quote(text)
        case .flag: return text == "true" || text == "false" ? text : quote(text)
        }
    }

    /// A number as JSON writes it, groups of digits joined; nil where it does not look like one.
    private static func number(_ text: String) -> String? {
        let digits = text.filter { $0 != "_" }
        return digits.contains { $0.isNumber } && digits.allSatisfy { $0.isASCII && ($0.isNumber || "+-.eE".contains($0)) } ? digits : nil
    }

    private static func list(_ entry: YAMLNode.Entry) throws(CaseError) -> String {
        var items: [String] = []
        for item in try Fields.list(entry.value, entry.key) { items.append(quote(try Fields.scalar(item, entry.key))) }
        return "[" + items.joined(separator: ",") + "]"
    }

    private static func object(_ node: YAMLNode) throws(CaseError) -> String {
        guard case .mapping(let entries) = node.content else {
            throw CaseError(line: node.position.line, reason: "meta: keys and values are expected")
        }
        var members: [String] = []
        for entry in entries { members.append(quote(entry.key) + ":" + quote(try Fields.scalar(entry.value, entry.key))) }
        return "{" + members.joined(separator: ",") + "}"
    }

    /// A JSON string.
    static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\u{0}"..<" ":
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
