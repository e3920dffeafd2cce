internal import CLibrdkafka
public import StockStream
public import StockWire

/// Reads all partitions of some topics, assigned by hand, for the tools: auditor, explain, dead letters. Never a member of a group.
/// Single-threaded.
public final class KafkaReader {
    /// Where to begin.
    public enum Start: Sendable {
        /// The oldest record that there is.
        case beginning
        /// What comes from now on.
        case end
        /// The offset given for a partition (topic index, partition); the beginning where none is given.
        case offsets([Place: Int64])
    }

    /// A partition of one of the reader's topics.
    public struct Place: Hashable, Sendable {
        /// The index in the list of topics.
        public var topic: Int
        /// The partition.
        public var partition: Int32

        /// A partition of the topic at that index.
        public init(topic: Int, partition: Int32) {
            self.topic = topic
            self.partition = partition
        }
    }

    /// What a poll brought.
    public enum Event {
        /// Nothing within the time given.
        case none
        /// A record of the topic at that index; its pointers die with the next call.
        case record(topic: Int, RecordView)
        /// The reader stands at the end of what it may see.
        case end(topic: Int, partition: Int32, offset: Int64)
        /// Something is wrong; reading goes on unless `isFatal`.
        case failed(PortError)
    }

    /// What to read and how.
    public struct Settings: Sendable {
        /// The topics, known by their index.
        public var topics: [String]
        /// The one partition of each topic to read; nil: all.
        public var partition: Int32?
        /// Whether records of open and aborted transactions are left out.
        public var readsCommittedOnly = true
        /// Where to begin.
        public var start = Start.beginning
        /// How long the broker may hold an empty fetch back, in milliseconds.
        public var fetchWaitMilliseconds = 50
        /// Kilobytes fetched ahead.
        public var queueKilobytes = KafkaLimits.restoreQueueKilobytes

        /// Settings with their defaults.
        public init(topics: [String]) { self.topics = topics }
    }

    private let settings: Settings
    private let handle: RDKafkaHandle
    private let topics: [OpaquePointer]
    private var counts: [Int32]
    private var record = RDKafkaRecordReader(readsHeaders: true)
    private var isClosed = false

    /// Connects in the background; `connect` comes next.
    /// - Throws: `KafkaConfigurationError` where the connection's properties can't be used.
    public init(connection: KafkaConnection, settings: Settings, log: @escaping KafkaLog) throws(KafkaConfigurationError) {
        var config = try RDKafkaConfig(connection: connection)
        // The library wants a group for manual assignment; it is never joined and nothing is committed.
        config.set("group.id", connection.clientID + "-reader")
        config.set("enable.auto.commit", "false")
        config.set("enable.auto.offset.store", "false")
        config.set("isolation.level", settings.readsCommittedOnly ? "read_committed" : "read_uncommitted")
        config.set("auto.offset.reset", "error")
        config.set("enable.partition.eof", "true")
        config.set("queued.min.messages", KafkaLimits.consumerQueueRecords)
        config.setDefault("receive.message.max.bytes", KafkaLimits.receiveMaxBytes, given: connection)
        config.set("queued.max.messages.kbytes", settings.queueKilobytes)
        config.set("fetch.wait.max.ms", settings.fetchWaitMilliseconds)
        let made = try RDKafkaHandle(.consumer, config, log: log)
        made.withPointer { _ = rd_kafka_poll_set_consumer($0) }
        var topics: [OpaquePointer] = []
        for name in settings.topics { topics.append(try made.topic(name)) }
        self.topics = topics
        counts = Array(repeating: 0, count: topics.count)
        self.settings = settings
        handle = made
    }

    // A message may not outlive its client.
    deinit { record.release() }

    /// Learns the partition counts and begins to read. Call it until it answers nil.
    public func connect(waitMilliseconds: Int32) -> PortError? {
        switch handle.partitionCounts(waitMilliseconds: waitMilliseconds) {
        case .failure(let error): return error.portError
        case .success(let known):
            for (index, name) in settings.topics.enumerated() {
                guard let count = known[name] else {
                    return PortError(code: "UNKNOWN_TOPIC_OR_PART", reason: "topic \(name) does not exist", isFatal: false)
                }
                counts[index] = count
            }
            return assign()
        }
    }

    private func assign() -> PortError? {
        let list = RDKafkaTopicPartitionList(capacity: 16)
        for (index, name) in settings.topics.enumerated() {
            for partition in 0..<counts[index] where settings.partition == nil || settings.partition == partition {
                list.add(name, partition, offset: firstOffset(Place(topic: index, partition: partition)))
            }
        }
        let code = handle.withPointer { client in list.withPointer { rd_kafka_assign(client, $0) } }
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : RDKafkaError(code: code).portError
    }

    private func firstOffset(_ place: Place) -> Int64 {
        switch settings.start {
        case .beginning: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .end: Int64(RD_KAFKA_OFFSET_END)
        case .offsets(let offsets): offsets[place] ?? Int64(RD_KAFKA_OFFSET_BEGINNING)
        }
    }

    /// The number of partitions of a topic, as `connect` learned it.
    public func partitionCount(_ topic: Int) -> Int32 { counts[topic] }

    /// Waits up to `waitMilliseconds` for one event.
    public func poll(waitMilliseconds: Int32) -> Event {
        precondition(!isClosed)
        record.release()
        guard let message = handle.withPointer({ rd_kafka_consumer_poll($0, waitMilliseconds) }) else { return .none }
        let code = message.pointee.err
        if code == RD_KAFKA_RESP_ERR_NO_ERROR, let topic = index(of: message) { return .record(topic: topic, record.lend(message)) }
        defer { rd_kafka_message_destroy(message) }
        if code == RD_KAFKA_RESP_ERR__PARTITION_EOF, let topic = index(of: message) {
            return .end(topic: topic, partition: message.pointee.partition, offset: message.pointee.offset)
        }
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        return .failed(RDKafkaError(code: code, reason: text, isFatal: code == RD_KAFKA_RESP_ERR__FATAL).portError)
    }

    private func index(of message: UnsafeMutablePointer<rd_kafka_message_t>) -> Int? {
        topics.firstIndex { $0 == message.pointee.rkt }
    }

    /// The end of a partition as the broker knows it (read_committed: the last stable offset); nil: no answer in time.
    public func endOffset(topic: Int, partition: Int32, waitMilliseconds: Int32) -> Int64? {
        let place = TopicPartition(topic: settings.topics[topic], partition: partition)
        return handle.offsets([place], at: Int64(RD_KAFKA_OFFSET_END), waitMilliseconds: waitMilliseconds)?[0]
    }

    /// Takes the client apart. Up to 5 s.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        record.release()
        _ = handle.destroy(waitMilliseconds: KafkaLimits.closeMilliseconds, leavesGroup: false)
    }
}
