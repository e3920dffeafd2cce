/// Bounds of the messages besides those of their quantities and texts (`EventLimits`). They are in docs/events.md and in the schemas.
public enum WireLimits {
    /// The most bytes of an input record: key, value and headers, uncompressed.
    public static let maxRecordBytes = 1_048_576
    /// The longest reply key in bytes.
    public static let maxReplyKeyBytes = 255
    /// The longest time to live that an event or a policy may name: ten years.
    public static let maxSeconds: Int64 = 315_360_000
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
