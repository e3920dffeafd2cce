/// What the open holds of one owner have of a SKU together (domain: c4). It follows from them, so it is no record of the checkpoint; who is
/// named by no open hold has none.
struct OwnerRecord: Sendable, BitwiseCopyable {
    /// Its SKU's slot.
    var sku: Int32
    /// How many open holds name the owner.
    var holds: Int32 = 0
    /// Hash of the owner.
    var owner: UInt64
    /// What they hold, and what they wait for.
    var held: Int64 = 0

    /// The hash by which a hold remembers its owner; 0: nobody is named.
    static func hash(_ owner: Key) -> UInt64 { owner.isEmpty ? 0 : owner.hash64 | 1 }
}

extension PartitionState {
    private static func hash(_ sku: Int32, owner: UInt64) -> UInt64 { Key.fold(owner, UInt64(UInt32(bitPattern: sku)) | 1 << 32) }

    private func findOwner(_ sku: Int32, _ owner: UInt64) -> Int32 {
        ownerIndex.find(PartitionState.hash(sku, owner: owner)) { owners[$0].sku == sku && owners[$0].owner == owner }
    }

    /// What the open holds of an owner have of a SKU: what they hold, and what they wait for.
    public func held(by owner: Key, of sku: Int32) -> Int64 {
        let slot = owner.isEmpty || sku < 0 ? -1 : findOwner(sku, OwnerRecord.hash(owner))
        return slot < 0 ? 0 : owners[slot].held
    }

    // MARK: Decide

    /// Whether a hold is the owner's whom the event names. One that names nobody leaves it with whom it is.
    func isOwner(_ event: StockEvent, _ hold: HoldRecord) -> Bool {
        event.document.isEmpty || hold.owner == OwnerRecord.hash(event.document)
    }

    /// Whether the owner of a hold may have that much more. What waits counts as if it was held, so that it can be granted whenever units
    /// come free.
    func checkOwner(
        _ event: StockEvent, _ sku: Int32, _ quantity: Int64, replacing hold: HoldRecord? = nil, _ fact: inout Fact
    ) -> Rejection {
        guard sku >= 0, case let limit = skus[sku].policy.maxHeldPerOwner, limit >= 0 else { return .none }
        let owner = event.document.isEmpty ? hold?.owner ?? 0 : OwnerRecord.hash(event.document)
        guard owner != 0 else { return .none }
        let slot = findOwner(sku, owner)
        var others = slot < 0 ? 0 : owners[slot].held
        if let hold, hold.owner == owner { others -= remaining(of: hold) + waiting(of: hold) }
        if others + quantity <= limit { return .none }
        fact.total = others
        fact.rejected = limit
        return .ownerLimit
    }

    // MARK: Apply

    /// The holds of an owner have more or less than before, or are more or fewer. Nothing is done where nobody is named.
    @inline(__always) mutating func changeOwned(_ sku: Int32, _ owner: UInt64, by quantity: Int64, holds: Int32 = 0) {
        if owner != 0 { changeOwner(sku, owner, by: quantity, holds: holds) }
    }

    @inline(never) private mutating func changeOwner(_ sku: Int32, _ owner: UInt64, by quantity: Int64, holds: Int32) {
        var slot = findOwner(sku, owner)
        if slot < 0 {
            assert(holds > 0, "an owner with an open hold has a record")
            slot = owners.insert(OwnerRecord(sku: sku, owner: owner))
            ownerIndex.insert(PartitionState.hash(sku, owner: owner), slot)
        }
        owners[slot].held += quantity
        owners[slot].holds += holds
        guard owners[slot].holds == 0 else { return }
        assert(owners[slot].held == 0, "who has no open hold holds nothing")
        ownerIndex.remove(PartitionState.hash(sku, owner: owner), slot)
        owners.remove(slot)
    }

    // MARK: Invariants

    /// Whether each owner has what the open holds that name them have, and nobody else has anything. O(all holds and parts).
    func checkOwners() -> BrokenIdentity? {
        var left: [Int32: (held: Int64, holds: Int32)] = [:]
        for slot in 0..<owners.slotBound where owners.isLive(slot) { left[slot] = (owners[slot].held, owners[slot].holds) }
        var broken: BrokenIdentity?
        forEachHold { slot in
            let hold = holds[slot]
            guard hold.owner != 0 else { return }
            let owner = findOwner(hold.sku, hold.owner)
            if owner < 0 { return broken = .counts(sku: skus[hold.sku].key) }
            left[owner]!.held -= remaining(of: hold) + waiting(of: hold)
            left[owner]!.holds -= 1
        }
        for (slot, rest) in left where rest != (0, 0) { broken = .counts(sku: skus[owners[slot].sku].key) }
        return broken
    }
}
