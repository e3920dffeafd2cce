/// The limits of an input event. They are in docs/events.md and in the JSON Schema.
public enum EventLimits {
    /// The most bytes of a record: key, value and headers, uncompressed.
    public static let maxRecordBytes = 1_048_576
    /// The most bytes of `id`, of `source` and of a reply key.
    public static let maxIDBytes = 255
    /// The most bytes of `meta` as it stands in the value.
    public static let maxMetaBytes = 4096
    /// The largest quantity of one event, in minor units.
    public static let maxQuantity: Int64 = 1_000_000_000_000
    /// The longest time to live of a hold: ten years.
    public static let maxSeconds: Int64 = 315_360_000
    /// The largest scale.
    public static let maxScale: Int64 = 1_000_000_000
}

extension RecordView {
    /// The bytes of key, value and headers (names and values), as `EventLimits.maxRecordBytes` counts them.
    public var byteCount: Int {
        var sum = (key?.count ?? 0) + (value?.count ?? 0)
        for header in headers { sum += header.name.count + (header.value?.count ?? 0) }
        return sum
    }
}
