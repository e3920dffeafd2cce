import KafkaAdapter
import StockStream

// What is open at the broker, and whose it is.

extension Installation {
    /// Asks as a new owner does. `written`: the topics in which to look for open transactions.
    func restoreSource(written topics: [Topic] = []) throws -> KafkaRestoreSource {
        let settings = KafkaRestoreSource.Settings(
            groupID: name, inputTopic: topic(.events), stateTopic: topic(.state), ledgerTopic: topic(.ledger),
            writtenTopics: topics.map { topic($0) })
        return try KafkaRestoreSource(connection: connection, settings: settings) { _, _, _ in }
    }

    /// The transactional ids in the last claim of a partition.
    func claimedIDs(_ partition: Int32) throws -> [String] {
        let source = try restoreSource()
        defer { source.close() }
        return try within(seconds: 30, "the claim") {
            guard case .at(_, let metadata) = source.committed(partition, stable: false) else { return nil }
            return Claim(metadata: metadata)?.transactionalIDs
        }
    }

    /// What is open hides what comes after it from everybody, the engine included: nothing that is missing then is noticed.
    func waitUntilNothingIsOpen(_ topics: [Topic], seconds: Double = 60) throws {
        let source = try restoreSource(written: topics)
        defer { source.close() }
        let owned = Array(0..<partitions)
        _ = try within(seconds: seconds, "an end of every transaction in \(topics)") {
            source.openPartitions(owned: owned)?.isEmpty == true ? true : nil
        }
    }

    /// A transaction of that id that has one record and no end, as a process leaves it that is killed.
    func leaveOpen(_ id: String, _ topic: Topic, partition: Int32, timeoutMilliseconds: Int) throws {
        var settings = KafkaTransactionalSink.Settings(transactionalID: id, topics: [.events: self.topic(topic)])
        settings.transactionTimeoutMilliseconds = timeoutMilliseconds
        let sink = try KafkaTransactionalSink(
            connection: connection, settings: settings, membership: .standalone(groupID: name), inputTopic: self.topic(.events)
        ) { _, _, _ in }
        _ = try within(seconds: 30, "a producer") { if case .done = sink.initialize() { true } else { nil } }
        guard case .done = sink.begin() else { throw TimedOut(description: "no transaction of \(id)") }
        defer { sink.close() }
        Array("left".utf8).withUnsafeBytes { text in
            _ = sink.produce(
                .events, partition: partition, key: text, value: text, timestampMilliseconds: 0,
                headers: UnsafeBufferPointer(start: nil, count: 0))
        }
        let source = try restoreSource(written: [topic])
        defer { source.close() }
        _ = try within(seconds: 30, "the record of \(id)") {
            source.openPartitions(owned: Array(0..<partitions))?.isEmpty == false ? true : nil
        }
    }
}
