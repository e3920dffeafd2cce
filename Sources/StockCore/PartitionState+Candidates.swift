// Requests that name several locations (domain: c16). What each of them can promise is asked as for any other promise, so a request that
// names locations and one that names one of them are decided by one rule.

extension StockEvent {
    /// Whether the request names locations to be chosen from.
    public var hasCandidates: Bool { candidatesHash != Policy.absent }
}

extension Fact {
    /// Notes a location that is to be chosen from, until that is decided.
    mutating func addCandidate(_ candidate: Candidate) {
        var item = FactItem()
        item.kind = .candidate
        item.location = candidate.location
        item.quantity = candidate.distance
        items.append(item)
        assert(items.count <= EventLimits.maxCandidates, "the decoder lets no more through")
    }
}

extension PartitionState {
    /// Chooses the locations that meet the request, and puts them into the fact: one as its location, several as its parts. They are a set:
    /// one that is named twice counts once. Where they have too little, `fact.total` is what they have together, or the most that one has
    /// where a split is refused.
    ///
    /// - Parameters:
    ///   - isPromise: whether the SKU's oversell limit counts.
    ///   - replaced: the promise in whose place it comes.
    ///   - own: what is looked away from at a level, because the plan replaces it.
    func plan(
        _ quantity: Int64, _ event: StockEvent, _ sku: Int32, _ fact: inout Fact, isPromise: Bool = false,
        replacing replaced: RecordReference? = nil, without own: (Int32) -> Excluded = { _ in .nothing }
    ) -> Rejection {
        withUnsafeTemporaryAllocation(of: Choice.self, capacity: EventLimits.maxCandidates) { memory in
            var count = 0
            for item in fact.items where item.kind == .candidate {
                if let twin = memory[..<count].firstIndex(where: { $0.location == item.location }) {
                    memory[twin].distance = min(memory[twin].distance, item.quantity)
                    continue
                }
                let level = findLevel(sku, item.location)
                var choice = Choice(item.location, available: 0, rank: count)
                choice.distance = item.quantity
                if level >= 0 {
                    let life = fact.minExpiryMilliseconds
                    choice.available = max(0, promisable(level, minExpiry: life, excluding: own(level)))
                    if event.strategy == .fefoFirst { choice.expiresAtMilliseconds = firstExpiry(at: level, life) }
                }
                memory.initializeElement(at: count, to: choice)
                count += 1
            }
            let choices = UnsafeMutableBufferPointer(rebasing: memory[..<count])
            var chosen = Allocation.plan(quantity, event.strategy, allowsSplit: !event.deniesSplit, choices)
            fact.items.removeAll(keepingCapacity: true)
            if chosen == 0 && isPromise {
                chosen = planBeyond(quantity, allowsSplit: !event.deniesSplit, sku, choices, replacing: replaced, &fact)
            }
            guard chosen > 0 else {
                let all = choices.reduce(0) { $0 + $1.available }
                fact.total = max(fact.total, event.deniesSplit ? choices.reduce(0) { max($0, $1.available) } : all)
                return all >= quantity ? .splitNeeded : .insufficientStock
            }
            fact.location = chosen == 1 ? choices[0].location : Key()
            if chosen > 1 { for choice in choices[..<chosen] { fact.addPart(choice.location, choice.taken) } }
            return .none
        }
    }

    /// What is looked away from of a promise at a level.
    func excluded(_ promise: RecordReference, at level: Int32) -> Excluded {
        Excluded(quantity: units(of: promise, at: level), minExpiryMilliseconds: life(of: promise))
    }

    /// When the units of a level expire that are picked first of those that live long enough.
    private func firstExpiry(at level: Int32, _ life: Int64) -> Int64 {
        var slot = self[extras: level].firstLot
        while slot >= 0 {
            let lot = lots[slot]
            if promisable(lot) > 0 && lot.expiresAtMilliseconds >= life { return lot.expiresAtMilliseconds }
            slot = lot.next
        }
        return Int64.max
    }

    // MARK: The same request again

    /// Whether one of the locations that the event names is as asked.
    func isAnyLocation(_ event: StockEvent, _ fact: Fact, _ body: (Key) -> Bool) -> Bool {
        guard event.hasCandidates else { return body(event.location) }
        return fact.items.contains { $0.kind == .candidate && body($0.location) }
    }

    /// Whether a promise is nowhere but at the locations that the event names.
    private func isWithin(_ event: StockEvent, _ promise: RecordReference, _ fact: Fact) -> Bool {
        var isWithin = true
        forEachPart(of: promise) { level, _ in
            let isNamed = isAnyLocation(event, fact) { $0 == location(of: level) }
            isWithin = isWithin && isNamed
        }
        return isWithin
    }

    /// Whether an open order line is where the event wants it; one that comes from a hold is where that was.
    func isSamePlace(_ event: StockEvent, _ line: Int32, _ fact: Fact) -> Bool {
        let isOfHold = event.location.isEmpty && !event.hasCandidates
        return isOfHold || isWithin(event, RecordReference(kind: .commitment, slot: line), fact)
    }

    /// Whether a finished order line came from where the event says.
    func isSameSource(_ content: UInt64, _ source: UInt64, _ event: StockEvent, _ fact: Fact) -> Bool {
        isAnyLocation(event, fact) { content == PartitionState.commitContent(source: source, location: $0) }
    }

    /// Of a request that was met before: where what it asked for is now, as long as that is open.
    func tellPlace(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) {
        let isHold = !event.hold.isEmpty
        let slot = isHold ? findHold(sku, event.hold) : findCommitment(sku, event.orderLine)
        guard slot >= 0 else { return }
        let promise = RecordReference(kind: isHold ? .hold : .commitment, slot: slot)
        fact.location = isSplit(promise) ? Key() : location(of: level(of: promise))
        if isSplit(promise) { forEachPart(of: promise) { fact.addPart(location(of: $0), $1) } }
    }

    // MARK: Holds and sales

    /// The same hold id again, where it or what it becomes may be over several locations: planned as if the old one were released.
    func decideReplacementAnywhere(_ event: StockEvent, _ own: Int32, _ fact: inout Fact) -> Rejection {
        let hold = holds[own]
        let promise = RecordReference(kind: .hold, slot: own)
        let policy = skus[hold.sku].policy
        let life = minExpiry(of: event, policy)
        let isSameLife = event.minExpiryMilliseconds == Policy.absent || life == hold.minExpiryMilliseconds
        let isSame = hold.quantity == event.quantity && isSameLife && isOwner(event, hold)
        if isSame && isWithin(event, promise, fact) { return duplicate(&fact) }
        // It might be what this hold was before it was replaced.
        if mayHaveLeftWindow(event) { return .tooOld }
        if hold.expiresAtMilliseconds <= values.logTimeMilliseconds { return .holdExpired }
        if hold.waiter >= 0 { return .holdWaits }
        fact.minExpiryMilliseconds = life
        if !event.hasCandidates { fact.addCandidate(Candidate(event.location)) }
        let refusal = plan(event.quantity, event, hold.sku, &fact, isPromise: true, replacing: promise) { excluded(promise, at: $0) }
        if refusal != .none { return refusal }
        if policy.maxHoldQuantity != Policy.absent && event.quantity > policy.maxHoldQuantity { return .holdTooLarge }
        let owner = checkOwner(event, hold.sku, event.quantity, replacing: hold, &fact)
        if owner != .none { return owner }
        fact.expiresAtMilliseconds = hold.expiresAtMilliseconds
        return .none
    }

    /// A sale at whichever of several locations has the units. Units with lots leave now: no count that is closed has seen it.
    func decideSaleAnywhere(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let serial = checkSerialDeparture(event, sku, &fact)
        if serial != .none { return serial }
        if sku >= 0 { fact.minExpiryMilliseconds = minExpiry(of: event, skus[sku].policy) }
        guard isLotTracked(sku) else { return planSale(event, sku, &fact) }
        let refusal = plan(event.quantity, event, sku, &fact)
        if refusal != .none { return refusal }
        let own = Excluded(quantity: 0, minExpiryMilliseconds: fact.minExpiryMilliseconds)
        var now = event
        now.occurredAtMilliseconds = values.logTimeMilliseconds
        guard fact.isSplit else { return pickForCustomer(now, sku, findLevel(sku, fact.location), own, &fact) }
        // The lots of each part follow behind the parts, with its location.
        for index in 0..<fact.items.count {
            let (part, first) = (fact.items[index], fact.items.count)
            fact.quantity = part.quantity
            let refusal = pickForCustomer(now, sku, findLevel(sku, part.location), own, &fact)
            fact.quantity = event.quantity
            if refusal != .none { return refusal }
            for lot in first..<fact.items.count { fact.items[lot].location = part.location }
        }
        return .none
    }

    /// A sale of units without lots. What a location had when it was counted since is no more there, be it for this sale or not: the others
    /// are asked, and where they have too little, the first that was counted is where it must have happened (domain: c15).
    private func planSale(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        var counted = Key()
        var late = Rejection.none
        func isCounted(_ location: Key) -> Bool {
            var isAbsorbed = false
            let refusal = checkLate(event, findLevel(sku, location), .sellable, &isAbsorbed)
            if refusal != .none { late = refusal }
            return isAbsorbed || refusal != .none
        }
        if let first = fact.items.first(where: { $0.kind == .candidate && isCounted($0.location) }) { counted = first.location }
        if counted.isEmpty { return plan(event.quantity, event, sku, &fact) }
        fact.items.removeAll { $0.kind == .candidate && isCounted($0.location) }
        if !fact.items.isEmpty && plan(event.quantity, event, sku, &fact) == .none { return .none }
        fact.items.removeAll(keepingCapacity: true)
        fact.total = 0
        fact.location = counted
        fact.isAbsorbed = late == .none
        return late
    }

    // MARK: Parts

    /// Whether an event about a promise has to say, or says, which of its parts is meant.
    func isByPart(_ event: StockEvent, _ firstPart: Int32, _ level: Int32) -> Bool {
        firstPart >= 0 || !event.location.isEmpty && location(of: level) != event.location
    }

    /// What of a promise an event means: the part at the location that it names, or so much of it; or, without a location, all parts.
    func chooseParts(_ event: StockEvent, _ promise: RecordReference, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        fact.location = event.location
        fact.wait = WaitTerms()
        if !event.location.isEmpty {
            let level = findLevel(sku, event.location)
            let here = level < 0 ? 0 : units(of: promise, at: level)
            fact.quantity = released(event, of: here)
            if here == 0 { return .partUnknown }
            return fact.quantity > here ? .quantityExceeds : .none
        }
        let all = units(of: promise)
        fact.quantity = released(event, of: all)
        if fact.quantity > all { return .quantityExceeds }
        // Of which of them a smaller quantity is, only the sender knows.
        if fact.quantity < all { return .locationRequired }
        forEachPart(of: promise) { fact.addPart(location(of: $0), $1) }
        return .none
    }
}
