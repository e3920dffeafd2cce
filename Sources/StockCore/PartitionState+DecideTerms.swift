// Decide: what terms of the SKU's policy, or of the request itself, change about a decision.

extension PartitionState {
    /// Whether it occurred in a period that is closed (domain: c15). Terms are none of a period's business.
    func isInClosedPeriod(_ event: StockEvent, _ sku: Int32) -> Bool {
        guard sku >= 0, event.type != .define else { return false }
        let closed = skus[sku].policy.closedThroughMilliseconds
        return closed != Policy.absent && event.occurredAtMilliseconds <= closed
    }

    /// A receipt, or the correction of one. Where it names no disposition the SKU's policy does (domain: c1).
    func decideArrival(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let term = sku < 0 || event.hasDisposition ? Policy.absent : skus[sku].policy.receiveDisposition
        guard let disposition = Disposition(term: term) else { return decideNamed(event, sku, &fact) }
        var named = event
        named.disposition = disposition
        fact.disposition = disposition
        return decideNamed(named, sku, &fact)
    }

    private func decideNamed(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        event.type == .receive ? decideReceive(event, sku, &fact) : decideReceiveCorrect(event, sku, &fact)
    }

    /// What a request can be promised: safety stock only where it may use that (domain: c11).
    @inline(__always)
    func promisable(_ level: Int32, _ event: StockEvent, _ fact: Fact, excluding excluded: Excluded = .nothing) -> Int64 {
        let free = promisable(level, minExpiry: fact.minExpiryMilliseconds, excluding: excluded)
        return event.usesSafetyStock ? free + safetyStock(of: level) : free
    }

    /// Whether a release is content with what is left, be it nothing.
    func asksForAll(_ event: StockEvent) -> Bool { event.quantity == Policy.absent || event.isLenient }

    /// How much an event takes of what a promise, or a part of it, has; a lenient release no more than that (domain: c6).
    func released(_ event: StockEvent, of all: Int64) -> Int64 {
        if event.quantity == Policy.absent { return all }
        return event.isLenient ? min(event.quantity, all) : event.quantity
    }
}
