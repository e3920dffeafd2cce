/// Records of one kind in numbered slots, in memory that never moves, with an undo log of first touches.
///
/// Between `begin` and `commit` or `abort` the first change of a slot saves what it was; `abort` puts everything back, the free list
/// included. Outside a transaction changes are final. Reading a slot costs two loads; changing it a compare besides: who changes several
/// members of a record asks for it once (`change`).
public struct Slab<Record: BitwiseCopyable>: ~Copyable {
    /// "No slot".
    public static var none: Int32 { -1 }

    @usableFromInline struct Cell {
        @usableFromInline var record: Record
        /// The transaction that touched the slot last.
        @usableFromInline var touchedIn: UInt32
        /// -2: live; otherwise the next free slot, -1 at the end.
        @usableFromInline var link: Int32

        @usableFromInline init(record: Record, touchedIn: UInt32, link: Int32) {
            self.record = record
            self.touchedIn = touchedIn
            self.link = link
        }
    }

    @usableFromInline static var chunkShift: Int32 { 10 }
    @usableFromInline static var chunkMask: Int32 { (1 << chunkShift) - 1 }

    @usableFromInline var chunks: UnsafeMutablePointer<UnsafeMutablePointer<Cell>>
    @usableFromInline var chunkCount = 0
    @usableFromInline var chunkCapacity = 4
    @usableFromInline var used: Int32 = 0
    @usableFromInline var freeHead: Int32 = -1
    @usableFromInline var live: Int32 = 0
    /// What touched slots were: whole cells, copied as memory.
    @usableFromInline var undo: UnsafeMutablePointer<Cell>
    @usableFromInline var undoSlots: UnsafeMutablePointer<Int32>
    @usableFromInline var undoCount = 0
    @usableFromInline var undoCapacity = 64
    @usableFromInline var transaction: UInt32 = 1
    @usableFromInline var isRecording = false
    @usableFromInline var savedHead: (used: Int32, freeHead: Int32, live: Int32) = (0, -1, 0)

    /// An empty slab.
    public init() {
        chunks = .allocate(capacity: 4)
        undo = .allocate(capacity: 64)
        undoSlots = .allocate(capacity: 64)
    }

    deinit {
        for index in 0..<chunkCount { chunks[index].deallocate() }
        chunks.deallocate()
        undo.deallocate()
        undoSlots.deallocate()
    }

    /// The number of live records.
    @inlinable public var count: Int { Int(live) }

    /// One above the highest slot that was ever used: the bound for a walk over all slots.
    @inlinable public var slotBound: Int32 { used }

    /// The record in a live slot, to be looked at more than once. Valid until the slot is freed.
    @inlinable @inline(__always) func record(_ slot: Int32) -> UnsafePointer<Record> {
        assert(cell(slot).pointee.link == -2, "record is gone")
        return UnsafePointer(UnsafeMutableRawPointer(cell(slot)).assumingMemoryBound(to: Record.self))
    }

    @inlinable @inline(__always) func cell(_ slot: Int32) -> UnsafeMutablePointer<Cell> {
        assert(slot >= 0 && slot < used, "slot out of range")
        return chunks[Int(slot >> Self.chunkShift)] + Int(slot & Self.chunkMask)
    }

    /// Whether the slot holds a record.
    @inlinable public func isLive(_ slot: Int32) -> Bool { slot >= 0 && slot < used && cell(slot).pointee.link == -2 }

    /// The record in a live slot. Changing it saves its old value first.
    @inlinable public subscript(slot: Int32) -> Record {
        _read {
            assert(cell(slot).pointee.link == -2, "record is gone")
            yield cell(slot).pointee.record
        }
        _modify { yield &change(slot).pointee }
    }

    /// The record in a live slot, to be changed: its old value is saved, once for however many changes. Valid until the slot is freed or
    /// the transaction ends.
    @inlinable @inline(__always) mutating func change(_ slot: Int32) -> UnsafeMutablePointer<Record> {
        let cell = cell(slot)
        assert(cell.pointee.link == -2, "record is gone")
        if isRecording && cell.pointee.touchedIn != transaction { save(slot, cell) }
        // The record is the cell's first member.
        return UnsafeMutableRawPointer(cell).assumingMemoryBound(to: Record.self)
    }

    @inline(never) @usableFromInline mutating func save(_ slot: Int32, _ cell: UnsafeMutablePointer<Cell>) {
        if undoCount == undoCapacity { resizeUndo(to: undoCapacity * 2) }
        cell.pointee.touchedIn = transaction
        (undo + undoCount).initialize(from: cell, count: 1)
        undoSlots[undoCount] = slot
        undoCount += 1
    }

    private mutating func resizeUndo(to capacity: Int) {
        assert(capacity >= undoCount)
        let (cells, slots) = (undo, undoSlots)
        undo = .allocate(capacity: capacity)
        undoSlots = .allocate(capacity: capacity)
        undo.initialize(from: cells, count: undoCount)
        undoSlots.initialize(from: slots, count: undoCount)
        cells.deallocate()
        slots.deallocate()
        undoCapacity = capacity
    }

    /// Puts a record into a free slot. O(1); allocates a chunk of 1,024 records where none is free.
    public mutating func insert(_ record: Record) -> Int32 {
        let slot: Int32
        if freeHead >= 0 {
            slot = freeHead
            let cell = cell(slot)
            if isRecording && cell.pointee.touchedIn != transaction { save(slot, cell) }
            freeHead = cell.pointee.link
            cell.pointee.record = record
            cell.pointee.link = -2
        } else {
            slot = used
            if Int(slot >> Self.chunkShift) == chunkCount { addChunk() }
            used += 1
            // Slots above the saved bound need no undo: `abort` lowers the bound.
            cell(slot).initialize(to: Cell(record: record, touchedIn: transaction, link: -2))
        }
        live += 1
        return slot
    }

    @inline(never) private mutating func addChunk() {
        if chunkCount == chunkCapacity {
            let old = chunks
            chunks = .allocate(capacity: chunkCapacity * 2)
            chunks.initialize(from: old, count: chunkCount)
            old.deallocate()
            chunkCapacity *= 2
        }
        chunks[chunkCount] = .allocate(capacity: 1 << Int(Self.chunkShift))
        chunkCount += 1
    }

    /// Frees a live slot.
    public mutating func remove(_ slot: Int32) {
        _ = change(slot)
        let cell = cell(slot)
        cell.pointee.link = freeHead
        freeHead = slot
        live -= 1
        assert(live >= 0, "more removed than inserted")
    }

    /// Opens a transaction.
    public mutating func begin() {
        assert(undoCount == 0 && !isRecording, "the last transaction was neither committed nor aborted")
        if transaction == UInt32.max { forgetTransactions() }
        transaction += 1
        isRecording = true
        savedHead = (used, freeHead, live)
    }

    /// Keeps what was done since `begin`.
    public mutating func commit() {
        assert(isRecording)
        forgetUndo()
    }

    /// Puts back what was there at `begin`.
    public mutating func abort() {
        assert(isRecording)
        // Each slot is in it once. Its mark is that of this transaction, whose number no later one has.
        for index in 0..<undoCount { cell(undoSlots[index]).update(from: undo + index, count: 1) }
        forgetUndo()
        (used, freeHead, live) = savedHead
    }

    /// Numbers begin anew after four billion transactions, and no slot may look touched by one that has the same. O(slots).
    private mutating func forgetTransactions() {
        for slot in 0..<used { cell(slot).pointee.touchedIn = 0 }
        transaction = 0
    }

    private mutating func forgetUndo() {
        isRecording = false
        undoCount = 0
        if undoCapacity > StateLimits.keptUndoEntries { resizeUndo(to: StateLimits.keptUndoEntries) }
    }
}
