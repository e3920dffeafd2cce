/// What the window remembers of an event id.
public struct IDEntry: Sendable, Equatable, BitwiseCopyable {
    /// Hash of source and id.
    public var id = Hash128()
    /// Hash of the content.
    public var body: UInt64 = 0
    /// The seq of the fact that answered it.
    public var seq: Int64 = 0
    /// The log time of that fact in milliseconds.
    public var timeMilliseconds: Int64 = 0
    /// What became of the first event with this id.
    public var outcome: Outcome = .accepted
    /// Why it was refused.
    public var rejection: Rejection = .none

    /// An empty entry.
    public init() {}
}

/// The last event ids of a partition: a ring of entries in blocks, and an index by hash.
///
/// Entries are added inside a transaction and taken back by an abort. Old ones leave between transactions only, so an abort never has to
/// bring one back. Positions count up for ever; a block holds `StateLimits.idsPerBlock` of them and is the unit of the checkpoint.
public struct IDWindow: ~Copyable {
    /// The position of the oldest entry.
    public private(set) var head: Int64 = 0
    /// The position after the newest entry.
    public private(set) var tail: Int64 = 0
    /// The latest log time of an entry that has left, 0: none has. Events without a business id from then or before are refused.
    public private(set) var evictedThroughMilliseconds: Int64 = 0
    /// Entries that left younger than the window promises, because of the cap.
    public private(set) var evictedEarly: Int64 = 0
    /// Entries below this position are in the checkpoint.
    public private(set) var writtenPosition: Int64 = 0
    /// Blocks below this number have their tombstone.
    public private(set) var removedBlocks: Int64 = 0

    private var blocks: [UnsafeMutablePointer<IDEntry>?]
    private var spare: [UnsafeMutablePointer<IDEntry>] = []
    private var index: SlotIndex
    private var saved: (tail: Int64, written: Int64, removed: Int64) = (0, 0, 0)
    private let slotMask: Int64

    private static let perBlock = Int64(StateLimits.idsPerBlock)

    /// A window that never holds more than `cap` entries.
    public init(cap: Int) {
        var blockCount = 2
        // Ids leave between transactions only, so an open one may stand above the cap; the newest and the oldest block are partly filled.
        while blockCount * StateLimits.idsPerBlock < cap + StateLimits.idsPerTransaction + 2 * StateLimits.idsPerBlock { blockCount *= 2 }
        blocks = Array(repeating: nil, count: blockCount)
        slotMask = Int64(blockCount * StateLimits.idsPerBlock - 1)
        index = SlotIndex(capacity: 1_024)
    }

    deinit {
        for block in blocks { block?.deallocate() }
        for block in spare { block.deallocate() }
    }

    /// The number of ids that it knows.
    public var count: Int { Int(tail - head) }

    @inline(__always) private func pointer(_ position: Int64) -> UnsafeMutablePointer<IDEntry> {
        let slot = UInt(bitPattern: Int(position & slotMask))
        return blocks[Int(slot / UInt(StateLimits.idsPerBlock))]! + Int(slot % UInt(StateLimits.idsPerBlock))
    }

    /// The entry at a position between `head` and `tail`.
    public func entry(at position: Int64) -> IDEntry {
        precondition(position >= head && position < tail)
        return pointer(position).pointee
    }

    /// The entry of an id; nil where the window does not know it.
    @inline(__always) public func find(_ id: Hash128) -> IDEntry? {
        let slot = index.find(id.low) { pointer(Int64($0)).pointee.id == id }
        return slot < 0 ? nil : pointer(Int64(slot)).pointee
    }

    /// Adds an id that is not in it.
    public mutating func append(_ entry: IDEntry) {
        assert(!entry.id.isZero, "facts without an id do not enter the window")
        assert(tail == head || entry.seq > pointer(tail - 1).pointee.seq, "seq must rise")
        precondition(tail - head <= slotMask, "a transaction adds no more ids than StateLimits.idsPerTransaction")
        if tail & (IDWindow.perBlock - 1) == 0 || tail == head { addBlock() }
        pointer(tail).initialize(to: entry)
        index.insert(entry.id.low, Int32(truncatingIfNeeded: tail & slotMask))
        tail += 1
    }

    /// Makes sure that there is a block for the next entry.
    @inline(never) private mutating func addBlock() {
        let block = Int(tail & slotMask) / StateLimits.idsPerBlock
        if blocks[block] == nil { blocks[block] = spare.popLast() ?? .allocate(capacity: StateLimits.idsPerBlock) }
    }

    /// Opens a transaction.
    public mutating func begin() {
        saved = (tail, writtenPosition, removedBlocks)
        index.begin()
    }

    /// Keeps what was done since `begin`.
    public mutating func commit() { index.commit() }

    /// Takes back what was added since `begin`.
    public mutating func abort() {
        index.abort()
        (tail, writtenPosition, removedBlocks) = saved
    }

    /// Lets old entries leave: all beyond the cap, and those beyond `limits.idWindowEntries` that are older than
    /// `limits.idWindowMilliseconds`, of these at most `most`, so that one call stays short. Between transactions only.
    public mutating func evict(limits: StateLimits, logTimeMilliseconds: Int64, most: Int) {
        var left = most
        while count > limits.idWindowCap || left > 0 && count > limits.idWindowEntries {
            let oldest = pointer(head).pointee
            let isYoung = oldest.timeMilliseconds > logTimeMilliseconds - limits.idWindowMilliseconds
            if isYoung && count <= limits.idWindowCap { return }
            if isYoung { evictedEarly += 1 }
            evictedThroughMilliseconds = max(evictedThroughMilliseconds, oldest.timeMilliseconds)
            index.remove(oldest.id.low, Int32(head & slotMask))
            head += 1
            if head % IDWindow.perBlock == 0 {
                let block = Int((head - 1) & slotMask) / StateLimits.idsPerBlock
                if let freed = blocks[block] { spare.append(freed) }
                blocks[block] = nil
            }
            left -= 1
        }
    }
}

// MARK: - Checkpoint and restore

extension IDWindow {
    /// The seq through which all ids are in the checkpoint, where the partition stands at `seq`.
    public func writtenThroughSeq(at seq: Int64) -> Int64 {
        writtenPosition >= tail ? seq : pointer(max(writtenPosition, head)).pointee.seq - 1
    }

    /// The next block to write and its positions: a full one, or with `isForced` also one that is still filling. Nil: nothing to write.
    public func nextBlock(isForced: Bool) -> (number: Int64, positions: Range<Int64>)? {
        guard writtenPosition < tail else { return nil }
        let number = max(writtenPosition, head) / IDWindow.perBlock
        let end = (number + 1) * IDWindow.perBlock
        guard end <= tail || isForced else { return nil }
        return (number, max(number * IDWindow.perBlock, head)..<min(end, tail))
    }

    /// Notes that entries below this position are in the checkpoint.
    public mutating func noteWritten(through position: Int64) {
        assert(position > writtenPosition && position <= tail)
        writtenPosition = position
    }

    /// A block that has left the window and has no tombstone yet; nil where there is none.
    public var nextRemovedBlock: Int64? { removedBlocks < head / IDWindow.perBlock ? removedBlocks : nil }

    /// Notes that the next removed block has its tombstone.
    public mutating func noteRemoved() { removedBlocks += 1 }

    /// Restore: starts an empty window at a position.
    public mutating func restoreStart(at position: Int64, evictedThroughMilliseconds evicted: Int64) {
        precondition(tail == head, "the window is not empty")
        head = position
        tail = position
        writtenPosition = position
        removedBlocks = position / IDWindow.perBlock
        evictedThroughMilliseconds = evicted
    }

    /// Restore: adds an entry that the checkpoint has.
    public mutating func restoreAppend(_ entry: IDEntry) {
        append(entry)
        writtenPosition = tail
    }
}
