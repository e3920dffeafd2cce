import CommandLineParser
import Configuration
import Foundation
import KafkaAdapter
import StockCore
import StockStream
import Telemetry

/// Exit codes of the tools, beside 0 (all is well) and 1 (a check found something); as in sysexits.h.
enum ToolExit {
    /// What was given can't be used: a repaired letter that does not decode, an offset that is not there.
    static let data: Int32 = 65
    /// The broker does not answer, or something on it failed.
    static let unavailable: Int32 = 69
    /// The group has members: stop the engines first.
    static let groupBusy: Int32 = 75
    /// The configuration or the topics are not right.
    static let configuration: Int32 = 78
}

/// The installation that a tool works on.
final class ToolPlace {
    let settings: EngineSettings
    let logger: Logger
    /// Partitions of the input topic, and so of ledger and state.
    let partitionCount: Int32
    let options: WorkerOptions
    let clock = SystemClock()
    private let provisioner: TopicProvisioner

    /// Connects, and learns the partition count.
    init(_ arguments: ParsedArguments) throws {
        settings = try SettingsOptions.load(arguments)
        logger = Logger(settings.log)
        provisioner = try TopicProvisioner(connection: settings.kafkaConnection, log: logger.kafkaLog)
        do {
            let catalog = TopicCatalog(settings.topics)
            let actual = try provisioner.describe(
                catalog.declarations.map(\.declaration.name), patienceMilliseconds: KafkaLimits.propagationMilliseconds)
            let problems = catalog.fatal(actual)
            guard problems.isEmpty else { throw CommandFailure(problems.joined(separator: "\n"), exitCode: ToolExit.configuration) }
            partitionCount = actual[settings.topics.events]!.partitions
        } catch let error as PortError {
            throw CommandFailure("no broker answers at \(settings.kafka.bootstrap): \(error)", exitCode: ToolExit.unavailable)
        }
        options = settings.workerOptions(partitionCount)
    }

    /// Runs a tool on the installation; what goes wrong at the broker becomes its exit code.
    static func run(_ arguments: ParsedArguments, _ body: (ToolPlace) throws -> Int32) -> Int32 {
        CommandFailure.catching {
            let place = try ToolPlace(arguments)
            defer { place.provisioner.close() }
            do {
                return try body(place)
            } catch let error as PortError {
                throw CommandFailure(error.description, exitCode: ToolExit.unavailable)
            } catch let error as PartitionWriteError {
                throw CommandFailure(error.description, exitCode: ToolExit.unavailable)
            }
        }
    }

    // MARK: - What it is about

    /// The partition that was asked for; nil: none was.
    func partition(_ arguments: ParsedArguments) throws -> Int32? {
        guard let number = arguments.integer("partition") else { return nil }
        guard number < Int64(partitionCount) else {
            throw CommandFailure(
                "there is no partition \(number): \(settings.topics.events) has \(partitionCount), from 0 to \(partitionCount - 1)",
                exitCode: CommandLineProgram.usageExitCode)
        }
        return Int32(number)
    }

    /// The members of the engine's group.
    func members() throws -> [GroupDescription.Member] { try provisioner.describeGroup(settings.kafka.group).members }

    /// No tool writes to an engine's topics or offsets while its group has members.
    func requireEmptyGroup() throws {
        let members = try members()
        guard members.isEmpty else {
            let who = members.prefix(8).map { "\($0.clientID) at \($0.host)" }.joined(separator: ", ")
            throw CommandFailure(
                "the group \(settings.kafka.group) has \(members.count) members (\(who)); stop the engines first",
                exitCode: ToolExit.groupBusy)
        }
    }

    /// Ids that no engine has, for the claims of a tool.
    func newTransactionalIDs() -> [String] {
        let unique = String(UInt64(clock.wallMilliseconds()), radix: 36) + String(UInt64.random(in: 0..<(1 << 40)), radix: 36)
        return ["a", "b"].map { "\(settings.kafka.effectiveTransactionalIDPrefix)-\(unique)-tool-\($0)" }
    }

    func restoreSource() throws -> KafkaRestoreSource {
        try KafkaRestoreSource(
            connection: settings.kafkaConnection,
            settings: .init(
                groupID: settings.kafka.group, inputTopic: settings.topics.events, stateTopic: settings.topics.state,
                ledgerTopic: settings.topics.ledger,
                writtenTopics: TopicCatalog.names(settings.topics).values.sorted()),
            log: logger.kafkaLog)
    }

    var monotonicMilliseconds: Int64 { clock.monotonicMilliseconds() }
}
