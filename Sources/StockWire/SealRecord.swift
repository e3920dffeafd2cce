/// A record without a meaning, which the engine writes where a broker has forgotten the end of a committed transaction (ARCHITECTURE.md):
/// it has the key `seal`, no value and no headers, may stand in any output topic, and every reader passes over it.
public enum SealRecord {
    /// The key.
    public static let key: StaticString = "seal"

    /// Whether the record is one.
    public static func matches(_ record: RecordView) -> Bool {
        record.value == nil && record.headers.isEmpty && record.key.map(isKey) ?? false
    }

    /// Whether these are the bytes of the key.
    public static func isKey(_ bytes: UnsafeRawBufferPointer) -> Bool {
        bytes.elementsEqual(UnsafeBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount))
    }
}
