public import StockCore

/// Writes the binary records of `stock.state.v1`: the partition's checkpoint.
///
/// Key: the kind's byte, then for records of a SKU its length and bytes and the sub-key (location, hold, order line, or a 128-bit hash).
/// Value: the format version, then the fields in fixed order, numbers as varints. A null value is a tombstone. Each call replaces what is
/// in both buffers, and answers with the record's hash, which is never 0.
public enum StateEncoder {
    /// The format version written. A reader refuses a higher one.
    public static let version: UInt8 = 1

    /// The header of a SKU: its digest, over key and value, is what the call answers.
    public static func encode(header record: SKURecord, key: inout ByteBuffer, value: inout ByteBuffer) -> UInt64 {
        begin(.sku, record.key, &key, &value)
        value.append(number: record.version)
        value.append(number: record.lastSeq)
        value.append(number: record.lastTimeMilliseconds)
        encode(record.policy, into: &value)
        value.append(number: record.supplier)
        value.append(number: record.customer)
        value.append(number: record.lossGain)
        value.append((record.isOut ? 1 : 0) | (record.hasHadStock ? 2 : 0) | (record.releases != 0 ? 4 : 0))
        value.append(number: record.writtenRecords)
        value.append(word: record.writtenHashSum)
        if record.releases != 0 { value.append(number: record.releases) }
        return hash(key.bytes, value.bytes)
    }

    /// The level of a SKU at a location, with what was sold there.
    public static func encode(
        level record: LevelRecord, velocity: VelocityRecord?, sku: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        begin(.level, sku, &key, &value)
        key.append(record.location)
        encode(record.balances, into: &value)
        var terms = Policy()
        terms.safetyStock = record.safetyStock
        terms.reorderPoint = record.reorderPoint
        terms.reorderHysteresis = record.reorderHysteresis
        encode(terms, into: &value)
        let low: UInt8 = (record.isLow ? 1 : 0) | (record.isOut ? 2 : 0)
        let incoming = record.balances.incoming
        let inTransit = record.balances.inTransit
        let (backordered, preordered) = (record.balances.backordered, record.balances.preordered)
        let later: UInt8 = (incoming != 0 ? 16 : 0) | (inTransit != 0 ? 32 : 0)
        let waiting: UInt8 = (backordered != 0 ? 64 : 0) | (preordered != 0 ? 128 : 0)
        value.append(low | (record.hasHadStock ? 4 : 0) | (record.isOversold ? 8 : 0) | later | waiting)
        if incoming != 0 { value.append(number: incoming) }
        if inTransit != 0 { value.append(number: inTransit) }
        if backordered != 0 { value.append(number: backordered) }
        if preordered != 0 { value.append(number: preordered) }
        let last: UInt8 = (velocity != nil ? 1 : 0) | (record.lifeEndMilliseconds != 0 ? 2 : 0)
        if record.balances.core != 0 || last != 0 { value.append(number: record.balances.core) }
        if last != 0 { value.append(last) }
        if let velocity { encode(velocity, into: &value) }
        if record.lifeEndMilliseconds != 0 { value.append(number: record.lifeEndMilliseconds) }
        return hash(key.bytes, value.bytes)
    }

    /// An open hold at a location, with what it waits for.
    public static func encode(
        hold record: HoldRecord, waiter: WaiterRecord?, sku: Key, location: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        begin(.hold, sku, &key, &value)
        key.append(record.id)
        value.append(counted: location)
        value.append(number: record.quantity)
        value.append(number: record.remaining)
        value.append(number: record.placedAtMilliseconds)
        value.append(number: record.expiresAtMilliseconds)
        append(waiter, record.minExpiryMilliseconds, owner: record.owner, &value)
        return hash(key.bytes, value.bytes)
    }

    /// An open commitment at a location, with what of it waits for stock.
    public static func encode(
        commitment record: CommitmentRecord, waiter: WaiterRecord?, sku: Key, location: Key, key: inout ByteBuffer,
        value: inout ByteBuffer
    ) -> UInt64 {
        begin(.commitment, sku, &key, &value)
        key.append(record.orderLine)
        value.append(counted: location)
        value.append(number: record.ordered)
        value.append(number: record.open)
        value.append(number: record.shipped)
        value.append(number: record.canceled)
        value.append(number: record.returned)
        value.append(word: record.source)
        value.append(number: record.committedAtMilliseconds)
        append(waiter, record.minExpiryMilliseconds, of: record, &value)
        return hash(key.bytes, value.bytes)
    }

    /// A closed record.
    public static func encode(closed record: ClosedRecord, sku: Key, key: inout ByteBuffer, value: inout ByteBuffer) -> UInt64 {
        begin(.closed, sku, &key, &value)
        key.append(hash: record.id)
        // The highest bit: used parts that were handed in follow.
        value.append(record.kind.rawValue | (record.cores != 0 ? 128 : 0))
        value.append(record.outcome.rawValue)
        value.append(number: record.quantity)
        value.append(number: record.shipped)
        value.append(number: record.returned)
        value.append(word: record.content)
        value.append(number: record.closedAtMilliseconds)
        if record.cores != 0 { value.append(number: record.cores) }
        return hash(key.bytes, value.bytes)
    }

    /// An open document at a location.
    public static func encode(
        document record: DocumentRecord, sku: Key, location: Key, to: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        begin(record.kind, sku, &key, &value)
        key.append(record.id)
        value.append(counted: location)
        value.append(number: record.total)
        value.append(number: record.arrived)
        if record.kind == .transfer {
            value.append(counted: to)
            value.append(number: record.rejected)
            value.append(record.disposition.rawValue)
            if !record.orderLine.isEmpty { value.append(counted: record.orderLine) }
        }
        return hash(key.bytes, value.bytes)
    }

    /// The count of a level.
    public static func encode(
        count record: CountRecord, sku: Key, location: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        begin(.count, sku, &key, &value)
        key.append(location)
        value.append(counted: record.id)
        value.append(record.counted)
        var closed: UInt8 = 0
        for disposition in Disposition.allCases {
            if record.closedAt[disposition] != 0 { closed |= 1 << disposition.rawValue }
            guard record.hasCounted(disposition) else { continue }
            value.append(number: record.found[disposition])
            value.append(number: record.base[disposition])
            value.append(number: record.countedAt[disposition])
            value.append(word: UInt64(bitPattern: record.lines[disposition]))
        }
        value.append(closed)
        for disposition in Disposition.allCases where record.closedAt[disposition] != 0 {
            value.append(number: record.closedAt[disposition])
        }
        let isWatched = record.recounted != 0 || !record.actors.isZero
        if record.unattributed != 0 || isWatched { value.append(number: record.unattributed) }
        if isWatched { appendWatch(record, &value) }
        return hash(key.bytes, value.bytes)
    }

    /// A unit.
    public static func encode(unit record: UnitRecord, sku: Key, key: inout ByteBuffer, value: inout ByteBuffer) -> UInt64 {
        begin(.unit, sku, &key, &value)
        key.append(record.name)
        value.append(number: record.numerator)
        value.append(number: record.denominator)
        return hash(key.bytes, value.bytes)
    }

    /// The terms of a lot.
    public static func encode(terms record: LotTermsRecord, sku: Key, key: inout ByteBuffer, value: inout ByteBuffer) -> UInt64 {
        begin(.lotTerms, sku, &key, &value)
        key.append(record.lot)
        value.append(number: record.expiresAtMilliseconds)
        value.append((record.isBlocked ? 1 : 0) | (record.isRecalled ? 2 : 0) | (record.isAnnounced ? 4 : 0) | (record.isDay ? 8 : 0))
        return hash(key.bytes, value.bytes)
    }

    /// What a location has of the lot `name`.
    public static func encode(
        lot record: LotRecord, sku: Key, location: Key, name: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        encode(removedLot: name, sku: sku, location: location, key: &key)
        value.clear()
        value.append(version)
        value.append(number: record.expiresAtMilliseconds)
        value.append(number: record.receivedAtMilliseconds)
        for disposition in 0..<UInt8(6) { value.append(number: record.quantities[Disposition(rawValue: disposition)!]) }
        let isReported = record.reportedDays != LotRecord.notReported
        if record.quantities.core != 0 || isReported { value.append(number: record.quantities.core) }
        if isReported { value.append(number: Int64(record.reportedDays)) }
        return hash(key.bytes, value.bytes)
    }

    /// What of a lot has left for an order line.
    public static func encode(
        shipped record: ShippedLotRecord, sku: Key, lot: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        encode(removedShipped: record.orderLine, sku: sku, lot: lot, key: &key)
        value.clear()
        value.append(version)
        value.append(number: record.shipped)
        value.append(number: record.returned)
        let later: UInt8 = (record.wasRecalled ? 1 : 0) | (record.minExpiryMilliseconds != 0 ? 2 : 0)
        if later != 0 { value.append(later) }
        if record.minExpiryMilliseconds != 0 { value.append(number: record.minExpiryMilliseconds) }
        return hash(key.bytes, value.bytes)
    }

    /// A block of the id window with the entries at `positions`, which are not empty and lie in that block.
    public static func encode(
        idBlock number: Int64, positions: Range<Int64>, of window: borrowing IDWindow, key: inout ByteBuffer, value: inout ByteBuffer
    ) {
        precondition(!positions.isEmpty && positions.count <= StateLimits.idsPerBlock)
        beginIDs(number, &key, &value)
        value.append(number: positions.lowerBound)
        value.append(varint: UInt64(positions.count))
        var seq: Int64 = 0
        var time: Int64 = 0
        for position in positions {
            let entry = window.entry(at: position)
            value.append(hash: entry.id)
            value.append(word: entry.body)
            value.append(number: entry.seq - seq)
            value.append(number: entry.timeMilliseconds - time)
            value.append(entry.outcome.rawValue)
            value.append(entry.rejection.rawValue)
            seq = entry.seq
            time = entry.timeMilliseconds
        }
    }

    /// The mark.
    public static func encode(mark: StateMark, key: inout ByteBuffer, value: inout ByteBuffer) {
        key.clear()
        key.append(RecordKind.mark.rawValue)
        value.clear()
        value.append(version)
        encode(mark.values, into: &value)
        value.append(number: mark.redoSeq)
        value.append(number: mark.redoTimeMilliseconds)
        value.append(number: mark.idsHead)
        value.append(number: mark.idsTail)
        value.append(number: mark.idsThroughSeq)
        value.append(number: mark.idsEvictedThroughMilliseconds)
        value.append(mark.isComplete ? 1 : 0)
        value.append(word: mark.digest)
    }

    /// The record that begins a rebuilt checkpoint: a restore forgets whatever it has read before it.
    public static func encodeAnew(key: inout ByteBuffer, value: inout ByteBuffer) {
        key.clear()
        key.append(RecordKind.anew.rawValue)
        value.clear()
        value.append(version)
    }

    /// The key of a hold's tombstone.
    public static func encode(removedHold hold: Key, sku: Key, key: inout ByteBuffer) {
        beginKey(.hold, sku, &key)
        key.append(hold)
    }

    /// The key of a commitment's tombstone.
    public static func encode(removedCommitment orderLine: Key, sku: Key, key: inout ByteBuffer) {
        beginKey(.commitment, sku, &key)
        key.append(orderLine)
    }

    /// The key of a closed record's tombstone.
    public static func encode(removedClosed id: Hash128, sku: Key, key: inout ByteBuffer) {
        beginKey(.closed, sku, &key)
        key.append(hash: id)
    }

    /// The key of a document's tombstone.
    public static func encode(removedDocument id: Key, _ kind: RecordKind, sku: Key, key: inout ByteBuffer) {
        beginKey(kind, sku, &key)
        key.append(id)
    }

    /// The key of the tombstone of a lot's terms.
    public static func encode(removedTerms lot: Key, sku: Key, key: inout ByteBuffer) {
        beginKey(.lotTerms, sku, &key)
        key.append(lot)
    }

    /// The key of the tombstone of a lot at a location.
    public static func encode(removedLot lot: Key, sku: Key, location: Key, key: inout ByteBuffer) {
        beginKey(.lot, sku, &key)
        key.append(counted: location)
        key.append(lot)
    }

    /// The key of a shipped lot's tombstone.
    public static func encode(removedShipped orderLine: Hash128, sku: Key, lot: Key, key: inout ByteBuffer) {
        beginKey(.shippedLot, sku, &key)
        key.append(hash: orderLine)
        key.append(lot)
    }

    /// The key of a count's tombstone.
    public static func encode(removedCount location: Key, sku: Key, key: inout ByteBuffer) {
        beginKey(.count, sku, &key)
        key.append(location)
    }

    /// The key of a unit's tombstone.
    public static func encode(removedUnit name: Key, sku: Key, key: inout ByteBuffer) {
        beginKey(.unit, sku, &key)
        key.append(name)
    }

    /// The key of an id block's tombstone.
    public static func encode(removedIDBlock number: Int64, key: inout ByteBuffer) {
        key.clear()
        key.append(RecordKind.ids.rawValue)
        key.append(word: UInt64(bitPattern: number))
    }

    /// The hash of a record, over key and value; never 0, which means "never written".
    public static func hash(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = Hasher128(seed: 0x7374_6174_65)
        hasher.combine(key)
        hasher.combine(value)
        let hash = hasher.finish()
        return hash.high != 0 ? hash.high : hash.low
    }
}

extension StateEncoder {
    static func begin(_ kind: RecordKind, _ sku: Key, _ key: inout ByteBuffer, _ value: inout ByteBuffer) {
        beginKey(kind, sku, &key)
        value.clear()
        value.append(version)
    }

    static func beginKey(_ kind: RecordKind, _ sku: Key, _ key: inout ByteBuffer) {
        key.clear()
        key.append(kind.rawValue)
        key.append(counted: sku)
    }

    private static func beginIDs(_ number: Int64, _ key: inout ByteBuffer, _ value: inout ByteBuffer) {
        encode(removedIDBlock: number, key: &key)
        value.clear()
        value.append(version)
    }

    private static func encode(_ balances: Balances, into value: inout ByteBuffer) {
        value.append(number: balances.sellable)
        value.append(number: balances.damaged)
        value.append(number: balances.quarantine)
        value.append(number: balances.qc)
        value.append(number: balances.recalled)
        value.append(number: balances.expired)
        value.append(number: balances.held)
        value.append(number: balances.committed)
        value.append(number: balances.shortfall)
        value.append(number: balances.available)
    }

    private static func encode(_ values: PartitionValues, into value: inout ByteBuffer) {
        value.append(number: values.seq)
        value.append(number: values.next)
        value.append(number: values.logTimeMilliseconds)
        value.append(number: values.lastFactMilliseconds)
        value.append(number: values.incarnation)
        value.append(number: values.horizonMilliseconds)
        value.append(number: values.orderLineHorizonMilliseconds)
        value.append(number: values.counters.accepted)
        value.append(number: values.counters.rejected)
        value.append(number: values.counters.duplicates)
        value.append(number: values.counters.deadLetters)
        value.append(number: values.counters.rerouted)
        value.append(number: values.counters.oversellRefused)
        value.append(number: values.counters.unitsRefused)
        value.append(number: values.counters.expiredHolds)
        value.append(number: values.counters.forgottenEarly)
        value.append(number: values.counters.gaps)
    }
}
