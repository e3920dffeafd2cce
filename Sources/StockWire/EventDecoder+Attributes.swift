import StockCore

extension EventDecoder {
    /// Checks the CloudEvents attributes and takes id, source, type and time from them.
    mutating func takeAttributes(into event: inout StockEvent) throws(WireError) {
        guard let version = cloud.specVersion, !version.isEmpty else { throw missingAttribute("specversion", "ce_specversion") }
        guard version.equals("1.0") else { throw WireError(.specVersion, field: attributeName("specversion", "ce_specversion")) }
        if let content = cloud.dataContentType, !Self.isJSON(content) {
            throw WireError(.contentType, field: attributeName("datacontenttype", "content-type"))
        }
        guard let id = cloud.id, !id.isEmpty else { throw missingAttribute("id", "ce_id") }
        try checkLength(id, attributeName("id", "ce_id"))
        envelope.id = id
        guard let source = cloud.source, !source.isEmpty else { throw missingAttribute("source", "ce_source") }
        try checkLength(source, attributeName("source", "ce_source"))
        envelope.source = source
        guard let text = cloud.type, !text.isEmpty else { throw missingAttribute("type", "ce_type") }
        guard let type = Self.eventType(text) else { throw WireError(.unknownType, field: attributeName("type", "ce_type")) }
        event.type = type
        seen.insert(.id)
        seen.insert(.source)
        seen.insert(.type)
        // `occurredAt` in the data is the more exact word: `time` may be when the event was made.
        if let time = cloud.time, !time.isEmpty, !seen.contains(.occurredAt) {
            guard let milliseconds = Timestamp.parse(time) else { throw WireError(.badTime, field: attributeName("time", "ce_time")) }
            event.occurredAtMilliseconds = milliseconds
        }
    }

    private func attributeName(_ plain: StaticString, _ header: StaticString) -> Key { Key(cloud.areHeaders ? header : plain) }

    private func missingAttribute(_ plain: StaticString, _ header: StaticString) -> WireError {
        WireError(.missingField, field: attributeName(plain, header))
    }

    private func checkLength(_ bytes: UnsafeRawBufferPointer, _ name: Key) throws(WireError) {
        guard bytes.count <= EventLimits.maxIDBytes else {
            throw WireError(.textTooLong, field: name, high: Int64(EventLimits.maxIDBytes))
        }
    }

    /// The type in a CloudEvents `type`: exactly its name, or `stock.<name>.v1`, also behind a prefix that ends in a dot.
    static func eventType(_ text: UnsafeRawBufferPointer) -> EventType? {
        if let type = EventType(wireName: text) { return type }
        guard text.count > 9, text.part(text.count - 3, 3).equals(".v1") else { return nil }
        let end = text.count - 3
        var start = end
        while start > 0 && text[start - 1] != UInt8(ascii: ".") { start -= 1 }
        guard start >= 6, text.part(start - 6, 6).equals("stock."), start == 6 || text[start - 7] == UInt8(ascii: ".") else { return nil }
        return EventType(wireName: text.part(start, end - start))
    }

    /// `application/json`, `text/json` or anything `+json`, with or without parameters.
    static func isJSON(_ contentType: UnsafeRawBufferPointer) -> Bool {
        var length = 0
        while length < contentType.count, contentType[length] != UInt8(ascii: ";"), contentType[length] != 0x20 { length += 1 }
        let media = contentType.part(0, length)
        if media.count == 16 && media.hasPrefixIgnoringCase("application/json") { return true }
        if media.count == 9 && media.hasPrefixIgnoringCase("text/json") { return true }
        return media.count > 5 && media.part(media.count - 5, 5).hasPrefixIgnoringCase("+json")
    }
}

/// The header that marks a record which the engine has sent on to the partition where its SKU lives.
public enum RerouteHeader {
    /// The header's name; its value is `<partition>/<offset>` of the original record.
    public static let name: StaticString = "stock-rerouted-from"
}

extension RecordView {
    /// Whether an engine has sent it on.
    var isRerouted: Bool { headers.contains { $0.value != nil && $0.name.equals(RerouteHeader.name) } }
}
