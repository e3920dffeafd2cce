import StockCore

/// Bounds of the messages besides those of their quantities and texts (`EventLimits`). They are in docs/events.md and in the schemas.
public enum WireLimits {
    /// The most bytes of an input record: key, value and headers, uncompressed.
    public static let maxRecordBytes = 1_048_576
    /// The most headers of an input record. librdkafka reads none at all where there are more than 100,000, and the letter of a record has
    /// more than the record.
    public static let maxHeaders = 10_000
    /// What sending a record on adds to it at most: its SKU as the key, and the header with partition and offset. It does not count
    /// against `maxRecordBytes`, or a record of the largest size could not be sent on.
    public static let rerouteBytes = Key.maxBytes + RerouteHeader.name.utf8CodeUnitCount + 30
    /// The longest reply key in bytes.
    public static let maxReplyKeyBytes = 255
    /// The longest time to live that an event or a policy may name: ten years.
    public static let maxSeconds: Int64 = 315_360_000
    /// The longest shelf life that an event or a policy may ask for: a hundred years.
    public static let maxDays: Int64 = 36_500
    /// The largest scale.
    public static let maxScale: Int64 = 1_000_000_000
}

extension RecordView {
    /// The bytes of key, value and headers (names and values), as `WireLimits.maxRecordBytes` counts them.
    public var byteCount: Int {
        var sum = (key?.count ?? 0) + (value?.count ?? 0)
        for header in headers { sum += header.name.count + (header.value?.count ?? 0) }
        return sum
    }
}
