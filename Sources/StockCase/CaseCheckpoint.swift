import StockCore
import StockStream
import StockWire

/// The state topic in memory: the last record of each key, as compaction leaves it.
final class CaseCheckpoint: StateRecordSink {
    private var records: [[UInt8]: (order: Int, value: [UInt8])] = [:]
    private var count = 0

    /// Writes what is unwritten, reads all records into an empty state, and answers it, checked as at a restart.
    func restart(_ state: inout PartitionState) throws -> PartitionState {
        state.begin()
        while case let sku = state.oldestUnwrittenSKU, sku >= 0 { state.writeCheckpoint(of: sku, into: self) }
        while let block = state.nextIDBlock(isForced: true) {
            put(ids: block.number, positions: block.positions, of: state.ids)
            state.noteIDsWritten(through: block.positions.upperBound)
        }
        state.commit()
        var restored = PartitionState(limits: state.limits)
        restored.restoreIDs(from: state.ids.head, evictedThroughMilliseconds: state.ids.evictedThroughMilliseconds)
        var ids: [(position: Int64, entry: IDEntry)] = []
        for record in records.sorted(by: { $0.value.order < $1.value.order }) {
            try record.key.withUnsafeBytes { key in
                try record.value.value.withUnsafeBytes { value in try CaseCheckpoint.take(key, value, into: &restored, &ids) }
            }
        }
        for id in ids.sorted(by: { $0.position < $1.position }) where id.position >= state.ids.head { restored.restore(id: id.entry) }
        try restored.finishRestore(values: state.values, digest: state.digest)
        return restored
    }

    private static func take(
        _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, into state: inout PartitionState,
        _ ids: inout [(position: Int64, entry: IDEntry)]
    ) throws {
        let record = try StateDecoder.decode(key: key, value: value)
        if case .ids(let block) = record { return try block.forEach { ids.append(($0, $1)) } }
        let isTaken = state.restore(record, key: key, value: value)
        precondition(isTaken, "only what \(CaseCheckpoint.self) writes is there")
    }

    override func take(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        let name = Array(key)
        guard let value else { return records[name] = nil }
        count += 1
        records[name] = (count, Array(value))
    }
}
