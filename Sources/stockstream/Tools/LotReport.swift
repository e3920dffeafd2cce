import Foundation
import StockCore
import StockWire

/// Where a lot is, and which order lines it has gone to.
struct LotReport: Encodable {
    /// Units at a location, by disposition.
    struct Place: Encodable {
        var location: String
        var quantities: [String: Int64]
    }

    /// Units that are on their way to a location.
    struct Transit: Encodable {
        var transfer: String
        var to: String
        var quantity: Int64
    }

    /// Units that have left for an order line at once.
    struct Departure: Encodable {
        var orderLine: String
        /// nil: a sale.
        var shipment: String?
        var location: String
        var quantity: Int64
        var timeMilliseconds: Int64
        var seq: Int64
        /// The serial of the unit, where it was named.
        var serial: String?
        /// The serials of all units that left in the same event, where it named a list; of other lots too, if there were any.
        var serials: [String]?
    }

    var sku: String
    var lot: String
    /// Whether the SKU still knows it; what is not known has no expiry, state or places here.
    var isKnown = false
    /// nil: never.
    var expiresAtMilliseconds: Int64?
    var isBlocked = false
    var isRecalled = false
    var places: [Place] = []
    var transfers: [Transit] = []
    /// In the order of the ledger.
    var departures: [Departure]
    /// What has come back, by order line.
    var returned: [String: Int64]

    init(_ trace: LotTrace) {
        sku = trace.sku.description
        lot = trace.lot.description
        departures = trace.departures.map { departure in
            Departure(
                orderLine: departure.orderLine.description, shipment: departure.shipment.isEmpty ? nil : departure.shipment.description,
                location: departure.location.description, quantity: departure.quantity, timeMilliseconds: departure.timeMilliseconds,
                seq: departure.seq, serial: departure.serial.isEmpty ? nil : departure.serial.description,
                serials: departure.serials.isEmpty ? nil : departure.serials.map(\.description))
        }
        returned = Dictionary(uniqueKeysWithValues: trace.returned.map { ($0.key.description, $0.value) })
    }

    /// Adds what the state knows of the lot.
    mutating func add(_ trace: LotTrace, _ state: borrowing PartitionState) {
        let slot = state.findSKU(trace.sku)
        let terms = state.findLotTerms(slot, trace.lot)
        guard terms >= 0 else { return }
        let record = state.lotTerms(terms)
        isKnown = true
        expiresAtMilliseconds = record.expiresAtMilliseconds == LotTermsRecord.never ? nil : record.expiresAtMilliseconds
        (isBlocked, isRecalled) = (record.isBlocked, record.isRecalled)
        var found: [Place] = []
        state.forEachLevel(of: slot) { level in
            let own = state.findLot(level, terms)
            guard own >= 0 else { return }
            let quantities = state.lot(own).quantities
            var there: [String: Int64] = [:]
            for disposition in Disposition.allCases where quantities[disposition] != 0 {
                there["\(disposition.wireName)"] = quantities[disposition]
            }
            found.append(Place(location: state.location(of: level).description, quantities: there))
        }
        places = found.sorted { $0.location < $1.location }
        var moving: [Transit] = []
        state.forEachDocument { document in
            let line = state.document(document)
            guard line.kind == .transfer, line.sku == slot else { return }
            let quantity = state.inTransit(slot, transfer: line.id, terms: terms)
            guard quantity > 0 else { return }
            moving.append(Transit(transfer: line.id.description, to: state.location(of: line.toLevel).description, quantity: quantity))
        }
        transfers = moving.sorted { $0.transfer < $1.transfer }
    }

    /// Lines of text.
    var text: [String] {
        let expiry = expiresAtMilliseconds.map { "expires \(timeText($0))" } ?? "no expiry"
        let states = (isRecalled ? ", recalled" : "") + (isBlocked ? ", blocked" : "")
        var lines = ["lot \(lot) of SKU \(sku): " + (isKnown ? expiry + states : "not known any more")]
        for place in places {
            let there = place.quantities.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
            lines.append("  at \(place.location): " + there.joined(separator: ", "))
        }
        lines += transfers.map { "  in transit to \($0.to): \($0.quantity), transfer \($0.transfer)" }
        let shipped = departures.reduce(0) { $0 + $1.quantity }
        let orderLines = Set(departures.map(\.orderLine)).count
        let back = returned.values.reduce(0, +)
        lines += ["", "shipped for \(orderLines) order lines: \(shipped) units, of which \(back) came back"]
        for departure in departures {
            let how = departure.shipment.map { "shipment \($0)" } ?? "sale"
            let came = returned[departure.orderLine].map { "  (\($0) of this order line came back)" } ?? ""
            lines.append(
                "  \(timeText(departure.timeMilliseconds))  order line \(departure.orderLine)  \(departure.quantity) units  \(how)  "
                    + "from \(departure.location)  seq \(departure.seq)" + departure.serialText + came)
        }
        return lines
    }
}

extension LotReport.Departure {
    fileprivate var serialText: String {
        if let serial { return "  serial \(serial)" }
        guard let serials else { return "" }
        return (Int64(serials.count) == quantity ? "  serials " : "  among serials ") + serials.joined(separator: ", ")
    }
}
