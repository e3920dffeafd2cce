/// What docs/events.md says about fields, written down a second time for the auditor.
enum EventRules {
    enum Rule {
        case key, id, source, type, time, day, meta, flag, disposition
        /// A list of at most so many keys.
        case keys(Int)
        case word([String])
        case number(ClosedRange<Int64>)
        case numbers(ClosedRange<Int64>)
    }

    static let most: Int64 = 1_000_000_000_000
    static let longest: Int64 = 315_360_000

    /// A field's rule and its bit in a set of fields.
    static let numbered: [String: (rule: Rule, bit: UInt128)] = {
        var numbered: [String: (rule: Rule, bit: UInt128)] = [:]
        for (index, name) in rules.keys.sorted().enumerated() { numbered[name] = (rules[name]!, 1 << UInt128(index)) }
        return numbered
    }()

    /// The set of these fields.
    static func bits(_ names: [String]) -> UInt128 { names.reduce(0) { $0 | numbered[$1]!.bit } }

    /// Per type: the fields that it must have, and all that it may have.
    static let types: [String: (required: UInt128, allowed: UInt128)] = {
        let always = bits(["id", "type", "sku"])
        let common = bits(["source", "occurredAt", "expectedVersion", "reason", "actor", "meta"])
        let units = bits(["unit", "rounding"])
        return typeFields.mapValues { fields in
            let required = always | bits(fields.required)
            let all = required | common | bits(fields.optional)
            return (required, all & numbered["quantity"]!.bit == 0 ? all : all | units)
        }
    }()

    private static let ofLocations = bits(["locations", "strategy", "distances", "split"])
    /// What a definition of one location can't say.
    private static let wholeSKU =
        bits(typeFields["define"]!.optional) & ~bits(["location", "safetyStock", "reorderPoint", "reorderHysteresis", "zone"])
    private static let rest = bits(["rest"])
    private static let notOfSafetyStock = bits(["locations", "alternatives", "hop", "preorder"])

    static let dispositions = ["sellable", "damaged", "quarantine", "qc", "recalled", "expired", "core"]

    /// Whether a value keeps its field's rule.
    static func allows(_ rule: Rule, _ value: JSONValue, bytes: Int) -> Bool {
        switch rule {
        case .key: return value.text.map { (1...63).contains($0.utf8.count) && isPlain($0) } ?? false
        case .id: return value.text.map { (1...255).contains($0.utf8.count) } ?? false
        case .source: return value.text.map { $0.utf8.count <= 255 } ?? false
        case .type: return value.text.map { types[$0] != nil } ?? false
        case .time: return value.text.map { isTime(Array($0.utf8)) } ?? false
        case .day: return value.text.map { endOfDay($0) != nil } ?? false
        case .flag: return value.flag != nil
        case .word(let words): return value.text.map { words.contains($0) } ?? false
        case .keys(let most):
            return value.elements.map { (1...most).contains($0.count) && $0.allSatisfy { allows(.key, $0, bytes: 0) } } ?? false
        case .numbers(let range):
            return value.elements.map { $0.count <= 16 && $0.allSatisfy { $0.integer.map { range.contains($0) } ?? false } } ?? false
        case .disposition: return value.text.map { dispositions.contains($0) } ?? false
        case .number(let range): return value.integer.map { range.contains($0) } ?? false
        case .meta:
            if case .object = value { return bytes <= 4_096 }
            return false
        }
    }

    private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }

    /// Whether the fields go together, as far as it depends on several of them.
    static func agree(_ event: AuditedEvent, _ fields: UInt128) -> Bool {
        guard let rule = types[event.type], fields & rule.required == rule.required, fields & ~rule.allowed == 0 else { return false }
        if let quantity = event.quantity {
            let isTotal = ["expect", "receive_correct", "count_line", "transfer_receive"].contains(event.type)
            if event.type == "adjust" ? quantity == 0 : quantity < (isTotal ? 0 : 1) { return false }
        }
        guard namesUnits(event, fields) else { return false }
        let isAnywhere = fields & ofLocations != 0
        if isAnywhere, event.lists["locations"] == nil || event.location != nil && event.type != "reassign" { return false }
        switch event.type {
        case "define":
            return event.location == nil || fields & wholeSKU == 0
        case "adjust":
            return event.quantity == nil ? event.setTo != nil && event.expected != nil : event.setTo == nil && event.expected == nil
        case "move": return event.from != event.to
        case "commit":
            if event.hold != nil { return !isAnywhere }
            return (event.location != nil || isAnywhere) && event.quantity != nil && fields & rest == 0
        case "hold", "sale": return event.location != nil || isAnywhere
        case "transfer_send":
            return event.location != event.texts["toLocation"] && (event.orderLine == nil || event.disposition == nil)
        case "transfer_close": return event.rest == "return" || event.rest == "write-off"
        case "reassign":
            let isGiven = event.texts["toLocation"] != nil || event.texts["toOrderLine"] != nil || isAnywhere
            return isGiven && (event.hold == nil) != (event.orderLine == nil)
        case "release": return (event.hold == nil) != (event.orderLine == nil)
        default: return true
        }
    }

    /// Whether serials are named once, and are no more than units; and whether safety stock is used by a promise to one location.
    private static func namesUnits(_ event: AuditedEvent, _ fields: UInt128) -> Bool {
        if event.flags["useSafetyStock"] != nil, fields & notOfSafetyStock != 0 || event.type == "commit" && event.hold != nil {
            return false
        }
        if event.isForced, event.flags["useSafetyStock"] != nil { return false }
        guard event.lists["serials"] != nil else { return true }
        if event.serial != nil || event.texts["unit"] != nil || event.lists["locations"] != nil { return false }
        let isBounded = event.type != "receive_correct" && event.quantity != nil
        if isBounded, event.serials.count > event.quantity ?? 0 { return false }
        return Set(event.serials).count == event.serials.count
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
