internal import StockCore

/// What was sold of a SKU that is not encoded yet, and at its locations: by day, the latest first. Its arrays are reused.
struct SoldList {
    private struct Entry {
        /// The instant at which the latest day begins, in milliseconds.
        var asOf: Int64
        /// The entry's days among all: up to the earliest on which anything was sold.
        var days: Range<Int>
        var sums: (of7: Int64, of28: Int64, of35: Int64)
    }

    private var entries: [Entry] = []
    private var days: [Int64] = []
    private var next = 0

    mutating func append(_ sold: SoldDays) {
        let start = days.count
        days.append(contentsOf: sold.told)
        entries.append(
            Entry(
                asOf: sold.lastDayMilliseconds, days: start..<days.count,
                sums: (sold.sum(ofDays: 7), sold.sum(ofDays: 28), sold.sum(ofDays: 35))))
    }

    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        days.removeAll(keepingCapacity: true)
        next = 0
    }

    /// Encodes the five fields of the next entry, those of a location with its name in front.
    mutating func encodeNext(of location: Key?, to output: inout OutputBuffer) {
        let entry = entries[next]
        next += 1
        guard let location else {
            output.raw("$4\r\nsold\r\n")
            append(days[entry.days], to: &output)
            output.field("$8\r\nsoldAsOf\r\n", entry.asOf)
            output.field("$5\r\nsold7\r\n", entry.sums.of7)
            output.field("$6\r\nsold28\r\n", entry.sums.of28)
            output.field("$6\r\nsold35\r\n", entry.sums.of35)
            return
        }
        location.withBytes { name in
            output.beginBulk(name.count + 5)
            output.raw(name)
            output.raw(":sold\r\n")
            append(days[entry.days], to: &output)
            output.field(name, ":soldAsOf\r\n", entry.asOf)
            output.field(name, ":sold7\r\n", entry.sums.of7)
            output.field(name, ":sold28\r\n", entry.sums.of28)
            output.field(name, ":sold35\r\n", entry.sums.of35)
        }
    }

    /// A JSON array of numbers.
    private func append(_ days: ArraySlice<Int64>, to output: inout OutputBuffer) {
        output.beginBulk(2 + max(0, days.count - 1) + days.reduce(0) { $0 + OutputBuffer.digits($1) })
        output.raw("[")
        for (index, sold) in days.enumerated() {
            if index > 0 { output.raw(",") }
            output.decimal(sold)
        }
        output.raw("]")
        output.endLine()
    }
}
