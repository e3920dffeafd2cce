public import StockCore
import StockWire

/// Takes a checkpoint and keeps its hashes only.
final class DigestSink: CheckpointSink {
    private var key = ByteBuffer(capacity: 256)
    private var value = ByteBuffer(capacity: 1_024)

    func put(header: SKURecord) -> UInt64 { StateEncoder.encode(header: header, key: &key, value: &value) }

    func put(level: LevelRecord, sku: Key) -> UInt64 { StateEncoder.encode(level: level, sku: sku, key: &key, value: &value) }

    func put(hold: HoldRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 {
        StateEncoder.encode(hold: hold, waiter: waiter, sku: sku, location: location, key: &key, value: &value)
    }

    func put(commitment: CommitmentRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 {
        StateEncoder.encode(commitment: commitment, waiter: waiter, sku: sku, location: location, key: &key, value: &value)
    }

    func put(closed: ClosedRecord, sku: Key) -> UInt64 { StateEncoder.encode(closed: closed, sku: sku, key: &key, value: &value) }

    func put(document: DocumentRecord, sku: Key, location: Key, to: Key) -> UInt64 {
        StateEncoder.encode(document: document, sku: sku, location: location, to: to, key: &key, value: &value)
    }

    func put(count: CountRecord, sku: Key, location: Key) -> UInt64 {
        StateEncoder.encode(count: count, sku: sku, location: location, key: &key, value: &value)
    }

    func put(terms: LotTermsRecord, sku: Key) -> UInt64 { StateEncoder.encode(terms: terms, sku: sku, key: &key, value: &value) }

    func put(lot: LotRecord, sku: Key, location: Key, name: Key) -> UInt64 {
        StateEncoder.encode(lot: lot, sku: sku, location: location, name: name, key: &key, value: &value)
    }

    func put(shipped: ShippedLotRecord, sku: Key, lot: Key) -> UInt64 {
        StateEncoder.encode(shipped: shipped, sku: sku, lot: lot, key: &key, value: &value)
    }

    func put(lotCount: LotCountRecord, sku: Key, location: Key, lot: Key) -> UInt64 {
        StateEncoder.encode(lotCount: lotCount, sku: sku, location: location, lot: lot, key: &key, value: &value)
    }

    func put(naming: NamingRecord, sku: Key, location: Key) -> UInt64 {
        StateEncoder.encode(naming: naming, sku: sku, location: location, key: &key, value: &value)
    }

    func put(unit: UnitRecord, sku: Key) -> UInt64 { StateEncoder.encode(unit: unit, sku: sku, key: &key, value: &value) }

    func remove(hold: Key, sku: Key) {}
    func remove(commitment: Key, sku: Key) {}
    func remove(closed: Hash128, sku: Key) {}
    func remove(document: Key, _ kind: RecordKind, sku: Key) {}
    func remove(terms: Key, sku: Key) {}
    func remove(lot: Key, sku: Key, location: Key) {}
    func remove(shipped: Hash128, sku: Key, lot: Key) {}
    func remove(naming: Key, sku: Key) {}
    func remove(lotCount: Key, _ disposition: Disposition, sku: Key, location: Key) {}
}

extension PartitionState {
    /// Writes all that is unwritten to nowhere and answers the digest of the whole state. Two states with the same digest have the same
    /// records, to the last byte. Not inside a transaction. O(unwritten records).
    public mutating func finishDigest() -> UInt64 {
        let sink = DigestSink()
        begin()
        while oldestUnwrittenSKU >= 0 { writeCheckpoint(of: oldestUnwrittenSKU, into: sink) }
        commit()
        return digest
    }
}
