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

// A fact is handed on as `inout`, though nothing but its balances is changed here: a value of this size is copied where it is only read.

extension PartitionState {
    /// Applies a fact that `decide`, `makeExpiry` or `makeForget` has just made: everything that it changes, and its balances into
    /// `fact.after`.
    public mutating func apply(_ fact: inout Fact, transitions: inout TransitionBuffer) {
        assert(isInTransaction, "live facts are applied inside a transaction")
        assert(fact.seq == values.seq + 1, "seq must rise by one")
        transitions.removeAll()
        applyToWindow(fact)
        applyToValues(fact)
        guard fact.version > 0 else { return }
        guard let level = changeSKU(&fact, &transitions) else { preconditionFailure("a decided fact names records that are there") }
        if level >= 0 { fact.after = levels[level].balances }
    }

    /// Replays the part of a fact that concerns its SKU, where the SKU does not have it yet: its version decides. The balances are checked.
    public mutating func replayOnSKU(_ replayed: Fact, transitions: inout TransitionBuffer) throws(ApplyError) {
        guard replayed.version > 0 else { return }
        let sku = findSKU(replayed.sku)
        let version = sku >= 0 ? skus[sku].version : 0
        if replayed.version <= version { return }
        var fact = replayed
        if fact.version != version + 1 { throw .versionGap(sku: fact.sku, expected: version + 1, found: fact.version) }
        transitions.removeAll()
        guard let level = changeSKU(&fact, &transitions) else { throw .missingRecord(sku: fact.sku) }
        if level >= 0 && levels[level].balances != fact.after { throw .balancesDiffer(sku: fact.sku, location: location(of: level)) }
    }

    /// The part of a fact that concerns the id window.
    @inline(__always) public mutating func applyToWindow(_ fact: Fact) {
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
    @inline(__always) public mutating func applyToValues(_ fact: Fact) {
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
    private mutating func changeSKU(_ fact: inout Fact, _ transitions: inout TransitionBuffer) -> Int32? {
        let made = parts.pointee.skuOfFact
        let sku = skus.isLive(made) && skus[made].key == fact.sku ? made : findOrInsertSKU(fact.sku)
        let record = skus.change(sku)
        let totalBefore = record.pointee.totals.available
        record.pointee.version = fact.version
        noteChange(sku, seq: fact.seq, timeMilliseconds: fact.timeMilliseconds)
        let level: Int32?
        switch fact.kind {
        case .define: level = applyDefine(&fact, sku, &transitions)
        case .receive: level = applyReceive(&fact, sku, &transitions)
        case .adjust: level = applyAdjust(&fact, sku, &transitions)
        case .move: level = applyMove(&fact, sku, &transitions)
        case .hold: level = applyHold(&fact, sku, &transitions)
        case .extend: level = applyExtend(&fact, sku)
        case .commit: level = applyCommit(&fact, sku, &transitions)
        case .release: level = applyRelease(&fact, sku, &transitions)
        case .ship: level = applyShip(&fact, sku, &transitions)
        case .sale: level = applySale(&fact, sku, &transitions)
        case .return: level = applyReturn(&fact, sku, &transitions)
        case .expect: level = applyExpect(&fact, sku, &transitions)
        case .receiveCorrect: level = applyReceiveCorrect(&fact, sku, &transitions)
        case .lotBlock, .lotUnblock, .recall, .unrecall: level = applyLotState(&fact, sku, &transitions)
        case .unship: level = applyUnship(&fact, sku, &transitions)
        case .countOpen: level = applyCountOpen(&fact, sku, &transitions)
        case .countLine: level = applyCountLine(&fact, sku)
        case .countClose: level = applyCountClose(&fact, sku, &transitions)
        case .transferSend: level = applyTransferSend(&fact, sku, &transitions)
        case .transferReceive: level = applyTransferReceive(&fact, sku, &transitions)
        case .transferClose: level = applyTransferClose(&fact, sku, &transitions)
        case .reassign: level = applyReassign(&fact, sku, &transitions)
        case .confirm: level = applyConfirm(&fact, sku)
        case .commitExpire: level = applyCommitExpiry(&fact, sku, &transitions)
        case .expire: level = applyExpire(&fact, sku, &transitions)
        case .forget: level = applyForget(&fact, sku)
        case .lotExpire: level = applyLotExpiry(&fact, sku, &transitions)
        case .fill: level = applyFill(&fact, sku, &transitions)
        case .preorderRelease: level = applyPreorderRelease(&fact, sku, &transitions)
        case .lotExpiring: level = applyExpiring(&fact, sku, &transitions)
        case .shelfLife: level = applyShelfLife(&fact, sku, &transitions)
        case .uncovered: level = applyUncovered(&fact, sku)
        case .unreadable, .gap: level = -1
        }
        if let level, level >= 0, !fact.items.isEmpty, fact.kind != .uncovered { continueNaming(&fact, level) }
        noteTotal(record, before: totalBefore, &transitions)
        if !isSKUWhole(sku), let broken = checkSKU(sku) { noteBroken(broken, &fact) }
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
    private func noteTotal(_ sku: UnsafeMutablePointer<SKURecord>, before: Int64, _ transitions: inout TransitionBuffer) {
        let after = sku.pointee.totals.available
        let isOut = after <= 0
        guard isOut != sku.pointee.isOut else { return }
        sku.pointee.isOut = isOut
        if !isOut && !sku.pointee.hasHadStock {
            sku.pointee.hasHadStock = true
            return
        }
        transitions.transitions.append(
            Transition(kind: isOut ? .out : .back, location: Key(), before: before, after: after, threshold: 0))
    }

    /// Brings what follows from a level's changed balances or terms up to date: available, shortfall, the SKU's totals, alert states.
    mutating func refresh(_ slot: Int32, was: Balances, _ transitions: inout TransitionBuffer) {
        let level = levels.change(slot)
        let sku = skus.change(level.pointee.sku)
        let extras = self[extras: slot]
        let promised = level.pointee.balances.held + level.pointee.balances.committed
        level.pointee.balances.shortfall = extras.firstDemand < 0 ? max(0, promised - cover(of: slot)) : uncovered(slot)
        level.pointee.balances.available = max(0, promisableByDefault(slot))
        updateAlerts(slot, level, AlertTerms(extras, sku), before: was.available, &transitions)
        level.pointee.isUnprojected = true
        sku.pointee.totals.add(level.pointee.balances, subtract: was)
        if level.pointee.balances.shortfall > was.shortfall {
            if sku.pointee.policy.lotTracked == 1 { beginNaming(slot) }
        } else if extras.naming >= 0 && level.pointee.balances.shortfall == 0 {
            endNaming(slot)
        }
        if !level.pointee.status.isDirty { markDirty(.level, slot, of: level.pointee.sku) }
        if extras.owed > 0 { noteFill(slot) }
    }

    /// When a level is low: its own terms, or those of its SKU.
    private struct AlertTerms {
        /// Below 0: never.
        let point: Int64
        let hysteresis: Int64

        init(_ level: LevelExtras, _ sku: UnsafePointer<SKURecord>) {
            point = level.reorderPoint != Policy.absent ? level.reorderPoint : sku.pointee.policy.reorderPoint
            hysteresis = Policy.inForce(level.reorderHysteresis, sku.pointee.policy.reorderHysteresis)
        }
    }

    private func updateAlerts(
        _ slot: Int32, _ level: UnsafeMutablePointer<StoredLevel>, _ terms: AlertTerms, before: Int64, _ transitions: inout TransitionBuffer
    ) {
        let after = level.pointee.balances.available
        func note(_ kind: TransitionKind, threshold: Int64 = 0) {
            transitions.transitions.append(
                Transition(kind: kind, location: location(of: slot), before: before, after: after, threshold: threshold))
        }
        if terms.point >= 0 {
            if !level.pointee.isLow && after <= terms.point {
                level.pointee.isLow = true
                note(.low, threshold: terms.point)
            } else if level.pointee.isLow && after > terms.point + terms.hysteresis {
                level.pointee.isLow = false
                note(.recovered, threshold: terms.point)
            }
        } else {
            level.pointee.isLow = false
        }
        let isOut = after <= 0
        if isOut != level.pointee.isOut {
            level.pointee.isOut = isOut
            if isOut || level.pointee.hasHadStock { note(isOut ? .out : .back) }
            level.pointee.hasHadStock = true
        }
        let isOversold = level.pointee.balances.shortfall > 0
        if isOversold != level.pointee.isOversold {
            level.pointee.isOversold = isOversold
            note(isOversold ? .oversold : .covered, threshold: level.pointee.balances.shortfall)
        }
    }
}

extension Balances {
    /// Adds one level's balances to a sum and takes what it had before away. Levels' balances are bounded, and so is their number: no sum
    /// leaves Int64 (`PartitionState.init`).
    mutating func add(_ now: Balances, subtract was: Balances) {
        sellable &+= now.sellable &- was.sellable
        damaged &+= now.damaged &- was.damaged
        quarantine &+= now.quarantine &- was.quarantine
        qc &+= now.qc &- was.qc
        recalled &+= now.recalled &- was.recalled
        expired &+= now.expired &- was.expired
        core &+= now.core &- was.core
        held &+= now.held &- was.held
        committed &+= now.committed &- was.committed
        shortfall &+= now.shortfall &- was.shortfall
        available &+= now.available &- was.available
        incoming &+= now.incoming &- was.incoming
        inTransit &+= now.inTransit &- was.inTransit
        backordered &+= now.backordered &- was.backordered
        preordered &+= now.preordered &- was.preordered
    }
}
