import CommandLineParser
import Foundation
import KafkaAdapter
import StockCore
import StockStream

// `stockstream state skip`.
extension StateCommand {
    static func skip(_ place: ToolPlace, _ arguments: ParsedArguments) throws -> Int32 {
        guard let partition = try place.partition(arguments), let target = arguments.integer("to") else {
            preconditionFailure("required options")
        }
        let reason = try reasonKey(arguments.text("reason") ?? "")
        try place.requireEmptyGroup()
        let source = try place.restoreSource()
        defer { source.close() }
        let ids = place.newTransactionalIDs()
        let restorer = PartitionRestorer(partition: partition, source: source, options: place.options, transactionalIDs: ids)
        if let stop = try place.run(restorer) {
            print("partition \(partition): \(stop.text(in: partition))")
            guard stop.leavesState else { throw CommandFailure("partition \(partition): the state can't be used, so nothing was skipped") }
        }
        let findings = restorer.findings
        let values = restorer.withState { $0.values }
        try checkTarget(target, values.next, findings.input, isReread: arguments.flag("reread"))
        let claim = claim(above: findings.claim, seq: values.seq, ids: ids, place)
        let (writer, sink) = try writer(place, partition, claim, source)
        defer { sink.close() }
        try writer.initialize()
        try restorer.withState {
            try writer.writeGap(&$0, to: target, reason: reason, wallMilliseconds: place.clock.wallMilliseconds())
        }
        print(
            "partition \(partition): goes on with input offset \(target) instead of \(values.next); "
                + "the gap is in the ledger with seq \(values.seq + 1), claim \(claim.number)")
        return 0
    }

    private static func reasonKey(_ text: String) throws -> Key {
        guard !text.isEmpty, let key = Key(text: text), !text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else {
            throw CommandFailure(
                "--reason: 1 to \(Key.maxBytes) bytes without control characters, it has \(text.utf8.count)",
                exitCode: CommandLineProgram.usageExitCode)
        }
        return key
    }

    private static func checkTarget(_ target: Int64, _ next: Int64, _ input: Range<Int64>, isReread: Bool) throws {
        guard target >= input.lowerBound, target <= input.upperBound else {
            throw CommandFailure(
                "--to \(target): the input holds the offsets from \(input.lowerBound) to below \(input.upperBound); "
                    + "\(input.upperBound) waits for what comes",
                exitCode: ToolExit.data)
        }
        // Below an offset that the input does not reach, the records are other ones: the topic was made anew.
        guard target >= next || next > input.upperBound || isReread else {
            throw CommandFailure(
                "--to \(target): the ledger has everything below \(next) already. With --reread it is read again; "
                    + "what the id window no longer knows is applied twice", exitCode: ToolExit.data)
        }
    }
}
