// The waits for memory of many records at once. What was not looked at for a while is fetched from memory when it is, 100 ns and more for
// each place; places that are known beforehand are fetched side by side.

/// A record of a checkpoint, or a fact, that will be taken soon.
public struct UpcomingRecord: Sendable, BitwiseCopyable {
    /// Which kind of record; a fact: `sku`.
    public var kind: RecordKind
    /// `Key.hash64` of its SKU.
    public var sku: UInt64
    /// Level: `Key.hash64` of the location. Closed record: the lower half of its id.
    public var own: UInt64

    /// The record of this kind and SKU.
    @inlinable public init(kind: RecordKind, sku: UInt64, own: UInt64) {
        self.kind = kind
        self.sku = sku
        self.own = own
    }
}

extension RecordKind {
    /// Whether its records are about one SKU, whose length and bytes follow the kind in their keys.
    public var isOfSKU: Bool { rawValue < RecordKind.ids.rawValue }
}

extension PartitionState {
    /// The most records that one `warm` takes: so many fetches of one kind go on at a time.
    public static let warmRecords = 32

    /// Looks at what the next events will be about: these SKUs, with their levels and the youngest of their promises. Changes nothing.
    ///
    /// - Parameter hashes: `Key.hash64` of each SKU, at most `warmRecords`.
    public func warm(_ hashes: UnsafeBufferPointer<UInt64>) {
        assert(hashes.count <= PartitionState.warmRecords)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: PartitionState.warmRecords) { slots in
            var sum: UInt64 = 0
            // Each loop asks only for what it does not have to wait for itself.
            for hash in hashes { sum &+= skuIndex.warm(hash) }
            for index in hashes.indices {
                slots[index] = skuIndex.find(hashes[index]) { _ in true }
                if slots[index] >= 0 { sum &+= skus.warm(slots[index]) }
            }
            for index in hashes.indices where slots[index] >= 0 {
                let sku = skus.record(slots[index])
                if sku.pointee.firstHold >= 0 { sum &+= holds.warm(sku.pointee.firstHold) }
                if sku.pointee.firstLine >= 0 { sum &+= commitments.warm(sku.pointee.firstLine) }
            }
            note(sum &+ warmLevels(of: UnsafeMutableBufferPointer(rebasing: slots[..<hashes.count])))
        }
    }

    /// Looks at the SKUs whose changes are to be written from this one on, with their levels and changed records. Changes nothing.
    ///
    /// - Returns: for how many SKUs, at most `warmRecords`.
    public func warmUnwritten(from first: Int32) -> Int {
        assert(skus[first].dirtySinceSeq != 0)
        return withUnsafeTemporaryAllocation(of: Int32.self, capacity: PartitionState.warmRecords) { slots in
            var (count, slot, sum) = (0, first, UInt64(0))
            while slot >= 0, count < PartitionState.warmRecords {
                slots[count] = slot
                slot = skus.record(slot).pointee.dirtyNext
                count += 1
            }
            for index in 0..<count { sum &+= skus.warm(slots[index]) }
            sum &+= warmChanged(of: UnsafeBufferPointer(rebasing: slots[..<count]))
            note(sum &+ warmLevels(of: UnsafeMutableBufferPointer(rebasing: slots[..<count])))
            return count
        }
    }

    /// The first changed records of these SKUs.
    private func warmChanged(of skus: UnsafeBufferPointer<Int32>) -> UInt64 {
        withUnsafeTemporaryAllocation(of: RecordReference.self, capacity: PartitionState.warmRecords) { changed in
            var sum: UInt64 = 0
            for index in skus.indices { changed[index] = self.skus.record(skus[index]).pointee.firstDirty }
            for _ in 0..<PartitionState.warmChanges {
                for index in skus.indices where changed[index].slot >= 0 { sum &+= warm(changed[index]) }
                for index in skus.indices where changed[index].slot >= 0 { changed[index] = status(changed[index]).nextDirty }
            }
            return sum
        }
    }

    /// The kinds that change most often.
    private func warm(_ reference: RecordReference) -> UInt64 {
        switch reference.kind {
        case .hold: holds.warm(reference.slot)
        case .commitment: commitments.warm(reference.slot)
        case .closed: closed.warm(reference.slot)
        default: 0
        }
    }

    /// The levels of these SKUs, which are put in the place of their slots.
    private func warmLevels(of slots: UnsafeMutableBufferPointer<Int32>) -> UInt64 {
        var sum: UInt64 = 0
        for index in slots.indices where slots[index] >= 0 { slots[index] = skus.record(slots[index]).pointee.firstLevel }
        for _ in 0..<PartitionState.warmLevels {
            for index in slots.indices where slots[index] >= 0 { sum &+= levels.warm(slots[index]) }
            for index in slots.indices where slots[index] >= 0 { slots[index] = levels.record(slots[index]).pointee.next }
        }
        return sum
    }

    /// So many levels, and changed records, of a SKU are looked at.
    private static var warmLevels: Int { 4 }
    private static var warmChanges: Int { 4 }

    /// Keeps the loads from being left out.
    private func note(_ sum: UInt64) { parts.pointee.warmth &+= sum }

    /// Looks at where the next records of a checkpoint, or the next facts, will go. Changes nothing.
    public func warm(_ records: UnsafeBufferPointer<UpcomingRecord>) {
        assert(records.count <= PartitionState.warmRecords)
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: PartitionState.warmRecords) { slots in
            var sum: UInt64 = 0
            for record in records { sum &+= skuIndex.warm(record.sku) }
            // A SKU that is not known yet will stand behind all others.
            var (next, last, slot) = (skus.slotBound, UInt64(0), Int32(-1))
            for (index, record) in records.enumerated() {
                if record.sku != last || slot < 0 {
                    slot = skuIndex.find(record.sku) { _ in true }
                    if slot >= 0 {
                        sum &+= skus.warm(slot)
                    } else {
                        slot = next
                        next += 1
                    }
                    last = record.sku
                }
                slots[index] = slot
                switch record.kind {
                case .level: sum &+= levelIndex.warm(PartitionState.hash(slot, hash: record.own))
                case .closed: sum &+= closedIndex.warm(PartitionState.hash(slot, closed: record.own))
                default: break
                }
            }
            for (index, record) in records.enumerated() {
                switch record.kind {
                case .level:
                    let found = levelIndex.find(PartitionState.hash(slots[index], hash: record.own)) { _ in true }
                    if found >= 0 { sum &+= levels.warm(found) }
                case .closed:
                    let found = closedIndex.find(PartitionState.hash(slots[index], closed: record.own)) { _ in true }
                    if found >= 0 { sum &+= closed.warm(found) }
                default: break
                }
            }
            note(sum)
        }
    }
}

extension SlotIndex {
    /// Loads where the search for a hash begins.
    @inline(__always) func warm(_ hash: UInt64) -> UInt64 { UInt64(entries[Int(UInt32(truncatingIfNeeded: hash)) & mask].hash) }
}

extension Slab {
    /// Loads every cache line of a live slot's record.
    @inline(__always) func warm(_ slot: Int32) -> UInt64 {
        let cell = UnsafeRawPointer(cell(slot))
        var sum = UInt64(cell.load(fromByteOffset: MemoryLayout<Cell>.size - 1, as: UInt8.self))
        var offset = 0
        while offset < MemoryLayout<Cell>.size {
            sum &+= UInt64(cell.load(fromByteOffset: offset, as: UInt8.self))
            offset &+= 64
        }
        return sum
    }
}
