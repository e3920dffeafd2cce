import Configuration
import Foundation
import KafkaAdapter
import StockStream
import Telemetry

/// The broker of `dev`: librdkafka's mock cluster in this process, or the Apache Kafka of KAFKA_HOME as a child.
final class DevBroker {
    let bootstrap: String
    /// What it is, for people.
    let title: String
    private let embedded: EmbeddedCluster?
    private let script: String?
    private let folder: TemporaryFolder

    /// Whether the consumer group works as on a real broker.
    var isReal: Bool { script != nil }

    /// Starts it. With a real one up to 90 seconds.
    init(in folder: TemporaryFolder, kafkaHome: String?, logger: Logger) throws {
        self.folder = folder
        guard let kafkaHome else {
            let cluster = try EmbeddedCluster(log: logger.kafkaLog)
            embedded = cluster
            script = nil
            bootstrap = cluster.bootstrapServers
            title = "embedded broker (for trying out: no transactions, no restart)"
            return
        }
        embedded = nil
        let script = folder.path + "/kafka"
        try Data(PackageResources.kafka).write(to: URL(fileURLWithPath: script))
        try Data(PackageResources.lib_sh).write(to: URL(fileURLWithPath: folder.path + "/lib.sh"))
        self.script = script
        let output = try DevBroker.run(
            script, ["start", "--dir", folder.path + "/broker", "--owner", String(ProcessInfo.processInfo.processIdentifier)])
        guard let line = output.split(separator: "\n").last(where: { $0.hasPrefix("bootstrap=") }) else {
            throw CommandFailure("the Apache Kafka of \(kafkaHome) did not start", exitCode: 69)
        }
        bootstrap = String(line.dropFirst("bootstrap=".count))
        title = "Apache Kafka of \(kafkaHome)"
    }

    private static func run(_ script: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = [script] + arguments
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure("\(arguments.first ?? "") of the broker failed with exit code \(process.terminationStatus)", exitCode: 69)
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Makes the topics.
    func provision(_ catalog: TopicCatalog, connection: KafkaConnection, logger: Logger) throws {
        if let embedded {
            for topic in catalog.definitions() { try embedded.createTopic(topic.name, partitions: topic.partitions) }
            return
        }
        let provisioner = try TopicProvisioner(connection: connection, log: logger.kafkaLog)
        defer { provisioner.close() }
        let left = try provisioner.apply(catalog.definitions())
        guard left.isEmpty else { throw CommandFailure("topics could not be made as declared: \(left)", exitCode: 69) }
    }

    /// Ends a real one. The embedded one ends with this object.
    func stop() {
        guard let script else { return }
        _ = try? DevBroker.run(script, ["stop", "--dir", folder.path + "/broker"])
    }
}
