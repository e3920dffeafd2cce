import CommandLineParser
import Foundation
import KafkaAdapter
import StockCore
import StockStream

// `stockstream state verify`.
extension StateCommand {
    /// What came of one partition.
    private enum Verdict {
        case agrees
        /// The ledger's beginning is gone: the restore alone was checked.
        case unproven
        case differs
    }

    static func verify(_ place: ToolPlace, _ arguments: ParsedArguments) throws -> Int32 {
        let partitions = try place.partition(arguments).map { [$0] } ?? Array(0..<place.partitionCount)
        let source = try place.restoreSource()
        defer { source.close() }
        var counts: [Verdict: Int] = [:]
        for partition in partitions { counts[try verify(partition, place, source), default: 0] += 1 }
        let differing = counts[.differs] ?? 0
        var summary = "\(partitions.count) partitions: \(counts[.agrees] ?? 0) agree, \(differing) differ"
        if let unproven = counts[.unproven] { summary += ", \(unproven) restored but not compared" }
        print(summary)
        return differing == 0 ? 0 : 1
    }

    private static func verify(_ partition: Int32, _ place: ToolPlace, _ source: KafkaRestoreSource) throws -> Verdict {
        let began = place.monotonicMilliseconds
        let (restorer, stop) = try place.snapshot(partition, source)
        let restored = place.monotonicMilliseconds
        let findings = restorer.findings
        if let stop {
            print("partition \(partition): an engine would stop here\n  \(stop.text(in: partition))")
            guard stop.leavesState else { return try judgeLedger(partition, findings, place, source) }
        }
        let seq = restorer.withState { $0.values.seq }
        do {
            let replay = try place.replay(partition, findings.ledger, through: seq, source)
            let replayed = place.monotonicMilliseconds
            let comparison = restorer.withState { mine in
                replay.withState { StateComparison(restored: &mine, replayed: &$0, limits: place.options.limits) }
            }
            report(partition, comparison, isStopped: stop != nil)
            restorer.withState { describe($0, findings, comparison) }
            print(
                "  \(findings.isFromBeginning ? "no checkpoint" : "checkpoint") and \(findings.facts) facts in \(restored - began) ms; "
                    + "the whole ledger, \(seq) facts, in \(replayed - restored) ms")
            return comparison.differences.isEmpty && stop == nil ? .agrees : .differs
        } catch let error as ReplayError {
            print("partition \(partition): restored to seq \(seq), but not to be compared: \(error)")
            return stop == nil && findings.ledger.lowerBound > 0 ? .unproven : .differs
        }
    }

    private static func report(_ partition: Int32, _ comparison: StateComparison, isStopped: Bool) {
        guard !comparison.differences.isEmpty else {
            print("partition \(partition): \(isStopped ? "the state itself agrees" : "agrees")")
            return
        }
        print("partition \(partition): DIFFERS")
        for difference in comparison.differences { print("  \(difference)") }
        if comparison.untold > 0 { print("  and \(comparison.untold) more") }
    }

    private static func describe(_ state: borrowing PartitionState, _ findings: RestoreFindings, _ comparison: StateComparison) {
        let values = state.values
        let lag = max(0, findings.input.upperBound - values.next)
        print(
            "  seq \(values.seq), next \(values.next), lag \(lag), log time \(timeText(values.logTimeMilliseconds)), "
                + "claim \(findings.claim.map { String($0.number) } ?? "none")")
        print(
            "  \(state.skuCount) SKUs, \(state.openHoldCount) open holds, \(state.openCommitmentCount) open order lines, "
                + "\(state.closedCount) closed records, \(comparison.ids) ids, digest \(String(comparison.digest, radix: 16))")
    }

    /// The checkpoint can't be used: whether the ledger can.
    private static func judgeLedger(
        _ partition: Int32, _ findings: RestoreFindings, _ place: ToolPlace, _ source: KafkaRestoreSource
    ) throws -> Verdict {
        if try !place.members().isEmpty {
            print("  Engines are working, and the log cleaner may have been in the way. Try again with the group empty.")
        }
        do {
            let replay = try place.replay(partition, findings.ledger, through: findings.claim?.seq, source)
            let broken = replay.withState { $0.checkAll() }
            print("  the ledger alone leads to seq \(replay.state.values.seq)\(broken.map { ", but \($0)" } ?? ", all identities hold")")
        } catch let error as ReplayError {
            print("  the ledger alone does not lead to a state either: \(error)")
        }
        return .differs
    }
}
