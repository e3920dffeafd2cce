import Foundation
import StockStream
import StockWire
import Testing

@testable import KafkaAdapter

/// The topics and the group of one test on the real broker.
struct RealTest {
    let connection: KafkaConnection
    let log = TestLog()
    let name = UUID().uuidString.prefix(8).lowercased()

    var group: String { "group-\(name)" }
    var input: String { "in-\(name)" }
    var ledger: String { "ledger-\(name)" }
    var state: String { "state-\(name)" }

    init(partitions: Int32) throws {
        let broker = try #require(RealBroker.shared, "no broker")
        connection = broker.connection
        let provisioner = try TopicProvisioner(connection: connection, log: log.closure)
        defer { provisioner.close() }
        let topics = [input, ledger, state].map { TopicDefinition(name: $0, partitions: partitions, replication: 1, configs: [:]) }
        // The broker may still be starting.
        _ = try within(seconds: 180, "topics") { () -> Bool? in
            do throws(PortError) {
                try provisioner.create(topics)
                return true
            } catch {
                return nil
            }
        }
    }

    func sink(_ id: String, membership: KafkaMembership? = nil, timeoutMilliseconds: Int = 10_000) throws -> KafkaTransactionalSink {
        var settings = KafkaTransactionalSink.Settings(
            transactionalID: "\(name)-\(id)", topics: [.ledger: ledger, .state: state, .events: input])
        settings.transactionTimeoutMilliseconds = timeoutMilliseconds
        let sink = try KafkaTransactionalSink(
            connection: connection, settings: settings, membership: membership ?? .standalone(groupID: group), inputTopic: input,
            log: log.closure)
        try sink.initializeNow()
        return sink
    }

    func source(partitions: Int32) throws -> KafkaRecordSource {
        try KafkaRecordSource(
            connection: connection, settings: .init(topic: input, partitionCount: partitions, groupID: group), log: log.closure)
    }

    func restore() throws -> KafkaRestoreSource {
        try KafkaRestoreSource(
            connection: connection,
            settings: .init(
                groupID: group, inputTopic: input, stateTopic: state, ledgerTopic: ledger, writtenTopics: [input, ledger, state]),
            log: log.closure)
    }

    func read(_ topic: String, committedOnly: Bool) throws -> [CopiedRecord] {
        var settings = KafkaReader.Settings(topics: [topic])
        settings.readsCommittedOnly = committedOnly
        let reader = try KafkaReader(connection: connection, settings: settings, log: log.closure)
        defer { reader.close() }
        try reader.connectNow()
        return try reader.readToEnds()
    }

    /// Fills the input, `count` records a partition.
    func fill(partitions: Int32, count: Int) throws {
        let producer = try KafkaProducer(connection: connection, settings: .init(topics: [input]), log: log.closure)
        defer { producer.close() }
        try producer.connectNow()
        for number in 0..<count { for partition in 0..<partitions { _ = producer.put(0, partition, key: "k", value: "\(number)") } }
        var failures = 0
        #expect(producer.flush(waitMilliseconds: 20_000) { failures += $0.error == nil ? 0 : 1 })
        #expect(failures == 0)
    }
}

extension KafkaRestoreSource {
    func committedNow(_ partition: Int32, stable: Bool) throws -> CommittedOffset {
        try within(seconds: 20, "committed offset of \(partition)") {
            let answer = committed(partition, stable: stable)
            return answer == .pending ? nil : answer
        }
    }
}

/// The tests on the real broker run one after the other: they share two cores with it.
@Suite(.serialized, .enabled(if: RealBroker.isAvailable)) struct RealBrokerTests {}
