/// Why a fact can't be applied: the ledger and the state do not belong together.
public enum ApplyError: Error, Equatable, Sendable {
    /// The fact's version is not the SKU's and one more.
    case versionGap(sku: Key, expected: Int64, found: Int64)
    /// The balances written in the fact are not those that it leads to.
    case balancesDiffer(sku: Key, location: Key)
    /// The fact names a record that the state does not have.
    case missingRecord(sku: Key)
}

/// The transitions of one `apply`; reused.
public struct TransitionBuffer: Sendable {
    /// What changed, in order.
    public internal(set) var transitions: [Transition] = []

    /// An empty buffer.
    public init() { transitions.reserveCapacity(16) }

    /// Makes it empty and keeps its memory.
    public mutating func removeAll() {
        if !transitions.isEmpty { transitions.removeAll(keepingCapacity: true) }
    }
}

extension PartitionState {
    /// Applies a fact that `decide`, `makeExpiry` or `makeForget` has just made: everything that it changes, and its balances into
    /// `fact.after`.
    public mutating func apply(_ fact: inout Fact, transitions: inout TransitionBuffer) {
        assert(isInTransaction, "live facts are applied inside a transaction")
        assert(fact.seq == values.seq + 1, "seq must rise by one")
        transitions.removeAll()
        // One call, so that the fact is copied once.
        let level = applyWhole(fact, &transitions)
        if level >= 0 { fact.after = levels[level].balances }
    }

    private mutating func applyWhole(_ fact: Fact, _ transitions: inout TransitionBuffer) -> Int32 {
        applyToWindow(fact)
        applyToValues(fact)
        guard fact.version > 0 else { return -1 }
        guard let level = changeSKU(fact, &transitions) else { preconditionFailure("a decided fact names records that are there") }
        return level
    }

    /// Replays the part of a fact that concerns its SKU, where the SKU does not have it yet: its version decides. The balances are checked.
    public mutating func replayOnSKU(_ fact: Fact, transitions: inout TransitionBuffer) throws(ApplyError) {
        guard fact.version > 0 else { return }
        let sku = findSKU(fact.sku)
        let version = sku >= 0 ? skus[sku].version : 0
        if fact.version <= version { return }
        if fact.version != version + 1 { throw .versionGap(sku: fact.sku, expected: version + 1, found: fact.version) }
        transitions.removeAll()
        guard let level = changeSKU(fact, &transitions) else { throw .missingRecord(sku: fact.sku) }
        if level >= 0 && levels[level].balances != fact.after { throw .balancesDiffer(sku: fact.sku, location: location(of: level)) }
    }

    /// The part of a fact that concerns the id window.
    public mutating func applyToWindow(_ fact: Fact) {
        guard !fact.idHash.isZero, fact.outcome == .accepted || fact.outcome == .rejected || fact.outcome == .duplicate else { return }
        // A repeat of a known id, and a conflict with one, leave the first entry as it is.
        guard fact.firstSeq == 0 else { return }
        var entry = IDEntry()
        entry.id = fact.idHash
        entry.body = fact.bodyHash
        entry.seq = fact.seq
        entry.timeMilliseconds = fact.timeMilliseconds
        entry.outcome = fact.outcome
        entry.rejection = fact.rejection
        // A replay has no commits: ids leave one by one.
        if !isInTransaction { ids.evict(limits: limits, logTimeMilliseconds: fact.timeMilliseconds, most: 2) }
        ids.append(entry)
    }

    /// The part of a fact that concerns the partition's own values.
    public mutating func applyToValues(_ fact: Fact) {
        assert(fact.seq > values.seq, "seq must rise")
        values.seq = fact.seq
        values.next = fact.next
        values.lastFactMilliseconds = fact.timeMilliseconds
        values.logTimeMilliseconds = max(values.logTimeMilliseconds, fact.timeMilliseconds)
        if fact.incarnation != 0 { values.incarnation = fact.incarnation }
        switch fact.outcome {
        case .accepted: values.counters.accepted += 1
        case .rejected:
            values.counters.rejected += 1
            if fact.rejection.isLackOfStock && fact.kind.isDemand && fact.chain.passedOn == 0 {
                values.counters.oversellRefused += 1
                let (units, isOver) = values.counters.unitsRefused.addingReportingOverflow(fact.quantity)
                values.counters.unitsRefused = isOver ? Int64.max : units
            }
        case .duplicate: values.counters.duplicates += 1
        case .deadLettered: values.counters.deadLetters += 1
        case .rerouted: values.counters.rerouted += 1
        case .internalFact:
            if fact.kind == .expire { values.counters.expiredHolds += fact.items.reduce(0) { $0 + ($1.kind == .part ? 0 : 1) } }
            if fact.kind == .forget { applyHorizon(fact) }
            if fact.kind == .gap { values.counters.gaps += 1 }
        }
    }

    private mutating func applyHorizon(_ fact: Fact) {
        values.counters.forgottenEarly += fact.earlyCount
        if fact.isOrderLineHorizon {
            values.orderLineHorizonMilliseconds = max(values.orderLineHorizonMilliseconds, fact.horizonMilliseconds)
        } else {
            values.horizonMilliseconds = max(values.horizonMilliseconds, fact.horizonMilliseconds)
        }
    }

    /// Moves log time forward to that of a record or of the clock; it never falls.
    public mutating func advanceLogTime(to timeMilliseconds: Int64) {
        values.logTimeMilliseconds = max(values.logTimeMilliseconds, timeMilliseconds)
    }

    /// Gives the ledger its incarnation, which the next fact, its first, will carry, and the input offset at which it starts.
    public mutating func begin(incarnation: Int64, at next: Int64) {
        assert(values.seq == 0 && values.incarnation == 0)
        values.incarnation = incarnation
        values.next = next
    }

    // MARK: One SKU

    /// Changes the SKU. Returns the level that the fact is about, -1 where it is about none, nil where a record is missing.
    private mutating func changeSKU(_ fact: Fact, _ transitions: inout TransitionBuffer) -> Int32? {
        let sku = findOrInsertSKU(fact.sku)
        let totalBefore = skus[sku].totals.available
        skus[sku].version = fact.version
        noteChange(sku, seq: fact.seq, timeMilliseconds: fact.timeMilliseconds)
        let level: Int32?
        switch fact.kind {
        case .define: level = applyDefine(fact, sku, &transitions)
        case .receive: level = applyReceive(fact, sku, &transitions)
        case .adjust: level = applyAdjust(fact, sku, &transitions)
        case .move: level = applyMove(fact, sku, &transitions)
        case .hold: level = applyHold(fact, sku, &transitions)
        case .extend: level = applyExtend(fact, sku)
        case .commit: level = applyCommit(fact, sku, &transitions)
        case .release: level = applyRelease(fact, sku, &transitions)
        case .ship: level = applyShip(fact, sku, &transitions)
        case .sale: level = applySale(fact, sku, &transitions)
        case .return: level = applyReturn(fact, sku, &transitions)
        case .expect: level = applyExpect(fact, sku, &transitions)
        case .receiveCorrect: level = applyReceiveCorrect(fact, sku, &transitions)
        case .lotBlock, .lotUnblock, .recall, .unrecall: level = applyLotState(fact, sku, &transitions)
        case .unship: level = applyUnship(fact, sku, &transitions)
        case .countOpen: level = applyCountOpen(fact, sku, &transitions)
        case .countLine: level = applyCountLine(fact, sku)
        case .countClose: level = applyCountClose(fact, sku, &transitions)
        case .transferSend: level = applyTransferSend(fact, sku, &transitions)
        case .transferReceive: level = applyTransferReceive(fact, sku, &transitions)
        case .transferClose: level = applyTransferClose(fact, sku, &transitions)
        case .reassign: level = applyReassign(fact, sku, &transitions)
        case .confirm: level = applyConfirm(fact, sku)
        case .commitExpire: level = applyCommitExpiry(fact, sku, &transitions)
        case .expire: level = applyExpire(fact, sku, &transitions)
        case .forget: level = applyForget(fact, sku)
        case .lotExpire: level = applyLotExpiry(fact, sku, &transitions)
        case .fill: level = applyFill(fact, sku, &transitions)
        case .preorderRelease: level = applyPreorderRelease(fact, sku, &transitions)
        case .lotExpiring: level = applyExpiring(fact, sku, &transitions)
        case .shelfLife: level = applyShelfLife(fact, sku, &transitions)
        case .uncovered: level = applyUncovered(fact, sku)
        case .unreadable, .gap: level = -1
        }
        if let level, level >= 0, !fact.items.isEmpty, fact.kind != .uncovered { continueNaming(fact, level) }
        noteTotal(sku, before: totalBefore, &transitions)
        if let broken = checkSKU(sku) { noteBroken(broken, fact) }
        return level
    }

    mutating func findOrInsertSKU(_ key: Key) -> Int32 {
        let found = findSKU(key)
        return found >= 0 ? found : insertSKU(key)
    }

    // Apart, so that finding does not pay for an empty record.
    @inline(never) private mutating func insertSKU(_ key: Key) -> Int32 {
        var record = SKURecord()
        record.key = key
        let slot = skus.insert(record)
        skuIndex.insert(key.hash64, slot)
        return slot
    }

    mutating func findOrInsertLevel(_ sku: Int32, _ location: Key) -> Int32 {
        let found = findLevel(sku, location)
        return found >= 0 ? found : insertLevel(sku, location)
    }

    @inline(never) private mutating func insertLevel(_ sku: Int32, _ location: Key) -> Int32 {
        var record = StoredLevel()
        record.sku = sku
        record.location = findOrInsertLocation(location)
        record.next = skus[sku].firstLevel
        let slot = levels.insert(record)
        levelIndex.insert(PartitionState.hash(sku, location), slot)
        skus[sku].firstLevel = slot
        skus[sku].locationCount += 1
        return slot
    }

    /// Out and back of the SKU's total.
    private mutating func noteTotal(_ sku: Int32, before: Int64, _ transitions: inout TransitionBuffer) {
        let after = skus[sku].totals.available
        let isOut = after <= 0
        guard isOut != skus[sku].isOut else { return }
        skus[sku].isOut = isOut
        if !isOut && !skus[sku].hasHadStock {
            skus[sku].hasHadStock = true
            return
        }
        transitions.transitions.append(
            Transition(kind: isOut ? .out : .back, location: Key(), before: before, after: after, threshold: 0))
    }

    /// Brings what follows from a level's changed balances or terms up to date: available, shortfall, the SKU's totals, alert states.
    mutating func refresh(_ slot: Int32, was: Balances, _ transitions: inout TransitionBuffer) {
        // In place: a level and a policy are a few hundred bytes each.
        let sku = levels[slot].sku
        let extras = self[extras: slot]
        let promised = levels[slot].balances.held + levels[slot].balances.committed
        levels[slot].balances.shortfall = extras.firstDemand < 0 ? max(0, promised - cover(of: slot)) : uncovered(slot)
        levels[slot].balances.available = max(0, promisableByDefault(slot, skus[sku].policy))
        let terms = AlertTerms(extras, skus[sku].policy)
        let location = location(of: slot)
        PartitionState.updateAlerts(&levels[slot], at: location, terms, before: was.available, &transitions)
        levels[slot].isUnprojected = true
        skus[sku].totals.add(levels[slot].balances, subtract: was)
        if levels[slot].balances.shortfall > was.shortfall {
            if skus[sku].policy.lotTracked == 1 { beginNaming(slot) }
        } else if extras.naming >= 0 && levels[slot].balances.shortfall == 0 {
            endNaming(slot)
        }
        markDirty(.level, slot, of: sku)
        if extras.owed > 0 { noteFill(slot) }
    }

    /// When a level is low: its own terms, or those of its SKU.
    private struct AlertTerms {
        /// Below 0: never.
        let point: Int64
        let hysteresis: Int64

        init(_ level: LevelExtras, _ policy: Policy) {
            point = level.reorderPoint != Policy.absent ? level.reorderPoint : policy.reorderPoint
            hysteresis = Policy.inForce(level.reorderHysteresis, policy.reorderHysteresis)
        }
    }

    private static func updateAlerts(
        _ level: inout StoredLevel, at location: Key, _ terms: AlertTerms, before: Int64, _ transitions: inout TransitionBuffer
    ) {
        let after = level.balances.available
        let point = terms.point
        if point >= 0 {
            if !level.isLow && after <= point {
                level.isLow = true
                transitions.transitions.append(Transition(kind: .low, location: location, before: before, after: after, threshold: point))
            } else if level.isLow && after > point + terms.hysteresis {
                level.isLow = false
                transitions.transitions.append(
                    Transition(kind: .recovered, location: location, before: before, after: after, threshold: point))
            }
        } else {
            level.isLow = false
        }
        if (after <= 0) != level.isOut {
            level.isOut = after <= 0
            if level.isOut || level.hasHadStock {
                transitions.transitions.append(
                    Transition(kind: level.isOut ? .out : .back, location: location, before: before, after: after, threshold: 0))
            }
            level.hasHadStock = true
        }
        if (level.balances.shortfall > 0) != level.isOversold {
            level.isOversold = level.balances.shortfall > 0
            transitions.transitions.append(
                Transition(
                    kind: level.isOversold ? .oversold : .covered, location: location, before: before, after: after,
                    threshold: level.balances.shortfall))
        }
    }
}

extension Balances {
    /// Adds one level's balances to a sum and takes what it had before away.
    mutating func add(_ now: Balances, subtract was: Balances) {
        sellable += now.sellable - was.sellable
        damaged += now.damaged - was.damaged
        quarantine += now.quarantine - was.quarantine
        qc += now.qc - was.qc
        recalled += now.recalled - was.recalled
        expired += now.expired - was.expired
        core += now.core - was.core
        held += now.held - was.held
        committed += now.committed - was.committed
        shortfall += now.shortfall - was.shortfall
        available += now.available - was.available
        incoming += now.incoming - was.incoming
        inTransit += now.inTransit - was.inTransit
        backordered += now.backordered - was.backordered
        preordered += now.preordered - was.preordered
    }
}
