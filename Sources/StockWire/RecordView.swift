/// A header of a record, borrowed.
public struct RecordHeader {
    /// The name's bytes.
    public var name: UnsafeRawBufferPointer
    /// The value's bytes; nil for a null value.
    public var value: UnsafeRawBufferPointer?

    /// A header that borrows its bytes.
    public init(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        self.name = name
        self.value = value
    }
}

/// One consumed record. All pointers belong to the source and are valid until the next call of that source.
public struct RecordView {
    /// Where it was read.
    public var partition: Int32
    /// Its offset.
    public var offset: Int64
    /// The record's timestamp, milliseconds since 1970.
    public var timestampMilliseconds: Int64
    /// Whether the broker gave the timestamp when it appended the record (LogAppendTime); else a producer did, whose clock may be anything.
    public var isStampedByBroker: Bool
    /// The key; nil where the record has none.
    public var key: UnsafeRawBufferPointer?
    /// The value; nil for a tombstone.
    public var value: UnsafeRawBufferPointer?
    /// All headers in order; empty where there are none.
    public var headers: UnsafeBufferPointer<RecordHeader>

    /// A view that borrows everything.
    public init(
        partition: Int32, offset: Int64, timestampMilliseconds: Int64, isStampedByBroker: Bool = false, key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?, headers: UnsafeBufferPointer<RecordHeader>
    ) {
        self.partition = partition
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
        self.isStampedByBroker = isStampedByBroker
        self.key = key
        self.value = value
        self.headers = headers
    }
}
