import StockWire

/// An input record as the auditor keeps it until its ledger record comes.
struct AuditedRecord {
    var offset: Int64
    /// The event; nil: this is none, and has to be dead-lettered.
    var event: AuditedEvent?
    /// The key as text; nil where there is none.
    var key: String?
    /// Where the engine took it from, as its header says; nil where it came from a producer.
    var reroutedFrom: String?

    /// Reads a record.
    init(_ record: RecordView) {
        offset = record.offset
        key = record.key.map { String(decoding: $0, as: UTF8.self) }
        var headers: [(name: String, value: String?)] = []
        headers.reserveCapacity(record.headers.count)
        for header in record.headers {
            let name = String(decoding: header.name, as: UTF8.self)
            headers.append((name, header.value.flatMap { String(validating: $0, as: UTF8.self) }))
            if name == "stock-rerouted-from" { reroutedFrom = headers.last?.value ?? "" }
        }
        event =
            AuditedRecord.keepsSizes(record, headers, isRerouted: reroutedFrom != nil)
            ? AuditedRecord.event(record.value, headers) : nil
    }

    /// A mebibyte in all, beside what sending it on has added; 255 bytes for the name of an answer.
    private static func keepsSizes(_ record: RecordView, _ headers: [(name: String, value: String?)], isRerouted: Bool) -> Bool {
        let key = headers.last { $0.name == "reply-key" }?.value
        return record.byteCount <= 1_048_576 + (isRerouted ? 112 : 0) && (key?.utf8.count ?? 0) <= 255
    }

    private static func event(_ value: UnsafeRawBufferPointer?, _ headers: [(name: String, value: String?)]) -> AuditedEvent? {
        guard let value, let json = try? JSONReader.read(value), case .object(let members) = json else { return nil }
        let content = headers.first { $0.name == "content-type" }?.value ?? ""
        if content.hasPrefix("application/cloudevents") { return structured(members, value) }
        let attributes = headers.filter { $0.name.hasPrefix("ce_") }
        guard !attributes.isEmpty else { return event(members, value, attributes: nil) }
        guard Set(attributes.map(\.name)).count == attributes.count else { return nil }
        var given: [String: String] = [:]
        for attribute in attributes { given[String(attribute.name.dropFirst(3))] = attribute.value }
        return event(members, value, attributes: given)
    }

    private static func structured(_ members: [JSONValue.Member], _ bytes: UnsafeRawBufferPointer) -> AuditedEvent? {
        var given: [String: String] = [:]
        var data: [JSONValue.Member]?
        for member in members {
            if member.name == "data", case .object(let fields) = member.value { data = fields }
            if member.name == "data_base64" { return nil }
            if let text = member.value.text { given[member.name] = text }
        }
        return data.flatMap { event($0, bytes, attributes: given) }
    }

    private static let attributeFields = EventRules.bits(["id", "source", "type"])

    /// An event from its fields, and where it is in CloudEvents form, its attributes.
    private static func event(
        _ members: [JSONValue.Member], _ bytes: UnsafeRawBufferPointer, attributes: [String: String]?
    ) -> AuditedEvent? {
        var event = AuditedEvent()
        var fields: UInt128 = 0
        for member in members {
            guard let (rule, bit) = EventRules.numbered[member.name], EventRules.allows(rule, member.value, bytes: member.range.count)
            else {
                return nil
            }
            fields |= bit
            event.take(member.name, member.value)
        }
        if let attributes {
            guard fields & attributeFields == 0, attributes["specversion"] == "1.0", let id = attributes["id"],
                let source = attributes["source"], let type = attributes["type"], (1...255).contains(id.utf8.count),
                (1...255).contains(source.utf8.count)
            else { return nil }
            fields |= attributeFields
            event.id = id
            event.source = source
            event.type = shortType(type)
        }
        guard EventRules.agree(event, fields) else { return nil }
        event.body = body(event.type, members, bytes)
        return event
    }

    /// The `hold` of `com.example.stock.hold.v1`.
    private static func shortType(_ type: String) -> String {
        guard type.hasSuffix(".v1"), let dot = type.utf8.dropLast(3).lastIndex(of: UInt8(ascii: ".")), type[..<dot].hasSuffix("stock")
        else {
            return type
        }
        return String(type[type.index(after: dot)...].dropLast(3))
    }

    /// The sum of the members' hashes: their order does not matter.
    private static func body(_ type: String, _ members: [JSONValue.Member], _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var sum = PlainHash()
        sum.add(type)
        var body = sum.value
        for member in members {
            var hash = PlainHash()
            hash.add(member.name)
            switch (member.name, member.value) {
            case ("id", _), ("source", _), ("type", _), ("occurredAt", _): continue
            case ("forced", .bool(false)), ("rest", .text("keep")), ("to", .text("sellable")): continue
            case ("lenient", .bool(false)), ("useSafetyStock", .bool(false)): continue
            // In whatever order.
            case ("serials", .array(let elements)):
                for element in elements {
                    var own = PlainHash()
                    own.add(element.text ?? "")
                    body &+= own.value
                }
            case (_, .text(let text)): hash.add(text)
            case (_, .integer(let number)): withUnsafeBytes(of: number) { hash.add($0) }
            case (_, .bool(let flag)): hash.add(flag ? "true" : "false")
            case (_, .array(let elements)):
                for element in elements {
                    if let text = element.text { hash.add(text) }
                    if let number = element.integer { withUnsafeBytes(of: number) { hash.add($0) } }
                }
            case (_, .object): hash.add(UnsafeRawBufferPointer(rebasing: bytes[member.range]))
            default: break
            }
            body &+= hash.value
        }
        return body
    }

    /// Whether the record lies where its SKU lives, among `partitions`, with the SKU as its key.
    func isInPlace(_ partition: Int32, of partitions: Int32) -> Bool {
        guard let event else { return true }
        return key == event.sku && AuditedRecord.partition(of: event.sku, among: partitions) == partition
    }

    /// Kafka's partitioner of Java clients (murmur2), written down a second time.
    static func partition(of key: String, among partitions: Int32) -> Int32 {
        let bytes = Array(key.utf8)
        let m: UInt32 = 0x5BD1_E995
        var hash = 0x9747_B28C ^ UInt32(bytes.count)
        for start in stride(from: 0, to: bytes.count - bytes.count % 4, by: 4) {
            var word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
            word = word &* m
            word = (word ^ word >> 24) &* m
            hash = hash &* m ^ word
        }
        let tail = bytes.suffix(bytes.count % 4)
        if !tail.isEmpty {
            for (index, byte) in tail.enumerated() { hash ^= UInt32(byte) << UInt32(8 * index) }
            hash = hash &* m
        }
        hash = (hash ^ hash >> 13) &* m
        hash ^= hash >> 15
        return Int32(hash & 0x7FFF_FFFF) % partitions
    }
}
