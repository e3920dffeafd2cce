// Promises over several locations (domain: c16). A hold or an order line has its first part in its own record, and the others in a list of
// `PartRecord`s by location. Every part has units: one that has none left leaves the list, and the next takes its place in the promise's
// own record. So a promise whose other parts are done is like any other again. What is split does not wait for stock.

extension PartitionState {
    /// Whether a hold or an order line has parts at several locations.
    public func isSplit(_ promise: RecordReference) -> Bool { firstPart(of: promise) >= 0 }

    func firstPart(of promise: RecordReference) -> Int32 {
        promise.kind == .hold ? holds[promise.slot].firstPart : commitments[promise.slot].firstPart
    }

    private func own(of promise: RecordReference) -> (level: Int32, quantity: Int64) {
        if promise.kind == .hold { return (holds[promise.slot].level, holds[promise.slot].remaining) }
        return (commitments[promise.slot].level, commitments[promise.slot].open)
    }

    func level(of promise: RecordReference) -> Int32 { own(of: promise).level }

    func life(of promise: RecordReference) -> Int64 {
        promise.kind == .hold ? holds[promise.slot].minExpiryMilliseconds : commitments[promise.slot].minExpiryMilliseconds
    }

    /// Visits the parts of a hold or an order line, its own record's first; what waits is no part.
    public func forEachPart(of promise: RecordReference, _ body: (_ level: Int32, _ quantity: Int64) -> Void) {
        let own = own(of: promise)
        body(own.level, own.quantity)
        var slot = firstPart(of: promise)
        while slot >= 0 {
            body(promiseParts[slot].level, promiseParts[slot].quantity)
            slot = promiseParts[slot].next
        }
    }

    /// What a hold or an order line is promised at all locations together.
    public func units(of promise: RecordReference) -> Int64 {
        var sum: Int64 = 0
        forEachPart(of: promise) { sum += $1 }
        return sum
    }

    /// What it is promised at one location.
    public func units(of promise: RecordReference, at level: Int32) -> Int64 {
        var sum: Int64 = 0
        forEachPart(of: promise) { if $0 == level { sum += $1 } }
        return sum
    }

    /// The number of its parts.
    func partCount(of promise: RecordReference) -> Int {
        var count = 0
        forEachPart(of: promise) { _, _ in count += 1 }
        return count
    }

    /// What all open parts of an order line are, its waiting units aside.
    public func open(of line: CommitmentRecord) -> Int64 { line.open + sumOfParts(line.firstPart) }

    /// What is left of a hold at all its locations.
    public func remaining(of hold: HoldRecord) -> Int64 { hold.remaining + sumOfParts(hold.firstPart) }

    private func sumOfParts(_ first: Int32) -> Int64 {
        var sum: Int64 = 0
        var slot = first
        while slot >= 0 {
            sum += promiseParts[slot].quantity
            slot = promiseParts[slot].next
        }
        return sum
    }

    /// Visits every part that is not in its promise's own record. O(all parts).
    func forEachPartRecord(_ body: (PartRecord) -> Void) {
        for slot in 0..<promiseParts.slotBound where promiseParts.isLive(slot) && !promiseParts[slot].status.isDead {
            body(promiseParts[slot])
        }
    }

    /// Whether a hold or an order line has a part at a level that is not in its own record.
    public func hasPart(_ id: Key, isHold: Bool, of sku: Int32, at level: Int32) -> Bool {
        let owner = isHold ? findHold(sku, id) : findCommitment(sku, id)
        guard owner >= 0, level >= 0 else { return false }
        var slot = isHold ? holds[owner].firstPart : commitments[owner].firstPart
        while slot >= 0 && promiseParts[slot].level != level { slot = promiseParts[slot].next }
        return slot >= 0
    }

    // MARK: Changes

    /// Remembers what a level had, once for each fact, so that its alerts see the sum of what the fact does there.
    mutating func touch(_ level: Int32) {
        if parts.pointee.touched.contains(where: { $0.level == level }) { return }
        parts.pointee.touched.append((level, levels[level].balances))
    }

    /// Brings what follows from the touched levels up to date.
    mutating func refreshTouched(_ transitions: inout TransitionBuffer) {
        for (level, was) in parts.pointee.touched { refresh(level, was: was, &transitions) }
        parts.pointee.touched.removeAll(keepingCapacity: true)
    }

    /// Promises units of a level to a hold or an order line, or takes them away from it, with all that follows at the level.
    mutating func changePart(of promise: RecordReference, at level: Int32, by quantity: Int64) {
        touch(level)
        if promise.kind == .hold {
            levels[level].balances.held += quantity
            changeOwned(levels[level].sku, holds[promise.slot].owner, by: quantity)
        } else {
            levels[level].balances.committed += quantity
        }
        changeDemand(level, life(of: promise), by: quantity)
        changePartRecord(of: promise, at: level, by: quantity)
    }

    /// The same in the promise's records alone.
    mutating func changePartRecord(of promise: RecordReference, at level: Int32, by quantity: Int64) {
        markDirty(promise.kind, promise.slot, of: levels[level].sku)
        let own = own(of: promise)
        if own.level == level || own.quantity == 0 {
            assert(own.level == level || firstPart(of: promise) < 0, "what has parts has units of its own")
            setOwn(of: promise, level, (own.level == level ? own.quantity : 0) + quantity)
            if own.quantity + quantity == 0 { takeFirstPart(of: promise) }
            return
        }
        var before: Int32 = -1
        var slot = firstPart(of: promise)
        while slot >= 0, location(of: promiseParts[slot].level) < location(of: level) {
            before = slot
            slot = promiseParts[slot].next
        }
        if slot < 0 || promiseParts[slot].level != level { slot = insertPart(of: promise, at: level, between: before, slot) }
        promiseParts[slot].quantity += quantity
        assert(promiseParts[slot].quantity >= 0, "no more is taken than a part has")
        markDirty(.part, slot, of: levels[level].sku)
        if promiseParts[slot].quantity == 0 { removePart(slot, of: promise, after: before) }
    }

    private mutating func setOwn(of promise: RecordReference, _ level: Int32, _ quantity: Int64) {
        assert(quantity >= 0, "no more is taken than a part has")
        if promise.kind == .hold {
            holds[promise.slot].level = level
            holds[promise.slot].remaining = quantity
        } else {
            assert(commitments[promise.slot].waiter < 0 || commitments[promise.slot].level == level, "what waits stays where it is")
            commitments[promise.slot].level = level
            commitments[promise.slot].open = quantity
        }
    }

    private mutating func setFirstPart(of promise: RecordReference, _ slot: Int32) {
        if promise.kind == .hold { holds[promise.slot].firstPart = slot } else { commitments[promise.slot].firstPart = slot }
    }

    /// The first of the other parts becomes that of the promise's own record, which has none left.
    private mutating func takeFirstPart(of promise: RecordReference) {
        let first = firstPart(of: promise)
        guard first >= 0 else { return }
        setOwn(of: promise, promiseParts[first].level, promiseParts[first].quantity)
        removePart(first, of: promise, after: -1)
    }

    private mutating func insertPart(of promise: RecordReference, at level: Int32, between before: Int32, _ after: Int32) -> Int32 {
        var record = PartRecord()
        record.sku = levels[level].sku
        record.level = level
        record.isHold = promise.kind == .hold
        record.id = record.isHold ? holds[promise.slot].id : commitments[promise.slot].orderLine
        record.next = after
        let slot = promiseParts.insert(record)
        if before >= 0 { promiseParts[before].next = slot } else { setFirstPart(of: promise, slot) }
        return slot
    }

    private mutating func removePart(_ slot: Int32, of promise: RecordReference, after before: Int32) {
        let next = promiseParts[slot].next
        if before >= 0 { promiseParts[before].next = next } else { setFirstPart(of: promise, next) }
        promiseParts[slot].status.isDead = true
        markDirty(.part, slot, of: promiseParts[slot].sku)
    }

    /// Visits what a fact says of which locations: its parts, or all of it at its own location. False: the state lacks a level of it.
    mutating func forEachPart(
        of fact: Fact, _ sku: Int32, _ body: (inout PartitionState, _ level: Int32, _ quantity: Int64) -> Void
    ) -> Bool {
        guard fact.isSplit else {
            let level = findLevel(sku, fact.location)
            if level >= 0 { body(&self, level, fact.quantity) }
            return level >= 0
        }
        for item in fact.items where item.kind == .part {
            let level = findLevel(sku, item.location)
            guard level >= 0 else { return false }
            body(&self, level, item.quantity)
        }
        return true
    }

    /// Takes everything that a promise has away from it.
    mutating func withdraw(_ promise: RecordReference) {
        while case let own = own(of: promise), own.quantity > 0 { changePart(of: promise, at: own.level, by: -own.quantity) }
    }
}
