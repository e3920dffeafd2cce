/// Finds slots by hash: open addressing, linear probing, removal by shifting back, and an undo log of insertions and removals.
public struct SlotIndex: ~Copyable {
    @usableFromInline struct Entry {
        /// -1: empty.
        @usableFromInline var slot: Int32
        @usableFromInline var hash: UInt32

        @usableFromInline init(slot: Int32, hash: UInt32) {
            self.slot = slot
            self.hash = hash
        }
    }

    @usableFromInline var entries: UnsafeMutablePointer<Entry>
    @usableFromInline var mask: Int
    @usableFromInline var used = 0
    @usableFromInline var undo: [(entry: Entry, wasInserted: Bool)] = []
    @usableFromInline var isRecording = false

    /// An index with room for at least `capacity` slots before it grows.
    public init(capacity: Int) {
        var size = 16
        while size * 3 < capacity * 4 { size *= 2 }
        entries = .allocate(capacity: size)
        entries.initialize(repeating: Entry(slot: -1, hash: 0), count: size)
        mask = size - 1
    }

    deinit { entries.deallocate() }

    /// The number of slots in it.
    @inlinable public var count: Int { used }

    /// The slot with this hash for which `matches` answers true; -1 where there is none. Expected O(1).
    @inlinable public func find(_ hash: UInt64, where matches: (Int32) -> Bool) -> Int32 {
        let tag = UInt32(truncatingIfNeeded: hash)
        var index = Int(tag) & mask
        while true {
            let entry = entries[index]
            if entry.slot < 0 { return -1 }
            if entry.hash == tag && matches(entry.slot) { return entry.slot }
            index = (index &+ 1) & mask
        }
    }

    /// Adds a slot that is not in it under this hash.
    public mutating func insert(_ hash: UInt64, _ slot: Int32) {
        let entry = Entry(slot: slot, hash: UInt32(truncatingIfNeeded: hash))
        put(entry)
        if isRecording { undo.append((entry, true)) }
    }

    /// Removes a slot that is in it under this hash.
    public mutating func remove(_ hash: UInt64, _ slot: Int32) {
        let entry = Entry(slot: slot, hash: UInt32(truncatingIfNeeded: hash))
        take(entry)
        if isRecording { undo.append((entry, false)) }
    }

    private mutating func put(_ entry: Entry) {
        if (used + 1) * 4 > (mask + 1) * 3 { grow() }
        var index = Int(entry.hash) & mask
        while entries[index].slot >= 0 { index = (index &+ 1) & mask }
        entries[index] = entry
        used += 1
    }

    private mutating func take(_ entry: Entry) {
        var index = Int(entry.hash) & mask
        while entries[index].slot != entry.slot {
            precondition(entries[index].slot >= 0, "slot is not in the index")
            index = (index &+ 1) & mask
        }
        // Shift later entries of the same run back, so that no probe meets a hole.
        var hole = index
        var probe = (index &+ 1) & mask
        while entries[probe].slot >= 0 {
            let home = Int(entries[probe].hash) & mask
            if (probe &- home) & mask >= (probe &- hole) & mask {
                entries[hole] = entries[probe]
                hole = probe
            }
            probe = (probe &+ 1) & mask
        }
        entries[hole].slot = -1
        used -= 1
    }

    private mutating func grow() {
        let old = entries
        let oldSize = mask + 1
        entries = .allocate(capacity: oldSize * 2)
        entries.initialize(repeating: Entry(slot: -1, hash: 0), count: oldSize * 2)
        mask = oldSize * 2 - 1
        used = 0
        for index in 0..<oldSize where old[index].slot >= 0 { put(old[index]) }
        old.deallocate()
    }

    /// Opens a transaction.
    public mutating func begin() {
        assert(undo.isEmpty, "the last transaction was neither committed nor aborted")
        isRecording = true
    }

    /// Keeps what was done since `begin`.
    public mutating func commit() {
        isRecording = false
        undo.removeAll(keepingCapacity: undo.count <= StateLimits.keptUndoEntries)
    }

    /// Puts back what was there at `begin`.
    public mutating func abort() {
        isRecording = false
        for (entry, wasInserted) in undo.reversed() {
            if wasInserted { take(entry) } else { put(entry) }
        }
        undo.removeAll(keepingCapacity: true)
    }
}
