@testable import StockCore

/// The name of a state record.
enum StoredKey: Hashable {
    case header(Key)
    case level(Key, Key)
    case hold(Key, Key)
    case commitment(Key, Key)
    case closed(Key, Hash128)
    case document(Key, RecordKind, Key)
    case terms(Key, Key)
    case lot(Key, Key, Key)
    case shipped(Key, Hash128, Key)
    case count(Key, Key)
    case lotCount(Key, Key, Key, Disposition)
    case countedLot(Key, Key, Key, Disposition)
    case naming(Key, Key)
    case unit(Key, Key)
    case zone(Key, Key)
    case channel(Key, Key)
    case part(Key, Key, Key, isHold: Bool)
    case ids(Int64)
}

/// What a state record keeps: only what the wire format has, so that a restore can't lean on anything else.
enum StoredValue {
    case header(SKURecord, UInt64)
    case level(LevelRecord, VelocityRecord?, UInt64)
    case hold(HoldRecord, WaiterRecord?, location: Key, UInt64)
    case commitment(CommitmentRecord, WaiterRecord?, location: Key, UInt64)
    case closed(ClosedRecord, UInt64)
    case terms(LotTermsRecord, UInt64)
    case lot(LotRecord, UInt64)
    case shipped(ShippedLotRecord, UInt64)
    case document(DocumentRecord, location: Key, to: Key, UInt64)
    case count(CountRecord, location: Key, UInt64)
    case lotCount(LotCountRecord, UInt64)
    case countedLot(CountedLotRecord, UInt64)
    case naming(NamingRecord, UInt64)
    case unit(UnitRecord, UInt64)
    case zone(ZoneRecord, UInt64)
    case channel(ChannelRecord, UInt64)
    case part(PartRecord, UInt64)
    case ids(start: Int64, [IDEntry])

    var hash: UInt64 {
        switch self {
        case .header(_, let hash), .level(_, _, let hash), .hold(_, _, _, let hash), .commitment(_, _, _, let hash), .closed(_, let hash),
            .document(_, _, _, let hash), .count(_, _, let hash):
            hash
        case .terms(_, let hash), .lot(_, let hash), .shipped(_, let hash): hash
        case .countedLot(_, let hash): hash
        case .lotCount(_, let hash), .naming(_, let hash), .unit(_, let hash), .zone(_, let hash), .channel(_, let hash),
            .part(_, let hash):
            hash
        case .ids(let start, let entries): UInt64(start) << 20 | UInt64(entries.count)
        }
    }
}

/// The mark, as the last record of a checkpoint.
struct Mark {
    var redoSeq: Int64
    var redoMilliseconds: Int64
    var values: PartitionValues
    var idHead: Int64
    var idWritten: Int64
    var idSeq: Int64
    var evictedThrough: Int64
    var digest: UInt64?

    init(of state: borrowing PartitionState) {
        redoSeq = state.redo.seq
        redoMilliseconds = state.redo.timeMilliseconds
        values = state.values
        idHead = state.ids.head
        idWritten = state.ids.writtenPosition
        idSeq = state.ids.writtenThroughSeq(at: state.values.seq)
        evictedThrough = state.ids.evictedThroughMilliseconds
        digest = state.isAllWritten ? state.digest : nil
    }
}

/// A state topic: the log of what was written, and what compaction leaves of it.
final class RecordingSink: CheckpointSink {
    private(set) var log: [(key: StoredKey, value: StoredValue?)] = []
    private(set) var compacted: [StoredKey: StoredValue] = [:]
    private var committed = 0

    func commit() {
        for (key, value) in log[committed...] { compacted[key] = value }
        committed = log.count
    }

    func abort() { log.removeSubrange(committed...) }

    private func put(_ key: StoredKey, _ content: [UInt64], _ value: (UInt64) -> StoredValue) -> UInt64 {
        var hasher = Hasher128(seed: 3)
        for word in content { hasher.combine(word) }
        hasher.combine(UInt64(bitPattern: Int64("\(key)".utf8.reduce(0) { $0 &* 31 &+ Int($1) })))
        let hash = hasher.finish().high | 1
        log.append((key, value(hash)))
        return hash
    }

    func put(level: LevelRecord, velocity: VelocityRecord?, sku: Key) -> UInt64 {
        var kept = LevelRecord()
        kept.location = level.location
        kept.balances = level.balances
        (kept.safetyStock, kept.reorderPoint, kept.reorderHysteresis) = (level.safetyStock, level.reorderPoint, level.reorderHysteresis)
        (kept.isLow, kept.isOut, kept.hasHadStock, kept.isOversold) = (level.isLow, level.isOut, level.hasHadStock, level.isOversold)
        let flags: [UInt64] = [kept.isLow, kept.isOut, kept.hasHadStock, kept.isOversold].map { $0 ? 1 : 0 }
        kept.lifeEndMilliseconds = level.lifeEndMilliseconds
        let numbers = [kept.safetyStock, kept.reorderPoint, kept.reorderHysteresis, kept.lifeEndMilliseconds]
        let terms = numbers.map { UInt64(bitPattern: $0) }
        var sold: [UInt64] = []
        if let velocity {
            sold = [UInt64(velocity.lastDay)] + (0..<VelocityRecord.dayCount).map { UInt64(velocity[$0]) }
        }
        return put(.level(sku, level.location), level.balances.words + terms + flags + sold) { .level(kept, velocity, $0) }
    }

    /// A waiter without its place, and its words.
    private func stored(_ waiter: WaiterRecord?) -> (WaiterRecord?, [UInt64]) {
        guard var kept = waiter else { return (nil, []) }
        (kept.owner, kept.isHold, kept.lane, kept.previous, kept.next) = (-1, false, -1, -1, -1)
        let numbers = [kept.quantity, kept.placedSeq, kept.placedAtMilliseconds, kept.shipByMilliseconds, kept.priority, kept.release]
        return (kept, (numbers + [kept.ttlSeconds, kept.isWhole ? 1 : 0]).map { UInt64(bitPattern: $0) })
    }

    func put(hold: HoldRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 {
        var kept = hold
        (kept.sku, kept.level, kept.waiter, kept.firstPart, kept.status) = (-1, -1, -1, -1, RecordStatus())
        let (waiting, words) = stored(waiter)
        let times = [hold.placedAtMilliseconds, hold.expiresAtMilliseconds, hold.minExpiryMilliseconds]
        let numbers = ([hold.quantity, hold.remaining] + times).map { UInt64(bitPattern: $0) } + [hold.owner]
        return put(.hold(sku, hold.id), numbers + [location.hash64] + words) { .hold(kept, waiting, location: location, $0) }
    }

    func put(commitment: CommitmentRecord, waiter: WaiterRecord?, sku: Key, location: Key) -> UInt64 {
        var kept = commitment
        (kept.sku, kept.level, kept.waiter, kept.firstPart, kept.status) = (-1, -1, -1, -1, RecordStatus())
        let (waiting, words) = stored(waiter)
        let numbers = [
            kept.ordered, kept.open, kept.shipped, kept.canceled, kept.returned, kept.cores, kept.committedAtMilliseconds,
            kept.minExpiryMilliseconds, kept.inTransit, Int64(bitPattern: kept.transfer), kept.expiresAtMilliseconds,
        ]
        return put(.commitment(sku, kept.orderLine), numbers.map { UInt64(bitPattern: $0) } + [kept.source, location.hash64] + words) {
            .commitment(kept, waiting, location: location, $0)
        }
    }

    func put(closed: ClosedRecord, sku: Key) -> UInt64 {
        var kept = closed
        (kept.sku, kept.previous, kept.next, kept.status) = (-1, -1, -1, RecordStatus())
        let numbers = [kept.quantity, kept.shipped, kept.returned, kept.cores, kept.closedAtMilliseconds].map { UInt64(bitPattern: $0) }
        let kinds = [UInt64(kept.kind.rawValue), UInt64(kept.outcome.rawValue), kept.content]
        return put(.closed(sku, kept.id), numbers + kinds) { .closed(kept, $0) }
    }

    func put(document: DocumentRecord, sku: Key, location: Key, to: Key) -> UInt64 {
        var kept = document
        (kept.sku, kept.level, kept.toLevel, kept.status) = (-1, -1, -1, RecordStatus())
        let numbers = [kept.total, kept.arrived, kept.rejected, Int64(kept.disposition.rawValue)].map { UInt64(bitPattern: $0) }
        return put(.document(sku, kept.kind, kept.id), numbers + [location.hash64, to.hash64, kept.orderLine.hash64]) {
            .document(kept, location: location, to: to, $0)
        }
    }

    func put(count: CountRecord, sku: Key, location: Key) -> UInt64 {
        var kept = count
        (kept.sku, kept.level, kept.firstLot, kept.status) = (-1, -1, -1, RecordStatus())
        var words = [kept.id.hash64, UInt64(kept.counted), UInt64(bitPattern: kept.unattributed), UInt64(kept.recounted)]
        for disposition in Disposition.allCases {
            let values = [kept.found, kept.base, kept.countedAt, kept.lines, kept.closedAt, kept.actors].map { $0[disposition] }
            words += values.map { UInt64(bitPattern: $0) }
        }
        return put(.count(sku, location), words) { .count(kept, location: location, $0) }
    }

    func put(unit: UnitRecord, sku: Key) -> UInt64 {
        var kept = UnitRecord()
        (kept.name, kept.numerator, kept.denominator) = (unit.name, unit.numerator, unit.denominator)
        return put(.unit(sku, unit.name), [kept.numerator, kept.denominator].map { UInt64(bitPattern: $0) }) { .unit(kept, $0) }
    }

    func put(zone: ZoneRecord, sku: Key, location: Key) -> UInt64 {
        var kept = ZoneRecord()
        kept.name = zone.name
        return put(.zone(sku, location), [kept.name.hash64]) { .zone(kept, $0) }
    }

    func put(channel: ChannelRecord, sku: Key) -> UInt64 {
        var kept = ChannelRecord()
        (kept.name, kept.minShelfLifeDays) = (channel.name, channel.minShelfLifeDays)
        return put(.channel(sku, channel.name), [UInt64(bitPattern: kept.minShelfLifeDays)]) { .channel(kept, $0) }
    }

    func remove(channel: Key, sku: Key) { log.append((.channel(sku, channel), nil)) }

    func put(header: SKURecord) -> UInt64 {
        var kept = SKURecord()
        (kept.key, kept.version, kept.policy) = (header.key, header.version, header.policy)
        (kept.lastSeq, kept.lastTimeMilliseconds) = (header.lastSeq, header.lastTimeMilliseconds)
        (kept.supplier, kept.customer, kept.lossGain) = (header.supplier, header.customer, header.lossGain)
        (kept.isOut, kept.hasHadStock, kept.releases) = (header.isOut, header.hasHadStock, header.releases)
        (kept.writtenRecords, kept.writtenHashSum) = (header.writtenRecords, header.writtenHashSum)
        let numbers = [
            kept.version, kept.lastSeq, kept.supplier, kept.customer, kept.lossGain, kept.writtenRecords, kept.policy.safetyStock,
            kept.releases,
        ]
        return put(.header(kept.key), numbers.map { UInt64(bitPattern: $0) } + [kept.writtenHashSum]) { .header(kept, $0) }
    }

    func put(terms: LotTermsRecord, sku: Key) -> UInt64 {
        var kept = LotTermsRecord()
        (kept.lot, kept.expiresAtMilliseconds) = (terms.lot, terms.expiresAtMilliseconds)
        (kept.isBlocked, kept.isRecalled, kept.isAnnounced) = (terms.isBlocked, terms.isRecalled, terms.isAnnounced)
        kept.isDay = terms.isDay
        let flags: UInt64 = (terms.isBlocked ? 1 : 0) + (terms.isRecalled ? 2 : 0) + (terms.isAnnounced ? 4 : 0) + (terms.isDay ? 8 : 0)
        return put(.terms(sku, terms.lot), [UInt64(bitPattern: kept.expiresAtMilliseconds), flags]) { .terms(kept, $0) }
    }

    func put(lot: LotRecord, sku: Key, location: Key, name: Key) -> UInt64 {
        var kept = LotRecord()
        kept.quantities = lot.quantities
        (kept.expiresAtMilliseconds, kept.receivedAtMilliseconds) = (lot.expiresAtMilliseconds, lot.receivedAtMilliseconds)
        kept.reportedDays = lot.reportedDays
        let times = [kept.expiresAtMilliseconds, kept.receivedAtMilliseconds, Int64(kept.reportedDays)]
        let numbers = Disposition.allCases.map { kept.quantities[$0] } + times
        return put(.lot(sku, location, name), numbers.map { UInt64(bitPattern: $0) }) { .lot(kept, $0) }
    }

    func put(shipped: ShippedLotRecord, sku: Key, lot: Key) -> UInt64 {
        var kept = ShippedLotRecord()
        (kept.orderLine, kept.shipped, kept.returned) = (shipped.orderLine, shipped.shipped, shipped.returned)
        (kept.wasRecalled, kept.minExpiryMilliseconds) = (shipped.wasRecalled, shipped.minExpiryMilliseconds)
        let numbers = [kept.shipped, kept.returned, kept.wasRecalled ? 1 : 0, kept.minExpiryMilliseconds].map { UInt64(bitPattern: $0) }
        return put(.shipped(sku, shipped.orderLine, lot), numbers) { .shipped(kept, $0) }
    }

    func put(lotCount: LotCountRecord, sku: Key, location: Key, lot: Key) -> UInt64 {
        var kept = lotCount
        (kept.sku, kept.level, kept.terms, kept.next, kept.status) = (-1, -1, -1, -1, RecordStatus())
        let numbers = [
            kept.found, kept.base, kept.countedAtMilliseconds, kept.line, kept.isListed ? 1 : 0, kept.isRecounted ? 1 : 0, kept.actor,
        ]
        return put(.lotCount(sku, location, lot, kept.disposition), numbers.map { UInt64(bitPattern: $0) }) { .lotCount(kept, $0) }
    }

    func put(countedLot: CountedLotRecord, sku: Key, location: Key, lot: Key) -> UInt64 {
        var kept = countedLot
        (kept.sku, kept.level, kept.terms, kept.next, kept.status) = (-1, -1, -1, -1, RecordStatus())
        let numbers = [kept.countedAtMilliseconds, kept.variance].map { UInt64(bitPattern: $0) }
        return put(.countedLot(sku, location, lot, kept.disposition), numbers) { .countedLot(kept, $0) }
    }

    func put(naming: NamingRecord, sku: Key, location: Key) -> UInt64 {
        var kept = NamingRecord()
        (kept.sinceSeq, kept.isBegun, kept.afterKind) = (naming.sinceSeq, naming.isBegun, naming.afterKind)
        (kept.after, kept.afterMilliseconds) = (naming.after, naming.afterMilliseconds)
        let numbers = [kept.sinceSeq, kept.isBegun ? 1 : 0, Int64(kept.afterKind.rawValue), kept.afterMilliseconds]
        return put(.naming(sku, location), numbers.map { UInt64(bitPattern: $0) } + [kept.after.hash64]) { .naming(kept, $0) }
    }

    func put(part: PartRecord, sku: Key, location: Key) -> UInt64 {
        var kept = PartRecord()
        (kept.isHold, kept.id, kept.quantity) = (part.isHold, part.id, part.quantity)
        return put(.part(sku, location, part.id, isHold: part.isHold), [UInt64(bitPattern: kept.quantity)]) { .part(kept, $0) }
    }

    func remove(part: Key, isHold: Bool, sku: Key, location: Key) { log.append((.part(sku, location, part, isHold: isHold), nil)) }
    func remove(naming: Key, sku: Key) { log.append((.naming(sku, naming), nil)) }
    func remove(countedLot: Key, _ disposition: Disposition, sku: Key, location: Key) {
        log.append((.countedLot(sku, location, countedLot, disposition), nil))
    }

    func remove(lotCount: Key, _ disposition: Disposition, sku: Key, location: Key) {
        log.append((.lotCount(sku, location, lotCount, disposition), nil))
    }

    func remove(terms: Key, sku: Key) { log.append((.terms(sku, terms), nil)) }
    func remove(lot: Key, sku: Key, location: Key) { log.append((.lot(sku, location, lot), nil)) }
    func remove(shipped: Hash128, sku: Key, lot: Key) { log.append((.shipped(sku, shipped, lot), nil)) }
    func remove(hold: Key, sku: Key) { log.append((.hold(sku, hold), nil)) }
    func remove(commitment: Key, sku: Key) { log.append((.commitment(sku, commitment), nil)) }
    func remove(closed: Hash128, sku: Key) { log.append((.closed(sku, closed), nil)) }
    func remove(document: Key, _ kind: RecordKind, sku: Key) { log.append((.document(sku, kind, document), nil)) }

    func put(ids number: Int64, positions: Range<Int64>, of state: borrowing PartitionState) {
        var entries: [IDEntry] = []
        for position in positions { entries.append(state.ids.entry(at: position)) }
        log.append((.ids(number), .ids(start: positions.lowerBound, entries)))
    }

    func remove(ids number: Int64) { log.append((.ids(number), nil)) }
}

extension Balances {
    /// All fields, in order.
    var words: [UInt64] {
        [
            sellable, damaged, quarantine, qc, recalled, expired, core, held, committed, shortfall, available, incoming, inTransit,
            backordered, preordered,
        ].map {
            UInt64(bitPattern: $0)
        }
    }
}

extension Partition {
    /// Writes up to `limit` SKUs with unwritten changes, all full id blocks, one that is still filling where `isForced`, and due
    /// tombstones.
    func writeCheckpoint(into sink: RecordingSink, limit: Int, isForced: Bool) {
        var left = limit
        while left > 0, case let sku = state.oldestUnwrittenSKU, sku >= 0 {
            state.writeCheckpoint(of: sku, into: sink)
            left -= 1
        }
        while let block = state.nextIDBlock(isForced: isForced) {
            sink.put(ids: block.number, positions: block.positions, of: state)
            state.noteIDsWritten(through: block.positions.upperBound)
        }
        while let number = state.nextRemovedIDBlock {
            sink.remove(ids: number)
            state.noteIDBlockRemoved()
        }
    }
}
