public import StockCore

/// Events as a producer would send them. Ids are given by `Partition.send`, where the event has none.
enum Events {
    static let sku: Key = "sku-1"
    static let main: Key = "main"
    static let shop: Key = "shop"

    private static func make(_ type: EventType, _ fill: (inout StockEvent) -> Void) -> StockEvent {
        var event = StockEvent()
        event.type = type
        event.sku = sku
        fill(&event)
        return event
    }

    static func define(at location: Key = Key(), _ fill: (inout Policy) -> Void) -> StockEvent {
        make(.define) {
            $0.location = location
            fill(&$0.policy)
        }
    }

    static func unit(_ name: Key, _ numerator: Int64, _ denominator: Int64 = 1) -> StockEvent {
        make(.define) {
            $0.unit = name
            ($0.unitNumerator, $0.unitDenominator) = (numerator, denominator)
        }
    }

    static func expect(_ total: Int64, at location: Key = main, _ incoming: Key = "incoming") -> StockEvent {
        make(.expect) {
            $0.location = location
            $0.quantity = total
            $0.counterpart = incoming
        }
    }

    static func correct(_ total: Int64, at location: Key = main, _ receipt: Key = "receipt", of incoming: Key = Key()) -> StockEvent {
        make(.receiveCorrect) {
            $0.location = location
            $0.quantity = total
            $0.document = receipt
            $0.counterpart = incoming
            $0.reason = "miscounted"
        }
    }

    static func receive(
        _ total: Int64, at location: Key = main, _ receipt: Key = "receipt", line: Key = Key(), of incoming: Key = Key()
    ) -> StockEvent {
        make(.receive) {
            $0.location = location
            $0.quantity = total
            $0.document = receipt
            $0.line = line
            $0.counterpart = incoming
        }
    }

    static func adjust(_ quantity: Int64, at location: Key = main, _ disposition: Disposition = .sellable, forced: Bool = false)
        -> StockEvent
    {
        make(.adjust) {
            $0.location = location
            $0.quantity = quantity
            $0.disposition = disposition
            $0.hasDisposition = true
            $0.isForced = forced
            $0.reason = "found"
        }
    }

    static func set(_ value: Int64, expecting expected: Int64, at location: Key = main) -> StockEvent {
        make(.adjust) {
            $0.location = location
            $0.setTo = value
            $0.expected = expected
            $0.reason = "recount"
        }
    }

    static func move(
        _ quantity: Int64, at location: Key = main, from: Disposition = .sellable, to: Disposition = .damaged, forced: Bool = false
    ) -> StockEvent {
        make(.move) {
            $0.location = location
            $0.quantity = quantity
            $0.disposition = from
            $0.hasDisposition = true
            $0.toDisposition = to
            $0.isForced = forced
            $0.reason = "broken"
        }
    }

    /// `lotBlock`, `lotUnblock`, `recall` or `unrecall`.
    static func change(_ type: EventType, _ lot: Key) -> StockEvent {
        make(type) {
            $0.lot = lot
            $0.reason = "notice"
        }
    }

    static func hold(_ id: Key, _ quantity: Int64, at location: Key = main, ttl: Int64 = 60) -> StockEvent {
        make(.hold) {
            $0.hold = id
            $0.location = location
            $0.quantity = quantity
            $0.ttlSeconds = ttl
        }
    }

    /// A hold that may wait for stock.
    static func wait(_ id: Key, _ quantity: Int64, at location: Key = main, ttl: Int64 = 60, for seconds: Int64 = 600) -> StockEvent {
        hold(id, quantity, at: location, ttl: ttl).with(\.waitSeconds, seconds)
    }

    static func confirm(_ line: Key) -> StockEvent { make(.confirm) { $0.orderLine = line } }

    static func extend(_ id: Key, ttl: Int64) -> StockEvent {
        make(.extend) {
            $0.hold = id
            $0.ttlSeconds = ttl
        }
    }

    static func commit(_ line: Key, hold: Key, _ quantity: Int64? = nil, rest: RestPolicy = .keep) -> StockEvent {
        make(.commit) {
            $0.orderLine = line
            $0.hold = hold
            $0.quantity = quantity ?? Policy.absent
            $0.rest = rest
        }
    }

    static func commit(_ line: Key, _ quantity: Int64, at location: Key = main) -> StockEvent {
        make(.commit) {
            $0.orderLine = line
            $0.location = location
            $0.quantity = quantity
        }
    }

    /// A commit that may wait for stock.
    static func order(_ line: Key, _ quantity: Int64, at location: Key = main, _ term: WaitTerm = .partial, priority: Int64? = nil)
        -> StockEvent
    {
        commit(line, quantity, at: location).with(\.backorder, term).with(\.priority, priority ?? Policy.absent)
    }

    /// A commit that waits for the SKU's day.
    static func preorder(_ line: Key, _ quantity: Int64, at location: Key = main) -> StockEvent {
        commit(line, quantity, at: location).with(\.preorder, .partial)
    }

    static func release(hold: Key, _ quantity: Int64? = nil) -> StockEvent {
        make(.release) {
            $0.hold = hold
            $0.quantity = quantity ?? Policy.absent
        }
    }

    static func cancel(_ line: Key, _ quantity: Int64? = nil) -> StockEvent {
        make(.release) {
            $0.orderLine = line
            $0.quantity = quantity ?? Policy.absent
        }
    }

    static func ship(_ shipment: Key, _ line: Key, _ quantity: Int64? = nil) -> StockEvent {
        make(.ship) {
            $0.document = shipment
            $0.orderLine = line
            $0.quantity = quantity ?? Policy.absent
        }
    }

    static func countOpen(_ count: Key, at location: Key = main) -> StockEvent {
        make(.countOpen) {
            $0.document = count
            $0.location = location
        }
    }

    static func countLine(
        _ count: Key, _ found: Int64, at location: Key = main, _ disposition: Disposition = .sellable, line: Key = Key()
    ) -> StockEvent {
        make(.countLine) {
            $0.document = count
            $0.location = location
            $0.quantity = found
            $0.disposition = disposition
            $0.line = line
        }
    }

    static func countClose(_ count: Key, at location: Key = main) -> StockEvent {
        make(.countClose) {
            $0.document = count
            $0.location = location
        }
    }

    static func send(
        _ transfer: Key, _ sent: Int64, from: Key = main, to: Key = shop, _ disposition: Disposition = .sellable
    ) -> StockEvent {
        make(.transferSend) {
            $0.document = transfer
            $0.quantity = sent
            $0.location = from
            $0.counterpart = to
            $0.disposition = disposition
        }
    }

    static func arrive(
        _ transfer: Key, _ accepted: Int64, rejected: Int64? = nil, as disposition: Disposition? = nil, to: Disposition = .sellable
    ) -> StockEvent {
        make(.transferReceive) {
            $0.document = transfer
            $0.quantity = accepted
            $0.rejected = rejected ?? Policy.absent
            $0.disposition = disposition ?? .sellable
            $0.hasDisposition = disposition != nil
            $0.toDisposition = to
        }
    }

    static func closeTransfer(_ transfer: Key, _ rest: RestPolicy) -> StockEvent {
        make(.transferClose) {
            $0.document = transfer
            $0.rest = rest
            $0.reason = "lost"
        }
    }

    static func unship(_ shipment: Key, _ line: Key) -> StockEvent {
        make(.unship) {
            $0.document = shipment
            $0.orderLine = line
            $0.reason = "label-voided"
        }
    }

    /// A promise goes to another location, or to another order line.
    static func reassign(_ line: Key, _ quantity: Int64? = nil, to location: Key = Key(), line other: Key = Key()) -> StockEvent {
        make(.reassign) {
            $0.orderLine = line
            $0.quantity = quantity ?? Policy.absent
            $0.counterpart = location
            $0.document = other
        }
    }

    /// The same of a hold.
    static func reassign(hold: Key, to location: Key) -> StockEvent {
        make(.reassign) {
            $0.hold = hold
            $0.counterpart = location
        }
    }

    static func sale(_ line: Key, _ quantity: Int64, at location: Key = main, forced: Bool = false) -> StockEvent {
        make(.sale) {
            $0.orderLine = line
            $0.location = location
            $0.quantity = quantity
            $0.isForced = forced
        }
    }

    static func giveBack(
        _ id: Key, _ line: Key, _ quantity: Int64, at location: Key = main, _ disposition: Disposition? = nil
    ) -> StockEvent {
        make(.return) {
            $0.document = id
            $0.orderLine = line
            $0.location = location
            $0.quantity = quantity
            $0.disposition = disposition ?? .sellable
            $0.hasDisposition = disposition != nil
        }
    }
}

extension Key: ExpressibleByStringLiteral {
    /// Literals in tests.
    public init(stringLiteral text: String) { self = Key(text: text)! }
}

extension StockEvent {
    /// A hash over everything that the sender says, without id and time.
    var contentHash: UInt64 {
        var hasher = Hasher128(seed: 1)
        hasher.combine(UInt64(type.rawValue))
        for key in [sku, location, hold, orderLine, document, line, counterpart, reason, actor] { hasher.combine(key) }
        for number in [quantity, setTo, expected, expectedVersion, ttlSeconds, rejected, Int64(rest.rawValue)] { hasher.combine(number) }
        for flag in [hasDisposition, isForced, rest == .release] { hasher.combine(UInt64(flag ? 1 : 0)) }
        hasher.combine(UInt64(disposition.rawValue) << 8 | UInt64(toDisposition.rawValue))
        for term in [policy.scale, policy.safetyStock, policy.reorderPoint, policy.reorderHysteresis] { hasher.combine(term) }
        for term in [policy.returnDisposition, policy.maxHoldSeconds, policy.maxHoldQuantity, policy.overReceiptPercent, policy.lateDelta] {
            hasher.combine(term)
        }
        hasher.combine(UInt64(backorder.rawValue) << 8 | UInt64(preorder.rawValue))
        for number in [waitSeconds, priority, policy.oversellLimit, policy.backorderLimit, policy.backorderDays] { hasher.combine(number) }
        for number in [policy.preorderLimit, policy.preorderUntilMilliseconds] { hasher.combine(number) }
        for key in [lot, unit, serial, claim, nextSKU] { hasher.combine(key) }
        for number in [hop, asked, met] { hasher.combine(number) }
        for term in [policy.serialTracked, policy.warrantyDays, policy.expiryAlertDays, policy.velocity] {
            hasher.combine(term)
        }
        for term in [policy.recountAbove, policy.approveAbove, policy.blindCount] { hasher.combine(term) }
        for term in [policy.receiveDisposition, policy.closedThroughMilliseconds, policy.maxHeldPerOwner] { hasher.combine(term) }
        hasher.combine(UInt64(isLenient ? 2 : 0) | (usesSafetyStock ? 1 : 0))
        for number in [unitNumerator, unitDenominator, Int64(rounding.rawValue)] { hasher.combine(number) }
        for number in [lotExpiresAtMilliseconds, minExpiryMilliseconds, minShelfLifeDays, policy.minShelfLifeDays, policy.lotTracked] {
            hasher.combine(number)
        }
        for number in [candidatesHash, Int64(strategy.rawValue), deniesSplit ? 1 : 0, serialsHash] { hasher.combine(number) }
        return hasher.finish().high
    }

    /// The same event with a lot, and its expiry where it is given.
    func of(_ lot: Key, expiresAt milliseconds: Int64 = Policy.absent) -> StockEvent {
        with(\.lot, lot).with(\.lotExpiresAtMilliseconds, milliseconds)
    }

    /// The same event about one unit with a serial.
    func serial(_ serial: Key) -> StockEvent { with(\.serial, serial) }

    /// The same event with its quantities in a unit.
    func counted(in unit: Key, _ rounding: Rounding = .exact) -> StockEvent { with(\.unit, unit).with(\.rounding, rounding) }

    /// The same event for units that are not expired yet at an instant.
    func usable(until milliseconds: Int64) -> StockEvent { with(\.minExpiryMilliseconds, milliseconds) }

    /// The same event with another field.
    func with<Value>(_ field: WritableKeyPath<StockEvent, Value>, _ value: Value) -> StockEvent {
        var copy = self
        copy[keyPath: field] = value
        return copy
    }
}
