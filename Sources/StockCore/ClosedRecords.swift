/// Closed records, 64 bytes each: a partition has millions of them. What few of them have stands in a second slab.
struct ClosedRecords: ~Copyable {
    private var cells = Slab<Cell>()
    private var rests = Slab<Rest>()

    /// What stands for the record. Without gaps: the order of the members matters.
    struct Cell: BitwiseCopyable {
        var writtenHash: UInt64 = 0
        var nextDirty: Int32 = -1
        /// The kind of that record, and above it two flags: whether it is in the list, whether it is gone.
        var listed: UInt8 = 0
        /// Kind, and above it outcome.
        var kinds: UInt8 = 0
        /// The instant's 48 bits.
        var closedAtHigh: UInt16 = 0
        var sku: Int32 = -1
        var previous: Int32 = -1
        var next: Int32 = -1
        /// The slot of its `Rest`, or what it says without one.
        var rest: Int32 = Cell.nothingLeft
        var id = Hash128()
        var content: UInt64 = 0
        var quantity: UInt32 = 0
        var closedAtLow: UInt32 = 0

        /// Nothing of it has left, and nothing came back.
        static var nothingLeft: Int32 { -1 }
        /// All of it has left, and nothing came back.
        static var allLeft: Int32 { -2 }

        var status: RecordStatus {
            @inline(__always) get {
                var status = RecordStatus()
                status.writtenHash = writtenHash
                status.nextDirty = RecordReference(kind: RecordKind(rawValue: listed & 0x3F)!, slot: nextDirty)
                status.isDirty = listed & 0x40 != 0
                status.isDead = listed & 0x80 != 0
                return status
            }
            @inline(__always) set {
                writtenHash = newValue.writtenHash
                nextDirty = newValue.nextDirty.slot
                listed = newValue.nextDirty.kind.rawValue | (newValue.isDirty ? 0x40 : 0) | (newValue.isDead ? 0x80 : 0)
            }
        }

        init(_ record: ClosedRecord) {
            status = record.status
            kinds = record.kind.rawValue | record.outcome.rawValue << 4
            (sku, previous, next, id, content) = (record.sku, record.previous, record.next, record.id, record.content)
            quantity = UInt32(truncatingIfNeeded: record.quantity)
            closedAtLow = UInt32(truncatingIfNeeded: record.closedAtMilliseconds)
            closedAtHigh = UInt16(truncatingIfNeeded: record.closedAtMilliseconds >> 32)
            if record.shipped != 0 { rest = Cell.allLeft }
        }

        /// Whether it says all of the record.
        @inline(__always) func isWhole(_ record: ClosedRecord) -> Bool {
            let isPlain = record.returned == 0 && record.cores == 0 && (record.shipped == 0 || record.shipped == record.quantity)
            return isPlain && Int64(quantity) == record.quantity && closedAt == record.closedAtMilliseconds
        }

        private var closedAt: Int64 { Int64(closedAtHigh) << 32 | Int64(closedAtLow) }

        @inline(__always) var record: ClosedRecord {
            var record = ClosedRecord()
            record.status = status
            record.kind = ClosedKind(rawValue: kinds & 0xF)!
            record.outcome = ClosedOutcome(rawValue: kinds >> 4)!
            (record.sku, record.previous, record.next, record.id, record.content) = (sku, previous, next, id, content)
            record.quantity = Int64(quantity)
            record.shipped = rest == Cell.allLeft ? Int64(quantity) : 0
            record.closedAtMilliseconds = closedAt
            return record
        }
    }

    /// The numbers of a record of which some came back, of a serial or a shipment that remembers more, and of one whose own are too large.
    /// Not private: Swift 6.3 fails on a slab of a private type here.
    struct Rest: BitwiseCopyable {
        var quantity, shipped, returned, cores, closedAtMilliseconds: Int64
    }

    /// One above the highest slot that was ever used.
    var slotBound: Int32 { cells.slotBound }

    func isLive(_ slot: Int32) -> Bool { cells.isLive(slot) }

    /// Whether the slot has the record of this id.
    @inline(__always) func isOf(_ slot: Int32, _ sku: Int32, _ id: Hash128) -> Bool { cells[slot].sku == sku && cells[slot].id == id }

    subscript(slot: Int32) -> ClosedRecord {
        @inline(__always) get {
            var record = cells[slot].record
            let rest = cells[slot].rest
            guard rest >= 0 else { return record }
            (record.quantity, record.shipped, record.returned) = (rests[rest].quantity, rests[rest].shipped, rests[rest].returned)
            (record.cores, record.closedAtMilliseconds) = (rests[rest].cores, rests[rest].closedAtMilliseconds)
            return record
        }
        set {
            let rest = cells[slot].rest
            if rest >= 0 { rests.remove(rest) }
            cells[slot] = cell(newValue)
        }
    }

    /// What stands for a record, its rest put away.
    private mutating func cell(_ record: ClosedRecord) -> Cell {
        var cell = Cell(record)
        if !cell.isWhole(record) {
            cell.rest = rests.insert(
                Rest(
                    quantity: record.quantity, shipped: record.shipped, returned: record.returned, cores: record.cores,
                    closedAtMilliseconds: record.closedAtMilliseconds))
        }
        return cell
    }

    mutating func insert(_ record: ClosedRecord) -> Int32 { cells.insert(cell(record)) }

    mutating func remove(_ slot: Int32) {
        let rest = cells[slot].rest
        if rest >= 0 { rests.remove(rest) }
        cells.remove(slot)
    }

    // What changes most often, without the rest of the record.

    func isLongLived(_ slot: Int32) -> Bool {
        let kind = cells[slot].kinds & 0xF
        return kind == ClosedKind.orderLine.rawValue || kind == ClosedKind.serial.rawValue
    }

    /// Puts a record behind the last one of a queue.
    mutating func link(_ slot: Int32, after last: Int32) {
        let cell = cells.change(slot)
        cell.pointee.previous = last
        cell.pointee.next = -1
        if last >= 0 { cells.change(last).pointee.next = slot }
    }

    /// Puts a record before the first of its SKU's list of changed ones. False: it is in it already.
    @inline(__always) mutating func list(_ slot: Int32, before head: RecordReference) -> Bool {
        guard cells[slot].listed & 0x40 == 0 else { return false }
        let cell = cells.change(slot)
        cell.pointee.nextDirty = head.slot
        cell.pointee.listed = head.kind.rawValue | 0x40 | cell.pointee.listed & 0x80
        return true
    }

    func status(_ slot: Int32) -> RecordStatus { cells[slot].status }
    mutating func setStatus(_ slot: Int32, _ status: RecordStatus) { cells[slot].status = status }
    mutating func setPrevious(_ slot: Int32, _ previous: Int32) { cells[slot].previous = previous }
    mutating func setNext(_ slot: Int32, _ next: Int32) { cells[slot].next = next }

    /// Loads a record.
    @inline(__always) func warm(_ slot: Int32) -> UInt64 { cells.warm(slot) }

    // MARK: Transactions

    mutating func begin() {
        cells.begin()
        rests.begin()
    }

    mutating func commit() {
        cells.commit()
        rests.commit()
    }

    mutating func abort() {
        cells.abort()
        rests.abort()
    }
}
