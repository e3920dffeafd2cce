internal import CLibrdkafka
public import StockStream
public import StockWire

/// What a new owner reads before it works: committed offsets and claims, the ends of its topics, their records; and the fencing of the
/// owner before it. Never a member of the group. Single-threaded but for the fencing.
public final class KafkaRestoreSource: RestoreSource {
    /// What is restored from where.
    public struct Settings: Sendable {
        /// The consumer group, for its committed offsets.
        public var groupID: String
        /// The input topic.
        public var inputTopic: String
        /// The topic of checkpoints.
        public var stateTopic: String
        /// The ledger.
        public var ledgerTopic: String
        /// Every topic that an engine writes to, for what a dead one has left without an end there.
        public var writtenTopics: [String]
        /// Kilobytes that each open reader fetches ahead.
        public var queueKilobytes = KafkaLimits.restoreQueueKilobytes
        /// How long the broker may hold an empty fetch back, in milliseconds. Each reader waits for one at its end; nothing is fetched
        /// while none is open.
        public var fetchWaitMilliseconds = 10

        /// Settings with the defaults of `KafkaLimits`.
        public init(groupID: String, inputTopic: String, stateTopic: String, ledgerTopic: String, writtenTopics: [String] = []) {
            self.groupID = groupID
            self.inputTopic = inputTopic
            self.stateTopic = stateTopic
            self.ledgerTopic = ledgerTopic
            self.writtenTopics = writtenTopics
        }
    }

    /// One open reader.
    final class Reader {
        let topic: RestoreTopic
        let partition: Int32
        /// Where it stands: the next offset that it may deliver.
        var position: Int64
        var ahead = RDKafkaReadAhead()

        init(topic: RestoreTopic, partition: Int32, position: Int64) {
            self.topic = topic
            self.partition = partition
            self.position = position
        }
    }

    let settings: Settings
    let log: KafkaLog
    let connection: KafkaConnection
    /// Sees open transactions' records, and answers at once while a dead owner's transaction is open.
    let uncommitted: RDKafkaHandle
    /// Waits for open transactions. Also carries the readers.
    let committed: RDKafkaHandle
    let stateHandle: OpaquePointer
    let ledgerHandle: OpaquePointer
    /// Reads the ledger read_uncommitted, made when it is needed. A client of its own: one that knows a topic asks for the leaders of that
    /// one alone, and the look-ups of others would go to nodes that are dead.
    private var looseReader: (client: RDKafkaHandle, ledger: OpaquePointer)?
    var readers: [Reader] = []
    var record = RDKafkaRecordReader(readsHeaders: false)
    let fencing = FencingTable()
    /// When the leaders may be asked for again.
    private var nextRefresh: Int64 = 0
    /// How long a look-up waits now.
    private var patience = KafkaLimits.lookupMilliseconds

    /// Connects in the background.
    /// - Throws: `KafkaConfigurationError` where the connection's properties can't be used.
    public init(connection: KafkaConnection, settings: Settings, log: @escaping KafkaLog) throws(KafkaConfigurationError) {
        self.settings = settings
        self.log = log
        self.connection = connection
        let loose = try KafkaRestoreSource.configuration(connection, settings, isolation: "read_uncommitted")
        let strict = try KafkaRestoreSource.configuration(connection, settings, isolation: "read_committed")
        uncommitted = try RDKafkaHandle(.consumer, loose, log: log)
        committed = try RDKafkaHandle(.consumer, strict, log: log)
        stateHandle = try committed.topic(settings.stateTopic)
        ledgerHandle = try committed.topic(settings.ledgerTopic)
    }

    // A message may not outlive its client.
    deinit {
        record.release()
        for reader in readers { reader.ahead.dropAll() }
    }

    private static func configuration(
        _ connection: KafkaConnection, _ settings: Settings, isolation: String
    ) throws(KafkaConfigurationError) -> RDKafkaConfig {
        var config = try RDKafkaConfig(connection: connection)
        config.set("group.id", settings.groupID)
        config.set("enable.auto.commit", "false")
        config.set("enable.auto.offset.store", "false")
        config.set("isolation.level", isolation)
        config.set("auto.offset.reset", "error")
        config.set("enable.partition.eof", "true")
        config.set("queued.min.messages", KafkaLimits.consumerQueueRecords)
        config.set("queued.max.messages.kbytes", settings.queueKilobytes)
        config.setDefault("max.partition.fetch.bytes", KafkaLimits.fetchPartitionBytes, given: connection)
        config.set("fetch.wait.max.ms", settings.fetchWaitMilliseconds)
        config.setDefault("fetch.error.backoff.ms", 100, given: connection)
        return config
    }

    // MARK: - Look-ups

    // Each waits 100 ms, so that the other tasks of a worker go on; where the broker was seen to take longer, four times that.

    /// The committed offset and its metadata; `pending` where it did not come in time.
    public func committed(_ partition: Int32, stable: Bool) -> CommittedOffset {
        let list = RDKafkaTopicPartitionList(capacity: 1)
        list.add(settings.inputTopic, partition)
        let handle = stable ? committed : uncommitted
        let began = monotonicMilliseconds()
        let code = handle.withPointer { client in list.withPointer { rd_kafka_committed(client, $0, patience) } }
        let answer = list[0]
        let isAnswered = code == RD_KAFKA_RESP_ERR_NO_ERROR && answer.err == RD_KAFKA_RESP_ERR_NO_ERROR
        if isAnswered || !stable {
            learn(isAnswered: isAnswered, since: began)
        } else {
            // A transaction that holds the offset says nothing about the broker; this question does not wait for it.
            _ = committed(partition, stable: false)
        }
        guard isAnswered else { return .pending }
        guard answer.offset >= 0 else { return .none }
        let metadata = UnsafeRawBufferPointer(start: answer.metadata, count: answer.metadata_size)
        return .at(next: answer.offset, metadata: String(decoding: metadata, as: UTF8.self))
    }

    /// The lowest and the end offset of an input partition, on the read_uncommitted client.
    public func inputRange(_ partition: Int32) -> Range<Int64>? { range(of: settings.inputTopic, partition) }

    /// The lowest and the end offset of a restore topic's partition, on the read_uncommitted client.
    public func range(_ topic: RestoreTopic, _ partition: Int32) -> Range<Int64>? { range(of: name(topic), partition) }

    /// The last stable offset.
    public func stableEnd(_ topic: RestoreTopic, _ partition: Int32) -> Int64? {
        offset(on: committed, name(topic), partition, at: Int64(RD_KAFKA_OFFSET_END))
    }

    /// The first ledger offset at or above a time. On the read_uncommitted client, since a read_committed one finds nothing above the last
    /// stable offset.
    public func ledgerOffset(_ partition: Int32, atOrAfterMilliseconds: Int64) -> Int64?? {
        precondition(atOrAfterMilliseconds >= 0)
        let found = offset(on: uncommitted, settings.ledgerTopic, partition, at: atOrAfterMilliseconds)
        guard let found else { return nil }
        return .some(found >= 0 ? found : nil)
    }

    /// The first record of the ledger with a value at or behind this offset, committed or not; lent until the next call.
    public func firstLedgerRecord(_ partition: Int32, from offset: Int64) -> RecordView? {
        record.release()
        if looseReader == nil { looseReader = try? makeLooseReader() }
        guard let ledger = looseReader?.ledger, rd_kafka_consume_start(ledger, partition, offset) == 0 else { return nil }
        defer { rd_kafka_consume_stop(ledger, partition) }
        let deadline = monotonicMilliseconds() + Int64(patience)
        while true {
            let left = Int32(clamping: deadline - monotonicMilliseconds())
            guard left > 0, let message = rd_kafka_consume(ledger, partition, left) else { return nil }
            if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR, message.pointee.payload != nil { return record.lend(message) }
            let isEnd = message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR
            rd_kafka_message_destroy(message)
            if isEnd { return nil }
        }
    }

    private func makeLooseReader() throws(KafkaConfigurationError) -> (client: RDKafkaHandle, ledger: OpaquePointer) {
        let config = try KafkaRestoreSource.configuration(connection, settings, isolation: "read_uncommitted")
        let client = try RDKafkaHandle(.consumer, config, log: log)
        return (client, try client.topic(settings.ledgerTopic))
    }

    /// The partitions of the written topics whose last stable offset is not the end; of the ledger and the state these alone.
    public func openPartitions(owned: [Int32]) -> [OpenPartition]? {
        guard case .success(let counts) = uncommitted.partitionCounts(waitMilliseconds: patience) else { return nil }
        let all = TopicPartition.all(of: settings.writtenTopics, counts).filter { one in
            one.topic != settings.ledgerTopic && one.topic != settings.stateTopic || owned.contains(one.partition)
        }
        // The end first: what others write in between must not look open.
        let end = Int64(RD_KAFKA_OFFSET_END)
        guard let ends = offsets(on: uncommitted, all, at: end), let stable = offsets(on: committed, all, at: end) else { return nil }
        return all.indices.filter { stable[$0] < ends[$0] }.map { OpenPartition(place: all[$0], stableEnd: stable[$0]) }
    }

    private func range(of topic: String, _ partition: Int32) -> Range<Int64>? {
        let beginning = Int64(RD_KAFKA_OFFSET_BEGINNING)
        let ending = Int64(RD_KAFKA_OFFSET_END)
        guard let low = offset(on: uncommitted, topic, partition, at: beginning), low >= 0,
            let high = offset(on: uncommitted, topic, partition, at: ending), high >= low
        else { return nil }
        return low..<high
    }

    private func offset(on handle: RDKafkaHandle, _ topic: String, _ partition: Int32, at time: Int64) -> Int64? {
        offsets(on: handle, [TopicPartition(topic: topic, partition: partition)], at: time)?[0]
    }

    /// All in one question: while a node is down, one for each partition would take longer than a membership lasts.
    private func offsets(on handle: RDKafkaHandle, _ partitions: [TopicPartition], at time: Int64) -> [Int64]? {
        let began = monotonicMilliseconds()
        let found = handle.offsets(partitions, at: time, waitMilliseconds: patience)
        learn(isAnswered: found != nil, since: began)
        if found == nil { refreshLeaders(of: handle) }
        return found
    }

    /// Asks who leads the topics that the client knows. A look-up goes to the leader that the library remembers, and where that one is
    /// dead, the library asks for another after five minutes only.
    private func refreshLeaders(of handle: RDKafkaHandle) {
        let now = monotonicMilliseconds()
        guard now >= nextRefresh else { return }
        nextRefresh = now + KafkaLimits.leaderRefreshMilliseconds
        handle.withPointer { client in
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let code = rd_kafka_metadata(client, 0, nil, &metadata, patience)
            if code == RD_KAFKA_RESP_ERR_NO_ERROR { rd_kafka_metadata_destroy(metadata) }
        }
    }

    /// A limit that a distant or busy broker never meets would keep a restore from ever ending.
    private func learn(isAnswered: Bool, since began: Int64) {
        let took = Int32(clamping: monotonicMilliseconds() - began)
        // An error that comes at once is no reason to wait longer.
        guard isAnswered || took >= patience else { return }
        let wanted = isAnswered ? took * 4 : patience * 2
        patience = min(max(wanted, KafkaLimits.lookupMilliseconds), KafkaLimits.lookupMaximumMilliseconds)
    }

    func name(_ topic: RestoreTopic) -> String {
        switch topic {
        case .state: settings.stateTopic
        case .ledger: settings.ledgerTopic
        }
    }

    /// Closes the readers and both clients. Up to 10 s.
    public func close() {
        record.release()
        for reader in readers { close(reader.topic, reader.partition) }
        _ = uncommitted.destroy(waitMilliseconds: KafkaLimits.closeMilliseconds, leavesGroup: false)
        _ = committed.destroy(waitMilliseconds: KafkaLimits.closeMilliseconds, leavesGroup: false)
        _ = looseReader?.client.destroy(waitMilliseconds: KafkaLimits.closeMilliseconds, leavesGroup: false)
    }
}
