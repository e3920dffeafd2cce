/// Which order lines a lot has gone to, collected from the facts of its SKU in the order of the ledger.
public struct LotTrace: Sendable {
    /// Units of the lot that have left for an order line at once.
    public struct Departure: Sendable, Equatable {
        /// The order line.
        public var orderLine: Key
        /// The shipment; empty: a sale.
        public var shipment: Key
        /// The serial of the unit; empty: none was named.
        public var serial: Key
        /// The serials of the units that left in the same event, where that named a list: of other lots too, if there were any.
        public var serials: [Key]
        /// From where.
        public var location: Key
        /// How many units of the lot.
        public var quantity: Int64
        /// When, as log time.
        public var timeMilliseconds: Int64
        /// The ledger record.
        public var seq: Int64
    }

    /// The SKU.
    public let sku: Key
    /// The lot.
    public let lot: Key
    /// What has left and was not taken back, in the order of the ledger.
    public private(set) var departures: [Departure] = []
    /// What has come back, by order line.
    public private(set) var returned: [Key: Int64] = [:]

    /// A trace that has seen nothing.
    public init(sku: Key, lot: Key) {
        self.sku = sku
        self.lot = lot
    }

    /// The units of the lot that have left and not come back.
    public var outside: Int64 { departures.reduce(0) { $0 + $1.quantity } - returned.values.reduce(0, +) }

    /// Takes a fact into account; those of other SKUs, and what was refused, are passed over.
    public mutating func take(_ fact: borrowing Fact) {
        guard fact.outcome == .accepted, fact.sku == sku else { return }
        switch fact.kind {
        case .ship, .sale:
            guard fact.isSplit else { return note(share(of: fact), from: fact.location, fact) }
            for item in fact.items where item.kind == .main && item.id == lot { note(item.quantity, from: item.location, fact) }
        case .unship:
            let (orderLine, shipment, serial) = (fact.orderLine, fact.document, fact.serial)
            departures.removeAll { $0.orderLine == orderLine && $0.shipment == shipment && $0.serial == serial }
        case .return:
            let quantity = share(of: fact)
            if quantity > 0 { returned[fact.orderLine, default: 0] += quantity }
        default: break
        }
    }

    private mutating func note(_ quantity: Int64, from location: Key, _ fact: borrowing Fact) {
        guard quantity > 0 else { return }
        departures.append(
            Departure(
                orderLine: fact.orderLine, shipment: fact.document, serial: fact.serial, serials: fact.serials, location: location,
                quantity: quantity, timeMilliseconds: fact.timeMilliseconds, seq: fact.seq))
    }

    /// How much of the fact's quantity is of the lot.
    private func share(of fact: borrowing Fact) -> Int64 {
        if fact.items.isEmpty { return fact.lot == lot ? fact.quantity : 0 }
        return fact.items.reduce(0) { $0 + ($1.id == lot ? $1.quantity : 0) }
    }
}
