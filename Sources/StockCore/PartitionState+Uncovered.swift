// Which promises the shelf does not cover (domain: c2, c3, c10): the newest, as few as possible. A promise is not covered where all others
// that were made before it, and all that no other could do without, can be kept without it.

extension PartitionState {
    /// A promise in the order of age. Light, since a SKU may have very many.
    private struct Promise {
        var atMilliseconds: Int64
        var slot: Int32
        var kind: FactItemKind
        /// What it has at the level that is looked at.
        var open: Int64
    }

    private func id(_ promise: Promise) -> Key { promise.kind == .hold ? holds[promise.slot].id : commitments[promise.slot].orderLine }

    private func life(_ promise: Promise) -> Int64 {
        promise.kind == .hold ? holds[promise.slot].minExpiryMilliseconds : commitments[promise.slot].minExpiryMilliseconds
    }

    /// Newest first; of the same instant by their ids.
    private func isNewer(_ a: Promise, _ b: Promise) -> Bool {
        if a.atMilliseconds != b.atMilliseconds { return a.atMilliseconds > b.atMilliseconds }
        let (x, y) = (id(a), id(b))
        return x != y ? x < y : a.kind.rawValue < b.kind.rawValue
    }

    private func isAfter(_ promise: Promise, _ place: NamingRecord?) -> Bool {
        guard let place else { return true }
        if promise.atMilliseconds != place.afterMilliseconds { return promise.atMilliseconds < place.afterMilliseconds }
        let id = id(promise)
        return id != place.after ? place.after < id : promise.kind.rawValue > place.afterKind.rawValue
    }

    /// Visits the open promises of a level, in no order. O(open promises of the SKU).
    private func forEachPromise(at level: Int32, _ body: (Promise) -> Void) {
        let sku = skus[levels[level].sku]
        var slot = sku.firstHold
        while slot >= 0 {
            let open = units(of: RecordReference(kind: .hold, slot: slot), at: level)
            if open > 0 { body(Promise(atMilliseconds: holds[slot].placedAtMilliseconds, slot: slot, kind: .hold, open: open)) }
            slot = holds[slot].next
        }
        slot = sku.firstLine
        while slot >= 0 {
            let open = units(of: RecordReference(kind: .commitment, slot: slot), at: level)
            if open > 0 {
                body(Promise(atMilliseconds: commitments[slot].committedAtMilliseconds, slot: slot, kind: .orderLine, open: open))
            }
            slot = commitments[slot].next
        }
    }

    /// Names the promises that the shelf of a level does not cover once its sellable units have changed by `change`, newest first, where
    /// that raises the shortfall. O(open promises of the SKU). Of a SKU with lots, whose items are its lots, they are named by facts of
    /// their own; so are those that do not fit here.
    func nameUncovered(_ level: Int32, after change: Int64, into fact: inout Fact) {
        guard level >= 0, !isLotTracked(levels[level].sku) else { return }
        let balances = levels[level].balances
        let missing = max(0, balances.held + balances.committed - max(0, balances.sellable + change))
        guard missing > balances.shortfall else { return }
        _ = nameNewest(level, missing: missing, after: nil, into: &fact)
    }

    /// Names promises of a level into the fact, newest first, after a place in that order, until nothing is missing or the fact is full.
    /// Answers what is missing beyond.
    private func nameNewest(_ level: Int32, missing: Int64, after place: NamingRecord?, into fact: inout Fact) -> Int64 {
        var left = missing
        var newest = BoundedList<Promise>(capacity: StateLimits.itemsPerFact - fact.items.count)
        forEachPromise(at: level) { promise in
            if isAfter(promise, place) { newest.insert(promise) { isNewer($0, $1) } } else { left -= promise.open }
        }
        for promise in newest.sorted({ isNewer($0, $1) }) where left > 0 { left -= name(promise, min(left, promise.open), level, &fact) }
        return max(0, left)
    }

    private func name(_ promise: Promise, _ quantity: Int64, _ level: Int32, _ fact: inout Fact) -> Int64 {
        var item = FactItem()
        item.kind = promise.kind
        item.id = id(promise)
        item.location = location(of: level)
        item.quantity = quantity
        fact.items.append(item)
        return quantity
    }

    /// The same where promises demand life. H(d) - S(d) is what is missing of those with a minimum expiry of d or later; giving up a part
    /// of a promise helps as far as those with a later one don't miss as much without it.
    private func nameNewestOfLives(_ level: Int32, after place: NamingRecord?, into fact: inout Fact) -> Int64 {
        var lives: [Int64] = [0]
        var slot = self[extras: level].firstDemand
        while slot >= 0 {
            lives.append(demands[slot].minExpiryMilliseconds)
            slot = demands[slot].next
        }
        var missing: [Int64] = []
        forEachMargin(level, through: Int64.max, .nothing, taken: { _ in 0 }) { _, margin, _ in missing.append(-margin) }
        assert(lives.count == missing.count, "one margin for each instant")
        var promises: [Promise] = []
        forEachPromise(at: level) { promises.append($0) }
        promises.sort { isNewer($0, $1) }
        for promise in promises {
            let left = max(0, missing.max() ?? 0)
            if left == 0 || fact.items.count == StateLimits.itemsPerFact { return left }
            let own = lives.firstIndex(of: life(promise)) ?? 0
            let later = max(0, missing[(own + 1)...].max() ?? 0)
            let quantity = min(promise.open, left - later)
            guard quantity > 0 else { continue }
            for index in 0...own { missing[index] -= quantity }
            if isAfter(promise, place) { _ = name(promise, quantity, level, &fact) }
        }
        return max(0, missing.max() ?? 0)
    }

    // MARK: Facts of their own

    /// Whether promises that are not covered are still to be named.
    public var hasUncoveredToName: Bool { anchors.firstNaming >= 0 }

    /// Makes the fact that names the next promises of a level that are not covered, newest first, at most `StateLimits.itemsPerFact`; what
    /// is missing beyond them is its total. The caller applies it, and asks again while there are any.
    public func makeUncovered(into fact: inout Fact) {
        let naming = namings[anchors.firstNaming]
        fact.begin(.uncovered, of: skus[naming.sku].key)
        fact.location = location(of: naming.level)
        fact.firstSeq = naming.sinceSeq
        let place = naming.isBegun ? naming : nil
        fact.total =
            self[extras: naming.level].firstDemand < 0
            ? nameNewest(naming.level, missing: levels[naming.level].balances.shortfall, after: place, into: &fact)
            : nameNewestOfLives(naming.level, after: place, into: &fact)
        for item in fact.items { fact.quantity += item.quantity }
        stamp(&fact, sku: naming.sku, next: values.next)
    }

    mutating func applyUncovered(_ fact: inout Fact, _ sku: Int32) -> Int32? {
        let level = findLevel(sku, fact.location)
        guard level >= 0, self[extras: level].naming >= 0 else { return nil }
        if fact.items.count < StateLimits.itemsPerFact || fact.total == 0 {
            endNaming(level)
        } else if !continueNaming(self[extras: level].naming, after: fact.items[fact.items.count - 1]) {
            return nil
        }
        return level
    }

    /// Promises of a level are to be named that a fact has uncovered, from the newest on.
    mutating func beginNaming(_ level: Int32) {
        if self[extras: level].naming < 0 {
            var record = NamingRecord()
            record.sku = levels[level].sku
            record.level = level
            record.sinceSeq = skus[record.sku].lastSeq
            let slot = namings.insert(record)
            self[extras: level].naming = slot
            linkNaming(slot)
        }
        let slot = self[extras: level].naming
        namings[slot].isBegun = false
        markDirty(.naming, slot, of: namings[slot].sku)
    }

    /// What a fact of a SKU without lots could not name itself is named by the next ones.
    mutating func continueNaming(_ fact: inout Fact, _ level: Int32) {
        guard fact.items.count >= StateLimits.itemsPerFact, let last = fact.items.last else { return }
        guard last.kind == .hold || last.kind == .orderLine else { return }
        beginNaming(level)
        _ = continueNaming(self[extras: level].naming, after: last)
    }

    private mutating func continueNaming(_ slot: Int32, after item: FactItem) -> Bool {
        let sku = namings[slot].sku
        let own = item.kind == .hold ? findHold(sku, item.id) : findCommitment(sku, item.id)
        guard own >= 0 else { return false }
        namings[slot].isBegun = true
        namings[slot].after = item.id
        namings[slot].afterKind = item.kind
        namings[slot].afterMilliseconds =
            item.kind == .hold ? holds[own].placedAtMilliseconds : commitments[own].committedAtMilliseconds
        markDirty(.naming, slot, of: sku)
        return true
    }

    /// Nothing is missing any more, or all is named.
    mutating func endNaming(_ level: Int32) {
        let slot = self[extras: level].naming
        let record = namings[slot]
        if record.previous >= 0 { namings[record.previous].next = record.next } else { anchors.firstNaming = record.next }
        if record.next >= 0 { namings[record.next].previous = record.previous } else { anchors.lastNaming = record.previous }
        self[extras: level].naming = -1
        namings[slot].status.isDead = true
        markDirty(.naming, slot, of: record.sku)
    }

    /// Puts it into the queue, by the fact that uncovered the promises.
    private mutating func linkNaming(_ slot: Int32) {
        var before = anchors.lastNaming
        while before >= 0, namings[before].sinceSeq > namings[slot].sinceSeq { before = namings[before].previous }
        let after = before >= 0 ? namings[before].next : anchors.firstNaming
        namings[slot].previous = before
        namings[slot].next = after
        if before >= 0 { namings[before].next = slot } else { anchors.firstNaming = slot }
        if after >= 0 { namings[after].previous = slot } else { anchors.lastNaming = slot }
    }

    // MARK: Restore

    /// Takes what is still to be named of a level.
    public mutating func restore(naming: NamingRecord, sku key: Key, location: Key, hash: UInt64) {
        var record = naming
        record.sku = findOrInsertSKU(key)
        record.level = findOrInsertLevel(record.sku, location)
        record.status = RecordStatus()
        record.status.writtenHash = hash
        let found = self[extras: record.level].naming
        if found >= 0 { namings[found] = record } else { self[extras: record.level].naming = namings.insert(record) }
    }

    /// Takes the tombstone of what was to be named of a level.
    public mutating func restoreRemoved(naming location: Key, sku key: Key) {
        let level = findLevel(findSKU(key), location)
        guard level >= 0, self[extras: level].naming >= 0 else { return }
        namings.remove(self[extras: level].naming)
        self[extras: level].naming = -1
    }

    mutating func finishNaming(_ slot: Int32, _ finish: inout RestoreFinish) {
        finish.count(namings[slot].sku, namings[slot].status.writtenHash)
        linkNaming(slot)
    }

    // MARK: Invariants

    /// Whether what is to be named stands in its queue, and only where something is missing. O(levels to be named).
    func checkNamings() -> BrokenIdentity? {
        var (count, previous, seq): (Int, Int32, Int64) = (0, -1, 0)
        var slot = anchors.firstNaming
        while slot >= 0 {
            let record = namings[slot]
            let isLinked = self[extras: record.level].naming == slot && record.previous == previous && !record.status.isDead
            let isRight = isLinked && record.sinceSeq >= seq && levels[record.level].balances.shortfall > 0
            if !isRight { return .queues(sku: skus[record.sku].key) }
            (previous, seq, slot) = (slot, record.sinceSeq, record.next)
            count += 1
        }
        var live = 0
        for slot in 0..<namings.slotBound where namings.isLive(slot) && !namings[slot].status.isDead { live += 1 }
        return previous == anchors.lastNaming && live == count ? nil : .queues(sku: Key())
    }
}
