// Decide: reads the state and an event, answers with a fact. The first refusal in the order of `Rejection` is the answer.

extension PartitionState {
    /// Decides an event at the partition's log time. Every due hold of its SKU has been ended before (`hasDueHold`, `makeExpiry`).
    ///
    /// - Parameters:
    ///   - event: the decoded input.
    ///   - slot: that of its SKU, where the caller has looked it up; nil: it is looked up here.
    ///   - candidates: the locations that it names to be chosen from, at most `EventLimits.maxCandidates`.
    ///   - serials: those that it names as a list, each once, at most `EventLimits.maxSerials`.
    ///   - offset: its offset; `next` becomes the one after it.
    ///   - fact: is overwritten; its outcome is accepted, rejected or duplicate.
    public func decide(
        _ event: StockEvent, sku slot: Int32? = nil, candidates: [Candidate] = [], serials: [Key] = [], offset: Int64,
        into fact: inout Fact
    ) {
        assert(!event.sku.isEmpty, "the decoder lets no event without a SKU through")
        assert(!event.idHash.isZero, "the decoder lets no event without an id through")
        fact.reset()
        fact.kind = FactKind(event.type)
        fact.offset = offset
        fact.idHash = event.idHash
        fact.bodyHash = event.bodyHash
        fact.occurredAtMilliseconds = event.occurredAtMilliseconds
        fact.sku = event.sku
        fact.location = event.location
        fact.hold = event.hold
        fact.orderLine = event.orderLine
        fact.document = event.document
        fact.line = event.line
        fact.counterpart = event.counterpart
        fact.reason = event.reason
        fact.actor = event.actor
        fact.lot = event.lot
        fact.serial = event.serial
        fact.claim = event.claim
        fact.disposition = event.disposition
        fact.toDisposition = event.toDisposition
        fact.rest = event.rest
        fact.isForced = event.isForced
        fact.quantity = event.quantity == Policy.absent ? 0 : event.quantity
        for candidate in candidates { fact.addCandidate(candidate) }
        if !serials.isEmpty { fact.serials.append(contentsOf: serials) }
        let sku = slot ?? findSKU(event.sku)
        assert(sku == findSKU(event.sku), "the slot is that of the event's SKU")
        if !decideKnownID(event, &fact) {
            let isPlain = event.unit.isEmpty || event.type == .define
            let rejection = isPlain ? decideNew(event, sku, &fact) : decideInUnit(event, sku, &fact)
            if rejection != .none {
                fact.outcome = .rejected
                fact.rejection = rejection
                breakChain(event, &fact)
            }
        }
        // A plan, or what was to be chosen from, is nothing that has happened.
        if fact.outcome != .accepted && !fact.items.isEmpty { fact.items.removeAll(keepingCapacity: true) }
        if fact.outcome == .duplicate && event.hasCandidates { tellPlace(event, sku, &fact) }
        if fact.outcome == .accepted && isLotTracked(sku) { tellLife(event, sku, &fact) }
        if fact.outcome == .rejected, let level = levelOf(fact, sku) { fact.after = levels[level].balances }
        stamp(&fact, sku: sku, next: offset + 1)
    }

    /// Gives a fact its place: seq, next, log time, and the SKU's version if it changes the SKU.
    func stamp(_ fact: inout Fact, sku: Int32, next: Int64) {
        fact.seq = values.seq + 1
        fact.next = next
        fact.timeMilliseconds = values.logTimeMilliseconds
        let changes = fact.outcome == .accepted || fact.outcome == .internalFact && fact.kind != .gap
        assert(!changes || !fact.sku.isEmpty, "what changes a SKU names it")
        fact.version = changes ? (sku >= 0 ? skus[sku].version : 0) + 1 : 0
        fact.incarnation = values.seq == 0 ? values.incarnation : 0
        parts.pointee.skuOfFact = sku
    }

    /// The level that a refusal tells of: where the event says, or where the promise is that it is about.
    private func levelOf(_ fact: Fact, _ sku: Int32) -> Int32? {
        guard fact.location.isEmpty else {
            let level = findLevel(sku, fact.location)
            return level >= 0 ? level : nil
        }
        if case let hold = findHold(sku, fact.hold), hold >= 0 { return holds[hold].level }
        let line = findCommitment(sku, fact.orderLine)
        return line >= 0 ? commitments[line].level : nil
    }

    /// Answers for an id that the window knows.
    private func decideKnownID(_ event: StockEvent, _ fact: inout Fact) -> Bool {
        guard let first = ids.find(event.idHash) else { return false }
        fact.firstSeq = first.seq
        if first.body == event.bodyHash {
            fact.outcome = .duplicate
            fact.firstOutcome = first.outcome
            fact.firstRejection = first.rejection
        } else {
            fact.outcome = .rejected
            fact.rejection = .idConflict
        }
        return true
    }

    func decideNew(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let hasVersion = event.expectedVersion != Policy.absent
        switch event.type {
        case .define, .adjust, .move, .extend, .expect, .receiveCorrect, .lotBlock, .lotUnblock, .recall, .unrecall, .reassign:
            // No business id of their own.
            if mayHaveLeftWindow(event) { return .tooOld }
        case .release where event.quantity != Policy.absent || !event.location.isEmpty:
            // A part of a promise, released twice, is two parts.
            if mayHaveLeftWindow(event) { return .tooOld }
        default: break
        }
        if hasVersion && event.expectedVersion != (sku >= 0 ? skus[sku].version : 0) { return .versionMismatch }
        if isInClosedPeriod(event, sku) { return .periodClosed }
        if !event.lot.isEmpty && !isLotTracked(sku) { return .lotNotTracked }
        if fact.namesSerials && !tracksSerials(sku) { return .serialNotTracked }
        switch event.type {
        case .define: return decideDefine(event, sku, &fact)
        case .receive, .receiveCorrect: return decideArrival(event, sku, &fact)
        case .adjust: return decideAdjust(event, sku, &fact)
        case .move: return decideMove(event, sku, &fact)
        case .hold: return decideHold(event, sku, &fact)
        case .extend: return decideExtend(event, sku, &fact)
        case .commit: return decideCommit(event, sku, &fact)
        case .release: return decideRelease(event, sku, &fact)
        case .ship: return decideShip(event, sku, &fact)
        case .sale: return decideSale(event, sku, &fact)
        case .return: return decideReturn(event, sku, &fact)
        case .expect: return decideExpect(event, sku, &fact)
        case .lotBlock, .lotUnblock, .recall, .unrecall: return decideLotState(event, sku, &fact)
        case .unship: return decideUnship(event, sku, &fact)
        case .countOpen: return decideCountOpen(event, sku, &fact)
        case .countLine: return decideCountLine(event, sku, &fact)
        case .countClose: return decideCountClose(event, sku, &fact)
        case .transferSend: return decideTransferSend(event, sku, &fact)
        case .transferReceive: return decideTransferReceive(event, sku, &fact)
        case .transferClose: return decideTransferClose(event, sku, &fact)
        case .confirm: return decideConfirm(event, sku, &fact)
        case .reassign: return decideReassign(event, sku, &fact)
        }
    }

    /// Marks the fact as the repeat of a finished or running business id with the same content.
    func duplicate(_ fact: inout Fact) -> Rejection {
        fact.outcome = .duplicate
        fact.firstOutcome = .accepted
        return .none
    }

    /// Whether an id that has left the window might have been this event's. What names the expected version can't have an effect twice.
    func mayHaveLeftWindow(_ event: StockEvent) -> Bool {
        event.expectedVersion == Policy.absent && PartitionState.isAt(event, orBefore: ids.evictedThroughMilliseconds)
    }

    /// Whether a closed record that was removed might have been of this event's business id.
    func isBeforeHorizon(_ event: StockEvent) -> Bool { PartitionState.isAt(event, orBefore: values.horizonMilliseconds) }

    /// The same for order lines, which are kept longer.
    func isBeforeOrderLineHorizon(_ event: StockEvent) -> Bool { PartitionState.isAt(event, orBefore: values.orderLineHorizonMilliseconds) }

    /// An event may be decided, and its record closed and removed, in the millisecond in which it occurred: the horizon itself is too old.
    /// 0: no horizon.
    private static func isAt(_ event: StockEvent, orBefore horizon: Int64) -> Bool {
        horizon > 0 && event.occurredAtMilliseconds <= horizon
    }

    /// Whether the SKU may have this level: it exists, or one more is within the limit.
    func checkLocation(_ sku: Int32, _ level: Int32) -> Rejection {
        if level >= 0 || sku < 0 || Int(skus[sku].locationCount) < limits.locationsPerSKU { return .none }
        return .tooManyLocations
    }

    /// Whether `quantity` more fits into a balance.
    func checkBalance(_ balance: Int64, plus quantity: Int64) -> Rejection {
        let (sum, overflow) = balance.addingReportingOverflow(quantity)
        return overflow || sum > EventLimits.maxBalance || sum < -EventLimits.maxBalance ? .quantityOverflow : .none
    }

    // MARK: Define

    private func decideDefine(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        fact.policy = event.policy
        var isUsed = false
        if sku >= 0 {
            let record = skus[sku]
            let isStocked = record.supplier != 0 || record.customer != 0 || record.lossGain != 0
            isUsed = isStocked || record.openHolds > 0 || record.openDocuments > 0
            let scale = event.policy.scale
            let current = record.policy.scale == Policy.absent ? 1 : record.policy.scale
            if scale != Policy.absent && scale != current && isUsed { return .scaleFixed }
            let tracking = event.policy.lotTracked
            let isChange = tracking != Policy.absent && (tracking == 1) != (record.policy.lotTracked == 1)
            if isChange && (isUsed || record.lotCount > 0) { return .lotTrackingFixed }
        }
        if !event.counterpart.isEmpty { return decideChannel(event, sku, &fact) }
        if !event.unit.isEmpty { return decideUnit(event, sku, isUsed: isUsed, &fact) }
        return event.location.isEmpty ? .none : checkLocation(sku, findLevel(sku, event.location))
    }

    // MARK: Holds

    private func decideHold(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let level = findLevel(sku, event.location)
        let own = findHold(sku, event.hold)
        if own >= 0 {
            let isAnywhere = event.hasCandidates || holds[own].firstPart >= 0
            return isAnywhere ? decideReplacementAnywhere(event, own, &fact) : decideReplacement(event, own, level, &fact)
        }
        let finished = findClosed(sku, PartitionState.closedID(.hold, event.hold))
        if finished >= 0 { return statusOf(closed[finished]) }
        if isBeforeHorizon(event) { return .tooOld }
        let policy = sku >= 0 ? skus[sku].policy : Policy()
        fact.minExpiryMilliseconds = minExpiry(of: event, policy)
        var quantity = event.quantity
        var isThere = true
        if event.hasCandidates {
            let refusal = plan(event.quantity, event, sku, &fact, isPromise: true)
            if refusal != .none { return refusal }
        } else {
            let available = level >= 0 ? promisable(level, event, fact) : 0
            fact.total = max(0, available)
            quantity = share(of: event, available, &fact)
            isThere = available >= quantity || !event.isOfChain && mayOversell(level, quantity, &fact)
            if !isThere && event.waitSeconds == Policy.absent { return .insufficientStock }
        }
        if event.ttlSeconds > longestHold(policy) { return .holdTooLong }
        if policy.maxHoldQuantity != Policy.absent && quantity > policy.maxHoldQuantity { return .holdTooLarge }
        let owner = checkOwner(event, sku, quantity, &fact)
        if owner != .none { return owner }
        if sku >= 0 && Int(skus[sku].openHolds) >= limits.openHoldsPerSKU { return .tooManyHolds }
        fact.total = 0
        fact.expiresAtMilliseconds = values.logTimeMilliseconds + (isThere ? event.ttlSeconds : event.waitSeconds) * 1_000
        if isThere { return .none }
        wait(for: event.quantity, event, .whole, &fact)
        fact.wait.ttlSeconds = event.ttlSeconds
        return checkLocation(sku, level)
    }

    /// The same hold id again: the same content has no effect, another quantity or place replaces it, its expiry kept.
    private func decideReplacement(_ event: StockEvent, _ own: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        let hold = holds[own]
        // A life in days counts from when the hold was placed.
        let life = minExpiry(of: event, skus[hold.sku].policy)
        let isSameLife = event.minExpiryMilliseconds == Policy.absent || life == hold.minExpiryMilliseconds
        if hold.level == level && hold.quantity == event.quantity && isSameLife && isOwner(event, hold) { return duplicate(&fact) }
        // It might be what this hold was before it was replaced.
        if mayHaveLeftWindow(event) { return .tooOld }
        if hold.expiresAtMilliseconds <= values.logTimeMilliseconds { return .holdExpired }
        if hold.waiter >= 0 { return .holdWaits }
        let policy = skus[hold.sku].policy
        fact.minExpiryMilliseconds = life
        let isHere = hold.level == level
        let own = Excluded(quantity: isHere ? hold.remaining : 0, minExpiryMilliseconds: hold.minExpiryMilliseconds)
        let available = level >= 0 ? promisable(level, event, fact, excluding: own) : 0
        fact.total = max(0, available)
        if available < event.quantity && !mayOversell(level, event.quantity, excluding: own, &fact) { return .insufficientStock }
        if policy.maxHoldQuantity != Policy.absent && event.quantity > policy.maxHoldQuantity { return .holdTooLarge }
        let owner = checkOwner(event, hold.sku, event.quantity, replacing: hold, &fact)
        if owner != .none { return owner }
        fact.total = 0
        fact.expiresAtMilliseconds = hold.expiresAtMilliseconds
        return .none
    }

    private func decideExtend(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let own = findHold(sku, event.hold)
        guard own >= 0 else { return missingHold(event, sku) }
        let hold = holds[own]
        let longest = longestHold(skus[sku].policy)
        let expiry = values.logTimeMilliseconds + min(event.ttlSeconds, EventLimits.maxHoldSeconds + 1) * 1_000
        fact.expiresAtMilliseconds = expiry
        fact.location = hold.firstPart >= 0 ? Key() : location(of: hold.level)
        if hold.expiresAtMilliseconds <= values.logTimeMilliseconds { return .holdExpired }
        if hold.waiter >= 0 { return .holdWaits }
        if expiry < hold.expiresAtMilliseconds { return .shortensHold }
        if expiry > hold.placedAtMilliseconds + longest * 1_000 { return .holdTooLong }
        return .none
    }

    private func longestHold(_ policy: Policy) -> Int64 {
        policy.maxHoldSeconds == Policy.absent ? EventLimits.maxHoldSeconds : min(policy.maxHoldSeconds, EventLimits.maxHoldSeconds)
    }

    func statusOf(_ record: ClosedRecord) -> Rejection {
        switch record.outcome {
        case .released: .holdReleased
        case .expired: .holdExpired
        default: .holdCommitted
        }
    }

    /// Why an event that names this hold can't find it open.
    func missingHold(_ event: StockEvent, _ sku: Int32) -> Rejection {
        let finished = findClosed(sku, PartitionState.closedID(.hold, event.hold))
        if finished >= 0 { return statusOf(closed[finished]) }
        return isBeforeHorizon(event) ? .tooOld : .holdUnknown
    }
}
