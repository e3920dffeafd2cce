public import StockCore
public import StockWire

/// Encodes the records of a checkpoint as the state topic has them, and hands each over.
open class StateRecordSink: CheckpointSink {
    private var key = ByteBuffer(capacity: 256)
    private var value = ByteBuffer(capacity: 1_024)

    /// A sink of its own buffers.
    public init() {}

    /// Takes a record, lent for the call; a nil value is a tombstone. Here it is dropped: whoever wants the hashes alone needs no more.
    open func take(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {}

    /// See `CheckpointSink`.
    public func put(header: SKURecord) -> UInt64 {
        let hash = StateEncoder.encode(header: header, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(level: LevelRecord, velocity: VelocityRecord?, sku: Key) -> UInt64 {
        let hash = StateEncoder.encode(level: level, velocity: velocity, sku: sku, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(hold: HoldRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 {
        let hash = StateEncoder.encode(hold: hold, waiter: waiter, sku: sku, location: location, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(commitment: CommitmentRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 {
        let hash = StateEncoder.encode(commitment: commitment, waiter: waiter, sku: sku, location: location, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(closed: ClosedRecord, sku: Key) -> UInt64 {
        let hash = StateEncoder.encode(closed: closed, sku: sku, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(document: DocumentRecord, sku: Key, location: Key, to: Key) -> UInt64 {
        let hash = StateEncoder.encode(document: document, sku: sku, location: location, to: to, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(count: CountRecord, sku: Key, location: Key) -> UInt64 {
        let hash = StateEncoder.encode(count: count, sku: sku, location: location, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(terms: LotTermsRecord, sku: Key) -> UInt64 {
        let hash = StateEncoder.encode(terms: terms, sku: sku, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(lot: LotRecord, sku: Key, location: Key, name: Key) -> UInt64 {
        let hash = StateEncoder.encode(lot: lot, sku: sku, location: location, name: name, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(shipped: ShippedLotRecord, sku: Key, lot: Key) -> UInt64 {
        let hash = StateEncoder.encode(shipped: shipped, sku: sku, lot: lot, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(lotCount: LotCountRecord, sku: Key, location: Key, lot: Key) -> UInt64 {
        let hash = StateEncoder.encode(lotCount: lotCount, sku: sku, location: location, lot: lot, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(countedLot: CountedLotRecord, sku: Key, location: Key, lot: Key) -> UInt64 {
        let hash = StateEncoder.encode(countedLot: countedLot, sku: sku, location: location, lot: lot, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(naming: NamingRecord, sku: Key, location: Key) -> UInt64 {
        let hash = StateEncoder.encode(naming: naming, sku: sku, location: location, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(channel: ChannelRecord, sku: Key) -> UInt64 {
        let hash = StateEncoder.encode(channel: channel, sku: sku, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func remove(channel: Key, sku: Key) {
        StateEncoder.encode(removedChannel: channel, sku: sku, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func put(zone: ZoneRecord, sku: Key, location: Key) -> UInt64 {
        let hash = StateEncoder.encode(zone: zone, sku: sku, location: location, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(unit: UnitRecord, sku: Key) -> UInt64 {
        let hash = StateEncoder.encode(unit: unit, sku: sku, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func put(part: PartRecord, sku: Key, location: Key) -> UInt64 {
        let hash = StateEncoder.encode(part: part, sku: sku, location: location, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
        return hash
    }

    /// See `CheckpointSink`.
    public func remove(part: Key, isHold: Bool, sku: Key, location: Key) {
        StateEncoder.encode(removedPart: part, isHold: isHold, sku: sku, location: location, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(hold: Key, sku: Key) {
        StateEncoder.encode(removedHold: hold, sku: sku, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(commitment: Key, sku: Key) {
        StateEncoder.encode(removedCommitment: commitment, sku: sku, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(closed: Hash128, sku: Key) {
        StateEncoder.encode(removedClosed: closed, sku: sku, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(document: Key, _ kind: RecordKind, sku: Key) {
        StateEncoder.encode(removedDocument: document, kind, sku: sku, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(terms: Key, sku: Key) {
        StateEncoder.encode(removedTerms: terms, sku: sku, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(lot: Key, sku: Key, location: Key) {
        StateEncoder.encode(removedLot: lot, sku: sku, location: location, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(shipped: Hash128, sku: Key, lot: Key) {
        StateEncoder.encode(removedShipped: shipped, sku: sku, lot: lot, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(naming: Key, sku: Key) {
        StateEncoder.encode(removedNaming: naming, sku: sku, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(lotCount: Key, _ disposition: Disposition, sku: Key, location: Key) {
        StateEncoder.encode(removedLotCount: lotCount, disposition, sku: sku, location: location, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// See `CheckpointSink`.
    public func remove(countedLot: Key, _ disposition: Disposition, sku: Key, location: Key) {
        StateEncoder.encode(removedCountedLot: countedLot, disposition, sku: sku, location: location, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// Writes a block of the id window: the entries at these positions.
    public func put(ids number: Int64, positions: Range<Int64>, of window: borrowing IDWindow) {
        StateEncoder.encode(idBlock: number, positions: positions, of: window, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
    }

    /// Writes the tombstone of a block of the id window.
    public func remove(ids number: Int64) {
        StateEncoder.encode(removedIDBlock: number, key: &key)
        take(key: key.bytes, value: nil)
    }

    /// Writes the mark.
    public func put(mark: StateMark) {
        StateEncoder.encode(mark: mark, key: &key, value: &value)
        take(key: key.bytes, value: value.bytes)
    }
}
