internal import CLibrdkafka
internal import StockStream

/// In whose name a transaction commits its offsets.
public enum KafkaMembership {
    /// The group member behind this source; its generation is read afresh and examined for every commit.
    case member(KafkaRecordSource)
    /// Nobody: for an empty group (tools, the embedded cluster). The broker does not check a generation then.
    case standalone(groupID: String)

    /// Rises with each change of the member id; a transaction begun under one consumer is never finished under another.
    var epoch: Int {
        switch self {
        case .member(let source): source.handle.context.rebalances.memberChanges
        case .standalone: 0
        }
    }

    /// The consumer group.
    var groupID: String {
        switch self {
        case .member(let source): source.settings.groupID
        case .standalone(let groupID): groupID
        }
    }

    /// Gives the metadata object to `body`, after looking into it; `notMember` where it must not be sent.
    func withMetadata(_ body: (OpaquePointer) -> SinkResult) -> SinkResult {
        guard case .member(let source) = self, case .group = source.settings.mode else {
            let metadata = rd_kafka_consumer_group_metadata_new(groupID)!
            defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
            return body(metadata)
        }
        guard let metadata = source.handle.withPointer({ rd_kafka_consumer_group_metadata($0) }) else {
            return .notMember(KafkaMembership.refusal("no group metadata"))
        }
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        guard let member = RDKafkaGroupMember(metadata) else {
            return .notMember(KafkaMembership.refusal("group metadata of an unknown form"))
        }
        guard member.isValid(for: source.handle.context.rebalances.memberID) else {
            return .notMember(KafkaMembership.refusal("not the member of the assignment (generation \(member.generation))"))
        }
        return body(metadata)
    }

    static func refusal(_ reason: String) -> PortError { PortError(code: "_NOT_MEMBER", reason: reason, isFatal: false) }
}
