internal import CLibrdkafka
public import StockStream
public import StockWire

/// One transactional producer for the output topics. Single-threaded: every call on one thread.
///
/// Its settings make a small transaction cost milliseconds: delivery reports are events, so that a flush waits on a condition and not in
/// ticks of
/// 10 ms; only errors are reported; Nagle is off; the flush is explicit. Two of them used in turns do not meet each other's markers.
public final class KafkaTransactionalSink: TransactionalSink {
    /// What the producer is made from.
    public struct Settings: Sendable {
        /// The transactional id, unique for each process start.
        public var transactionalID: String
        /// The name of each output topic that is used.
        public var topics: [OutputTopic: String]
        /// How long records wait for company in a batch, in milliseconds; a commit does not wait for it.
        public var lingerMilliseconds = 25
        /// How long the transaction may stay open, in milliseconds.
        public var transactionTimeoutMilliseconds = KafkaLimits.transactionTimeoutMilliseconds

        /// Settings with the defaults of `KafkaLimits`.
        public init(transactionalID: String, topics: [OutputTopic: String]) {
            self.transactionalID = transactionalID
            self.topics = topics
        }
    }

    /// One output topic of the current handle.
    struct Topic {
        var handle: OpaquePointer
        /// 0 until the first metadata.
        var partitionCount: Int32 = 0
    }

    /// The transactional id; part of the claim.
    public var transactionalID: String { settings.transactionalID }

    let settings: Settings
    let connection: KafkaConnection
    let membership: KafkaMembership
    let inputTopic: String
    let log: KafkaLog
    private let config: RDKafkaConfig
    var handle: RDKafkaHandle
    /// By `OutputTopic.rawValue`.
    var topics: [Topic?]
    var queue: OpaquePointer?
    /// The member that the open transaction was begun for.
    var membershipEpoch = 0
    /// Outages that the handles before this one have seen.
    var outagesBefore = 0
    /// Records were handed over, and the broker has not been seen to take any of this transaction.
    var isUnsettled = false
    /// `unconfirmed` of the handle's context when the open transaction began.
    var unconfirmedBefore = 0

    /// Makes the client; `initialize` comes next. `inputTopic` is the topic of the offsets that commits carry.
    /// - Throws: `KafkaConfigurationError` where the connection's properties can't be used.
    public init(
        connection: KafkaConnection, settings: Settings, membership: KafkaMembership, inputTopic: String, log: @escaping KafkaLog
    ) throws(KafkaConfigurationError) {
        self.settings = settings
        self.connection = connection
        self.membership = membership
        self.inputTopic = inputTopic
        self.log = log
        config = try KafkaTransactionalSink.configuration(connection, settings)
        (handle, topics) = try KafkaTransactionalSink.open(config, settings, log)
        queue = handle.withPointer { rd_kafka_queue_get_main($0) }
    }

    deinit { dropQueue() }

    private static func configuration(
        _ connection: KafkaConnection, _ settings: Settings
    ) throws(KafkaConfigurationError) -> RDKafkaConfig {
        var config = try RDKafkaConfig.producer(connection)
        config.set("transactional.id", settings.transactionalID)
        config.set("transaction.timeout.ms", settings.transactionTimeoutMilliseconds)
        let socket = min(KafkaLimits.producerSocketTimeoutMilliseconds, settings.transactionTimeoutMilliseconds - 100)
        config.set("socket.timeout.ms", socket)
        config.set("delivery.report.only.error", "true")
        config.set("linger.ms", settings.lingerMilliseconds)
        return config
    }

    private static func open(
        _ config: RDKafkaConfig, _ settings: Settings, _ log: @escaping KafkaLog
    ) throws(KafkaConfigurationError) -> (RDKafkaHandle, [Topic?]) {
        let handle = try RDKafkaHandle(.producer, config, log: log) {
            rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_DR)
            RDKafkaProduce.countUnconfirmed($0)
        }
        var topics: [Topic?] = Array(repeating: nil, count: OutputTopic.allCases.count)
        for topic in OutputTopic.allCases {
            guard let name = settings.topics[topic] else { continue }
            topics[topic.rawValue] = Topic(handle: try handle.topic(name))
        }
        return (handle, topics)
    }

    /// Throws the client away and makes a new one with the same id; `initialize` comes next. Does not wait.
    public func rebuild() {
        // Taken apart on a helper thread; it may take its time, the new one does not wait.
        dropQueue()
        outagesBefore = outages
        _ = handle.destroy(waitMilliseconds: 0, leavesGroup: false)
        do throws(KafkaConfigurationError) {
            (handle, topics) = try KafkaTransactionalSink.open(config, settings, log)
        } catch {
            preconditionFailure("a configuration that worked before was refused: \(error)")
        }
        queue = handle.withPointer { rd_kafka_queue_get_main($0) }
        isUnsettled = false
    }

    /// Takes the client apart for good, aborting an open transaction by letting it time out. Up to 5 s.
    public func close() {
        dropQueue()
        _ = handle.destroy(waitMilliseconds: KafkaLimits.closeMilliseconds, leavesGroup: false)
    }

    private func dropQueue() {
        guard let queue else { return }
        rd_kafka_queue_destroy(queue)
        self.queue = nil
    }

    // MARK: - Records

    /// Hands over one record; the bytes are copied. A full queue is waited out, up to 1 s, then `retry`.
    public func produce(
        _ topic: OutputTopic, partition: Int32, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        timestampMilliseconds: Int64, headers: UnsafeBufferPointer<RecordHeader>
    ) -> SinkResult {
        guard let target = topics[topic.rawValue] else { preconditionFailure("no name was given for \(topic)") }
        var partition = partition
        // The partition of a reply is a caller's word; a wrong one must not abort the event that it came with.
        if topic == .replies && partition >= target.partitionCount { partition = -1 }
        guard partition < target.partitionCount else {
            // librdkafka frees the headers twice in that case (issue 4628), so it must not see it.
            return .mustAbort(PortError(code: "_UNKNOWN_PARTITION", reason: "\(topic) has no partition \(partition)", isFatal: false))
        }
        isUnsettled = true
        var deadline: Int64 = 0
        while true {
            guard let error = send(target.handle, partition, key, value, timestampMilliseconds, headers) else { return .done }
            let taken = RDKafkaError(taking: error)
            guard taken.code == RD_KAFKA_RESP_ERR__QUEUE_FULL else { return resolve(taken, .produce) }
            let now = monotonicMilliseconds()
            if deadline == 0 { deadline = now + KafkaLimits.queueFullMilliseconds }
            guard now < deadline else { return .retry(taken.portError) }
            // A flush sends at once and ends early when the queue is empty.
            _ = handle.withPointer { rd_kafka_flush($0, 10) }
            drainReports()
        }
    }

    private func send(
        _ topic: OpaquePointer, _ partition: Int32, _ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?,
        _ timestampMilliseconds: Int64, _ headers: UnsafeBufferPointer<RecordHeader>
    ) -> OpaquePointer? {
        handle.withPointer { client in
            RDKafkaProduce.send(client, topic, partition, key, value, timestampMilliseconds, headers, opaque: 0)
        }
    }

    /// Takes the reports of failed records off the queue. They have put the transaction into its error state already; a flush would wait
    /// for them.
    func drainReports(waitMilliseconds: Int32 = 0) {
        var wait = waitMilliseconds
        while let event = rd_kafka_queue_poll(queue, wait) {
            wait = 0
            if rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR {
                log(4, "DELIVERY", String(cString: rd_kafka_event_error_string(event)))
            }
            rd_kafka_event_destroy(event)
        }
    }

    /// The classification of an error of this handle.
    func resolve(_ error: RDKafkaError, _ step: RDKafkaError.Step) -> SinkResult {
        handle.withPointer { error.resolvingFatal(of: $0) }.classified(at: step)
    }
}
