import CommandLineParser
import Configuration
import Foundation
import KafkaAdapter
import StockCore
import StockStream

/// `stockstream state verify|rebuild|skip`: the state of the partitions, checked and put right (docs/operations.md).
enum StateCommand {
    private static let range: ClosedRange<Int64> = 0...9_999

    static let subcommands = [
        Subcommand(
            name: "state verify", summary: "Compare checkpoints with the whole ledger; exit code 1 where they differ.",
            discussion:
                "Restores each partition as an engine does, replays its whole ledger into an empty state, and compares. Reads only; "
                + "the engines may go on working.",
            options: SettingsOptions.all + [
                CommandOption("partition", letter: "p", .integer(range), help: "Only this partition (default: all).")
            ],
            run: { arguments in ToolPlace.run(arguments) { try verify($0, arguments) } }),
        Subcommand(
            name: "state rebuild", summary: "Write a fresh checkpoint of a partition from its whole ledger.",
            discussion:
                "For a task that stopped with state-damaged, inconsistent or newer-format. The group must be empty: stop the engines "
                + "first. The input offset stays where it is.",
            options: SettingsOptions.all + [
                CommandOption("partition", letter: "p", .integer(range), isRequired: true, help: "The partition.")
            ],
            run: { arguments in ToolPlace.run(arguments) { try rebuild($0, arguments) } }),
        Subcommand(
            name: "state skip", summary: "Move the input offset of a partition, and record the gap in its ledger.",
            discussion:
                "For a task that stopped with offset-moved or offset-lost. Records between the offset that the ledger expects and the "
                + "new one are never applied. The group must be empty: stop the engines first.",
            options: SettingsOptions.all + [
                CommandOption("partition", letter: "p", .integer(range), isRequired: true, help: "The partition."),
                CommandOption("to", .integer(0...Int64.max), isRequired: true, help: "The input offset to go on with."),
                CommandOption(
                    "reason", .text(placeholder: "TEXT"), isRequired: true,
                    help: "Why; it stands in the ledger. At most \(Key.maxBytes) bytes."),
                CommandOption(
                    "reread", .flag,
                    help: "Allow an offset before the one expected: what is read again and no longer in the id window is applied twice."),
            ],
            run: { arguments in ToolPlace.run(arguments) { try skip($0, arguments) } }),
    ]

    /// A claim above the one found.
    static func claim(above found: Claim?, seq: Int64, ids: [String], _ place: ToolPlace) -> Claim {
        Claim(number: max((found?.number ?? 0) + 1, place.clock.wallMilliseconds()), seq: seq, commit: 0, transactionalIDs: ids)
    }

    /// A writer whose every commit first looks whether an engine has come in between.
    static func writer(
        _ place: ToolPlace, _ partition: Int32, _ claim: Claim, _ source: KafkaRestoreSource
    ) throws -> (writer: PartitionWriter<KafkaTransactionalSink>, sink: KafkaTransactionalSink) {
        let sink = try KafkaTransactionalSink(
            connection: place.settings.kafkaConnection,
            settings: .init(transactionalID: claim.transactionalIDs[0], topics: TopicCatalog.names(place.settings.topics)),
            membership: .standalone(groupID: place.settings.kafka.group), inputTopic: place.settings.topics.events,
            log: place.logger.kafkaLog)
        let before = committed(partition, source)
        let writer = PartitionWriter(sink: sink, partition: partition, claim: claim, options: place.options) {
            try place.requireEmptyGroup()
            let now = committed(partition, source)
            let isOurs = now.flatMap { $0.claim }?.number == claim.number
            guard isOurs || now == before else {
                throw CommandFailure(
                    "partition \(partition): somebody else has committed an offset meanwhile", exitCode: ToolExit.groupBusy)
            }
        }
        return (writer, sink)
    }

    /// A committed offset.
    struct Committed: Equatable {
        var next: Int64
        var claim: Claim?
    }

    /// The stable committed offset; nil where there is none, or none that is stable within some seconds.
    static func committed(_ partition: Int32, _ source: KafkaRestoreSource) -> Committed? {
        for _ in 0..<100 {
            switch source.committed(partition, stable: true) {
            case .pending: continue
            case .none: return nil
            case .at(let next, let metadata): return Committed(next: next, claim: Claim(metadata: metadata))
            }
        }
        return nil
    }
}
