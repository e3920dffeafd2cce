import StockCore

/// Writes the records of `stock.dead-letters.v1`: the original key and value untouched, everything else in headers (docs/outputs.md).
///
/// The letter is a CloudEvents message in binary mode of its own, so the original's headers, which may be CloudEvents attributes as
/// well, are kept under `original.<name>`.
public enum DeadLetterEncoder {
    /// The `ce_type` of every dead letter.
    public static let type: StaticString = "stock.dead-letter.v1"
    /// What stands before the name of an original header.
    public static let originalPrefix: StaticString = "original."
    /// The most bytes kept of the value, of the key and of the headers of an input above the size limit.
    public static let keptBytes = 65_536

    /// The letter's key: the original's. Where the letter is shortened, its first `keptBytes`.
    public static func key(of record: RecordView, error: WireError) -> UnsafeRawBufferPointer? {
        guard isShortened(record, error) else { return record.key }
        return record.key.map { $0.part(0, keptBytes) }
    }

    /// The letter's value: the original's. Where the letter is shortened, its first `keptBytes`.
    public static func value(of record: RecordView, error: WireError) -> UnsafeRawBufferPointer? {
        guard isShortened(record, error) else { return record.value }
        return record.value.map { $0.part(0, keptBytes) }
    }

    /// Whether only the beginning of the original is kept: of an input above the size limit, and of one with so many headers that nobody
    /// could read the letter's own beside them.
    private static func isShortened(_ record: RecordView, _ error: WireError) -> Bool {
        error.code == .tooLarge || record.headers.count > WireLimits.maxHeaders + 1
    }

    /// Adds the letter's headers. `topic` is the input topic's name; `source` and `traceparent` as for every CloudEvents message.
    public static func addHeaders(
        of record: RecordView, topic: UnsafeRawBufferPointer, error: WireError, _ identity: OutputIdentity,
        source: UnsafeRawBufferPointer, traceparent: UnsafeRawBufferPointer, to headers: inout HeaderBuffer
    ) {
        headers.addCloudEvent(
            type: type, identity, source: source, traceparent: traceparent, contentType: "application/octet-stream")
        headers.add("dlq-code", literal: error.code.code)
        headers.add("dlq-reason") { error.write(into: &$0) }
        if !error.field.isEmpty { headers.add("dlq-field") { $0.append(error.field) } }
        if error.offset >= 0 { headers.add("dlq-byte", decimal: Int64(error.offset)) }
        headers.add("dlq-topic", topic)
        headers.add("dlq-partition", decimal: Int64(record.partition))
        headers.add("dlq-offset", decimal: record.offset)
        headers.add("dlq-timestamp", decimal: record.timestampMilliseconds)
        guard isShortened(record, error) else {
            for header in record.headers { headers.add(copyOf: header, prefix: originalPrefix) }
            return
        }
        addSizes(of: record, to: &headers)
    }

    private static func addSizes(of record: RecordView, to headers: inout HeaderBuffer) {
        headers.add("dlq-size", decimal: Int64(record.byteCount))
        if let value = record.value {
            headers.add("dlq-value-size", decimal: Int64(value.count))
            headers.add("dlq-value-sha256") { SHA256.append(hexDigestOf: value, to: &$0) }
        }
        if let key = record.key, key.count > keptBytes { headers.add("dlq-key-size", decimal: Int64(key.count)) }
        var left = keptBytes
        var kept = 0
        var dropped: Int64 = 0
        for header in record.headers {
            let size = header.name.count + (header.value?.count ?? 0)
            if size <= left && dropped == 0 && kept < WireLimits.maxHeaders {
                kept += 1
                left -= size
                headers.add(copyOf: header, prefix: originalPrefix)
            } else {
                dropped += 1
            }
        }
        if dropped > 0 { headers.add("dlq-headers-dropped", decimal: dropped) }
    }
}

/// A dead letter as tools read it: borrowed from its record.
public struct DeadLetterView {
    /// The stable code; empty where the header is missing.
    public var code = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The sentence.
    public var reason = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The input topic.
    public var topic = UnsafeRawBufferPointer(start: nil, count: 0)
    /// Where the original stood; -1 where the header is missing or no number.
    public var partition: Int64 = -1
    /// See `partition`.
    public var offset: Int64 = -1
    /// The original's timestamp.
    public var timestampMilliseconds: Int64 = -1
    /// Whether key, value and headers are all there, so that the letter can be sent again.
    public var isComplete = true

    /// Reads the headers of a record of the dead-letter topic.
    public init(_ record: RecordView) {
        for header in record.headers {
            guard let value = header.value else { continue }
            let name = header.name
            if name.equals("dlq-code") {
                code = value
            } else if name.equals("dlq-reason") {
                reason = value
            } else if name.equals("dlq-topic") {
                topic = value
            } else if name.equals("dlq-partition") {
                partition = Self.number(value)
            } else if name.equals("dlq-offset") {
                offset = Self.number(value)
            } else if name.equals("dlq-timestamp") {
                timestampMilliseconds = Self.number(value)
            } else if name.equals("dlq-size") {
                isComplete = false
            }
        }
    }

    private static func number(_ text: UnsafeRawBufferPointer) -> Int64 {
        var value: Int64 = 0
        guard !text.isEmpty, text.count <= 18 else { return -1 }
        for byte in text {
            guard byte &- UInt8(ascii: "0") <= 9 else { return -1 }
            value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return value
    }
}

extension HeaderBuffer {
    /// Adds the original headers of a dead letter, as they were, for sending it again. The mark of a reroute is left out: the letter
    /// may be routed anew.
    public mutating func addOriginals(of record: RecordView) {
        let prefix = DeadLetterEncoder.originalPrefix.utf8CodeUnitCount
        for header in record.headers
        where header.name.count > prefix && header.name.part(0, prefix).equals(DeadLetterEncoder.originalPrefix) {
            let name = header.name.part(prefix, header.name.count - prefix)
            if name.equals(RerouteHeader.name) { continue }
            add(copyOf: RecordHeader(name: name, value: header.value))
        }
    }
}
