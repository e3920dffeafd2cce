public import StockCore

/// Writes a SKU's public availability, the records of `stock.levels.v1` (key: the SKU; docs/outputs.md). Fed location by location, so
/// that a SKU with many needs no array: `begin`, `location` for each, `end`.
public enum LevelsEncoder {
    /// The format version written.
    public static let version: Int64 = 1

    /// Begins the record of a SKU as of its `version`, last changed at `timeMilliseconds` by the ledger record `seq`.
    public static func begin(
        _ sku: Key, version skuVersion: Int64, scale: Int64, seq: Int64, timeMilliseconds: Int64, into buffer: inout ByteBuffer
    ) {
        buffer.openObject()
        buffer.member("v", version)
        buffer.member("sku")
        buffer.append(quoted: sku)
        buffer.member("version", skuVersion)
        buffer.member("scale", scale)
        buffer.member("seq", seq)
        buffer.member("timeMilliseconds", timeMilliseconds)
        buffer.member("time", timestamp: timeMilliseconds)
        buffer.member("locations")
        buffer.openArray()
    }

    /// Adds a location; `waiting`: what holds wait for; `sold`: what was sold there lately, where that is kept.
    public static func location(
        _ location: Key, _ balances: Balances, safetyStock: Int64, waiting: Int64 = 0, isLow: Bool, isOut: Bool, sold: SoldDays? = nil,
        into buffer: inout ByteBuffer
    ) {
        buffer.separate()
        buffer.openObject()
        buffer.member("location")
        buffer.append(quoted: location)
        write(balances, safetyStock: safetyStock, waiting: waiting, isLow: isLow, isOut: isOut, into: &buffer)
        if let sold { write(sold, into: &buffer) }
        buffer.closeObject()
    }

    /// Adds the totals over all locations and ends the record. `safetyStock` and `waiting` are the sums of theirs, `isLow` whether any of
    /// them is low.
    public static func end(
        totals: Balances, safetyStock: Int64, waiting: Int64 = 0, isLow: Bool, isOut: Bool, sold: SoldDays? = nil,
        into buffer: inout ByteBuffer
    ) {
        buffer.closeArray()
        buffer.member("totals")
        buffer.openObject()
        write(totals, safetyStock: safetyStock, waiting: waiting, isLow: isLow, isOut: isOut, into: &buffer)
        if let sold { write(sold, into: &buffer) }
        buffer.closeObject()
        buffer.closeObject()
    }

    private static func write(
        _ balances: Balances, safetyStock: Int64, waiting: Int64, isLow: Bool, isOut: Bool, into buffer: inout ByteBuffer
    ) {
        buffer.member("onHand", balances.onHand)
        buffer.member("sellable", balances.sellable)
        buffer.member("unavailable", balances.onHand &- balances.sellable)
        buffer.member("held", balances.held)
        buffer.member("committed", balances.committed)
        buffer.member("safetyStock", safetyStock)
        buffer.member("shortfall", balances.shortfall)
        buffer.member("available", balances.available)
        buffer.member("incoming", balances.incoming)
        buffer.member("inTransit", balances.inTransit)
        buffer.member("backordered", balances.backordered)
        buffer.member("preordered", balances.preordered)
        buffer.member("waiting", waiting)
        buffer.member("isLow", flag: isLow)
        buffer.member("isOut", flag: isOut)
    }

    private static func write(_ sold: SoldDays, into buffer: inout ByteBuffer) {
        guard sold.lastDay != nil else { return }
        buffer.member("soldAsOfMilliseconds", sold.lastDayMilliseconds)
        buffer.member("sold")
        buffer.openArray()
        for quantity in sold.told {
            buffer.separate()
            buffer.append(decimal: quantity)
        }
        buffer.closeArray()
    }
}
