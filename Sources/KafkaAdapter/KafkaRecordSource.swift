internal import CLibrdkafka
public import StockStream

/// The consumer of the input topic: member of a group, or with partitions assigned by hand. Single-threaded: every call on one thread.
///
/// The group is answered when the worker answers (`accept`, `giveUp`), not in the library's callback, so that the worker commits first.
/// Until
/// `start`, an accepted partition is assigned but paused.
public final class KafkaRecordSource: RecordSource {
    /// How partitions come to this source.
    public enum Mode: Sendable {
        /// The group assigns them, cooperative-sticky.
        case group
        /// These are announced once, for a cluster without transactions in its groups (`EmbeddedCluster`); this source is always a member
        /// then.
        case manual([Int32])
    }

    /// What to read and how.
    public struct Settings: Sendable {
        /// The input topic.
        public var topic: String
        /// Its partitions, fixed for life.
        public var partitionCount: Int32
        /// The consumer group.
        public var groupID: String
        /// How partitions come to this source.
        public var mode: Mode
        /// Kilobytes fetched ahead, over all partitions.
        public var queueKilobytes = KafkaLimits.consumerQueueKilobytes
        /// How long the broker may hold an empty fetch back, in milliseconds. One fetch is under way at a time, so a partition that `start`
        /// moves waits for
        /// one that its idle neighbours hold back; new records end the wait. The embedded cluster always takes it whole: 10 there.
        public var fetchWaitMilliseconds = 50

        /// Settings with the defaults of `KafkaLimits`.
        public init(topic: String, partitionCount: Int32, groupID: String, mode: Mode = .group) {
            self.topic = topic
            self.partitionCount = partitionCount
            self.groupID = groupID
            self.mode = mode
            if case .manual = mode { fetchWaitMilliseconds = 10 }
        }
    }

    struct PartitionState {
        var isAssigned = false
        var isDelivering = false
        var isPaused = false
        /// The next offset to deliver; below it nothing is delivered twice (librdkafka issues 4686, and a repeat after an assignment).
        var next: Int64 = 0
        /// `start` could not move it yet; polls go on trying.
        var isSeeking = false
        /// Where its end was last met.
        var end: Int64 = -1
    }

    let settings: Settings
    let log: KafkaLog
    let handle: RDKafkaHandle
    let topic: OpaquePointer
    var states: [PartitionState]
    var seeking = 0
    /// Partitions that the group gave or took, and that the worker has not answered for.
    var unansweredAssignment: [Int32] = []
    var unansweredRevocation: [Int32] = []
    var accepted: [Int32] = []
    var released: [Int32] = []
    private var manual: [Int32]?
    private var reader = RDKafkaRecordReader(readsHeaders: true)
    var ahead = RDKafkaReadAhead()
    private var isJoined = false
    private var isClosed = false

    /// Connects in the background. In group mode the first poll joins.
    /// - Throws: `KafkaConfigurationError` where the connection's properties can't be used.
    public init(connection: KafkaConnection, settings: Settings, log: @escaping KafkaLog) throws(KafkaConfigurationError) {
        precondition(settings.partitionCount > 0)
        self.settings = settings
        self.log = log
        let config = try KafkaRecordSource.configuration(connection, settings)
        handle = try RDKafkaHandle(.consumer, config, log: log) { RebalanceMailbox.register(on: $0) }
        topic = try handle.topic(settings.topic)
        states = Array(repeating: PartitionState(), count: Int(settings.partitionCount))
        handle.withPointer { _ = rd_kafka_poll_set_consumer($0) }
        if case .manual(let partitions) = settings.mode { manual = partitions }
    }

    // A message may not outlive its client.
    deinit {
        reader.release()
        ahead.dropAll()
    }

    private static func configuration(
        _ connection: KafkaConnection, _ settings: Settings
    ) throws(KafkaConfigurationError) -> RDKafkaConfig {
        var config = try RDKafkaConfig(connection: connection)
        config.set("group.id", settings.groupID)
        config.set("enable.auto.commit", "false")
        config.set("enable.auto.offset.store", "false")
        config.set("isolation.level", "read_committed")
        config.set("auto.offset.reset", "error")
        config.set("enable.partition.eof", "true")
        config.set("partition.assignment.strategy", "cooperative-sticky")
        config.setDefault("session.timeout.ms", KafkaLimits.sessionTimeoutMilliseconds, given: connection)
        config.setDefault("heartbeat.interval.ms", KafkaLimits.heartbeatIntervalMilliseconds, given: connection)
        config.set("queued.min.messages", KafkaLimits.consumerQueueRecords)
        config.set("queued.max.messages.kbytes", settings.queueKilobytes)
        config.setDefault("max.partition.fetch.bytes", KafkaLimits.fetchPartitionBytes, given: connection)
        config.setDefault("receive.message.max.bytes", KafkaLimits.receiveMaxBytes, given: connection)
        config.set("fetch.wait.max.ms", settings.fetchWaitMilliseconds)
        config.setDefault("fetch.error.backoff.ms", 100, given: connection)
        return config
    }

    // MARK: - Polling

    /// Waits up to `waitMilliseconds` for one event; records borrow the library's memory until the next call.
    public func poll(waitMilliseconds: Int32) -> SourceEvent {
        precondition(!isClosed)
        reader.release()
        if let partitions = manual {
            manual = nil
            return announce(.assigned(partitions))
        }
        if !isJoined, let error = join() { return .failed(error) }
        if let event = handle.context.rebalances.next() { return announce(event) }
        if seeking > 0 { continueSeeking() }
        var wait = waitMilliseconds
        for _ in 0..<KafkaLimits.dropsPerPoll {
            let message = ahead.next(waitMilliseconds: wait) { wait in handle.withPointer { rd_kafka_consumer_poll($0, wait) } }
            guard let message else {
                return handle.context.rebalances.next().map(announce) ?? .none
            }
            if let event = take(message) { return event }
            wait = 0
        }
        return .none
    }

    /// Lends partition and key of what was read ahead.
    public func lookAhead(_ body: (_ partition: Int32, _ key: UnsafeRawBufferPointer) -> Void) -> Int { ahead.lookAhead(body) }

    private func join() -> PortError? {
        if case .group = settings.mode {
            let list = RDKafkaTopicPartitionList(capacity: 1)
            list.add(settings.topic, RD_KAFKA_PARTITION_UA)
            let code = handle.withPointer { client in list.withPointer { rd_kafka_subscribe(client, $0) } }
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return RDKafkaError(code: code).portError }
        }
        isJoined = true
        return nil
    }

    /// Turns a message into an event; nil: nothing for the worker.
    private func take(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> SourceEvent? {
        let partition = Int(message.pointee.partition)
        let code = message.pointee.err
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__PARTITION_EOF else {
            return takeError(message)
        }
        let isOurs = message.pointee.rkt == topic && states.indices.contains(partition)
        guard isOurs, states[partition].isDelivering, !states[partition].isSeeking else {
            rd_kafka_message_destroy(message)
            return nil
        }
        let offset = message.pointee.offset
        if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
            rd_kafka_message_destroy(message)
            guard offset >= states[partition].next else { return nil }
            states[partition].end = offset
            states[partition].next = offset
            return .endOfPartition(partition: Int32(partition), offset: offset)
        }
        guard offset >= states[partition].next else {
            rd_kafka_message_destroy(message)
            return nil
        }
        states[partition].next = offset + 1
        return .record(reader.lend(message))
    }

    private func takeError(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> SourceEvent {
        defer { rd_kafka_message_destroy(message) }
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        let error = handle.withPointer { client in
            let isFatal = message.pointee.err == RD_KAFKA_RESP_ERR__FATAL
            return RDKafkaError(code: message.pointee.err, reason: text, isFatal: isFatal).resolvingFatal(of: client)
        }
        let partition = message.pointee.partition
        if message.pointee.err == RD_KAFKA_RESP_ERR__BAD_COMPRESSION || message.pointee.err == RD_KAFKA_RESP_ERR__BAD_MSG,
            message.pointee.rkt == topic, states.indices.contains(Int(partition)), states[Int(partition)].isDelivering
        {
            return .unreadable(partition: partition, offset: message.pointee.offset, error.portError)
        }
        return .failed(error.portError)
    }

    func announce(_ event: RebalanceMailbox.Event) -> SourceEvent {
        switch event {
        case .assigned(let partitions):
            unansweredAssignment = partitions
            return .assigned(partitions)
        case .revoked(let partitions):
            unansweredRevocation = partitions
            return .revoked(partitions)
        case .lost(let partitions):
            unansweredRevocation = partitions
            return .lost(partitions)
        }
    }

    // MARK: - State of the partitions

    /// The high watermark of the last fetch; nil before the first.
    public func highWatermark(_ partition: Int32) -> Int64? {
        var low: Int64 = -1
        var high: Int64 = -1
        let code = handle.withPointer { rd_kafka_get_watermark_offsets($0, settings.topic, partition, &low, &high) }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, high >= 0 else { return nil }
        return high
    }

    /// librdkafka does not tell it; it is where the end of the partition was last met, or the delivered position where that is later.
    public func lastStableOffset(_ partition: Int32) -> Int64? {
        guard states.indices.contains(Int(partition)) else { return nil }
        let state = states[Int(partition)]
        guard state.end >= 0 else { return nil }
        return max(state.end, state.next)
    }

    /// Whether the group still counts this consumer in, under the member id of the last assignment. Asks the library's main thread.
    public var isMember: Bool {
        guard case .group = settings.mode else { return true }
        let memberID = handle.context.rebalances.memberID
        return handle.withPointer { RDKafkaGroupMember.current(of: $0) }?.isValid(for: memberID) ?? false
    }

    /// Leaves the group and takes the client apart. Up to 5 s; what takes longer goes on alone.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        reader.release()
        ahead.dropAll()
        answerEverything()
        let isMember = if case .group = settings.mode { true } else { false }
        // Before 2.3 the library aborts the process where a member of a cooperative group is freed before its first assignment (librdkafka
        // #4312): on
        // its way into the group, or while the others give up what it shall have.
        let isFreed = !isMember || handle.context.rebalances.wasAssigned || rd_kafka_version() >= 0x0203_00FF
        _ = handle.destroy(waitMilliseconds: KafkaLimits.closeMilliseconds, leavesGroup: isMember, keepsMemory: !isFreed)
    }
}
