// A promise is planned anew (domain: c16): all of it, or the part that can't be kept where it is, as one event.

extension PartitionState {
    /// Plans the part at the location that the event names, or all of the promise, over the locations that it names, or for the one to go
    /// to. What the plan replaces is looked away from, so it may stay where it is.
    func decideReplan(_ event: StockEvent, _ promise: RecordReference, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        if !event.document.isEmpty { return .splitPromise }
        let from = event.location.isEmpty ? -1 : findLevel(sku, event.location)
        let quantity = event.location.isEmpty ? units(of: promise) : from < 0 ? 0 : units(of: promise, at: from)
        fact.quantity = quantity
        if quantity == 0 {
            fact.location = event.location
            return .partUnknown
        }
        fact.minExpiryMilliseconds = life(of: promise)
        if !event.hasCandidates { fact.addCandidate(Candidate(event.counterpart)) }
        let refusal = plan(quantity, event, sku, &fact) { from < 0 || $0 == from ? excluded(promise, at: $0) : .nothing }
        // The one location that has all stands where a promise goes to; where it is, is its own location, or that of the part.
        let to = refusal == .none ? fact.location : Key()
        fact.location = from >= 0 ? event.location : isSplit(promise) ? Key() : location(of: level(of: promise))
        if refusal != .none { return refusal }
        fact.counterpart = to
        if isAsPlanned(promise, from, sku, fact) { return duplicate(&fact) }
        return isWithinLimit(promise, from, sku, fact) ? .none : .tooManyParts
    }

    /// Whether the promise, or the part at `from`, is already as the fact says.
    private func isAsPlanned(_ promise: RecordReference, _ from: Int32, _ sku: Int32, _ fact: Fact) -> Bool {
        if from >= 0 { return fact.counterpart == location(of: from) }
        if !fact.isSplit { return !isSplit(promise) && location(of: level(of: promise)) == fact.counterpart }
        guard fact.items.count == partCount(of: promise) else { return false }
        return fact.items.allSatisfy { units(of: promise, at: findLevel(sku, $0.location)) == $0.quantity }
    }

    /// Whether a part that goes to several locations leaves the promise with no more parts than a request may name locations.
    private func isWithinLimit(_ promise: RecordReference, _ from: Int32, _ sku: Int32, _ fact: Fact) -> Bool {
        guard from >= 0, fact.isSplit else { return true }
        var count = partCount(of: promise) - 1
        for item in fact.items where item.location == fact.location || units(of: promise, at: findLevel(sku, item.location)) == 0 {
            count += 1
        }
        return count <= EventLimits.maxCandidates
    }

    mutating func applyReplan(
        _ fact: inout Fact, _ promise: RecordReference, _ sku: Int32, _ transitions: inout TransitionBuffer
    ) -> Int32? {
        let from = findLevel(sku, fact.location)
        if from >= 0 { changePart(of: promise, at: from, by: -fact.quantity) } else { withdraw(promise) }
        if fact.isSplit {
            guard forEachPart(of: fact, sku, { $0.changePart(of: promise, at: $1, by: $2) }) else { return nil }
        } else {
            let to = findLevel(sku, fact.counterpart)
            guard to >= 0 else { return nil }
            changePart(of: promise, at: to, by: fact.quantity)
        }
        refreshTouched(&transitions)
        return from
    }
}
