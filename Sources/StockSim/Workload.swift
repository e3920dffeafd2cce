import StockCore
public import StockWire

/// What a record of a workload is meant to be.
public enum WorkloadRecordKind: Int, Sendable, CaseIterable {
    /// A new event.
    case event
    /// An event of before, with its id and body; perhaps in another form.
    case duplicate
    /// The id of an event of before with another body.
    case conflict
    /// No event.
    case malformed
    /// A new event on a wrong partition, with a wrong key or without one.
    case misrouted
}

/// One record of a workload; its pointers are valid until the next call of `Workload.next`.
public struct WorkloadRecord {
    /// What it is meant to be.
    public var kind: WorkloadRecordKind
    /// The partition; -1: that of the key.
    public var partition: Int32
    /// The key; nil: none.
    public var key: UnsafeRawBufferPointer?
    /// The value; nil: a tombstone.
    public var value: UnsafeRawBufferPointer?
    /// The headers.
    public var headers: UnsafeBufferPointer<RecordHeader>
}

/// Makes the records of a day of trade: definitions and opening stock, then orders, receipts, tills, and what goes wrong with them.
///
/// It never learns what the engine answers: it remembers what it has asked for in bounded rings and refers to that, so some of its events
/// meet a hold that was refused or has expired. The same options and times give the same bytes. In steady state it does not allocate.
public struct Workload: ~Copyable {
    /// From what it is made.
    public let options: WorkloadOptions
    /// What is traded.
    public let catalogue: SampleCatalogue
    /// How many records it has made.
    public private(set) var made: UInt64 = 0
    /// How many records are definitions and opening stock; 0 where the options leave them out.
    public let prefillCount: UInt64

    var random: WorkloadRandom
    let popularity: ZipfSampler
    let run: UInt32
    var number: UInt64 = 0
    var now: Int64 = 0
    var value = ByteBuffer(capacity: 4_096)
    var key = ByteBuffer(capacity: 64)
    var headers = HeaderBuffer()
    var isStructured = false
    var hasValue = true

    // What later events refer to.
    var history = Ring<EventDraft>(capacity: 4_096)
    var holds = Ring<EventDraft>(capacity: 8_192)
    var lines = Ring<EventDraft>(capacity: 8_192)
    var shipped = Ring<EventDraft>(capacity: 4_096)
    var returned = Ring<EventDraft>(capacity: 4_096)
    var receipts = Ring<EventDraft>(capacity: 1_024)
    var burst = Burst()
    var prefill = PrefillCursor()
    var domain = DomainMemory()

    /// A workload at its beginning.
    public init(options: WorkloadOptions) {
        self.options = options
        catalogue = SampleCatalogue(seed: options.seed, count: options.skus)
        random = WorkloadRandom(seed: options.seed)
        popularity = ZipfSampler(count: options.skus, skew: options.skew)
        var state = options.seed ^ 0x72756E
        run = UInt32(truncatingIfNeeded: WorkloadRandom.split(&state))
        prefillCount = options.hasPrefill ? PrefillCursor.count(options) : 0
    }

    /// Whether the next record is still a definition or opening stock.
    public var isPrefilling: Bool { made < prefillCount }

    /// Makes the next record. `timeMilliseconds` (since 1970) is when it is due; it shows in the business time of some events.
    public mutating func next(atMilliseconds timeMilliseconds: Int64) -> WorkloadRecord {
        now = timeMilliseconds
        defer { made += 1 }
        if isPrefilling { return makePrefill() }
        let dice = random.unit()
        var edge = options.malformed
        if dice < edge { return makeMalformed() }
        edge += options.duplicates
        if dice < edge, let draft = history.peek(&random) { return record(.duplicate, draft) }
        edge += options.conflicts
        if dice < edge, let draft = history.peek(&random) { return record(.conflict, amended(draft)) }
        edge += options.misrouted
        let draft = makeEvent()
        if dice < edge { return misroute(draft) }
        return record(.event, draft)
    }

    /// The next event of the mix, with its number and remembered.
    private mutating func makeEvent() -> EventDraft {
        var draft =
            switch options.mix {
            case .marketplace: marketplaceEvent()
            case .sales: salesEvent()
            case .flashSale: flashSaleEvent()
            case .receiving: receivingEvent()
            case .tills: tillEvent()
            case .domain: domainEvent()
            }
        number += 1
        draft.number = number
        history.add(draft, &random)
        return draft
    }

    private func amended(_ draft: EventDraft) -> EventDraft {
        var other = draft
        other.reason = .amended
        // A serial is one unit.
        if other.quantity > 0, other.domain.serial == 0 { other.quantity += 1 }
        return other
    }

    // MARK: Records

    /// Writes the event in one of the three forms.
    mutating func record(_ kind: WorkloadRecordKind, _ draft: EventDraft) -> WorkloadRecord {
        let dice = options.cloudEvents > 0 ? random.unit() : 1
        write(draft, dice < options.cloudEvents / 2 ? .binary : dice < options.cloudEvents ? .structured : .plain)
        return finished(kind, partition: -1)
    }

    /// What is in the buffers, as a record.
    mutating func finished(_ kind: WorkloadRecordKind, partition: Int32, hasKey: Bool = true) -> WorkloadRecord {
        WorkloadRecord(
            kind: kind, partition: partition, key: hasKey ? key.bytes : nil, value: hasValue ? value.bytes : nil, headers: headers.headers()
        )
    }

    private mutating func misroute(_ draft: EventDraft) -> WorkloadRecord {
        write(draft, .plain)
        let count = options.partitions
        switch random.below(count > 1 ? 3 : 2) {
        case 0:
            // Without a partition of its own the producer's library would choose one at random.
            return finished(.misrouted, partition: count > 0 ? Int32(random.below(Int(count))) : -1, hasKey: false)
        case 1:
            key.clear()
            key.append("order-")
            key.append(decimal: Int64(draft.number))
            return finished(.misrouted, partition: -1)
        default:
            let right = Murmur2.partition(key.bytes, of: count)
            return finished(.misrouted, partition: (right + 1 + Int32(random.below(Int(count) - 1))) % count)
        }
    }
}
