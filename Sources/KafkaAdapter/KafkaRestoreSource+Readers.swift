internal import CLibrdkafka
public import StockStream

// Readers of single partitions, each with its own queue, on one read_committed client: librdkafka's simple consumer.
extension KafkaRestoreSource {
    /// Begins to read a partition at an offset, read_committed.
    public func open(_ topic: RestoreTopic, _ partition: Int32, from offset: Int64) {
        precondition(find(topic, partition) == nil, "one reader a partition")
        precondition(offset >= 0)
        let result = rd_kafka_consume_start(handle(topic), partition, offset)
        if result != 0 { log(3, "RESTORE", "\(name(topic)) \(partition): \(RDKafkaError.text(rd_kafka_last_error()))") }
        readers.append(Reader(topic: topic, partition: partition, position: offset))
    }

    /// The next record (its headers are left out: state and ledger have none), the end of what is stable with the position there, or `none`
    /// after `waitMilliseconds`.
    public func read(_ topic: RestoreTopic, _ partition: Int32, waitMilliseconds: Int32) -> SourceEvent {
        guard let reader = find(topic, partition) else { preconditionFailure("read without open") }
        record.release()
        let handle = handle(topic)
        let message = reader.ahead.next(waitMilliseconds: waitMilliseconds) { rd_kafka_consume(handle, partition, $0) }
        guard let message else { return .none }
        let code = message.pointee.err
        if code == RD_KAFKA_RESP_ERR_NO_ERROR {
            reader.position = message.pointee.offset + 1
            return .record(record.lend(message))
        }
        defer { rd_kafka_message_destroy(message) }
        if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            reader.position = max(reader.position, message.pointee.offset)
            return .endOfPartition(partition: partition, offset: reader.position)
        }
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        return .failed(RDKafkaError(code: code, reason: text, isFatal: code == RD_KAFKA_RESP_ERR__FATAL).portError)
    }

    /// Lends the keys of what was read ahead.
    public func lookAhead(_ topic: RestoreTopic, _ partition: Int32, _ body: (_ key: UnsafeRawBufferPointer) -> Void) -> Int {
        find(topic, partition)?.ahead.lookAhead { _, key in body(key) } ?? 0
    }

    /// Ends the reading of a partition.
    public func close(_ topic: RestoreTopic, _ partition: Int32) {
        guard let reader = find(topic, partition) else { return }
        record.release()
        reader.ahead.dropAll()
        readers.removeAll { $0 === reader }
        rd_kafka_consume_stop(handle(topic), partition)
    }

    private func find(_ topic: RestoreTopic, _ partition: Int32) -> Reader? {
        readers.first { $0.topic == topic && $0.partition == partition }
    }

    private func handle(_ topic: RestoreTopic) -> OpaquePointer {
        switch topic {
        case .state: stateHandle
        case .ledger: ledgerHandle
        }
    }
}
