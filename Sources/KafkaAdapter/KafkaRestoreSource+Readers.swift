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
        guard let index = find(topic, partition) else { preconditionFailure("read without open") }
        record.release()
        guard let message = rd_kafka_consume(handle(topic), partition, waitMilliseconds) else { return .none }
        let code = message.pointee.err
        if code == RD_KAFKA_RESP_ERR_NO_ERROR {
            readers[index].position = message.pointee.offset + 1
            return .record(record.lend(message))
        }
        defer { rd_kafka_message_destroy(message) }
        if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            readers[index].position = max(readers[index].position, message.pointee.offset)
            return .endOfPartition(partition: partition, offset: readers[index].position)
        }
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        return .failed(RDKafkaError(code: code, reason: text, isFatal: code == RD_KAFKA_RESP_ERR__FATAL).portError)
    }

    /// Ends the reading of a partition.
    public func close(_ topic: RestoreTopic, _ partition: Int32) {
        guard let index = find(topic, partition) else { return }
        record.release()
        readers.remove(at: index)
        rd_kafka_consume_stop(handle(topic), partition)
    }

    private func find(_ topic: RestoreTopic, _ partition: Int32) -> Int? {
        readers.firstIndex { $0.topic == topic && $0.partition == partition }
    }

    private func handle(_ topic: RestoreTopic) -> OpaquePointer {
        switch topic {
        case .state: stateHandle
        case .ledger: ledgerHandle
        }
    }
}
