/// What has happened to a serial, collected from the facts of its SKU in the order of the ledger.
public struct SerialTrace: Sendable {
    /// One thing that happened.
    public struct Entry: Sendable, Equatable {
        /// What.
        public var kind: FactKind
        /// The order line; empty: none.
        public var orderLine: Key
        /// The receipt, shipment or return; empty: a sale.
        public var document: Key
        /// Where.
        public var location: Key
        /// As which units; of a return.
        public var disposition: Disposition
        /// The warranty claim; empty: none.
        public var claim: Key
        /// The lot, where one was named.
        public var lot: Key
        /// The instant at which the warranty ends, of a departure; 0: none.
        public var warrantyUntilMilliseconds: Int64
        /// When, as log time.
        public var timeMilliseconds: Int64
        /// The ledger record.
        public var seq: Int64
    }

    /// The SKU.
    public let sku: Key
    /// The serial.
    public let serial: Key
    /// What happened, in the order of the ledger.
    public private(set) var entries: [Entry] = []

    /// A trace that has seen nothing.
    public init(sku: Key, serial: Key) {
        self.sku = sku
        self.serial = serial
    }

    /// Takes a fact into account; those of other SKUs and serials, and what was refused, are passed over.
    public mutating func take(_ fact: borrowing Fact) {
        guard fact.outcome == .accepted, fact.sku == sku, fact.serial == serial || fact.serials.contains(serial) else { return }
        // Of several units of several lots it is not known which is of which.
        let lot = fact.serials.count > 1 && fact.items.count > 1 ? Key() : fact.items.first?.id ?? fact.lot
        entries.append(
            Entry(
                kind: fact.kind, orderLine: fact.orderLine, document: fact.document, location: fact.location,
                disposition: fact.disposition, claim: fact.claim, lot: lot,
                warrantyUntilMilliseconds: fact.warrantyUntilMilliseconds, timeMilliseconds: fact.timeMilliseconds, seq: fact.seq))
    }
}
