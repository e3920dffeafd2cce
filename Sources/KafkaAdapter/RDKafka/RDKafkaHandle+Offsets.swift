internal import CLibrdkafka

extension RDKafkaHandle {
    /// Sends offsets to the open transaction. nil: the library has forgotten the time limit, and nothing else may be done with this handle
    /// but to destroy it. 2.16 was seen to do so for minutes while the coordinator was away, so with another version than 2.0 the call is
    /// watched.
    func sendOffsets(
        _ list: borrowing RDKafkaTopicPartitionList, _ metadata: OpaquePointer, waitMilliseconds: Int32
    ) -> RDKafkaError?? {
        guard rd_kafka_version() >= 0x0201_0000 else {
            let error = withPointer { client in
                list.withPointer { rd_kafka_send_offsets_to_transaction(client, $0, metadata, waitMilliseconds) }
            }
            return .some(error.map { RDKafkaError(taking: $0) })
        }
        guard let copies = OffsetsInFlight(list, metadata) else {
            return .some(RDKafkaError(code: RD_KAFKA_RESP_ERR__BAD_MSG, reason: "group metadata of an unknown form", requiresAbort: true))
        }
        return watched(waitMilliseconds: Int64(waitMilliseconds) + KafkaLimits.watchedCallGraceMilliseconds) { client in
            rd_kafka_send_offsets_to_transaction(client, copies.list, copies.metadata, waitMilliseconds).map { RDKafkaError(taking: $0) }
        }
    }
}

/// The arguments of a call on another thread, which may outlive the one that asked for it.
private final class OffsetsInFlight: @unchecked Sendable {  // The pointers never change, and one thread uses them.
    let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    let metadata: OpaquePointer

    /// nil where the metadata can't be copied.
    init?(_ list: borrowing RDKafkaTopicPartitionList, _ metadata: OpaquePointer) {
        var bytes: UnsafeMutableRawPointer?
        var count = 0
        if let error = rd_kafka_consumer_group_metadata_write(metadata, &bytes, &count) {
            rd_kafka_error_destroy(error)
            return nil
        }
        var copy: OpaquePointer?
        let error = rd_kafka_consumer_group_metadata_read(&copy, bytes, count)
        rd_kafka_mem_free(nil, bytes)
        if let error { rd_kafka_error_destroy(error) }
        guard let copy else { return nil }
        self.metadata = copy
        self.list = list.withPointer { rd_kafka_topic_partition_list_copy($0) }
    }

    deinit {
        rd_kafka_consumer_group_metadata_destroy(metadata)
        rd_kafka_topic_partition_list_destroy(list)
    }
}
