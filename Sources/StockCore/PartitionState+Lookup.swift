extension PartitionState {
    @inline(__always) static func hash(_ sku: Int32, _ key: Key) -> UInt64 {
        hash(sku, hash: key.hash64)
    }

    @inline(__always) static func hash(_ sku: Int32, hash: UInt64) -> UInt64 {
        Key.fold(hash ^ UInt64(UInt32(bitPattern: sku)), 0x9E37_79B9_7F4A_7C15)
    }

    /// Of a closed record; `id` is the lower half of its own.
    @inline(__always) static func hash(_ sku: Int32, closed id: UInt64) -> UInt64 { id ^ UInt64(UInt32(bitPattern: sku)) }

    /// The slot of a SKU; -1 where the partition has never seen it.
    public func findSKU(_ key: Key) -> Int32 { skuIndex.find(key.hash64) { skus[$0].key == key } }

    /// The slot of a SKU's level at a location; -1 where there is none.
    public func findLevel(_ sku: Int32, _ location: Key) -> Int32 {
        guard sku >= 0 else { return -1 }
        return levelIndex.find(PartitionState.hash(sku, location)) { levels[$0].sku == sku && self.location(of: $0) == location }
    }

    /// The slot of an open hold; -1 where there is none.
    public func findHold(_ sku: Int32, _ id: Key) -> Int32 {
        guard sku >= 0 else { return -1 }
        return holdIndex.find(PartitionState.hash(sku, id)) { holds[$0].sku == sku && holds[$0].id == id }
    }

    /// The slot of an open commitment; -1 where there is none.
    public func findCommitment(_ sku: Int32, _ orderLine: Key) -> Int32 {
        guard sku >= 0 else { return -1 }
        return commitmentIndex.find(PartitionState.hash(sku, orderLine)) {
            commitments[$0].sku == sku && commitments[$0].orderLine == orderLine
        }
    }

    /// The slot of a closed record; -1 where there is none.
    public func findClosed(_ sku: Int32, _ id: Hash128) -> Int32 {
        guard sku >= 0 else { return -1 }
        return closedIndex.find(PartitionState.hash(sku, closed: id.low)) { closed.isOf($0, sku, id) }
    }

    static func documentHash(_ sku: Int32, _ kind: RecordKind, _ id: Key) -> UInt64 {
        hash(sku, id) ^ UInt64(kind.rawValue) &* 0xD6E8_FEB8_6659_FD93
    }

    /// The slot of an open document of a kind; -1 where there is none.
    public func findDocument(_ sku: Int32, _ kind: RecordKind, _ id: Key) -> Int32 {
        guard sku >= 0 else { return -1 }
        return documentIndex.find(PartitionState.documentHash(sku, kind, id)) {
            documents[$0].sku == sku && documents[$0].kind == kind && documents[$0].id == id
        }
    }

    /// The identity of a closed business id: its kind, the id itself and, where it has one, its line; the units of a shipment or a
    /// receipt line that name their serials are one each.
    public static func closedID(_ kind: ClosedKind, _ id: Key, _ line: Key = Key(), serial: Key = Key()) -> Hash128 {
        var hasher = Hasher128(seed: UInt64(kind.rawValue))
        hasher.combine(id)
        // The same as an empty key, of which only the length is mixed in.
        if line.isEmpty { hasher.combine(0 as UInt64) } else { hasher.combine(line) }
        if !serial.isEmpty { hasher.combine(serial) }
        return hasher.finish()
    }

    /// The SKU in a slot that `findSKU` answered.
    public func sku(_ slot: Int32) -> SKURecord { skus[slot] }
    /// The hold in a slot that `findHold` answered.
    public func hold(_ slot: Int32) -> HoldRecord { holds[slot] }
    /// The commitment in a slot that `findCommitment` answered.
    public func commitment(_ slot: Int32) -> CommitmentRecord { commitments[slot] }
    /// The closed record in a slot that `findClosed` answered.
    public func closedRecord(_ slot: Int32) -> ClosedRecord { closed[slot] }

    /// The count of a level, if it was ever counted.
    public func count(ofLevel slot: Int32) -> CountRecord? { self[extras: slot].count < 0 ? nil : counts[self[extras: slot].count] }
    /// The document in a slot that `findDocument` answered.
    public func document(_ slot: Int32) -> DocumentRecord { documents[slot] }

    /// Visits every open document. O(all documents).
    public func forEachDocument(_ body: (Int32) -> Void) {
        for slot in 0..<documents.slotBound where documents.isLive(slot) && !documents[slot].status.isDead { body(slot) }
    }

    /// Visits every live SKU, in no particular order.
    public func forEachSKU(_ body: (Int32) -> Void) {
        for slot in 0..<skus.slotBound where skus.isLive(slot) { body(slot) }
    }

    /// Visits the levels of a SKU.
    public func forEachLevel(of sku: Int32, _ body: (Int32) -> Void) {
        var slot = skus[sku].firstLevel
        while slot >= 0 {
            body(slot)
            slot = levels[slot].next
        }
    }

    /// Visits every open hold. O(all holds).
    public func forEachHold(_ body: (Int32) -> Void) {
        for slot in 0..<holds.slotBound where holds.isLive(slot) && !holds[slot].status.isDead { body(slot) }
    }

    /// Visits every open commitment. O(all commitments).
    public func forEachCommitment(_ body: (Int32) -> Void) {
        for slot in 0..<commitments.slotBound where commitments.isLive(slot) && !commitments[slot].status.isDead { body(slot) }
    }

    /// Available to promise, signed: units on the shelf (none below zero) less promises, safety stock and what waiters will get or keep
    /// (domain: c0 without minimum expiry).
    @inline(__always) func promisable(_ level: Int32) -> Int64 {
        let free = cover(of: level) - levels[level].balances.held - levels[level].balances.committed - safetyStock(of: level)
        let owed = self[extras: level].owed
        return owed == 0 ? free : free - owed + owedBeyondStock(level)
    }
}
