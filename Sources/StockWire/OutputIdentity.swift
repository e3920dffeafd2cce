public import StockCore

/// Where in the history of stock an output message stands. Its `ce_id` is made of it, so a repeat is recognisable.
public struct OutputIdentity: Sendable, BitwiseCopyable {
    /// The incarnation of the partition's ledger.
    public var incarnation: Int64
    /// The partition.
    public var partition: Int32
    /// The ledger record that the message follows from.
    public var seq: Int64
    /// Which message of that ledger record it is, from 0 in each topic.
    public var index: Int
    /// The log time of that ledger record.
    public var timeMilliseconds: Int64

    /// An identity with all its parts.
    public init(incarnation: Int64, partition: Int32, seq: Int64, index: Int, timeMilliseconds: Int64) {
        self.incarnation = incarnation
        self.partition = partition
        self.seq = seq
        self.index = index
        self.timeMilliseconds = timeMilliseconds
    }
}

extension HeaderBuffer {
    /// Writes the CloudEvents 1.0 attributes of the binary mode: `ce_id` = incarnation-partition-seq-index, the index behind the initial of
    /// what it is; `ce_source` (a URI reference of the installation, such as `/stockstream`), `ce_type` (`stock.` and more), `ce_time`,
    /// `ce_subject` (the SKU, where there is one) and `ce_traceparent` (where the input had one).
    public mutating func addCloudEvent(
        type: StaticString, _ identity: OutputIdentity, source: UnsafeRawBufferPointer, subject: Key = Key(),
        traceparent: UnsafeRawBufferPointer, contentType: StaticString = "application/json"
    ) {
        let prefix = 6
        precondition(type.utf8CodeUnitCount > prefix, "types begin with `stock.`")
        add("ce_specversion", literal: "1.0")
        add("ce_id") { buffer in
            buffer.append(decimal: identity.incarnation)
            buffer.append("-")
            buffer.append(decimal: Int64(identity.partition))
            buffer.append("-")
            buffer.append(decimal: identity.seq)
            buffer.append("-")
            // An alert, its webhook event and a reply of one ledger record are different events of one source: the initial keeps their
            // ids apart (CloudEvents 1.0: source and id together are unique).
            buffer.append(type.utf8Start[prefix])
            buffer.append(decimal: Int64(identity.index))
        }
        add("ce_source", source)
        add("ce_type", literal: type)
        add("ce_time") { $0.append(timestamp: identity.timeMilliseconds) }
        if !subject.isEmpty { add("ce_subject") { $0.append(subject) } }
        if !traceparent.isEmpty { add("ce_traceparent", traceparent) }
        add("content-type", literal: contentType)
    }

    /// The headers of a record that is sent on to its right partition: all of its own, and where it comes from.
    public mutating func addReroute(of record: RecordView) {
        for header in record.headers { add(copyOf: header) }
        add(RerouteHeader.name) { buffer in
            buffer.append(decimal: Int64(record.partition))
            buffer.append("/")
            buffer.append(decimal: record.offset)
        }
    }
}
