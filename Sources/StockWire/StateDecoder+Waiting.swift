import StockCore

extension StateDecoder {
    /// A number that is left out where it is 0.
    static func later(_ reader: inout BinaryReader) throws(WireError) -> Int64 {
        let number = try reader.number()
        guard number != 0 else { throw reader.damaged("a number of 0 is left out") }
        return number
    }

    /// What of a promise waits for stock, where anything does. Of an order line also the used parts that were handed in, and what is on
    /// the way: into the line.
    static func waiter(_ reader: inout BinaryReader, of line: inout CommitmentRecord) throws(WireError) -> WaiterRecord? {
        guard reader.position < reader.bytes.count else { return nil }
        let flags = try reader.byte()
        if flags & 128 != 0 { line.expiresAtMilliseconds = try later(&reader) }
        return try waiter(&reader, flags, of: &line)
    }

    /// The same of a hold, with whose it is: into the hold.
    static func waiter(_ reader: inout BinaryReader, of hold: inout HoldRecord) throws(WireError) -> WaiterRecord? {
        guard reader.position < reader.bytes.count else { return nil }
        let flags = try reader.byte()
        guard flags & (8 | 64) == 0, flags & (16 | 128) != 16 else { throw reader.damaged("a hold has no cores") }
        if flags & 128 != 0 {
            hold.owner = try reader.word()
            guard hold.owner != 0 else { throw reader.damaged("nobody is left out") }
        }
        var line = CommitmentRecord()
        return try waiter(&reader, flags, of: &line)
    }

    private static func waiter(
        _ reader: inout BinaryReader, _ flags: UInt8, of line: inout CommitmentRecord
    ) throws(WireError) -> WaiterRecord? {
        if flags & 8 != 0 { line.cores = try later(&reader) }
        if flags & 64 != 0 {
            line.inTransit = try later(&reader)
            line.transfer = try reader.word()
        }
        if flags & 16 != 0 { return nil }
        var record = WaiterRecord()
        record.isWhole = flags & 1 != 0
        record.quantity = try reader.number()
        record.placedSeq = try reader.number()
        record.placedAtMilliseconds = try reader.number()
        record.shipByMilliseconds = try reader.number()
        if flags & 2 != 0 { record.priority = try reader.number() }
        if flags & 4 != 0 { record.release = try reader.number() }
        if flags & 32 != 0 { record.ttlSeconds = try reader.number() }
        return record
    }

    static func life(_ reader: inout BinaryReader) throws(WireError) -> Int64 {
        guard reader.position < reader.bytes.count else { return 0 }
        let life = try reader.number()
        guard life != 0 || reader.position < reader.bytes.count else { throw reader.damaged("a minimum expiry of nothing is left out") }
        return life
    }
}
