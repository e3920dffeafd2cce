internal import CLibrdkafka
internal import Glibc
internal import StockWire

/// Holds one message of librdkafka and lends it out as a `RecordView`. The header buffer is reused, nothing is allocated per record.
struct RDKafkaRecordReader: ~Copyable {
    private var message: UnsafeMutablePointer<rd_kafka_message_t>?
    private var headers: UnsafeMutablePointer<RecordHeader>
    private var capacity: Int
    /// librdkafka 2.0.2 allocates twice to find out that a record has no headers; where none are expected, it is not asked.
    private let readsHeaders: Bool

    init(readsHeaders: Bool) {
        self.readsHeaders = readsHeaders
        capacity = 32
        headers = .allocate(capacity: capacity)
    }

    deinit {
        if let message { rd_kafka_message_destroy(message) }
        headers.deallocate()
    }

    /// Gives the message back to the library; every pointer into it dies.
    mutating func release() {
        guard let message else { return }
        rd_kafka_message_destroy(message)
        self.message = nil
    }

    /// Takes the message over and lends it out until the next call of `release` or `lend`.
    mutating func lend(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> RecordView {
        release()
        self.message = message
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = rd_kafka_message_timestamp(message, &kind)
        let fields = message.pointee
        return RecordView(
            partition: fields.partition, offset: fields.offset, timestampMilliseconds: timestamp,
            isStampedByBroker: kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME,
            key: fields.key.map { UnsafeRawBufferPointer(start: $0, count: fields.key_len) },
            value: fields.payload.map { UnsafeRawBufferPointer(start: $0, count: fields.len) },
            headers: readHeaders(of: message))
    }

    private mutating func readHeaders(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> UnsafeBufferPointer<RecordHeader> {
        var list: OpaquePointer?
        guard readsHeaders, rd_kafka_message_headers(message, &list) == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
            return UnsafeBufferPointer(start: nil, count: 0)
        }
        let count = rd_kafka_header_cnt(list)
        if count > capacity { grow(to: count) }
        for index in 0..<count {
            var name: UnsafePointer<CChar>?
            var value: UnsafeRawPointer?
            var size = 0
            let code = rd_kafka_header_get_all(list, index, &name, &value, &size)
            precondition(code == RD_KAFKA_RESP_ERR_NO_ERROR)
            let nameBytes = UnsafeRawBufferPointer(start: name, count: name.map { strlen($0) } ?? 0)
            let valueBytes = value.map { UnsafeRawBufferPointer(start: $0, count: size) }
            headers.advanced(by: index).initialize(to: RecordHeader(name: nameBytes, value: valueBytes))
        }
        return UnsafeBufferPointer(start: headers, count: count)
    }

    private mutating func grow(to count: Int) {
        headers.deallocate()
        capacity = count * 2
        headers = .allocate(capacity: capacity)
    }
}
