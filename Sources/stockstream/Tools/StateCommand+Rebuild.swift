import CommandLineParser
import Foundation
import KafkaAdapter
import StockCore
import StockStream
import StockWire

// `stockstream state rebuild`.
extension StateCommand {
    static func rebuild(_ place: ToolPlace, _ arguments: ParsedArguments) throws -> Int32 {
        guard let partition = try place.partition(arguments) else { preconditionFailure("a required option") }
        try place.requireEmptyGroup()
        let source = try place.restoreSource()
        defer { source.close() }
        let ids = place.newTransactionalIDs()
        // Also fences the last owner, whose open transaction would hold the ends back.
        let restorer = PartitionRestorer(partition: partition, source: source, options: place.options, transactionalIDs: ids)
        let stop = try place.run(restorer)
        let found = stop?.text(in: partition) ?? "the checkpoint is sound; it is written anew all the same"
        print("partition \(partition): \(found)")
        let findings = restorer.findings
        let replay = try replayWhole(partition, findings, place, source)
        let next = findings.committedNext ?? replay.withState { $0.values.seq > 0 ? $0.values.next : findings.input.lowerBound }
        let claim = claim(above: findings.claim, seq: replay.state.values.seq, ids: ids, place)
        let keys = try presentKeys(partition, findings.state, place, source)
        let (writer, sink) = try writer(place, partition, claim, source)
        defer { sink.close() }
        try writer.initialize()
        let limit = place.options.checkpointRecordsPerTransaction
        let count = try replay.withState { state in
            try writer.writeCheckpoint(&state, next: next, limit: limit) { total in
                if total > limit { CommandFailure.print(error: "\(total) records written") }
            }
        }
        let stale = replay.withState { state in keys.filter { isStale($0, in: state) } }
        try writer.writeTombstones(stale, next: next, limit: limit)
        print(
            "wrote \(count) records at seq \(replay.state.values.seq) and \(stale.count) tombstones "
                + "in \(writer.claim.commit) transactions; input offset \(next), claim \(claim.number)")
        if let committed = findings.committedNext, replay.state.values.seq > 0, committed != replay.state.values.next {
            print(
                "The committed offset \(committed) is not the ledger's next, \(replay.state.values.next): "
                    + "the task will stop with offset-moved until `stockstream state skip`.")
        }
        return 0
    }

    /// The state that the ledger leads to, or why nothing may be built on it.
    private static func replayWhole(
        _ partition: Int32, _ findings: RestoreFindings, _ place: ToolPlace, _ source: KafkaRestoreSource
    ) throws -> LedgerReplay {
        let replay: LedgerReplay
        do {
            replay = try place.replay(partition, findings.ledger, through: nil, source)
        } catch let error as ReplayError {
            throw CommandFailure("partition \(partition): a checkpoint can't be built: \(error)")
        }
        let seq = replay.state.values.seq
        if let claim = findings.claim, claim.seq != seq {
            throw CommandFailure(
                "partition \(partition): the claim says that the ledger's last seq is \(claim.seq), but it is \(seq); "
                    + "restore the topic from a backup or a mirror"
            )
        }
        if let broken = replay.withState({ $0.checkAll() }) {
            throw CommandFailure("partition \(partition): the ledger leads to a state whose identities don't hold: \(broken)")
        }
        return replay
    }

    /// The keys of the state topic that have a value. Keys that can't be read are left out: they stand before the new beginning.
    private static func presentKeys(
        _ partition: Int32, _ range: Range<Int64>, _ place: ToolPlace, _ source: KafkaRestoreSource
    ) throws -> [[UInt8]] {
        var present: Set<[UInt8]> = []
        try place.read(.state, partition, range, source) { record in
            guard let key = record.key else { return true }
            if record.value == nil { present.remove(Array(key)) } else { present.insert(Array(key)) }
            return true
        }
        return present.filter { key in key.withUnsafeBytes { (try? StateDecoder.decode(key: $0, value: nil)) != nil } }
    }

    /// Whether the state does not have the record with this key.
    private static func isStale(_ key: [UInt8], in state: borrowing PartitionState) -> Bool {
        guard let record = key.withUnsafeBytes({ try? StateDecoder.decode(key: $0, value: nil) }) else { return false }
        switch record {
        case .removedHeader(let sku): return state.findSKU(sku) < 0
        case .removedLevel(let location, let sku): return state.findLevel(state.findSKU(sku), location) < 0
        case .removedHold(let hold, let sku): return state.findHold(state.findSKU(sku), hold) < 0
        case .removedCommitment(let line, let sku): return state.findCommitment(state.findSKU(sku), line) < 0
        case .removedClosed(let id, let sku): return state.findClosed(state.findSKU(sku), id) < 0
        case .removedCount(let location, let sku):
            let level = state.findLevel(state.findSKU(sku), location)
            return level < 0 || state.count(ofLevel: level) == nil
        case .removedDocument(let id, let kind, let sku): return state.findDocument(state.findSKU(sku), kind, id) < 0
        case .removedLotTerms(let lot, let sku): return state.findLotTerms(state.findSKU(sku), lot) < 0
        case .removedLot(let lot, let sku, let location):
            let slot = state.findSKU(sku)
            return state.findLot(state.findLevel(slot, location), state.findLotTerms(slot, lot)) < 0
        case .removedShippedLot(let line, let sku, let lot):
            let slot = state.findSKU(sku)
            return state.findShippedLot(slot, line, state.findLotTerms(slot, lot)) < 0
        case .removedNaming(let location, let sku):
            let level = state.findLevel(state.findSKU(sku), location)
            return level < 0 || !state.level(level).hasNaming
        case .removedLotCount(let lot, let disposition, let sku, let location):
            let slot = state.findSKU(sku)
            return state.findLotCount(state.findLevel(slot, location), state.findLotTerms(slot, lot), disposition) < 0
        case .removedCountedLot(let lot, let disposition, let sku, let location):
            let slot = state.findSKU(sku)
            return state.findCountedLot(state.findLevel(slot, location), state.findLotTerms(slot, lot), disposition) < 0
        case .removedChannel(let name, let sku): return state.findChannel(state.findSKU(sku), name) < 0
        case .removedZone(let location, let sku):
            let slot = state.findSKU(sku)
            if location.isEmpty { return slot < 0 || state.sku(slot).zone < 0 }
            let level = state.findLevel(slot, location)
            return level < 0 || !state.level(level).hasZone
        case .removedPart(let id, let isHold, let sku, let location):
            let slot = state.findSKU(sku)
            return !state.hasPart(id, isHold: isHold, of: slot, at: state.findLevel(slot, location))
        case .removedUnit(let name, let sku): return state.findUnit(state.findSKU(sku), name) < 0
        case .removedIDs(let number):
            let first = number * Int64(StateLimits.idsPerBlock)
            return first >= state.ids.tail || first + Int64(StateLimits.idsPerBlock) <= state.ids.head
        default: return false
        }
    }
}
