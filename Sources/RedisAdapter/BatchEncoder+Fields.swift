internal import StockCore
internal import StockStream

// The fields of a SKU's hash, and the sets of what is low and out.
extension BatchEncoder {
    func encodeTotals(_ sku: SKU, to output: inout OutputBuffer) {
        output.field("$6\r\nonHand\r\n", sku.totals.onHand)
        output.field("$8\r\nsellable\r\n", sku.totals.sellable)
        output.field("$4\r\nheld\r\n", sku.totals.held)
        output.field("$9\r\ncommitted\r\n", sku.totals.committed)
        output.field("$11\r\nunavailable\r\n", sku.totals.unavailable)
        output.field("$11\r\nsafetyStock\r\n", sku.totals.safetyStock)
        output.field("$9\r\navailable\r\n", sku.totals.available)
        output.field("$9\r\nshortfall\r\n", sku.totals.shortfall)
        output.field("$8\r\nincoming\r\n", sku.totals.incoming)
        output.field("$9\r\ninTransit\r\n", sku.totals.inTransit)
        output.field("$11\r\nbackordered\r\n", sku.totals.backordered)
        output.field("$10\r\npreordered\r\n", sku.totals.preordered)
        output.field("$7\r\nwaiting\r\n", sku.totals.waiting)
        output.field("$3\r\nlow\r\n", sku.isLow ? 1 : 0)
        output.field("$3\r\nout\r\n", sku.isOut ? 1 : 0)
        output.field("$5\r\nscale\r\n", sku.scale)
        output.field("$7\r\nversion\r\n", sku.version)
        output.field("$11\r\nincarnation\r\n", watermark.incarnation)
        output.field("$9\r\npartition\r\n", Int64(partition))
        output.field("$3\r\nseq\r\n", sku.seq)
        output.field("$4\r\ntime\r\n", sku.timeMilliseconds)
        output.raw("$9\r\nlocations\r\n")
        let names = locations.lazy.map(\.name)
        output.beginBulk(LocationList.count(names))
        LocationList.append(names, to: &output)
        output.endLine()
    }

    static func encode(_ location: Location, to output: inout OutputBuffer) {
        let quantities = location.quantities
        location.name.withBytes { name in
            output.field(name, ":onHand\r\n", quantities.onHand)
            output.field(name, ":sellable\r\n", quantities.sellable)
            output.field(name, ":held\r\n", quantities.held)
            output.field(name, ":committed\r\n", quantities.committed)
            output.field(name, ":unavailable\r\n", quantities.unavailable)
            output.field(name, ":safetyStock\r\n", quantities.safetyStock)
            output.field(name, ":available\r\n", quantities.available)
            output.field(name, ":shortfall\r\n", quantities.shortfall)
            output.field(name, ":incoming\r\n", quantities.incoming)
            output.field(name, ":inTransit\r\n", quantities.inTransit)
            output.field(name, ":backordered\r\n", quantities.backordered)
            output.field(name, ":preordered\r\n", quantities.preordered)
            output.field(name, ":waiting\r\n", quantities.waiting)
            output.field(name, ":low\r\n", location.isLow ? 1 : 0)
            output.field(name, ":out\r\n", location.isOut ? 1 : 0)
        }
    }

    // MARK: - Sets

    mutating func encodeSets(_ keys: ViewKeys, to output: inout OutputBuffer) {
        for location in table.locations {
            encodeLow(location, location.name.isEmpty ? keys.low : keys.lowAtLocation, to: &output)
            encodeOut(location, location.name.isEmpty ? keys.out : keys.outAtLocation, to: &output)
        }
    }

    private mutating func encodeLow(_ location: MemberTable.Location, _ front: [UInt8], to output: inout OutputBuffer) {
        if location.low > 0 {
            output.command(2 + 2 * location.low)
            output.raw("$4\r\nZADD\r\n")
            output.bulk(front, location.name)
            table.forEach(of: location) { member in
                guard member.isLow else { return }
                output.bulk(member.available)
                output.bulk(skus[Int(member.sku)])
            }
            note(integers: 1)
        }
        guard location.low < location.count else { return }
        output.command(2 + location.count - location.low)
        output.raw("$4\r\nZREM\r\n")
        output.bulk(front, location.name)
        table.forEach(of: location) { member in
            if !member.isLow { output.bulk(skus[Int(member.sku)]) }
        }
        note(integers: 1)
    }

    private mutating func encodeOut(_ location: MemberTable.Location, _ front: [UInt8], to output: inout OutputBuffer) {
        for isOut in [true, false] {
            let count = isOut ? location.out : location.count - location.out
            guard count > 0 else { continue }
            output.command(2 + count)
            output.raw(isOut ? "$4\r\nSADD\r\n" : "$4\r\nSREM\r\n")
            output.bulk(front, location.name)
            table.forEach(of: location) { member in
                if member.isOut == isOut { output.bulk(skus[Int(member.sku)]) }
            }
            note(integers: 1)
        }
    }
}

extension OutputBuffer {
    /// A field and its value; the name comes encoded already.
    mutating func field(_ encodedName: StaticString, _ value: Int64) {
        raw(encodedName)
        bulk(value)
    }

    /// A field whose name is a location, a colon and a name; `suffix` is the colon, the name and the end of the line.
    mutating func field(_ location: UnsafeRawBufferPointer, _ suffix: StaticString, _ value: Int64) {
        beginBulk(location.count + suffix.utf8CodeUnitCount - 2)
        raw(location)
        raw(suffix)
        bulk(value)
    }

    /// The six fields of a watermark.
    mutating func fields(of watermark: Watermark) {
        field("$11\r\nincarnation\r\n", watermark.incarnation)
        field("$5\r\nclaim\r\n", watermark.claim)
        field("$5\r\nbatch\r\n", watermark.batch)
        field("$3\r\nseq\r\n", watermark.seq)
        field("$4\r\nnext\r\n", watermark.next)
        field("$4\r\ntime\r\n", watermark.timeMilliseconds)
    }
}
