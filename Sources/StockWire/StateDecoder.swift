import StockCore

/// Reads the binary records of `stock.state.v1`.
public enum StateDecoder {
    /// Decodes a record; a nil value is a tombstone. What it answers borrows from the bytes (blocks of the id window only).
    ///
    /// Errors: `newerVersion` with the version found where the value's format is newer than this program; `corrupt` where key or value
    /// are not what `StateEncoder` writes, to the last byte.
    public static func decode(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) throws(WireError) -> StateRecord {
        if value == nil && SealRecord.isKey(key) { return .stamp }
        var name = BinaryReader(key)
        guard let kind = RecordKind(rawValue: try name.byte()) else { throw name.damaged("an unknown kind of record") }
        guard let value else { return try removed(kind, &name) }
        var reader = try body(value)
        let record = try record(kind, &name, &reader)
        try name.finish()
        try reader.finish()
        return record
    }

    private static func removed(_ kind: RecordKind, _ name: inout BinaryReader) throws(WireError) -> StateRecord {
        let record: StateRecord
        switch kind {
        case .sku: record = .removedHeader(try sku(&name))
        case .level:
            let sku = try sku(&name)
            record = .removedLevel(try rest(&name), sku: sku)
        case .hold:
            let sku = try sku(&name)
            record = .removedHold(try rest(&name), sku: sku)
        case .commitment:
            let sku = try sku(&name)
            record = .removedCommitment(try rest(&name), sku: sku)
        case .closed:
            let sku = try sku(&name)
            record = .removedClosed(try name.hash(), sku: sku)
        case .count:
            let sku = try sku(&name)
            record = .removedCount(try rest(&name), sku: sku)
        case .incoming, .transfer:
            let sku = try sku(&name)
            record = .removedDocument(try rest(&name), kind, sku: sku)
        case .lotTerms:
            let sku = try sku(&name)
            record = .removedLotTerms(try rest(&name), sku: sku)
        case .lot:
            let (sku, location) = (try sku(&name), try nonEmpty(&name))
            record = .removedLot(try rest(&name), sku: sku, location: location)
        case .shippedLot:
            let (sku, line) = (try sku(&name), try name.hash())
            record = .removedShippedLot(line, sku: sku, lot: try rest(&name))
        case .unit:
            let sku = try sku(&name)
            record = .removedUnit(try rest(&name), sku: sku)
        case .lotCount: record = try removedLotCount(&name)
        case .countedLot: record = try removedCountedLot(&name)
        case .part: record = try removedPart(&name)
        case .naming: record = try removedNaming(&name)
        case .zone: record = try removedZone(&name)
        case .channel:
            let sku = try sku(&name)
            record = .removedChannel(try rest(&name), sku: sku)
        case .ids: record = .removedIDs(Int64(bitPattern: try name.word()))
        case .stamp: record = .stamp
        default: throw name.damaged("records of this kind are not known")
        }
        try name.finish()
        return record
    }

    private static func record(
        _ kind: RecordKind, _ name: inout BinaryReader, _ reader: inout BinaryReader
    ) throws(WireError) -> StateRecord {
        switch kind {
        case .sku: return .header(try header(try sku(&name), &reader))
        case .level:
            let (record, velocity, sku) = try level(&name, &reader)
            return .level(record, velocity, sku: sku)
        case .hold:
            let sku = try sku(&name)
            var record = HoldRecord()
            record.id = try rest(&name)
            let location = try nonEmpty(&reader)
            record.quantity = try reader.number()
            record.remaining = try reader.number()
            record.placedAtMilliseconds = try reader.number()
            record.expiresAtMilliseconds = try reader.number()
            record.minExpiryMilliseconds = try life(&reader)
            let waiter = try waiter(&reader, of: &record)
            return .hold(record, waiter, sku: sku, location: location)
        case .commitment:
            let sku = try sku(&name)
            let orderLine = try rest(&name)
            let location = try nonEmpty(&reader)
            var record = try commitment(orderLine, &reader)
            let waiter = try waiter(&reader, of: &record)
            return .commitment(record, waiter, sku: sku, location: location)
        case .closed:
            let (record, sku) = try closed(&name, &reader)
            return .closed(record, sku: sku)
        case .incoming, .transfer:
            let sku = try sku(&name)
            var record = DocumentRecord()
            record.kind = kind
            record.id = try rest(&name)
            let location = try nonEmpty(&reader)
            record.total = try reader.number()
            record.arrived = try reader.number()
            guard kind == .transfer else { return .document(record, sku: sku, location: location, to: Key()) }
            let to = try nonEmpty(&reader)
            record.rejected = try reader.number()
            guard let disposition = Disposition(rawValue: try reader.byte()) else { throw reader.damaged("an unknown disposition") }
            record.disposition = disposition
            if reader.position < reader.bytes.count { record.orderLine = try nonEmpty(&reader) }
            return .document(record, sku: sku, location: location, to: to)
        case .count:
            let sku = try sku(&name)
            let location = try rest(&name)
            return .count(try count(&reader), sku: sku, location: location)
        case .lotTerms, .lot, .shippedLot: return try lotRecord(kind, &name, &reader)
        case .lotCount: return try lotCount(&name, &reader)
        case .countedLot: return try countedLot(&name, &reader)
        case .part: return try part(&name, &reader)
        case .naming: return try naming(&name, &reader)
        case .zone: return try zone(&name, &reader)
        case .channel: return try channel(&name, &reader)
        case .unit:
            let sku = try sku(&name)
            return .unit(try unit(try rest(&name), &reader), sku: sku)
        case .ids: return .ids(try block(Int64(bitPattern: try name.word()), &reader))
        case .mark: return .mark(try mark(&reader))
        case .anew: return .anew
        default: throw name.damaged("records of this kind are not known")
        }
    }

    private static func lotRecord(
        _ kind: RecordKind, _ name: inout BinaryReader, _ reader: inout BinaryReader
    ) throws(WireError) -> StateRecord {
        let sku = try sku(&name)
        switch kind {
        case .lotTerms:
            var record = LotTermsRecord()
            record.lot = try rest(&name)
            record.expiresAtMilliseconds = try reader.number()
            let flags = try reader.flags(4)
            record.isBlocked = flags & 1 != 0
            record.isRecalled = flags & 2 != 0
            record.isAnnounced = flags & 4 != 0
            record.isDay = flags & 8 != 0
            return .lotTerms(record, sku: sku)
        case .lot:
            let location = try nonEmpty(&name)
            let lot = try rest(&name)
            var record = LotRecord()
            record.expiresAtMilliseconds = try reader.number()
            record.receivedAtMilliseconds = try reader.number()
            for disposition in 0..<UInt8(6) { record.quantities[Disposition(rawValue: disposition)!] = try reader.number() }
            if reader.position < reader.bytes.count {
                record.quantities.core = try reader.number()
                if reader.position < reader.bytes.count {
                    guard let days = Int32(exactly: try reader.number()), days > 0 else { throw reader.damaged("no number of days") }
                    record.reportedDays = days
                } else if record.quantities.core == 0 {
                    throw reader.damaged("nothing is left out")
                }
            }
            return .lot(record, sku: sku, location: location, lot: lot)
        default:
            var record = ShippedLotRecord()
            record.orderLine = try name.hash()
            let lot = try rest(&name)
            record.shipped = try reader.number()
            record.returned = try reader.number()
            if reader.position < reader.bytes.count {
                let later = try reader.flags(2)
                guard later != 0 else { throw reader.damaged("nothing is left out") }
                record.wasRecalled = later & 1 != 0
                if later & 2 != 0 { record.minExpiryMilliseconds = try reader.number() }
                guard (record.minExpiryMilliseconds != 0) == (later & 2 != 0) else { throw reader.damaged("nothing is left out") }
            }
            return .shippedLot(record, sku: sku, lot: lot)
        }
    }

    static func sku(_ name: inout BinaryReader) throws(WireError) -> Key { try nonEmpty(&name) }

    static func nonEmpty(_ reader: inout BinaryReader) throws(WireError) -> Key {
        let key = try reader.key()
        guard !key.isEmpty else { throw reader.damaged("a key is empty") }
        return key
    }

    /// The rest of a record's key as a key.
    static func rest(_ name: inout BinaryReader) throws(WireError) -> Key {
        let left = name.bytes.count - name.position
        guard left > 0, let key = Key(name.bytes.part(name.position, left)) else { throw name.damaged("a sub-key has 1 to 63 bytes") }
        name.position += left
        return key
    }
}

extension StateDecoder {
    private static func header(_ sku: Key, _ reader: inout BinaryReader) throws(WireError) -> SKURecord {
        var record = SKURecord()
        record.key = sku
        record.version = try reader.number()
        record.lastSeq = try reader.number()
        record.lastTimeMilliseconds = try reader.number()
        record.policy = try policy(&reader)
        record.supplier = try reader.number()
        record.customer = try reader.number()
        record.lossGain = try reader.number()
        let flags = try reader.flags(3)
        record.isOut = flags & 1 != 0
        record.hasHadStock = flags & 2 != 0
        record.writtenRecords = try reader.number()
        record.writtenHashSum = try reader.word()
        if flags & 4 != 0 { record.releases = try reader.number() }
        return record
    }

    private static func commitment(_ orderLine: Key, _ reader: inout BinaryReader) throws(WireError) -> CommitmentRecord {
        var record = CommitmentRecord()
        record.orderLine = orderLine
        record.ordered = try reader.number()
        record.open = try reader.number()
        record.shipped = try reader.number()
        record.canceled = try reader.number()
        record.returned = try reader.number()
        record.source = try reader.word()
        record.committedAtMilliseconds = try reader.number()
        record.minExpiryMilliseconds = try life(&reader)
        return record
    }

    private static func count(_ reader: inout BinaryReader) throws(WireError) -> CountRecord {
        var record = CountRecord()
        record.id = try reader.key()
        record.counted = try reader.flags(7)
        for disposition in Disposition.allCases where record.hasCounted(disposition) {
            record.found[disposition] = try reader.number()
            record.base[disposition] = try reader.number()
            record.countedAt[disposition] = try reader.number()
            record.lines[disposition] = Int64(bitPattern: try reader.word())
        }
        let closed = try reader.flags(7)
        for disposition in Disposition.allCases where closed >> disposition.rawValue & 1 == 1 {
            record.closedAt[disposition] = try reader.number()
        }
        // A count of all lots of which some had left of no known lot.
        if reader.position < reader.bytes.count {
            record.unattributed = try reader.number()
            guard record.unattributed != 0 || reader.position < reader.bytes.count else { throw reader.damaged("nothing is left out") }
            try watch(&reader, of: &record)
        }
        return record
    }

    private static func unit(_ name: Key, _ reader: inout BinaryReader) throws(WireError) -> UnitRecord {
        var record = UnitRecord()
        record.name = name
        record.numerator = try reader.number()
        record.denominator = try reader.number()
        guard record.numerator > 0, record.denominator > 0 else { throw reader.damaged("a factor is above 0") }
        return record
    }

    private static func block(_ number: Int64, _ reader: inout BinaryReader) throws(WireError) -> IDBlockView {
        let start = try reader.number()
        let count = try reader.varint()
        let perBlock = Int64(StateLimits.idsPerBlock)
        guard number >= 0, start >= 0, start < Int64.max - perBlock, count >= 1, count <= UInt64(perBlock), start / perBlock == number,
            (start + Int64(count) - 1) / perBlock == number
        else { throw reader.damaged("the entries are not those of the block") }
        let entries = reader.bytes.part(reader.position, reader.bytes.count - reader.position)
        reader.position = reader.bytes.count
        let view = IDBlockView(number: number, start: start, count: Int(count), entries: entries)
        // Read once here, so that a block that is handed out is whole.
        try view.forEach { _, _ in }
        return view
    }

    private static func mark(_ reader: inout BinaryReader) throws(WireError) -> StateMark {
        var mark = StateMark()
        mark.values = try values(&reader)
        mark.redoSeq = try reader.number()
        mark.redoTimeMilliseconds = try reader.number()
        mark.idsHead = try reader.number()
        mark.idsTail = try reader.number()
        mark.idsThroughSeq = try reader.number()
        mark.idsEvictedThroughMilliseconds = try reader.number()
        mark.isComplete = try reader.flags(1) != 0
        mark.digest = try reader.word()
        return mark
    }

    static func balances(_ reader: inout BinaryReader) throws(WireError) -> Balances {
        var balances = Balances()
        balances.sellable = try reader.number()
        balances.damaged = try reader.number()
        balances.quarantine = try reader.number()
        balances.qc = try reader.number()
        balances.recalled = try reader.number()
        balances.expired = try reader.number()
        balances.held = try reader.number()
        balances.committed = try reader.number()
        balances.shortfall = try reader.number()
        balances.available = try reader.number()
        return balances
    }

    private static func values(_ reader: inout BinaryReader) throws(WireError) -> PartitionValues {
        var values = PartitionValues()
        values.seq = try reader.number()
        values.next = try reader.number()
        values.logTimeMilliseconds = try reader.number()
        values.lastFactMilliseconds = try reader.number()
        values.incarnation = try reader.number()
        values.horizonMilliseconds = try reader.number()
        values.orderLineHorizonMilliseconds = try reader.number()
        values.counters.accepted = try reader.number()
        values.counters.rejected = try reader.number()
        values.counters.duplicates = try reader.number()
        values.counters.deadLetters = try reader.number()
        values.counters.rerouted = try reader.number()
        values.counters.oversellRefused = try reader.number()
        values.counters.unitsRefused = try reader.number()
        values.counters.expiredHolds = try reader.number()
        values.counters.forgottenEarly = try reader.number()
        values.counters.gaps = try reader.number()
        return values
    }
}
