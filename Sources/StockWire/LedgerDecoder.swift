public import StockCore

/// Why an input was not applied, as its ledger record tells it. Borrowed like `EventEnvelope`.
public struct LedgerErrorView {
    /// The stable code of `WireErrorCode`; empty where the record tells none.
    public var code = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The field or header meant; empty for none.
    public var field = UnsafeRawBufferPointer(start: nil, count: 0)
    /// The byte in the value; -1 for none.
    public var byte: Int64 = -1
    /// The sentence.
    public var message = UnsafeRawBufferPointer(start: nil, count: 0)

    /// No error.
    public init() {}
}

/// Reads records of `stock.ledger.v1` back into facts, for restore, replay and tools. Strict: a member that this version does not know
/// is damage, not something to pass over, because the state would not be the same. Its buffers are reused.
public struct LedgerDecoder: ~Copyable {
    /// Id, source, meta and traceparent of the record decoded last; valid until the next decode and no longer than the record's bytes.
    public internal(set) var envelope = EventEnvelope()
    /// Its error, of unreadable records.
    public internal(set) var error = LedgerErrorView()

    var scanner = JSONScanner()
    private var seen: UInt128 = 0

    /// A decoder.
    public init() {}

    /// Decodes a record's value into `fact`, which keeps the capacity of its `items`. The idempotency key is computed again from source
    /// and id.
    ///
    /// Errors: `newerVersion` with the version found, before anything else of the record is read; `corrupt`, `missingField` and all
    /// errors of JSON where the record is damaged.
    public mutating func decode(_ value: UnsafeRawBufferPointer, into fact: inout Fact) throws(WireError) {
        fact.reset()
        envelope = EventEnvelope()
        error = LedgerErrorView()
        seen = 0
        try scanner.begin(value)
        var isMore = try scanner.openObject()
        var cursor: UInt8 = 0
        while isMore {
            let name = try scanner.memberName()
            let bytes = scanner.contents(name)
            guard let field = LedgerField.named(bytes, from: cursor) else {
                throw WireError(.corrupt, field: JSONScanner.shortened(bytes), offset: name.start, detail: "an unknown member")
            }
            let bit: UInt128 = 1 &<< UInt128(field.rawValue)
            guard seen & bit == 0 else { throw WireError(.duplicateField, field: Key(field.name), offset: name.start) }
            seen |= bit
            cursor = field.rawValue &+ 1
            do throws(WireError) {
                try read(field, into: &fact)
            } catch {
                throw error.naming(field.name)
            }
            isMore = try scanner.anotherMember()
        }
        try scanner.finish()
        try checkRequired(.v)
        try checkRequired(.seq)
        try checkRequired(.next)
        try checkRequired(.timeMilliseconds)
        try checkRequired(.kind)
        try checkRequired(.outcome)
        // What was not read as an event has no effect under its id.
        if !envelope.id.isEmpty && fact.kind != .unreadable { fact.idHash = EventDecoder.idHash(source: envelope.source, id: envelope.id) }
    }

    private func checkRequired(_ field: LedgerField) throws(WireError) {
        guard seen &>> UInt128(field.rawValue) & 1 == 1 else { throw WireError(.missingField, field: Key(field.name)) }
    }

    private mutating func read(_ field: LedgerField, into fact: inout Fact) throws(WireError) {
        switch field {
        case .v:
            let version = try scanner.readInteger()
            guard version <= LedgerEncoder.version else {
                throw WireError(.newerVersion, field: Key("v"), low: version, high: LedgerEncoder.version)
            }
            guard version == 1 else { throw damaged("no such version") }
        case .seq: fact.seq = try scanner.readInteger()
        case .next: fact.next = try scanner.readInteger()
        case .offset: fact.offset = try scanner.readInteger()
        case .timeMilliseconds: fact.timeMilliseconds = try scanner.readInteger()
        case .incarnation: fact.incarnation = try scanner.readInteger()
        case .occurredAtMilliseconds: fact.occurredAtMilliseconds = try scanner.readInteger()
        case .version: fact.version = try scanner.readInteger()
        case .quantity: fact.quantity = try scanner.readInteger()
        case .rejected, .limit: fact.rejected = try scanner.readInteger()
        case .total, .available, .found, .base, .lines, .heldByOwner: fact.total = try scanner.readInteger()
        case .expiresAtMilliseconds: fact.expiresAtMilliseconds = try scanner.readInteger()
        case .horizonMilliseconds: fact.horizonMilliseconds = try scanner.readInteger()
        case .earlyCount: fact.earlyCount = try scanner.readInteger()
        case .orderLineHorizon: fact.isOrderLineHorizon = try scanner.readFlag()
        case .gapFrom: fact.gapFrom = try scanner.readInteger()
        case .gapTo: fact.gapTo = try scanner.readInteger()
        case .minExpiryMilliseconds: fact.minExpiryMilliseconds = try scanner.readInteger()
        case .warrantyUntilMilliseconds: fact.warrantyUntilMilliseconds = try scanner.readInteger()
        case .lotExpiresAtMilliseconds: fact.lotExpiresAtMilliseconds = try scanner.readInteger()
        case .lotExpiresOn:
            guard let day = Timestamp.parseDay(try readText()), day >= 0 else { throw damaged("not a day") }
            fact.lotDayMilliseconds = (day + 1) * 86_400_000
        case .firstSeq: fact.firstSeq = try scanner.readInteger()
        case .forced: fact.isForced = try scanner.readFlag()
        case .unverified: fact.isUnverified = try scanner.readFlag()
        case .absorbed: fact.isAbsorbed = try scanner.readFlag()
        case .absorbedTo: fact.isAbsorbedTo = try scanner.readFlag()
        case .id: envelope.id = try readText()
        case .source: envelope.source = try readText()
        case .traceparent: envelope.traceparent = try readText()
        case .bodyHash: fact.bodyHash = try readHex(16).low
        case .meta, .policy, .after, .items, .unit, .chain, .error, .wait, .serials: try readObject(field, into: &fact)
        case .kind, .outcome, .rejection, .firstOutcome, .firstRejection, .from, .disposition, .to, .rest:
            try readName(field, into: &fact)
        default: try readKey(field, into: &fact)
        }
    }

    private mutating func readKey(_ field: LedgerField, into fact: inout Fact) throws(WireError) {
        let key = try readKey()
        switch field {
        case .sku: fact.sku = key
        case .location: fact.location = key
        case .hold: fact.hold = key
        case .orderLine: fact.orderLine = key
        case .line: fact.line = key
        case .incoming, .toLocation, .ofShipment, .channel, .approvedBy: fact.counterpart = key
        case .reason: fact.reason = key
        case .actor: fact.actor = key
        case .lot: fact.lot = key
        case .serial: fact.serial = key
        case .claim: fact.claim = key
        default: fact.document = key
        }
    }

    private mutating func readName(_ field: LedgerField, into fact: inout Fact) throws(WireError) {
        let text = try readText()
        switch field {
        case .kind: fact.kind = try known(FactKind(wireName: text))
        case .outcome: fact.outcome = try known(Outcome(wireName: text))
        case .rejection: fact.rejection = try known(Rejection(wireName: text))
        case .firstOutcome: fact.firstOutcome = try known(Outcome(wireName: text))
        case .firstRejection: fact.firstRejection = try known(Rejection(wireName: text))
        case .to: fact.toDisposition = try known(Disposition(wireName: text))
        case .rest: fact.rest = try known(RestPolicy(wireName: text))
        default: fact.disposition = try known(Disposition(wireName: text))
        }
    }
}
