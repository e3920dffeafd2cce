import StockCore

extension StateEncoder {
    /// What was sold at a level: the last day, how many days follow, and those, the latest first, up to the earliest on which anything was
    /// sold.
    static func encode(_ velocity: VelocityRecord, into value: inout ByteBuffer) {
        let told = (0..<VelocityRecord.dayCount).last { velocity[$0] != 0 }.map { $0 + 1 } ?? 0
        value.append(number: Int64(velocity.lastDay))
        value.append(varint: UInt64(told))
        for daysBefore in 0..<told { value.append(varint: UInt64(velocity[daysBefore])) }
    }
}

extension StateDecoder {
    /// The used parts at a level: 0 is left out where nothing follows.
    static func core(_ reader: inout BinaryReader) throws(WireError) -> Int64 {
        let core = try reader.number()
        guard core != 0 || reader.position < reader.bytes.count else { throw reader.damaged("a number of 0 is left out") }
        return core
    }

    /// The end of a level: a byte that says what follows (1: what was sold, 2: what life is demanded), then that.
    static func lastOfLevel(_ reader: inout BinaryReader, _ record: inout LevelRecord) throws(WireError) -> VelocityRecord? {
        guard reader.position < reader.bytes.count else { return nil }
        let last = try reader.flags(2)
        guard last != 0 else { throw reader.damaged("nothing is left out") }
        let sold = last & 1 != 0 ? try velocity(&reader) : nil
        if last & 2 != 0 {
            record.lifeEndMilliseconds = try reader.number()
            guard record.lifeEndMilliseconds > 0 else { throw reader.damaged("no instant") }
        }
        return sold
    }

    private static func velocity(_ reader: inout BinaryReader) throws(WireError) -> VelocityRecord {
        guard let last = Int32(exactly: try reader.number()), last >= 0 else { throw reader.damaged("no day") }
        var record = VelocityRecord(lastDay: last)
        let told = try reader.varint()
        guard told <= UInt64(VelocityRecord.dayCount) else { throw reader.damaged("more days than are kept") }
        for daysBefore in 0..<Int32(told) {
            let sold = try reader.varint()
            guard sold <= UInt64(VelocityRecord.maxPerDay), sold != 0 || daysBefore < told - 1 else {
                throw reader.damaged("no number of units")
            }
            record[daysBefore] = Int64(sold)
        }
        return record
    }
}
