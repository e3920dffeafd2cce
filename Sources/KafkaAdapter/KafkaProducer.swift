internal import CLibrdkafka
public import StockStream
public import StockWire

/// An idempotent producer without transactions, for the benchmark producer and the tools. Every delivery is reported with the number that
/// came with the record, so that latency can be measured without allocating per record. Single-threaded.
public final class KafkaProducer {
    /// What the producer is made from.
    public struct Settings: Sendable {
        /// The topics, used by their index.
        public var topics: [String]
        /// How long records wait for company in a batch, in milliseconds.
        public var lingerMilliseconds = 5
        /// How long a record may take, in milliseconds, before it is reported as failed.
        public var deliveryTimeoutMilliseconds = 30_000

        /// Settings with their defaults.
        public init(topics: [String]) { self.topics = topics }
    }

    /// What became of one hand-over.
    public enum Outcome {
        /// It is on its way.
        case queued
        /// The queue is full: poll, then again.
        case full
        /// It was refused.
        case failed(PortError)
    }

    /// What became of one record.
    public struct Delivery {
        /// The number given with the record.
        public var number: UInt64
        /// Its partition; -1 where it got none.
        public var partition: Int32
        /// Its offset; negative where it got none.
        public var offset: Int64
        /// When the broker appended it, by its own clock; nil where the topic is not LogAppendTime.
        public var appendedAtMilliseconds: Int64?
        /// nil: delivered. `_UNCONFIRMED`: it may be missing, so it has to be sent again, with the same id.
        public var error: PortError?
    }

    private let handle: RDKafkaHandle
    private let queue: OpaquePointer
    private let topics: [OpaquePointer]
    private var partitionCounts: [Int32]
    private let names: [String]
    private var isClosed = false

    /// Connects in the background.
    /// - Throws: `KafkaConfigurationError` where the connection's properties can't be used.
    public init(connection: KafkaConnection, settings: Settings, log: @escaping KafkaLog) throws(KafkaConfigurationError) {
        var config = try RDKafkaConfig.producer(connection)
        config.set("linger.ms", settings.lingerMilliseconds)
        config.set("message.timeout.ms", settings.deliveryTimeoutMilliseconds)
        let made = try RDKafkaHandle(.producer, config, log: log) { rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_DR) }
        var topics: [OpaquePointer] = []
        for name in settings.topics { topics.append(try made.topic(name)) }
        self.topics = topics
        names = settings.topics
        partitionCounts = Array(repeating: 0, count: topics.count)
        handle = made
        queue = made.withPointer { rd_kafka_queue_get_main($0)! }
    }

    deinit { if !isClosed { rd_kafka_queue_destroy(queue) } }

    /// Learns the topics' partition counts; call it until it answers nil, then produce.
    public func connect(waitMilliseconds: Int32) -> PortError? {
        switch handle.partitionCounts(waitMilliseconds: waitMilliseconds) {
        case .failure(let error): return error.portError
        case .success(let counts):
            for (index, name) in names.enumerated() {
                guard let count = counts[name] else {
                    return PortError(code: "UNKNOWN_TOPIC_OR_PART", reason: "topic \(name) does not exist", isFatal: false)
                }
                partitionCounts[index] = count
            }
            return nil
        }
    }

    /// The number of partitions of a topic, as `connect` learned it.
    public func partitionCount(_ topic: Int) -> Int32 { partitionCounts[topic] }

    /// Hands over one record; the bytes are copied. `partition` -1: murmur2 of the key. `timestampMilliseconds` 0: now. `number` comes back
    /// with the delivery.
    public func produce(
        _ topic: Int, partition: Int32 = -1, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestampMilliseconds: Int64 = 0,
        headers: UnsafeBufferPointer<RecordHeader> = UnsafeBufferPointer(start: nil, count: 0), number: UInt64 = 0
    ) -> Outcome {
        guard partition < partitionCounts[topic] else {
            return .failed(PortError(code: "_UNKNOWN_PARTITION", reason: "\(names[topic]) has no partition \(partition)", isFatal: false))
        }
        let error = handle.withPointer { client in
            RDKafkaProduce.send(client, topics[topic], partition, key, value, timestampMilliseconds, headers, opaque: number)
        }
        guard let error else { return .queued }
        let taken = RDKafkaError(taking: error)
        return taken.code == RD_KAFKA_RESP_ERR__QUEUE_FULL ? .full : .failed(taken.portError)
    }

    /// Waits up to `waitMilliseconds` for reports and gives each to `body`. Returns how many there were.
    public func poll(waitMilliseconds: Int32, _ body: (Delivery) -> Void) -> Int {
        var count = 0
        var wait = waitMilliseconds
        while let event = rd_kafka_queue_poll(queue, wait) {
            wait = 0
            while let message = rd_kafka_event_message_next(event) {
                let fields = message.pointee
                let failure = RDKafkaProduce.failure(of: fields)
                var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
                let stamp = rd_kafka_message_timestamp(message, &kind)
                body(
                    Delivery(
                        number: UInt64(UInt(bitPattern: fields._private)), partition: fields.partition, offset: fields.offset,
                        appendedAtMilliseconds: failure == nil && kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? stamp : nil,
                        error: failure))
                count += 1
            }
            rd_kafka_event_destroy(event)
        }
        return count
    }

    /// Records that were handed over and not yet reported through `poll`.
    public var outstanding: Int { Int(handle.withPointer { rd_kafka_outq_len($0) }) }

    /// Sends everything and reports until nothing is outstanding or the time is over. Returns whether everything was reported.
    public func flush(waitMilliseconds: Int64, _ body: (Delivery) -> Void) -> Bool {
        let deadline = monotonicMilliseconds() + waitMilliseconds
        while outstanding > 0 {
            let left = deadline - monotonicMilliseconds()
            guard left > 0 else { return false }
            // With reports as events, flush only ends lingering; the reports are taken here.
            _ = handle.withPointer { rd_kafka_flush($0, 0) }
            _ = poll(waitMilliseconds: Int32(clamping: min(left, 20)), body)
        }
        return true
    }

    /// Takes the client apart; what is still queued is dropped, so flush first. Up to 5 s.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        rd_kafka_queue_destroy(queue)
        _ = handle.destroy(waitMilliseconds: KafkaLimits.closeMilliseconds, leavesGroup: false)
    }
}
