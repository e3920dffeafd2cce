public import StockCore

/// Reads input events: plain JSON, CloudEvents in binary mode, CloudEvents in structured mode (docs/events.md). Its buffers are reused;
/// in steady state it does not allocate. Use one a worker.
public struct EventDecoder: ~Copyable {
    /// What goes along with the event decoded last. After an error it holds what could be read before it, so that a caller who asked for
    /// an answer gets one.
    public internal(set) var envelope = EventEnvelope()

    var scanner = JSONScanner()
    var seen = FieldSet()
    /// Where each field's value begins, for errors found at the end.
    let offsets: UnsafeMutablePointer<Int32>
    private let table = FieldTable()
    /// What every event begins as. Copied, which costs less than to make one.
    private let blank: UnsafeMutablePointer<StockEvent>
    var cloud = CloudAttributes()
    var isInData = false
    /// The SKUs that the request names after its own, and those that were asked before.
    var alternatives: [Key] = []
    var visited: [Key] = []
    /// The locations that the event decoded last names to be chosen from, for `PartitionState.decide`; empty where it names none.
    public internal(set) var candidates: [Candidate] = []
    var distances: [Int64] = []
    /// The serials that the event decoded last names as a list, for `PartitionState.decide`; empty where it names none.
    public internal(set) var serials: [Key] = []

    /// A decoder.
    public init() {
        offsets = .allocate(capacity: EventField.bound)
        offsets.initialize(repeating: -1, count: EventField.bound)
        blank = .allocate(capacity: 1)
        blank.initialize(to: StockEvent())
    }

    deinit {
        offsets.deallocate()
        blank.deallocate()
    }

    /// Forgets the envelope of the record before: for a record that is not decoded at all. It borrows from that record's bytes, and asks
    /// for an answer to that record's sender.
    public mutating func discard() { envelope = EventEnvelope() }

    /// Decodes a record into `event`. `event.occurredAtMilliseconds` is the record's time where the event names none. Which partition
    /// the SKU belongs to is not checked here.
    ///
    /// Errors: everything that docs/events.md lists; `event` and `envelope` then hold what was read so far.
    public mutating func decode(_ record: RecordView, into event: inout StockEvent) throws(WireError) {
        withUnsafeMutablePointer(to: &event) { $0.update(from: blank, count: 1) }
        event.occurredAtMilliseconds = record.timestampMilliseconds
        envelope = EventEnvelope()
        seen = FieldSet()
        cloud = CloudAttributes()
        isInData = false
        if !alternatives.isEmpty { alternatives.removeAll(keepingCapacity: true) }
        if !visited.isEmpty { visited.removeAll(keepingCapacity: true) }
        if !candidates.isEmpty { candidates.removeAll(keepingCapacity: true) }
        if !distances.isEmpty { distances.removeAll(keepingCapacity: true) }
        if !serials.isEmpty { serials.removeAll(keepingCapacity: true) }
        let size = record.byteCount
        guard size <= WireLimits.maxRecordBytes || size <= WireLimits.maxRecordBytes + WireLimits.rerouteBytes && record.isRerouted else {
            throw WireError(.tooLarge, low: Int64(size), high: Int64(WireLimits.maxRecordBytes))
        }
        let headers = record.headers.count
        guard headers <= WireLimits.maxHeaders || headers == WireLimits.maxHeaders + 1 && record.isRerouted else {
            throw WireError(.badHeader, detail: "a record has at most 10,000 headers")
        }
        let mode = try readHeaders(record.headers)
        guard let value = record.value else { throw WireError(.noValue) }
        try scanner.begin(value)
        scanner.skipSpace()
        guard scanner.peek == UInt8(ascii: "{") else { throw try notAnObject() }
        switch mode {
        case .plain:
            try readFields(into: &event)
        case .binary:
            try takeAttributes(into: &event)
            isInData = true
            try readFields(into: &event)
        case .structured:
            try readStructured(into: &event)
        }
        try scanner.finish()
        if mode == .structured { try takeAttributes(into: &event) }
        try check(&event)
        if event.type == .define { event.policy.minShelfLifeDays = event.minShelfLifeDays }
        if seen.contains(.alternatives) || seen.contains(.hop) { noteChain(&event) }
        if seen.contains(.locations) { noteCandidates(&event) }
        if seen.contains(.serials) { event.serialsHash = PartitionState.hash(ofSerials: serials) }
        event.idHash = Self.idHash(source: envelope.source, id: envelope.id)
        event.bodyHash = Self.bodyHash(&event, meta: envelope.meta)
    }

    /// The error for a value that is no object: `notAnObject` if it is JSON, else what is wrong with it.
    private mutating func notAnObject() throws(WireError) -> WireError {
        if scanner.position == scanner.bytes.count { return scanner.failure(.syntax, "the value is empty") }
        let start = scanner.position
        try scanner.skipValue(depth: 1, limit: scanner.bytes.count)
        try scanner.finish()
        return WireError(.notAnObject, offset: start)
    }

    /// The idempotency key of an event.
    public static func idHash(source: UnsafeRawBufferPointer, id: UnsafeRawBufferPointer) -> Hash128 {
        var hasher = Hasher128(seed: 0x6964)
        hasher.combine(source)
        hasher.combine(id)
        return hasher.finish()
    }

    /// Reads all members of the object at the next byte as the event's fields.
    mutating func readFields(into event: inout StockEvent) throws(WireError) {
        var isMore = try scanner.openObject()
        while isMore {
            let name = try scanner.memberName()
            let bytes = scanner.contents(name)
            guard let field = table.field(named: bytes) else {
                throw WireError(.unknownField, field: JSONScanner.shortened(bytes), offset: name.start)
            }
            if isInData && (field == .id || field == .source || field == .type) {
                throw WireError(
                    .unusedField, field: Key(field.name), offset: name.start,
                    detail: "it stands in the CloudEvents attributes, not in the data")
            }
            guard !seen.contains(field) else { throw WireError(.duplicateField, field: Key(field.name), offset: name.start) }
            seen.insert(field)
            offsets[Int(field.rawValue)] = Int32(truncatingIfNeeded: scanner.position)
            do throws(WireError) {
                try read(field, into: &event)
            } catch {
                if scanner.peek == UInt8(ascii: "n") && error.code == .wrongType {
                    try scanner.expect("null")
                    throw WireError(.nullValue, field: Key(field.name), offset: error.offset)
                }
                throw error.naming(field.name)
            }
            isMore = try scanner.anotherMember()
        }
    }
}
