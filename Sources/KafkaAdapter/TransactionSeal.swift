internal import CLibrdkafka
internal import StockStream
internal import StockWire

/// The records of a transaction that is made for its end alone.
enum TransactionSeal {
    /// Hands over one record. nil: done.
    static func write(to topic: OpaquePointer, _ partition: Int32, _ client: OpaquePointer) -> RDKafkaError? {
        let key = UnsafeRawBufferPointer(start: SealRecord.key.utf8Start, count: SealRecord.key.utf8CodeUnitCount)
        let error = RDKafkaProduce.send(client, topic, partition, key, nil, 0, UnsafeBufferPointer(start: nil, count: 0), opaque: 0)
        return error.map { RDKafkaError(taking: $0) }
    }

    /// A whole seal by a producer that has just been initialised and is thrown away. nil: done.
    static func run(
        _ seal: Seal, on handle: RDKafkaHandle, _ settings: KafkaRestoreSource.Settings, waitMilliseconds: Int32
    ) throws(KafkaConfigurationError) -> RDKafkaError? {
        let partitions: [TopicPartition]
        switch seal {
        case .commit(let open, _): partitions = open
        case .abort:
            switch handle.partitionCounts(waitMilliseconds: waitMilliseconds) {
            case .success(let counts): partitions = TopicPartition.all(of: settings.writtenTopics, counts)
            case .failure(let error): return error
            }
        }
        if let error = handle.withPointer({ rd_kafka_begin_transaction($0) }) { return RDKafkaError(taking: error) }
        var failure: RDKafkaError?
        for one in partitions where failure == nil {
            let topic = try handle.topic(one.topic)
            failure = handle.withPointer { write(to: topic, one.partition, $0) }
        }
        return handle.withPointer { client in
            if failure == nil {
                let code = rd_kafka_flush(client, waitMilliseconds)
                if code != RD_KAFKA_RESP_ERR_NO_ERROR { failure = RDKafkaError(code: code) }
            }
            if case .commit(_, let offset) = seal, failure == nil {
                precondition(offset == nil, "a dead owner's offset is in nobody's name")
                return rd_kafka_commit_transaction(client, waitMilliseconds).map { RDKafkaError(taking: $0) }
            }
            if case .abort(let offset?) = seal, failure == nil { hold(offset, settings, client, waitMilliseconds) }
            if let error = rd_kafka_abort_transaction(client, waitMilliseconds) { failure = failure ?? RDKafkaError(taking: error) }
            return failure
        }
    }

    /// Makes the group's partition a part of the transaction. Whether the offset itself is taken does not matter.
    private static func hold(
        _ offset: OffsetCommit, _ settings: KafkaRestoreSource.Settings, _ client: OpaquePointer, _ waitMilliseconds: Int32
    ) {
        let list = RDKafkaTopicPartitionList(capacity: 1)
        list.add(settings.inputTopic, offset.partition, offset: offset.next, metadata: offset.metadata)
        let metadata = rd_kafka_consumer_group_metadata_new(settings.groupID)!
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        let error = list.withPointer { rd_kafka_send_offsets_to_transaction(client, $0, metadata, waitMilliseconds) }
        if let error { rd_kafka_error_destroy(error) }
    }
}

extension TopicPartition {
    /// All partitions of these topics, as many as each has.
    static func all(of topics: [String], _ counts: [String: Int32]) -> [TopicPartition] {
        topics.flatMap { topic in (0..<(counts[topic] ?? 0)).map { TopicPartition(topic: topic, partition: $0) } }
    }
}
