public import StockCore

extension StateEncoder {
    /// The zone of a location, or of a SKU where that is empty.
    public static func encode(
        zone record: ZoneRecord, sku: Key, location: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        encode(removedZone: location, sku: sku, key: &key)
        value.clear()
        value.append(version)
        value.append(counted: record.name)
        return hash(key.bytes, value.bytes)
    }

    /// A sales channel.
    public static func encode(channel record: ChannelRecord, sku: Key, key: inout ByteBuffer, value: inout ByteBuffer) -> UInt64 {
        begin(.channel, sku, &key, &value)
        key.append(record.name)
        value.append(number: record.minShelfLifeDays)
        return hash(key.bytes, value.bytes)
    }

    /// The key of a channel's tombstone.
    public static func encode(removedChannel name: Key, sku: Key, key: inout ByteBuffer) {
        beginKey(.channel, sku, &key)
        key.append(name)
    }

    /// The key of a zone's tombstone.
    public static func encode(removedZone location: Key, sku: Key, key: inout ByteBuffer) {
        beginKey(.zone, sku, &key)
        key.append(location)
    }
}

extension StateDecoder {
    static func zone(_ name: inout BinaryReader, _ reader: inout BinaryReader) throws(WireError) -> StateRecord {
        let (sku, location) = (try sku(&name), try optionalRest(&name))
        var record = ZoneRecord()
        record.name = try nonEmpty(&reader)
        return .zone(record, sku: sku, location: location)
    }

    static func channel(_ name: inout BinaryReader, _ reader: inout BinaryReader) throws(WireError) -> StateRecord {
        let sku = try sku(&name)
        var record = ChannelRecord()
        record.name = try rest(&name)
        record.minShelfLifeDays = try reader.number()
        guard record.minShelfLifeDays >= 0 else { throw reader.damaged("a term is at least 0") }
        return .channel(record, sku: sku)
    }

    static func removedZone(_ name: inout BinaryReader) throws(WireError) -> StateRecord {
        let sku = try sku(&name)
        return .removedZone(try optionalRest(&name), sku: sku)
    }

    /// The rest of a record's key as a key; empty where there is none.
    private static func optionalRest(_ name: inout BinaryReader) throws(WireError) -> Key {
        name.position == name.bytes.count ? Key() : try rest(&name)
    }
}
