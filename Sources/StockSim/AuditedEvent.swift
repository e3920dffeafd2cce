import StockWire

/// An input event as the auditor reads it, with names as texts. Shares nothing with the engine's decoder.
struct AuditedEvent {
    var id = ""
    var source = ""
    var type = ""
    var sku = ""
    var location: String?
    var hold: String?
    var orderLine: String?
    /// The receipt's, shipment's, return's, count's or transfer's id.
    var document: String?
    var line: String?
    var quantity: Int64?
    var setTo: Int64?
    var expected: Int64?
    var ttlSeconds: Int64?
    var expectedVersion: Int64?
    var disposition: String?
    var from = ""
    var to = ""
    var rest = "keep"
    var isForced = false
    /// What the definition of a SKU and the rarer types say, by the names of their fields.
    var numbers: [String: Int64] = [:]
    var texts: [String: String] = [:]
    var flags: [String: Bool] = [:]
    var lists: [String: [JSONValue]] = [:]
    /// A hash of everything but id, source and times.
    var body: UInt64 = 0

    /// What names the event: source and id.
    var identity: AuditedID { AuditedID(source: source, id: id) }

    var releasesRest: Bool { rest == "release" }
    var lot: String? { texts["lot"] }
    var serial: String? { texts["serial"] }
    /// The serials that it names: of one unit, or a list.
    var serials: [String] { serial.map { [$0] } ?? (lists["serials"] ?? []).compactMap(\.text) }
    var usesSafetyStock: Bool { flags["useSafetyStock"] ?? false }
    var isLenient: Bool { flags["lenient"] ?? false }
    var locations: [String] { (lists["locations"] ?? []).compactMap(\.text) }

    /// Takes a field whose rule was checked.
    mutating func take(_ name: String, _ value: JSONValue) {
        let text = value.text
        let number = value.integer
        switch name {
        case "id": id = text ?? ""
        case "source": source = text ?? ""
        case "type": type = text ?? ""
        case "sku": sku = text ?? ""
        case "location": location = text
        case "hold": hold = text
        case "orderLine": orderLine = text
        case "receipt", "shipment", "return", "count", "transfer": document = text
        case "line": line = text
        case "quantity": quantity = number
        case "setTo": setTo = number
        case "expected": expected = number
        case "ttlSeconds": ttlSeconds = number
        case "expectedVersion": expectedVersion = number
        case "disposition": disposition = text
        case "from": from = text ?? ""
        case "to": to = text ?? ""
        case "forced": isForced = value.flag ?? false
        case "rest": rest = text ?? "keep"
        default:
            switch value {
            case .text(let text): texts[name] = text
            case .integer(let number): numbers[name] = number
            case .bool(let flag): flags[name] = flag
            case .array(let elements): lists[name] = elements
            default: break
            }
        }
    }
}

/// A hash of source and id in 128 bits.
struct AuditedID: Hashable {
    var first: UInt64
    var second: UInt64

    init(source: String, id: String) {
        var hash = PlainHash()
        hash.add(source)
        hash.add(id)
        first = hash.value
        hash.add("2")
        second = hash.value &* 0x9E37_79B9_7F4A_7C15 ^ first >> 29
    }
}

/// FNV-1a with 64 bits.
struct PlainHash {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

    /// Adds a text and a mark of its end.
    mutating func add(_ text: String) {
        for byte in text.utf8 { add(byte) }
        add(0xFF)
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        for byte in bytes { add(byte) }
        add(0xFF)
    }
}
