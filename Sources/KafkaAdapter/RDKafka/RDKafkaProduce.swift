internal import CLibrdkafka
internal import StockStream
internal import StockWire
internal import Synchronization

/// Handing records to a producer; shared by the transactional and the plain one.
enum RDKafkaProduce {
    /// The bytes are copied. Returns the library's error object, which the caller owns; nil: done.
    static func send(
        _ client: OpaquePointer, _ topic: OpaquePointer, _ partition: Int32, _ key: UnsafeRawBufferPointer?,
        _ value: UnsafeRawBufferPointer?, _ timestampMilliseconds: Int64, _ headers: UnsafeBufferPointer<RecordHeader>, opaque: UInt64
    ) -> OpaquePointer? {
        let list = headers.isEmpty ? nil : makeHeaders(headers)
        let error = stockstream_produce(
            client, topic, partition, start(of: key), key?.count ?? 0, start(of: value), value?.count ?? 0, timestampMilliseconds, list,
            UnsafeMutableRawPointer(bitPattern: UInt(opaque)))
        // The headers change hands on success only.
        if error != nil, let list { rd_kafka_headers_destroy(list) }
        return error
    }

    /// Counts, in the client's context, the records that the library takes for acknowledged without an answer that says where they are.
    ///
    /// When a broker has refused a producer's first batch for a partition and taken the second, the library concludes that the first one
    /// was written, its answer lost. It was not: a partition that does not know the producer takes any first sequence number. Seen on
    /// Apache Kafka 3.9 and 4.3, in transactions too, where a topic had just been made and its leader was not ready. Such a record comes
    /// without an offset. Only failures are reported to a transactional producer, so an interceptor looks; on the library's own thread.
    static func countUnconfirmed(_ conf: OpaquePointer) {
        _ = rd_kafka_conf_interceptor_add_on_new(
            conf, "unconfirmed",
            { client, _, _, _, _ in
                rd_kafka_interceptor_add_on_acknowledgement(
                    client, "unconfirmed",
                    { client, message, _ in
                        if let client, let message, RDKafkaProduce.isUnconfirmed(message.pointee) {
                            RDKafkaContext.of(rd_kafka_opaque(client)).unconfirmed.add(1, ordering: .relaxed)
                        }
                        return RD_KAFKA_RESP_ERR_NO_ERROR
                    }, nil)
            }, nil)
    }

    /// Whether a record counts as acknowledged, but not by an answer of the broker.
    static func isUnconfirmed(_ message: rd_kafka_message_t) -> Bool { message.err == RD_KAFKA_RESP_ERR_NO_ERROR && message.offset < 0 }

    /// Why a reported record does not count as delivered; nil: it does.
    static func failure(of message: rd_kafka_message_t) -> PortError? {
        if isUnconfirmed(message) { return unconfirmed }
        return message.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : RDKafkaError(code: message.err).portError
    }

    /// What happened to records that are not confirmed.
    static let unconfirmed = PortError(
        code: "_UNCONFIRMED", reason: "counts as acknowledged, but the broker has not told where it is: it may be missing", isFatal: false)

    /// An empty key or value is not a missing one: it needs an address that is not null.
    private static func start(of bytes: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
        guard let bytes else { return nil }
        return bytes.baseAddress ?? UnsafeRawPointer(emptyMark.utf8Start)
    }

    private static let emptyMark: StaticString = "empty"

    private static func makeHeaders(_ headers: UnsafeBufferPointer<RecordHeader>) -> OpaquePointer {
        let list = rd_kafka_headers_new(headers.count)!
        for header in headers {
            let name = header.name.bindMemory(to: CChar.self)
            let code = rd_kafka_header_add(
                list, name.baseAddress, name.count, start(of: header.value), header.value?.count ?? 0)
            precondition(code == RD_KAFKA_RESP_ERR_NO_ERROR)
        }
        return list
    }
}

extension RDKafkaConfig {
    /// What every producer of ours has in common.
    static func producer(_ connection: KafkaConnection) throws(KafkaConfigurationError) -> RDKafkaConfig {
        var config = try RDKafkaConfig(connection: connection)
        config.set("enable.idempotence", "true")
        // Java's default for records with a key; librdkafka's own (CRC32) would put one SKU in two partitions.
        config.set("partitioner", "murmur2_random")
        if connection.properties["compression.type"] == nil && connection.properties["compression.codec"] == nil {
            config.set("compression.type", "lz4")
        }
        config.set("message.max.bytes", KafkaLimits.messageMaxBytes)
        config.set("queue.buffering.max.messages", KafkaLimits.producerQueueRecords)
        config.set("queue.buffering.max.kbytes", KafkaLimits.producerQueueKilobytes)
        return config
    }
}
