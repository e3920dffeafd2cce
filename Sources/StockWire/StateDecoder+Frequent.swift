public import StockCore

// Levels and closed records.
extension StateDecoder {
    /// What the key of a state record says of a SKU's header, level or closed record, or another of its records; nil: it is not about a
    /// SKU, or damaged.
    public static func upcoming(key: UnsafeRawBufferPointer) -> UpcomingRecord? {
        guard let kind = key.first.flatMap(RecordKind.init), kind.isOfSKU, key.count > 1 else { return nil }
        let (length, rest) = (Int(key[1]), 2 + Int(key[1]))
        guard rest <= key.count, let sku = Key(key.part(2, length)) else { return nil }
        var own: UInt64 = 0
        if kind == .closed, key.count == rest + 16 {
            own = UInt64(littleEndian: key.loadUnaligned(fromByteOffset: rest + 8, as: UInt64.self))
        } else if kind == .level, let location = Key(key.part(rest, key.count - rest)) {
            own = location.hash64
        }
        return UpcomingRecord(kind: kind, sku: sku.hash64, own: own)
    }

    /// The same of a level with what was sold there, where `key` is of that kind. Levels and closed records are most of a checkpoint, and a
    /// `StateRecord` is as large as the largest of its kinds: copying it takes longer than decoding one of these.
    public static func level(
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) throws(WireError) -> (record: LevelRecord, velocity: VelocityRecord?, sku: Key) {
        var (name, reader) = (BinaryReader(key), try body(value))
        _ = try name.byte()
        let level = try level(&name, &reader)
        try name.finish()
        try reader.finish()
        return level
    }

    /// The same of a closed record.
    public static func closed(
        key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer
    ) throws(WireError) -> (record: ClosedRecord, sku: Key) {
        var (name, reader) = (BinaryReader(key), try body(value))
        _ = try name.byte()
        let closed = try closed(&name, &reader)
        try name.finish()
        try reader.finish()
        return closed
    }

    /// What follows the version, which is known.
    static func body(_ value: UnsafeRawBufferPointer) throws(WireError) -> BinaryReader {
        var reader = BinaryReader(value)
        let version = try reader.byte()
        guard version <= StateEncoder.version else {
            throw WireError(.newerVersion, low: Int64(version), high: Int64(StateEncoder.version))
        }
        guard version == 1 else { throw reader.damaged("no such version") }
        return reader
    }

    static func level(
        _ name: inout BinaryReader, _ reader: inout BinaryReader
    ) throws(WireError) -> (record: LevelRecord, velocity: VelocityRecord?, sku: Key) {
        let sku = try sku(&name)
        var record = try level(try rest(&name), &reader)
        let velocity = try lastOfLevel(&reader, &record)
        return (record, velocity, sku)
    }

    static func closed(
        _ name: inout BinaryReader, _ reader: inout BinaryReader
    ) throws(WireError) -> (record: ClosedRecord, sku: Key) {
        let sku = try sku(&name)
        return (try closed(try name.hash(), &reader), sku)
    }

    private static func level(_ location: Key, _ reader: inout BinaryReader) throws(WireError) -> LevelRecord {
        var record = LevelRecord()
        record.location = location
        record.balances = try balances(&reader)
        let terms = try policy(&reader)
        record.safetyStock = terms.safetyStock
        record.reorderPoint = terms.reorderPoint
        record.reorderHysteresis = terms.reorderHysteresis
        let flags = try reader.byte()
        record.isLow = flags & 1 != 0
        record.isOut = flags & 2 != 0
        record.hasHadStock = flags & 4 != 0
        record.isOversold = flags & 8 != 0
        if flags & 16 != 0 { record.balances.incoming = try reader.number() }
        if flags & 32 != 0 { record.balances.inTransit = try reader.number() }
        if flags & 64 != 0 { record.balances.backordered = try reader.number() }
        if flags & 128 != 0 { record.balances.preordered = try reader.number() }
        if reader.position < reader.bytes.count { record.balances.core = try core(&reader) }
        return record
    }

    private static func closed(_ id: Hash128, _ reader: inout BinaryReader) throws(WireError) -> ClosedRecord {
        var record = ClosedRecord()
        record.id = id
        let first = try reader.byte()
        guard let kind = ClosedKind(rawValue: first & 127), let outcome = ClosedOutcome(rawValue: try reader.byte()) else {
            throw reader.damaged("an unknown kind or outcome")
        }
        record.kind = kind
        record.outcome = outcome
        record.quantity = try reader.number()
        record.shipped = try reader.number()
        record.returned = try reader.number()
        record.content = try reader.word()
        record.closedAtMilliseconds = try reader.number()
        if first & 128 != 0 { record.cores = try later(&reader) }
        return record
    }
}
