import StockCore

/// How a record carries its event.
enum ContentMode {
    case plain, binary, structured
}

/// The CloudEvents attributes that matter here, borrowed. An empty text is as good as none.
struct CloudAttributes {
    var specVersion: UnsafeRawBufferPointer?
    var id: UnsafeRawBufferPointer?
    var source: UnsafeRawBufferPointer?
    var type: UnsafeRawBufferPointer?
    var time: UnsafeRawBufferPointer?
    var dataContentType: UnsafeRawBufferPointer?
    var traceparent: UnsafeRawBufferPointer?
    /// The attributes came in headers, so errors name them with the prefix `ce_`.
    var areHeaders = false
}

extension EventDecoder {
    /// Reads the headers that concern the event, and answers how the value is to be read. Other headers are ignored. Header values are
    /// UTF-8 as they are (Kafka binding 1.0, section 3.1: no percent-encoding).
    mutating func readHeaders(_ headers: UnsafeBufferPointer<RecordHeader>) throws(WireError) -> ContentMode {
        var contentType: UnsafeRawBufferPointer?
        var hopTrace: UnsafeRawBufferPointer?
        var hasAttributes = false
        var replyPartition: UnsafeRawBufferPointer?
        for header in headers {
            guard let value = header.value else { continue }
            let name = header.name
            if name.count > 3 && name[0] == UInt8(ascii: "c") && name[1] == UInt8(ascii: "e") && name[2] == UInt8(ascii: "_") {
                hasAttributes = true
                try takeHeader(name.part(3, name.count - 3), value)
            } else if name.count == 12 && name.hasPrefixIgnoringCase("content-type") {
                contentType = value
            } else if name.equals("reply-key") {
                envelope.replyKey = value
            } else if name.equals("reply-partition") {
                replyPartition = value
            } else if name.equals("traceparent") {
                hopTrace = value
            } else if name.equals(RerouteHeader.name) {
                envelope.isRerouted = true
            }
        }
        // The trace that created the event before the trace of the last hop.
        envelope.traceparent = Self.checkedTrace(cloud.traceparent) ?? Self.checkedTrace(hopTrace) ?? envelope.traceparent
        try checkReply(replyPartition)
        if let contentType, contentType.hasPrefixIgnoringCase("application/cloudevents") {
            // Attributes may be repeated as headers; the value is what counts.
            cloud = CloudAttributes()
            guard Self.isStructuredJSON(contentType) else {
                throw WireError(.contentType, field: Key("content-type"), detail: "only application/cloudevents+json is understood")
            }
            return .structured
        }
        guard hasAttributes else { return .plain }
        cloud.dataContentType = contentType
        cloud.areHeaders = true
        return .binary
    }

    /// `application/cloudevents+json`, or without a format, which is JSON; with or without parameters.
    private static func isStructuredJSON(_ contentType: UnsafeRawBufferPointer) -> Bool {
        let length = contentType.hasPrefixIgnoringCase("application/cloudevents+json") ? 28 : 23
        return contentType.count == length || contentType[length] == UInt8(ascii: ";") || contentType[length] == 0x20
    }

    private mutating func takeHeader(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(WireError) {
        let isNew: Bool
        if name.equals("specversion") {
            isNew = Self.set(&cloud.specVersion, value)
        } else if name.equals("id") {
            isNew = Self.set(&cloud.id, value)
        } else if name.equals("source") {
            isNew = Self.set(&cloud.source, value)
        } else if name.equals("type") {
            isNew = Self.set(&cloud.type, value)
        } else if name.equals("time") {
            isNew = Self.set(&cloud.time, value)
        } else if name.equals("traceparent") {
            isNew = Self.set(&cloud.traceparent, value)
        } else {
            return
        }
        guard isNew else { throw WireError(.duplicateField, field: Self.headerName(name)) }
        guard UTF8Check.isValid(value) else { throw WireError(.invalidUTF8, field: Self.headerName(name)) }
    }

    private static func set(_ slot: inout UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer) -> Bool {
        guard slot == nil else { return false }
        slot = value
        return true
    }

    /// `ce_` and the name, of a known attribute.
    private static func headerName(_ name: UnsafeRawBufferPointer) -> Key {
        var buffer = ByteBuffer(capacity: 32)
        buffer.append("ce_")
        buffer.append(name)
        return Key(buffer.bytes) ?? Key()
    }

    private mutating func checkReply(_ partition: UnsafeRawBufferPointer?) throws(WireError) {
        guard !envelope.replyKey.isEmpty else { return }
        guard envelope.replyKey.count <= WireLimits.maxReplyKeyBytes, UTF8Check.isValid(envelope.replyKey) else {
            envelope.replyKey = UnsafeRawBufferPointer(start: nil, count: 0)
            throw WireError(.badHeader, field: Key("reply-key"), detail: "it must be UTF-8 of at most 255 bytes")
        }
        guard let partition else { return }
        var value: Int32 = 0
        for byte in partition {
            guard byte &- UInt8(ascii: "0") <= 9, value < 100_000 else { value = -1; break }
            value = value * 10 + Int32(byte - UInt8(ascii: "0"))
        }
        guard value >= 0, !partition.isEmpty else {
            throw WireError(.badHeader, field: Key("reply-partition"), detail: "it must be a decimal number")
        }
        envelope.replyPartition = value
    }

    /// A `traceparent` of W3C form, version 00 (`00-` 32 hex `-` 16 hex `-` 2 hex); another form is no error, but is not passed on.
    private static func checkedTrace(_ value: UnsafeRawBufferPointer?) -> UnsafeRawBufferPointer? {
        guard let value, value.count == 55 else { return nil }
        for index in 0..<55 {
            let isDash = index == 2 || index == 35 || index == 52
            if isDash ? value[index] != UInt8(ascii: "-") : JSONScanner.hexDigit(value[index]) == nil { return nil }
        }
        return value
    }

    /// Reads the structured form: the envelope with the event's fields in `data`.
    mutating func readStructured(into event: inout StockEvent) throws(WireError) {
        let base = scanner.names.count
        var hasData = false
        var isMore = try scanner.openObject()
        while isMore {
            let name = try scanner.memberName()
            try scanner.note(name, base: base)
            let bytes = scanner.contents(name)
            if bytes.equals("data") {
                guard scanner.peek == UInt8(ascii: "{") else {
                    throw WireError(.wrongType, field: Key("data"), offset: scanner.position, detail: "an object is expected")
                }
                hasData = true
                isInData = true
                try readFields(into: &event)
                isInData = false
            } else if bytes.equals("data_base64") {
                throw WireError(.dataBase64, field: Key("data_base64"), offset: name.start)
            } else {
                try readAttribute(bytes)
            }
            isMore = try scanner.anotherMember()
        }
        guard hasData else { throw WireError(.missingField, field: Key("data")) }
    }

    private mutating func readAttribute(_ name: UnsafeRawBufferPointer) throws(WireError) {
        // null is absent; every attribute of ours is a text; extensions may be anything.
        let isText = scanner.peek == UInt8(ascii: "\"")
        guard isText else {
            let start = scanner.position
            let isNull = scanner.peek == UInt8(ascii: "n")
            try scanner.skipValue(depth: 2, limit: scanner.bytes.count)
            if !isNull && Self.isOwnAttribute(name) {
                throw WireError(.wrongType, field: JSONScanner.shortened(name), offset: start, detail: "a text in quotes is expected")
            }
            return
        }
        let text = try scanner.readText()
        if name.equals("specversion") {
            cloud.specVersion = scanner.contents(text)
        } else if name.equals("id") {
            cloud.id = scanner.contents(text)
        } else if name.equals("source") {
            cloud.source = scanner.contents(text)
        } else if name.equals("type") {
            cloud.type = scanner.contents(text)
        } else if name.equals("time") {
            cloud.time = scanner.contents(text)
        } else if name.equals("datacontenttype") {
            cloud.dataContentType = scanner.contents(text)
        } else if name.equals("traceparent"), let trace = Self.checkedTrace(scanner.contents(text)) {
            envelope.traceparent = trace
        }
    }

    private static func isOwnAttribute(_ name: UnsafeRawBufferPointer) -> Bool {
        name.equals("specversion") || name.equals("id") || name.equals("source") || name.equals("type") || name.equals("time")
            || name.equals("datacontenttype")
    }
}
