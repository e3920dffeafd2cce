internal import CLibrdkafka
internal import StockStream

/// The records of a transaction that is made to be aborted: one in each partition, so that the broker writes an end there.
enum TransactionSeal {
    /// A tombstone, should one ever be seen.
    private static let key: StaticString = "seal"

    /// Hands over one record for each partition of the topic. nil: done.
    static func write(to topic: OpaquePointer, _ partitionCount: Int32, _ client: OpaquePointer) -> RDKafkaError? {
        let bytes = UnsafeRawBufferPointer(start: key.utf8Start, count: key.utf8CodeUnitCount)
        for partition in 0..<partitionCount {
            let error = RDKafkaProduce.send(
                client, topic, partition, bytes, nil, 0, UnsafeBufferPointer(start: nil, count: 0), opaque: 0)
            if let error { return RDKafkaError(taking: error) }
        }
        return nil
    }

    /// A whole seal by a producer that has just been initialised and is thrown away. nil: done.
    static func run(
        on handle: RDKafkaHandle, topics: [String], inputTopic: String, groupID: String, _ offset: OffsetCommit, waitMilliseconds: Int32
    ) throws(KafkaConfigurationError) -> RDKafkaError? {
        let counts: [String: Int32]
        switch handle.partitionCounts(waitMilliseconds: waitMilliseconds) {
        case .success(let found): counts = found
        case .failure(let error): return error
        }
        if let error = handle.withPointer({ rd_kafka_begin_transaction($0) }) { return RDKafkaError(taking: error) }
        var failure: RDKafkaError?
        for name in topics where failure == nil {
            let topic = try handle.topic(name)
            failure = handle.withPointer { write(to: topic, counts[name] ?? 0, $0) }
        }
        return handle.withPointer { client in
            if failure == nil {
                let code = rd_kafka_flush(client, waitMilliseconds)
                if code != RD_KAFKA_RESP_ERR_NO_ERROR { failure = RDKafkaError(code: code) }
            }
            if failure == nil { hold(offset, inputTopic, groupID, client, waitMilliseconds) }
            if let error = rd_kafka_abort_transaction(client, waitMilliseconds) { failure = failure ?? RDKafkaError(taking: error) }
            return failure
        }
    }

    /// Makes the group's partition a part of the transaction. Whether the offset itself is taken does not matter.
    private static func hold(
        _ offset: OffsetCommit, _ inputTopic: String, _ groupID: String, _ client: OpaquePointer, _ waitMilliseconds: Int32
    ) {
        let list = RDKafkaTopicPartitionList(capacity: 1)
        list.add(inputTopic, offset.partition, offset: offset.next, metadata: offset.metadata)
        let metadata = rd_kafka_consumer_group_metadata_new(groupID)!
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        let error = list.withPointer { rd_kafka_send_offsets_to_transaction(client, $0, metadata, waitMilliseconds) }
        if let error { rd_kafka_error_destroy(error) }
    }
}
