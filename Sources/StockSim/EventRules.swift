/// What docs/events.md says about fields, written down a second time for the auditor.
enum EventRules {
    enum Rule {
        case key, id, source, type, time, meta, flag, rest, disposition
        case number(ClosedRange<Int64>)
    }

    private static let most: Int64 = 1_000_000_000_000
    private static let longest: Int64 = 315_360_000

    static let rules: [String: Rule] = [
        "id": .id, "source": .source, "type": .type, "sku": .key, "occurredAt": .time, "expectedVersion": .number(0...Int64.max),
        "reason": .key, "actor": .key, "meta": .meta, "location": .key, "hold": .key, "orderLine": .key, "receipt": .key, "shipment": .key,
        "return": .key, "line": .key, "quantity": .number(-most...most), "setTo": .number(0...most), "expected": .number(-most...most),
        "ttlSeconds": .number(1...longest), "disposition": .disposition, "from": .disposition, "to": .disposition, "rest": .rest,
        "forced": .flag, "scale": .number(1...1_000_000_000), "safetyStock": .number(0...most), "reorderPoint": .number(-1...most),
        "reorderHysteresis": .number(0...most), "returnDisposition": .disposition, "maxHoldSeconds": .number(1...longest),
        "maxHoldQuantity": .number(1...most),
    ]

    /// A field's rule and its bit in a set of fields.
    static let numbered: [String: (rule: Rule, bit: UInt64)] = {
        var numbered: [String: (rule: Rule, bit: UInt64)] = [:]
        for (index, name) in rules.keys.sorted().enumerated() { numbered[name] = (rules[name]!, 1 << UInt64(index)) }
        return numbered
    }()

    /// The set of these fields.
    static func bits(_ names: [String]) -> UInt64 { names.reduce(0) { $0 | numbered[$1]!.bit } }

    /// Per type: the fields that it must have, and all that it may have.
    static let types: [String: (required: UInt64, allowed: UInt64)] = {
        let always = bits(["id", "type", "sku"])
        let common = bits(["source", "occurredAt", "expectedVersion", "reason", "actor", "meta"])
        return typeFields.mapValues { fields in
            let required = always | bits(fields.required)
            return (required, required | common | bits(fields.optional))
        }
    }()

    private static let typeFields: [String: (required: [String], optional: [String])] = [
        "define": (
            [],
            [
                "location", "scale", "safetyStock", "reorderPoint", "reorderHysteresis", "returnDisposition", "maxHoldSeconds",
                "maxHoldQuantity",
            ]
        ),
        "receive": (["location", "quantity", "receipt"], ["line", "disposition"]),
        "adjust": (["location", "reason"], ["quantity", "setTo", "expected", "disposition", "forced"]),
        "move": (["location", "quantity", "from", "to", "reason"], ["forced"]),
        "hold": (["hold", "location", "quantity", "ttlSeconds"], []),
        "extend": (["hold", "ttlSeconds"], []),
        "commit": (["orderLine"], ["hold", "location", "quantity", "rest"]),
        "release": ([], ["hold", "orderLine", "quantity"]),
        "ship": (["shipment", "orderLine"], ["quantity"]),
        "sale": (["orderLine", "location", "quantity"], ["forced"]),
        "return": (["return", "orderLine", "location", "quantity"], ["disposition"]),
    ]

    private static let wholeSKU = bits(["scale", "returnDisposition", "maxHoldSeconds", "maxHoldQuantity"])
    private static let rest = bits(["rest"])

    static let dispositions = ["sellable", "damaged", "quarantine", "qc", "recalled", "expired"]

    /// Whether a value keeps its field's rule.
    static func allows(_ rule: Rule, _ value: JSONValue, bytes: Int) -> Bool {
        switch rule {
        case .key: return value.text.map { (1...63).contains($0.utf8.count) && isPlain($0) } ?? false
        case .id: return value.text.map { (1...255).contains($0.utf8.count) } ?? false
        case .source: return value.text.map { $0.utf8.count <= 255 } ?? false
        case .type: return value.text.map { types[$0] != nil } ?? false
        case .time: return value.text.map { isTime(Array($0.utf8)) } ?? false
        case .flag: return value.flag != nil
        case .rest: return value.text == "keep" || value.text == "release"
        case .disposition: return value.text.map { dispositions.contains($0) } ?? false
        case .number(let range): return value.integer.map { range.contains($0) } ?? false
        case .meta:
            if case .object = value { return bytes <= 4_096 }
            return false
        }
    }

    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }

    /// Whether the fields go together, as far as it depends on several of them.
    static func agree(_ event: AuditedEvent, _ fields: UInt64) -> Bool {
        guard let rule = types[event.type], fields & rule.required == rule.required, fields & ~rule.allowed == 0 else { return false }
        if let quantity = event.quantity, event.type == "adjust" ? quantity == 0 : quantity < 1 { return false }
        switch event.type {
        case "define":
            return event.location == nil || fields & wholeSKU == 0
        case "adjust":
            return event.quantity == nil ? event.setTo != nil && event.expected != nil : event.setTo == nil && event.expected == nil
        case "move": return event.from != event.to
        case "commit":
            if event.hold != nil { return event.location == nil }
            return event.location != nil && event.quantity != nil && fields & rest == 0
        case "release": return (event.hold == nil) != (event.orderLine == nil)
        default: return true
        }
    }

    /// Whether this is an RFC 3339 time with zone, leap seconds left out.
    static func isTime(_ text: [UInt8]) -> Bool {
        guard text.count >= 20 else { return false }
        func number(_ start: Int, _ count: Int) -> Int {
            text[start..<start + count].reduce(0) { sum, byte in (48...57).contains(byte) ? sum * 10 + Int(byte) - 48 : -100_000 }
        }
        let (year, month, day) = (number(0, 4), number(5, 2), number(8, 2))
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard year >= 0, (1...12).contains(month), day >= 1, day <= days[month - 1], (0...23).contains(number(11, 2)),
            (0...59).contains(number(14, 2)), (0...59).contains(number(17, 2)), text[4] == 45, text[7] == 45, text[13] == 58,
            text[16] == 58,
            text[10] == 84 || text[10] == 116 || text[10] == 32
        else { return false }
        var at = 19
        if text[at] == 46 {
            at += 1
            let start = at
            while at < text.count, (48...57).contains(text[at]) { at += 1 }
            guard at > start, at < text.count else { return false }
        }
        if text[at] | 0x20 == 122 { return at + 1 == text.count }
        guard text[at] == 43 || text[at] == 45, text.count == at + 6, text[at + 3] == 58 else { return false }
        return (0...23).contains(number(at + 1, 2)) && (0...59).contains(number(at + 4, 2))
    }
}
