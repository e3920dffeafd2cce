public import StockCore

extension StateEncoder {
    /// What an open count has counted of a lot.
    public static func encode(
        lotCount record: LotCountRecord, sku: Key, location: Key, lot: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        encode(removedLotCount: lot, record.disposition, sku: sku, location: location, key: &key)
        value.clear()
        value.append(version)
        value.append(number: record.found)
        value.append(number: record.base)
        value.append(number: record.countedAtMilliseconds)
        value.append(word: UInt64(bitPattern: record.line))
        value.append((record.isListed ? 1 : 0) | (record.isRecounted ? 2 : 0) | (record.actor != 0 ? 4 : 0))
        if record.actor != 0 { value.append(word: UInt64(bitPattern: record.actor)) }
        return hash(key.bytes, value.bytes)
    }

    /// What was counted a second time, and who counted.
    static func appendWatch(_ record: CountRecord, _ value: inout ByteBuffer) {
        value.append(record.recounted)
        for disposition in Disposition.allCases where record.hasCounted(disposition) {
            value.append(word: UInt64(bitPattern: record.actors[disposition]))
        }
    }

    /// The key of the tombstone of what a count has counted of a lot.
    public static func encode(
        removedLotCount lot: Key, _ disposition: Disposition, sku: Key, location: Key, key: inout ByteBuffer
    ) {
        beginKey(.lotCount, sku, &key)
        key.append(counted: location)
        key.append(disposition.rawValue)
        key.append(lot)
    }

    /// When units of a lot were counted.
    public static func encode(
        countedLot record: CountedLotRecord, sku: Key, location: Key, lot: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        encode(removedCountedLot: lot, record.disposition, sku: sku, location: location, key: &key)
        value.clear()
        value.append(version)
        value.append(number: record.countedAtMilliseconds)
        value.append(number: record.variance)
        return hash(key.bytes, value.bytes)
    }

    /// The key of the tombstone of when units of a lot were counted.
    public static func encode(
        removedCountedLot lot: Key, _ disposition: Disposition, sku: Key, location: Key, key: inout ByteBuffer
    ) {
        beginKey(.countedLot, sku, &key)
        key.append(counted: location)
        key.append(disposition.rawValue)
        key.append(lot)
    }

    /// What is to be named of a level.
    public static func encode(
        naming record: NamingRecord, sku: Key, location: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        begin(.naming, sku, &key, &value)
        key.append(location)
        value.append(number: record.sinceSeq)
        value.append(record.isBegun ? 1 : 0)
        if record.isBegun {
            value.append(record.afterKind == .hold ? 1 : 0)
            value.append(counted: record.after)
            value.append(number: record.afterMilliseconds)
        }
        return hash(key.bytes, value.bytes)
    }

    /// The key of the tombstone of what was to be named of a level.
    public static func encode(removedNaming location: Key, sku: Key, key: inout ByteBuffer) {
        beginKey(.naming, sku, &key)
        key.append(location)
    }
}

extension StateDecoder {
    static func naming(_ name: inout BinaryReader, _ reader: inout BinaryReader) throws(WireError) -> StateRecord {
        let (sku, location) = (try sku(&name), try rest(&name))
        var record = NamingRecord()
        record.sinceSeq = try reader.number()
        record.isBegun = try reader.flags(1) == 1
        if record.isBegun {
            record.afterKind = try reader.flags(1) == 1 ? .hold : .orderLine
            record.after = try nonEmpty(&reader)
            record.afterMilliseconds = try reader.number()
        }
        return .naming(record, sku: sku, location: location)
    }

    static func removedNaming(_ name: inout BinaryReader) throws(WireError) -> StateRecord {
        let (sku, location) = (try sku(&name), try rest(&name))
        return .removedNaming(location, sku: sku)
    }

    static func lotCount(_ name: inout BinaryReader, _ reader: inout BinaryReader) throws(WireError) -> StateRecord {
        let (lot, disposition, sku, location) = try lotCountKey(&name)
        var record = LotCountRecord()
        record.disposition = disposition
        record.found = try reader.number()
        record.base = try reader.number()
        record.countedAtMilliseconds = try reader.number()
        record.line = Int64(bitPattern: try reader.word())
        let flags = try reader.flags(3)
        (record.isListed, record.isRecounted) = (flags & 1 != 0, flags & 2 != 0)
        if flags & 4 != 0 {
            record.actor = Int64(bitPattern: try reader.word())
            guard record.actor != 0 else { throw reader.damaged("nobody is left out") }
        }
        return .lotCount(record, sku: sku, location: location, lot: lot)
    }

    static func countedLot(_ name: inout BinaryReader, _ reader: inout BinaryReader) throws(WireError) -> StateRecord {
        let (lot, disposition, sku, location) = try lotCountKey(&name)
        var record = CountedLotRecord()
        record.disposition = disposition
        record.countedAtMilliseconds = try reader.number()
        record.variance = try reader.number()
        return .countedLot(record, sku: sku, location: location, lot: lot)
    }

    static func removedCountedLot(_ name: inout BinaryReader) throws(WireError) -> StateRecord {
        let (lot, disposition, sku, location) = try lotCountKey(&name)
        return .removedCountedLot(lot, disposition, sku: sku, location: location)
    }

    /// What was counted a second time, and who counted, where either is known.
    static func watch(_ reader: inout BinaryReader, of record: inout CountRecord) throws(WireError) {
        guard reader.position < reader.bytes.count else { return }
        record.recounted = try reader.flags(7)
        for disposition in Disposition.allCases where record.hasCounted(disposition) {
            record.actors[disposition] = Int64(bitPattern: try reader.word())
        }
        guard record.recounted & ~record.counted == 0, record.recounted != 0 || !record.actors.isZero else {
            throw reader.damaged("nothing is left out")
        }
    }

    static func removedLotCount(_ name: inout BinaryReader) throws(WireError) -> StateRecord {
        let (lot, disposition, sku, location) = try lotCountKey(&name)
        return .removedLotCount(lot, disposition, sku: sku, location: location)
    }

    private static func lotCountKey(_ name: inout BinaryReader) throws(WireError) -> (Key, Disposition, sku: Key, location: Key) {
        let (sku, location) = (try sku(&name), try nonEmpty(&name))
        guard let disposition = Disposition(rawValue: try name.byte()) else { throw name.damaged("an unknown disposition") }
        return (try rest(&name), disposition, sku, location)
    }
}
