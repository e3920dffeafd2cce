import KafkaAdapter
import StockCore
import StockStream
import StockWire

/// Where a serial has been, and until when its warranty runs.
struct SerialReport: Encodable {
    /// One thing that happened to it.
    struct Entry: Encodable {
        var kind: String
        var orderLine: String?
        /// The receipt, shipment or return.
        var document: String?
        var location: String?
        /// As which units it came back.
        var disposition: String?
        var claim: String?
        var lot: String?
        var warrantyUntilMilliseconds: Int64?
        var timeMilliseconds: Int64
        var seq: Int64
    }

    var sku: String
    var serial: String
    /// In the order of the ledger.
    var entries: [Entry]

    init(_ trace: SerialTrace) {
        func text(_ key: Key) -> String? { key.isEmpty ? nil : key.description }
        sku = trace.sku.description
        serial = trace.serial.description
        entries = trace.entries.map { entry in
            Entry(
                kind: entry.kind.wireName.description, orderLine: text(entry.orderLine), document: text(entry.document),
                location: text(entry.location), disposition: entry.kind == .return ? entry.disposition.wireName.description : nil,
                claim: text(entry.claim), lot: text(entry.lot),
                warrantyUntilMilliseconds: entry.warrantyUntilMilliseconds == 0 ? nil : entry.warrantyUntilMilliseconds,
                timeMilliseconds: entry.timeMilliseconds, seq: entry.seq)
        }
    }

    /// Reads the whole ledger of the partition. O(its records).
    static func read(
        _ serial: String, of sku: Key, _ place: ToolPlace, _ partition: Int32, _ ledger: Range<Int64>, _ source: KafkaRestoreSource
    ) throws -> SerialReport {
        guard let name = Key(text: serial), !name.isEmpty else { throw CommandFailure("no unit can have the serial \(serial)") }
        var trace = SerialTrace(sku: sku, serial: name)
        try place.readFacts(of: sku, partition, ledger, source) { fact, _, _ in
            trace.take(fact)
            return true
        }
        return SerialReport(trace)
    }

    /// Lines of text.
    var text: [String] {
        var lines = ["serial \(serial) of SKU \(sku)"]
        for entry in entries {
            var words = [timeText(entry.timeMilliseconds), entry.kind]
            if let orderLine = entry.orderLine { words.append("order line \(orderLine)") }
            if let document = entry.document { words.append("document \(document)") }
            if let location = entry.location { words.append("at \(location)") }
            if let disposition = entry.disposition { words.append("as \(disposition)") }
            if let claim = entry.claim { words.append("claim \(claim)") }
            if let lot = entry.lot { words.append("lot \(lot)") }
            if let end = entry.warrantyUntilMilliseconds { words.append("warranty until \(timeText(end))") }
            lines.append("  " + words.joined(separator: "  ") + "  seq \(entry.seq)")
        }
        return lines
    }
}
