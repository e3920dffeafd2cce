/// Records of one kind in numbered slots, in memory that never moves, with an undo log of first touches.
///
/// Between `begin` and `commit` or `abort` the first change of a slot saves what it was; `abort` puts everything back, the free list
/// included. Outside a transaction changes are final. Reading a slot costs two loads; changing it a compare besides.
public struct Slab<Record: BitwiseCopyable>: ~Copyable {
    /// "No slot".
    public static var none: Int32 { -1 }

    @usableFromInline struct Cell {
        @usableFromInline var record: Record
        /// The transaction that touched the slot last.
        @usableFromInline var touchedIn: UInt64
        /// -2: live; otherwise the next free slot, -1 at the end.
        @usableFromInline var link: Int32

        @usableFromInline init(record: Record, touchedIn: UInt64, link: Int32) {
            self.record = record
            self.touchedIn = touchedIn
            self.link = link
        }
    }

    @usableFromInline struct Saved {
        @usableFromInline var slot: Int32
        @usableFromInline var link: Int32
        @usableFromInline var record: Record

        @usableFromInline init(slot: Int32, link: Int32, record: Record) {
            self.slot = slot
            self.link = link
            self.record = record
        }
    }

    @usableFromInline static var chunkShift: Int32 { 10 }
    @usableFromInline static var chunkMask: Int32 { (1 << chunkShift) - 1 }

    @usableFromInline var chunks: [UnsafeMutablePointer<Cell>] = []
    @usableFromInline var used: Int32 = 0
    @usableFromInline var freeHead: Int32 = -1
    @usableFromInline var live: Int32 = 0
    @usableFromInline var undo: [Saved] = []
    @usableFromInline var transaction: UInt64 = 1
    @usableFromInline var isRecording = false
    @usableFromInline var savedHead: (used: Int32, freeHead: Int32, live: Int32) = (0, -1, 0)

    /// An empty slab.
    public init() {}

    deinit {
        for chunk in chunks { chunk.deallocate() }
    }

    /// The number of live records.
    @inlinable public var count: Int { Int(live) }

    /// One above the highest slot that was ever used: the bound for a walk over all slots.
    @inlinable public var slotBound: Int32 { used }

    @inlinable func cell(_ slot: Int32) -> UnsafeMutablePointer<Cell> {
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
        _modify {
            touch(slot)
            yield &cell(slot).pointee.record
        }
    }

    @inlinable mutating func touch(_ slot: Int32) {
        let cell = cell(slot)
        assert(cell.pointee.link == -2, "record is gone")
        guard isRecording && cell.pointee.touchedIn != transaction else { return }
        cell.pointee.touchedIn = transaction
        undo.append(Saved(slot: slot, link: cell.pointee.link, record: cell.pointee.record))
    }

    /// Puts a record into a free slot. O(1); allocates a chunk of 1,024 records where none is free.
    public mutating func insert(_ record: Record) -> Int32 {
        let slot: Int32
        if freeHead >= 0 {
            slot = freeHead
            let cell = cell(slot)
            if isRecording && cell.pointee.touchedIn != transaction {
                cell.pointee.touchedIn = transaction
                undo.append(Saved(slot: slot, link: cell.pointee.link, record: cell.pointee.record))
            }
            freeHead = cell.pointee.link
            cell.pointee.record = record
            cell.pointee.link = -2
        } else {
            slot = used
            if Int(slot >> Self.chunkShift) == chunks.count {
                chunks.append(.allocate(capacity: 1 << Int(Self.chunkShift)))
            }
            used += 1
            // Slots above the saved bound need no undo: `abort` lowers the bound.
            cell(slot).initialize(to: Cell(record: record, touchedIn: transaction, link: -2))
        }
        live += 1
        return slot
    }

    /// Frees a live slot.
    public mutating func remove(_ slot: Int32) {
        touch(slot)
        let cell = cell(slot)
        cell.pointee.link = freeHead
        freeHead = slot
        live -= 1
        assert(live >= 0, "more removed than inserted")
    }

    /// Opens a transaction.
    public mutating func begin() {
        assert(undo.isEmpty, "the last transaction was neither committed nor aborted")
        transaction &+= 1
        isRecording = true
        savedHead = (used, freeHead, live)
    }

    /// Keeps what was done since `begin`.
    public mutating func commit() {
        isRecording = false
        undo.removeAll(keepingCapacity: undo.count <= StateLimits.keptUndoEntries)
    }

    /// Puts back what was there at `begin`.
    public mutating func abort() {
        isRecording = false
        for saved in undo.reversed() where saved.slot < savedHead.used {
            let cell = cell(saved.slot)
            cell.pointee.record = saved.record
            cell.pointee.link = saved.link
        }
        undo.removeAll(keepingCapacity: true)
        (used, freeHead, live) = savedHead
    }
}
