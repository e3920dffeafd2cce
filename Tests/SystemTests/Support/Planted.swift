import Foundation
import KafkaAdapter
import StockWire
import Testing

// What no engine would do: records and offsets put into an installation by somebody else.

/// A record to append; without a value a tombstone.
struct PlantedRecord {
    var key: [UInt8]
    var value: [UInt8]?
}

extension Installation {
    /// Appends records to a partition of a topic, outside of any transaction.
    func append(_ topic: Topic, partition: Int32, _ records: [PlantedRecord]) throws {
        let settings = KafkaProducer.Settings(topics: [self.topic(topic)])
        let producer = try KafkaProducer(connection: connection, settings: settings) { _, _, _ in }
        defer { producer.close() }
        _ = try within(seconds: 30, "connection") { producer.connect(waitMilliseconds: 2_000) == nil ? true : nil }
        for record in records {
            record.key.withUnsafeBytes { key in
                if let value = record.value {
                    value.withUnsafeBytes { _ = producer.produce(0, partition: partition, key: key, value: $0) }
                } else {
                    _ = producer.produce(0, partition: partition, key: key, value: nil)
                }
            }
        }
        let isFlushed = producer.flush(waitMilliseconds: 30_000) { #expect($0.error == nil) }
        #expect(isFlushed)
    }

    /// Waits until the engines are gone: one that was killed, and a worker that never had a partition, leave by the end of their session.
    func waitUntilGroupIsEmpty() throws {
        let provisioner = try TopicProvisioner(connection: connection) { _, _, _ in }
        defer { provisioner.close() }
        _ = try within(seconds: 60, "an empty group") { try provisioner.describeGroup(name).members.isEmpty ? true : nil }
    }

    /// Runs Kafka's own tool for groups, which knows nothing of the ledger.
    func consumerGroups(_ arguments: String...) throws {
        let done = try ChildProcess.run(
            Project.kafka("kafka-consumer-groups.sh"), ["--bootstrap-server", broker.bootstrap, "--group", name] + arguments)
        guard done.status == 0 else { throw TimedOut(description: "kafka-consumer-groups.sh \(arguments): \(done)") }
    }

    /// Sends lines KEY|VALUE with kcat, as docs/events.md tells producers to.
    func send(lines: [String]) throws {
        let done = try ChildProcess.run(
            try Project.installed("kcat"),
            ["-P", "-b", broker.bootstrap, "-t", topic(.events), "-K", "|", "-X", "topic.partitioner=murmur2_random"],
            input: lines.joined(separator: "\n") + "\n")
        guard done.status == 0 else { throw TimedOut(description: "kcat: \(done)") }
    }
}
