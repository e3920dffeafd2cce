public import StockCore

// Parts of promises over several locations in the state topic.
extension StateEncoder {
    /// A part of a hold or an order line elsewhere.
    public static func encode(
        part record: PartRecord, sku: Key, location: Key, key: inout ByteBuffer, value: inout ByteBuffer
    ) -> UInt64 {
        encode(removedPart: record.id, isHold: record.isHold, sku: sku, location: location, key: &key)
        value.clear()
        value.append(version)
        value.append(number: record.quantity)
        return hash(key.bytes, value.bytes)
    }

    /// The key of a part's tombstone.
    public static func encode(removedPart id: Key, isHold: Bool, sku: Key, location: Key, key: inout ByteBuffer) {
        beginKey(.part, sku, &key)
        key.append(isHold ? 1 : 0)
        key.append(counted: location)
        key.append(id)
    }
}

extension StateDecoder {
    static func part(_ name: inout BinaryReader, _ reader: inout BinaryReader) throws(WireError) -> StateRecord {
        var record = PartRecord()
        let (sku, location) = try partKey(&name, &record)
        record.quantity = try reader.number()
        return .part(record, sku: sku, location: location)
    }

    static func removedPart(_ name: inout BinaryReader) throws(WireError) -> StateRecord {
        var record = PartRecord()
        let (sku, location) = try partKey(&name, &record)
        return .removedPart(record.id, isHold: record.isHold, sku: sku, location: location)
    }

    private static func partKey(_ name: inout BinaryReader, _ record: inout PartRecord) throws(WireError) -> (sku: Key, location: Key) {
        let sku = try sku(&name)
        record.isHold = try name.flags(1) == 1
        let location = try nonEmpty(&name)
        record.id = try rest(&name)
        return (sku, location)
    }
}
