package import StockCore

/// Takes a checkpoint and keeps nothing.
package final class CountingSink: CheckpointSink {
    /// Records and tombstones so far.
    package var records = 0

    /// Nothing yet.
    package init() {}

    /// Takes everything that has changed; the transaction is the caller's.
    package func takeAll(of state: inout PartitionState) {
        while case let sku = state.oldestUnwrittenSKU, sku >= 0 { state.writeCheckpoint(of: sku, into: self) }
        while let block = state.nextIDBlock(isForced: false) { state.noteIDsWritten(through: block.positions.upperBound) }
        while state.nextRemovedIDBlock != nil { state.noteIDBlockRemoved() }
    }

    private func count() -> UInt64 {
        records += 1
        return 1
    }

    package func put(level: LevelRecord, velocity: VelocityRecord?, sku: Key) -> UInt64 { count() }
    package func put(hold: HoldRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 { count() }
    package func put(commitment: CommitmentRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 { count() }
    package func put(closed: ClosedRecord, sku: Key) -> UInt64 { count() }
    package func put(document: DocumentRecord, sku: Key, location: Key, to: Key) -> UInt64 { count() }
    package func put(count: CountRecord, sku: Key, location: Key) -> UInt64 { self.count() }
    package func put(terms: LotTermsRecord, sku: Key) -> UInt64 { count() }
    package func put(lot: LotRecord, sku: Key, location: Key, name: Key) -> UInt64 { count() }
    package func put(shipped: ShippedLotRecord, sku: Key, lot: Key) -> UInt64 { count() }
    package func put(lotCount: LotCountRecord, sku: Key, location: Key, lot: Key) -> UInt64 { count() }
    package func put(countedLot: CountedLotRecord, sku: Key, location: Key, lot: Key) -> UInt64 { count() }
    package func put(naming: NamingRecord, sku: Key, location: Key) -> UInt64 { count() }
    package func put(channel: ChannelRecord, sku: Key) -> UInt64 { count() }
    package func remove(channel: Key, sku: Key) { records += 1 }
    package func put(zone: ZoneRecord, sku: Key, location: Key) -> UInt64 { count() }
    package func put(unit: UnitRecord, sku: Key) -> UInt64 { count() }
    package func put(part: PartRecord, sku: Key, location: Key) -> UInt64 { count() }
    package func put(header: SKURecord) -> UInt64 { count() }
    package func remove(hold: Key, sku: Key) { records += 1 }
    package func remove(commitment: Key, sku: Key) { records += 1 }
    package func remove(closed: Hash128, sku: Key) { records += 1 }
    package func remove(document: Key, _ kind: RecordKind, sku: Key) { records += 1 }
    package func remove(terms: Key, sku: Key) { records += 1 }
    package func remove(lot: Key, sku: Key, location: Key) { records += 1 }
    package func remove(shipped: Hash128, sku: Key, lot: Key) { records += 1 }
    package func remove(naming: Key, sku: Key) { records += 1 }
    package func remove(countedLot: Key, _ disposition: Disposition, sku: Key, location: Key) { records += 1 }
    package func remove(part: Key, isHold: Bool, sku: Key, location: Key) { records += 1 }
    package func remove(lotCount: Key, _ disposition: Disposition, sku: Key, location: Key) { records += 1 }
}
