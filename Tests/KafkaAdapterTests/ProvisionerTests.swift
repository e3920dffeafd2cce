import StockStream
import Testing

@testable import KafkaAdapter

extension RealBrokerTests {
    @Suite(.serialized) struct ProvisionerTests {
        /// Whoever produces at once must not meet a leader that is not ready. It takes a while for many partitions.
        @Test func aTopicThatWasMadeIsLed() throws {
            let test = try RealTest(partitions: 1)
            let provisioner = try TopicProvisioner(connection: test.connection, log: test.log.closure)
            defer { provisioner.close() }
            let topic = TopicDefinition(name: "led-\(test.name)", partitions: 300, replication: 1, configs: [:])
            try provisioner.create([topic])
            #expect(provisioner.areLed([topic]))
        }

        @Test func appliesAndDiffers() throws {
            let test = try RealTest(partitions: 1)
            let provisioner = try TopicProvisioner(connection: test.connection, log: test.log.closure)
            defer { provisioner.close() }
            var topic = TopicDefinition(
                name: "made-\(test.name)", partitions: 3, replication: 1,
                configs: ["cleanup.policy": "compact", "segment.bytes": "67108864", "message.timestamp.type": "LogAppendTime"])
            #expect(try provisioner.differences([topic]) == [.missing(topic: topic.name)])
            #expect(try provisioner.apply([topic]).isEmpty)
            _ = try within(seconds: 20, "the new topic") { try provisioner.differences([topic]).isEmpty ? true : nil }
            #expect(try provisioner.describe([topic.name])[topic.name]?.ownConfigs == topic.configs)

            topic.configs["segment.bytes"] = "33554432"
            topic.partitions = 4
            let partitions = TopicDifference.partitions(topic: topic.name, actual: 3, desired: 4)
            #expect(
                try provisioner.differences([topic]) == [
                    partitions, .config(topic: topic.name, key: "segment.bytes", actual: "67108864", desired: "33554432"),
                ])
            #expect(try provisioner.apply([topic]) == [partitions])
            _ = try within(seconds: 20, "the setting") { try provisioner.differences([topic]) == [partitions] ? true : nil }
            // What was set before stays.
            #expect(try provisioner.describe([topic.name])[topic.name]?.ownConfigs == topic.configs)
            topic.configs["no.such.setting"] = "1"
            #expect(throws: PortError.self) { try provisioner.apply([topic]) }
        }
    }
}
