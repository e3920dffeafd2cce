import StockCore
import StockWire

/// Writes state records into `stock.state.v1`, in the task's own partition.
final class CheckpointWriter<Sink: TransactionalSink>: CheckpointSink {
    let output: OutputWriter<Sink>
    private var key = ByteBuffer(capacity: 256)
    private var value = ByteBuffer(capacity: 1_024)
    /// The partition written to.
    var partition: Int32 = 0
    /// Records written since it was set to 0.
    var count = 0

    init(output: OutputWriter<Sink>) { self.output = output }

    private func write() {
        output.produce(.state, partition: partition, key: key.bytes, value: value.bytes)
        count += 1
    }

    private func writeTombstone() {
        output.produce(.state, partition: partition, key: key.bytes, value: nil)
        count += 1
    }

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
        writeTombstone()
    }

    func remove(commitment: Key, sku: Key) {
        StateEncoder.encode(removedCommitment: commitment, sku: sku, key: &key)
        writeTombstone()
    }

    func remove(closed: Hash128, sku: Key) {
        StateEncoder.encode(removedClosed: closed, sku: sku, key: &key)
        writeTombstone()
    }

    func remove(document: Key, _ kind: RecordKind, sku: Key) {
        StateEncoder.encode(removedDocument: document, kind, sku: sku, key: &key)
        writeTombstone()
    }

    func remove(terms: Key, sku: Key) {
        StateEncoder.encode(removedTerms: terms, sku: sku, key: &key)
        writeTombstone()
    }

    func remove(lot: Key, sku: Key, location: Key) {
        StateEncoder.encode(removedLot: lot, sku: sku, location: location, key: &key)
        writeTombstone()
    }

    func remove(shipped: Hash128, sku: Key, lot: Key) {
        StateEncoder.encode(removedShipped: shipped, sku: sku, lot: lot, key: &key)
        writeTombstone()
    }

    func remove(naming: Key, sku: Key) {
        StateEncoder.encode(removedNaming: naming, sku: sku, key: &key)
        writeTombstone()
    }

    func remove(lotCount: Key, _ disposition: Disposition, sku: Key, location: Key) {
        StateEncoder.encode(removedLotCount: lotCount, disposition, sku: sku, location: location, key: &key)
        writeTombstone()
    }

    /// Writes a block of the id window: the entries at these positions.
    func put(ids number: Int64, positions: Range<Int64>, of window: borrowing IDWindow) {
        StateEncoder.encode(idBlock: number, positions: positions, of: window, key: &key, value: &value)
        write()
    }

    /// Writes the tombstone of a block of the id window.
    func remove(ids number: Int64) {
        StateEncoder.encode(removedIDBlock: number, key: &key)
        writeTombstone()
    }

    /// Writes the mark.
    func put(mark: StateMark) {
        StateEncoder.encode(mark: mark, key: &key, value: &value)
        write()
    }
}
