import CommandLineParser
import Configuration
import Foundation
import KafkaAdapter
import StockStream
import Telemetry

/// `stockstream topics apply|diff|verify|describe`: the topics as `topics/` declares them, against a cluster.
enum TopicsCommand {
    private static let shape = [
        CommandOption("partitions", .integer(1...10_000), help: "Partitions of topics that are made (default: as declared)."),
        CommandOption(
            "replication", .integer(1...9), help: "Copies of each partition (default: as declared). With 3, min.insync.replicas is 2."),
    ]

    static let subcommands = [
        Subcommand(
            name: "topics apply", summary: "Make the topics that are missing and set what differs.", options: SettingsOptions.all + shape,
            run: { arguments in CommandFailure.catching { try apply(arguments) } }),
        Subcommand(
            name: "topics diff", summary: "Show what differs from the declarations; exit code 1 where anything does.",
            options: SettingsOptions.all + shape, run: { arguments in CommandFailure.catching { try diff(arguments) } }),
        Subcommand(
            name: "topics verify", summary: "Check what the engine can't live without; exit code 1 where it would refuse to start.",
            options: SettingsOptions.all, run: { arguments in CommandFailure.catching { try verify(arguments) } }),
        Subcommand(
            name: "topics describe", summary: "Print the declarations.", options: SettingsOptions.all,
            run: { arguments in CommandFailure.catching { try describe(arguments) } }),
    ]

    private struct Place {
        var catalog: TopicCatalog
        var provisioner: TopicProvisioner
        var desired: [TopicDefinition]
    }

    private static func open(_ arguments: ParsedArguments, isShaped: Bool = true) throws -> Place {
        let settings = try SettingsOptions.load(arguments)
        let catalog = TopicCatalog(settings.topics)
        let partitions = isShaped ? arguments.integer("partitions").map { Int32($0) } : nil
        let replication = isShaped ? arguments.integer("replication").map { Int16($0) } : nil
        let provisioner = try TopicProvisioner(connection: settings.kafkaConnection, log: Logger(settings.log).kafkaLog)
        return Place(
            catalog: catalog, provisioner: provisioner, desired: catalog.definitions(partitions: partitions, replication: replication))
    }

    private static func apply(_ arguments: ParsedArguments) throws -> Int32 {
        let place = try open(arguments)
        defer { place.provisioner.close() }
        let before = try place.provisioner.differences(place.desired)
        for difference in before { print(difference) }
        let left = try place.provisioner.apply(place.desired)
        for difference in left { CommandFailure.print(error: "can't be changed on a topic: \(difference)") }
        print(left.isEmpty ? "topics are as declared" : "topics differ")
        return left.isEmpty ? 0 : 1
    }

    private static func diff(_ arguments: ParsedArguments) throws -> Int32 {
        let place = try open(arguments)
        defer { place.provisioner.close() }
        let differences = try place.provisioner.differences(place.desired)
        for difference in differences { print(difference) }
        if differences.isEmpty { print("topics are as declared") }
        return differences.isEmpty ? 0 : 1
    }

    private static func verify(_ arguments: ParsedArguments) throws -> Int32 {
        let place = try open(arguments, isShaped: false)
        defer { place.provisioner.close() }
        let problems = place.catalog.fatal(
            try place.provisioner.describe(place.desired.map(\.name), patienceMilliseconds: KafkaLimits.propagationMilliseconds))
        for problem in problems { print(problem) }
        if problems.isEmpty { print("the engine can start") }
        return problems.isEmpty ? 0 : 1
    }

    private static func describe(_ arguments: ParsedArguments) throws -> Int32 {
        let settings = try SettingsOptions.load(arguments)
        for (_, topic) in TopicCatalog(settings.topics).declarations {
            print(
                "\(topic.name)\n    \(topic.summary)\n    key: \(topic.key); partitions: \(topic.partitions); "
                    + "replication: \(topic.replication)"
            )
            for (key, value) in topic.configs.sorted(by: { $0.key < $1.key }) { print("    \(key)=\(value)") }
        }
        return 0
    }
}
