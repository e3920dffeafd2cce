import StockCore
import StockStream
import StockWire

/// The state topic in memory: the last record of each key, as compaction leaves it.
final class CaseCheckpoint: CheckpointSink {
    private var records: [[UInt8]: (order: Int, value: [UInt8])] = [:]
    private var count = 0
    private var key = ByteBuffer(capacity: 256)
    private var value = ByteBuffer(capacity: 1_024)

    /// Writes what is unwritten, reads all records into an empty state, and answers it, checked as at a restart.
    func restart(_ state: inout PartitionState) throws -> PartitionState {
        state.begin()
        while case let sku = state.oldestUnwrittenSKU, sku >= 0 { state.writeCheckpoint(of: sku, into: self) }
        while let block = state.nextIDBlock(isForced: true) {
            StateEncoder.encode(idBlock: block.number, positions: block.positions, of: state.ids, key: &key, value: &value)
            write()
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

    private func write() {
        count += 1
        records[Array(key.bytes)] = (count, Array(value.bytes))
    }

    // MARK: - CheckpointSink

    func put(header: SKURecord) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(header: header, key: &key, value: &value)
    }

    func put(level: LevelRecord, sku: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(level: level, sku: sku, key: &key, value: &value)
    }

    func put(hold: HoldRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(hold: hold, waiter: waiter, sku: sku, location: location, key: &key, value: &value)
    }

    func put(commitment: CommitmentRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(commitment: commitment, waiter: waiter, sku: sku, location: location, key: &key, value: &value)
    }

    func put(closed: ClosedRecord, sku: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(closed: closed, sku: sku, key: &key, value: &value)
    }

    func put(document: DocumentRecord, sku: Key, location: Key, to: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(document: document, sku: sku, location: location, to: to, key: &key, value: &value)
    }

    func put(count: CountRecord, sku: Key, location: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(count: count, sku: sku, location: location, key: &key, value: &value)
    }

    func put(terms: LotTermsRecord, sku: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(terms: terms, sku: sku, key: &key, value: &value)
    }

    func put(lot: LotRecord, sku: Key, location: Key, name: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(lot: lot, sku: sku, location: location, name: name, key: &key, value: &value)
    }

    func put(shipped: ShippedLotRecord, sku: Key, lot: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(shipped: shipped, sku: sku, lot: lot, key: &key, value: &value)
    }

    func put(lotCount: LotCountRecord, sku: Key, location: Key, lot: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(lotCount: lotCount, sku: sku, location: location, lot: lot, key: &key, value: &value)
    }

    func put(naming: NamingRecord, sku: Key, location: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(naming: naming, sku: sku, location: location, key: &key, value: &value)
    }

    func put(unit: UnitRecord, sku: Key) -> UInt64 {
        defer { write() }
        return StateEncoder.encode(unit: unit, sku: sku, key: &key, value: &value)
    }

    func remove(hold: Key, sku: Key) {
        StateEncoder.encode(removedHold: hold, sku: sku, key: &key)
        records[Array(key.bytes)] = nil
    }

    func remove(commitment: Key, sku: Key) {
        StateEncoder.encode(removedCommitment: commitment, sku: sku, key: &key)
        records[Array(key.bytes)] = nil
    }

    func remove(closed: Hash128, sku: Key) {
        StateEncoder.encode(removedClosed: closed, sku: sku, key: &key)
        records[Array(key.bytes)] = nil
    }

    func remove(document: Key, _ kind: RecordKind, sku: Key) {
        StateEncoder.encode(removedDocument: document, kind, sku: sku, key: &key)
        records[Array(key.bytes)] = nil
    }

    func remove(terms: Key, sku: Key) {
        StateEncoder.encode(removedTerms: terms, sku: sku, key: &key)
        records[Array(key.bytes)] = nil
    }

    func remove(lot: Key, sku: Key, location: Key) {
        StateEncoder.encode(removedLot: lot, sku: sku, location: location, key: &key)
        records[Array(key.bytes)] = nil
    }

    func remove(shipped: Hash128, sku: Key, lot: Key) {
        StateEncoder.encode(removedShipped: shipped, sku: sku, lot: lot, key: &key)
        records[Array(key.bytes)] = nil
    }

    func remove(naming: Key, sku: Key) {
        StateEncoder.encode(removedNaming: naming, sku: sku, key: &key)
        records[Array(key.bytes)] = nil
    }

    func remove(lotCount: Key, _ disposition: Disposition, sku: Key, location: Key) {
        StateEncoder.encode(removedLotCount: lotCount, disposition, sku: sku, location: location, key: &key)
        records[Array(key.bytes)] = nil
    }
}
