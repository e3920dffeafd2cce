import StockStream
import StockWire

/// The broker: logs with transactions, committed offsets, one group, transactional ids with epochs.
final class FakeKafka {
    let partitions: Int32
    let clock: FakeClock
    private var logs: [[FakeLog]]
    private(set) var committed: [Int32: OffsetCommit] = [:]
    /// Whose transaction committed it, by number.
    private var committers: [Int32: Int] = [:]
    private var transactions = 0
    private var epochs: [String: Int] = [:]
    private var open: [String: FakeTransaction] = [:]
    /// Transactions that have ended without an end in the logs: the next one of the id brings it, whatever became of them.
    private var endless: [String: [FakeTransaction]] = [:]
    /// Where the broker forgets to write ends while it is so (Apache Kafka 4.1 to 4.3, KAFKA-20734).
    enum Forgetting {
        case nothing
        /// In all logs, and the group's.
        case all
        /// In the logs of one partition of all topics, and not in the group's.
        case logs(Int32)
        /// In the group's only.
        case offsets
    }
    var forgetting = Forgetting.nothing
    /// An end was forgotten just now.
    var onForgotten: () -> Void = {}
    /// While true the broker forgets to write any end.
    var forgetsEnds: Bool {
        get { if case .nothing = forgetting { false } else { true } }
        set { forgetting = newValue ? .all : .nothing }
    }
    /// The members that the group counts in, each with its id, and the ids that the members themselves know from their assignments.
    private var members: [String: Int] = [:]
    private var known: [String: Int] = [:]
    private var lastMember = 0
    /// Fencings that were asked for, in order.
    var fenced: [[String]] = []

    init(partitions: Int32, clock: FakeClock) {
        self.partitions = partitions
        self.clock = clock
        logs = OutputTopic.allCases.map { _ in (0..<partitions).map { _ in FakeLog() } }
    }

    /// The log of a partition; `.events` is the input.
    func log(_ topic: OutputTopic, _ partition: Int32) -> FakeLog { logs[topic.rawValue][Int(partition)] }
    func log(_ topic: RestoreTopic, _ partition: Int32) -> FakeLog { log(topic == .state ? OutputTopic.state : .ledger, partition) }

    // MARK: Group

    /// Counts a member in, with a new id where it was not one.
    func join(_ name: String) {
        guard members[name] == nil else { return }
        lastMember += 1
        members[name] = lastMember
    }

    /// Counts a member out.
    func leave(_ name: String) { members[name] = nil }

    /// The member has learnt of its assignment, or of its loss.
    func learn(_ name: String, isMember: Bool) { known[name] = isMember ? members[name] : nil }

    /// What a coordinator checks: the id that the member knows is the one that counts.
    func isMember(_ name: String) -> Bool { members[name] != nil && members[name] == known[name] }

    // MARK: Transactions

    /// What `init_transactions` does: fences older users of the id and aborts what they left open. Answers the new epoch.
    func initialize(_ id: String) -> Int {
        end(id, isCommitted: false)
        epochs[id, default: 0] += 1
        return epochs[id]!
    }

    func isCurrent(_ id: String, _ epoch: Int) -> Bool { epochs[id] == epoch }

    func transaction(_ id: String) -> FakeTransaction {
        if let transaction = open[id] { return transaction }
        transactions += 1
        let transaction = FakeTransaction(number: transactions)
        open[id] = transaction
        return transaction
    }

    /// Ends the open transaction of an id, if there is one.
    func end(_ id: String, isCommitted: Bool) {
        guard let transaction = open.removeValue(forKey: id) else { return }
        let isOfGroup: Bool
        let ended: [FakeLog]
        switch forgetting {
        case .nothing: (ended, isOfGroup) = (transaction.logs, !transaction.offsets.isEmpty)
        case .all: (ended, isOfGroup) = ([], false)
        case .offsets: (ended, isOfGroup) = (transaction.logs, false)
        case .logs(let partition):
            let forgotten = logs.map { $0[Int(partition)] }
            ended = transaction.logs.filter { log in !forgotten.contains { $0 === log } }
            isOfGroup = !transaction.offsets.isEmpty
        }
        if forgetsEnds { onForgotten() }
        endless[id, default: []].append(transaction)
        end(id, in: ended, isOfGroup: isOfGroup, isCommitted: isCommitted)
        if !forgetsEnds { endless[id] = endless[id]!.filter(isEndless) }
    }

    /// Writes an end, which counts for all that the id has left open there.
    private func end(_ id: String, in logs: [FakeLog], isOfGroup: Bool, isCommitted: Bool) {
        for one in endless[id, default: []] {
            for log in logs { one.end(in: log, isCommitted: isCommitted) }
            guard isOfGroup else { continue }
            if isCommitted {
                // As a coordinator does: what was sent earlier does not take the place of what was sent later.
                for (partition, offset) in one.offsets where one.number > committers[partition, default: 0] {
                    committed[partition] = offset
                    committers[partition] = one.number
                }
            }
            one.offsets = [:]
        }
        for log in logs { log.appendMarker() }
    }

    private func isEndless(_ one: FakeTransaction) -> Bool { !one.offsets.isEmpty || one.logs.contains { one.state(in: $0) == .open } }

    /// Whether some transaction has ended without an end.
    var hasEndless: Bool {
        endless.values.joined().contains(where: isEndless)
    }

    /// Ends every open transaction, as a coordinator does that was away for longer than they may live; their producers are fenced.
    func expireAll() {
        for id in open.keys.sorted() {
            end(id, isCommitted: false)
            epochs[id]! += 1
        }
    }

    /// A transaction of the id for its end alone.
    func seal(_ id: String, _ seal: Seal) {
        let transaction = transaction(id)
        var isCommitted = false
        switch seal {
        case .abort(let offset):
            transaction.logs = logs.flatMap { $0 }
            if let offset { transaction.offsets[offset.partition] = offset }
        case .commit(let open, let offset):
            isCommitted = true
            for one in open {
                let log = logs[OutputTopic.allCases.first { "\($0)" == one.topic }!.rawValue][Int(one.partition)]
                "seal".utf8.withContiguousStorageIfAvailable {
                    log.append(
                        FakeRecord(key: UnsafeRawBufferPointer($0), value: nil, timestamp: clock.wallMilliseconds()), transaction)
                }
            }
            if let offset { transaction.offsets[offset.partition] = offset }
        }
        end(id, isCommitted: isCommitted)
    }

    /// Where a transaction is open, or has no end.
    var openPartitions: [OpenPartition] {
        OutputTopic.allCases.flatMap { topic in
            (0..<partitions).filter { log(topic, $0).lastStableOffset < log(topic, $0).end }.map {
                OpenPartition(
                    place: TopicPartition(topic: "\(topic)", partition: $0), stableEnd: log(topic, $0).lastStableOffset)
            }
        }
    }

    /// Ends what processes left open that are gone, as the broker's time-out does. Ids are `<name>-a` and `<name>-b`.
    func endAbandoned(except names: Set<String>) {
        for id in Array(open.keys) where !names.contains(String(id.dropLast(2))) { end(id, isCommitted: false) }
    }

    /// Whether an open transaction holds an offset of the partition.
    func isOffsetPending(_ partition: Int32) -> Bool {
        (Array(open.values) + endless.values.joined()).contains { $0.offsets[partition] != nil }
    }

    /// Sets or removes a committed offset, as an operator or retention does.
    func reset(_ partition: Int32, to offset: OffsetCommit?) { committed[partition] = offset }

    // MARK: Producers of others

    /// Whether the input topic is LogAppendTime: the timestamps of its records are then the broker's.
    var isStamping = true

    /// Appends an input record.
    @discardableResult func produce(
        _ partition: Int32, key: String?, value: String?, timestamp: Int64? = nil, headers: [(String, String)] = [],
        in transaction: FakeTransaction? = nil
    ) -> Int64 {
        var key = key
        var value = value
        var buffer = HeaderBuffer()
        for (name, text) in headers {
            var name = name
            var text = text
            name.withUTF8 { name in
                text.withUTF8 { text in
                    buffer.add(copyOf: RecordHeader(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(text)))
                }
            }
        }
        let views = buffer.headers()
        let log = log(OutputTopic.events, partition)
        FakeKafka.withBytes(&key) { key in
            FakeKafka.withBytes(&value) { value in
                log.append(
                    FakeRecord(
                        key: key, value: value, timestamp: timestamp ?? clock.wallMilliseconds(), isStampedByBroker: isStamping,
                        headers: views), transaction)
            }
        }
        return log.end - 1
    }

    static func withBytes(_ text: inout String?, _ body: (UnsafeRawBufferPointer?) -> Void) {
        guard var given = text else { return body(nil) }
        given.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
