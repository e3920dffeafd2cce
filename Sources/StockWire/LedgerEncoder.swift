public import StockCore

/// Writes facts as records of `stock.ledger.v1` (docs/outputs.md): one JSON object, everything in the value, no headers.
///
/// Fields that have their default value are left out. `LedgerDecoder` reads it back: nothing of a fact is lost.
public enum LedgerEncoder {
    /// The format version written, field `v`. A reader refuses a higher one.
    public static let version: Int64 = 1

    /// Appends the record. `envelope` gives id, source, meta and traceparent of the input; empty for internal facts. `error`: why an input
    /// could not be read (`deadLettered`) or went elsewhere (`rerouted`).
    ///
    /// By its address (`&fact`), since a value of this size is copied for a call that only reads it.
    public static func encode(
        _ fact: UnsafePointer<Fact>, _ envelope: EventEnvelope, error: WireError? = nil, into buffer: inout ByteBuffer
    ) {
        buffer.openObject()
        encodeFields(fact, envelope, into: &buffer)
        if let error {
            buffer.member("error")
            encode(error, into: &buffer)
        }
        buffer.closeObject()
    }

    /// The same of a fact that is at hand as a value.
    public static func encode(
        _ fact: borrowing Fact, _ envelope: EventEnvelope, error: WireError? = nil, into buffer: inout ByteBuffer
    ) {
        withUnsafePointer(to: fact) { encode($0, envelope, error: error, into: &buffer) }
    }

    /// Appends an error as an object: code, field, byte and sentence.
    static func encode(_ error: WireError, into buffer: inout ByteBuffer) {
        buffer.openObject()
        buffer.member("code", literal: error.code.code)
        buffer.memberUnlessEmpty("field", error.field)
        if error.offset >= 0 { buffer.member("byte", Int64(error.offset)) }
        var sentence = ByteBuffer(capacity: 512)
        error.write(into: &sentence)
        buffer.member("message", sentence.bytes)
        buffer.closeObject()
    }

    private static func encodeFields(_ fact: UnsafePointer<Fact>, _ envelope: EventEnvelope, into buffer: inout ByteBuffer) {
        buffer.member("v", version)
        buffer.member("seq", fact.pointee.seq)
        buffer.member("next", fact.pointee.next)
        if fact.pointee.offset >= 0 { buffer.member("offset", fact.pointee.offset) }
        buffer.member("timeMilliseconds", fact.pointee.timeMilliseconds)
        buffer.memberUnlessZero("incarnation", fact.pointee.incarnation)
        buffer.member("kind", literal: fact.pointee.kind.wireName)
        buffer.member("outcome", literal: fact.pointee.outcome.wireName)
        if fact.pointee.rejection != .none { buffer.member("rejection", literal: fact.pointee.rejection.code) }
        if fact.pointee.firstSeq != 0 { buffer.member("firstSeq", fact.pointee.firstSeq) }
        if fact.pointee.firstOutcome != .accepted { buffer.member("firstOutcome", literal: fact.pointee.firstOutcome.wireName) }
        if fact.pointee.firstRejection != .none { buffer.member("firstRejection", literal: fact.pointee.firstRejection.code) }
        buffer.memberUnlessEmpty("id", envelope.id)
        buffer.memberUnlessEmpty("source", envelope.source)
        if fact.pointee.bodyHash != 0 {
            buffer.member("bodyHash")
            buffer.append(UInt8(ascii: "\""))
            buffer.append(hexDigits: fact.pointee.bodyHash, count: 16)
            buffer.append(UInt8(ascii: "\""))
        }
        buffer.memberUnlessZero("occurredAtMilliseconds", fact.pointee.occurredAtMilliseconds)
        encodeSubject(fact, into: &buffer)
        encodeTerms(fact, into: &buffer)
        if !envelope.meta.isEmpty {
            buffer.member("meta")
            buffer.append(envelope.meta)
        }
        buffer.memberUnlessEmpty("traceparent", envelope.traceparent)
    }

    /// Who and what: the keys.
    private static func encodeSubject(_ fact: UnsafePointer<Fact>, into buffer: inout ByteBuffer) {
        buffer.memberUnlessEmpty("sku", fact.pointee.sku)
        buffer.memberUnlessZero("version", fact.pointee.version)
        buffer.memberUnlessEmpty("location", fact.pointee.location)
        buffer.memberUnlessEmpty("hold", fact.pointee.hold)
        buffer.memberUnlessEmpty("orderLine", fact.pointee.orderLine)
        buffer.memberUnlessEmpty(documentName(fact.pointee.kind), fact.pointee.document)
        buffer.memberUnlessEmpty("line", fact.pointee.line)
        buffer.memberUnlessEmpty(counterpartName(fact.pointee.kind), fact.pointee.counterpart)
        buffer.memberUnlessEmpty("serial", fact.pointee.serial)
        if !fact.pointee.serials.isEmpty { encode(serials: fact.pointee.serials, into: &buffer) }
        buffer.memberUnlessEmpty("claim", fact.pointee.claim)
        buffer.memberUnlessEmpty("lot", fact.pointee.lot)
        buffer.memberUnlessZero("lotExpiresAtMilliseconds", fact.pointee.lotExpiresAtMilliseconds)
        if fact.pointee.lotDayMilliseconds != 0 { buffer.member("lotExpiresOn", day: fact.pointee.lotDayMilliseconds - 1) }
        buffer.memberUnlessEmpty("reason", fact.pointee.reason)
        buffer.memberUnlessEmpty("actor", fact.pointee.actor)
    }

    /// How much, where to, on which terms, and what is there afterwards.
    private static func encodeTerms(_ fact: UnsafePointer<Fact>, into buffer: inout ByteBuffer) {
        buffer.memberUnlessZero("quantity", fact.pointee.quantity)
        if fact.pointee.total != 0 { buffer.member(totalName(fact.pointee.kind, fact.pointee.rejection), fact.pointee.total) }
        if fact.pointee.rejected != 0 { buffer.member(rejectedName(fact.pointee.rejection), fact.pointee.rejected) }
        buffer.memberUnlessZero("expiresAtMilliseconds", fact.pointee.expiresAtMilliseconds)
        buffer.memberUnlessZero("minExpiryMilliseconds", fact.pointee.minExpiryMilliseconds)
        buffer.memberUnlessZero("warrantyUntilMilliseconds", fact.pointee.warrantyUntilMilliseconds)
        if fact.pointee.kind == .move {
            buffer.member("from", literal: fact.pointee.disposition.wireName)
            buffer.member("to", literal: fact.pointee.toDisposition.wireName)
        } else {
            if fact.pointee.disposition != .sellable { buffer.member("disposition", literal: fact.pointee.disposition.wireName) }
            if fact.pointee.toDisposition != .sellable { buffer.member("to", literal: fact.pointee.toDisposition.wireName) }
        }
        if fact.pointee.rest != .keep { buffer.member("rest", literal: fact.pointee.rest.wireName) }
        buffer.memberIfSet("forced", flag: fact.pointee.isForced)
        buffer.memberIfSet("unverified", flag: fact.pointee.isUnverified)
        buffer.memberIfSet("absorbed", flag: fact.pointee.isAbsorbed)
        buffer.memberIfSet("absorbedTo", flag: fact.pointee.isAbsorbedTo)
        if !fact.pointee.unit.name.isEmpty { encode(fact.pointee.unit, into: &buffer) }
        if !fact.pointee.chain.isNone { encode(fact.pointee.chain, into: &buffer) }
        if fact.pointee.wait != WaitTerms() { encode(fact.pointee.wait, into: &buffer) }
        if fact.pointee.policy != Policy() { encode(fact.pointee.policy, into: &buffer) }
        if fact.pointee.after != Balances() {
            buffer.member("after")
            encode(fact.pointee.after, into: &buffer)
        }
        if !fact.pointee.items.isEmpty { encode(fact.pointee.items, of: fact.pointee.kind, into: &buffer) }
        buffer.memberUnlessZero("horizonMilliseconds", fact.pointee.horizonMilliseconds)
        buffer.memberIfSet("orderLineHorizon", flag: fact.pointee.isOrderLineHorizon)
        buffer.memberUnlessZero("earlyCount", fact.pointee.earlyCount)
        if fact.pointee.gapFrom != 0 { buffer.member("gapFrom", fact.pointee.gapFrom) }
        if fact.pointee.gapTo != 0 { buffer.member("gapTo", fact.pointee.gapTo) }
    }

    /// The name of the document's member.
    public static func documentName(_ kind: FactKind) -> StaticString {
        switch kind {
        case .receive, .receiveCorrect: "receipt"
        case .ship, .unship: "shipment"
        case .countOpen, .countLine, .countClose: "count"
        case .transferSend, .transferReceive, .transferClose: "transfer"
        case .return: "return"
        case .reassign: "toOrderLine"
        case .define: "zone"
        case .hold: "owner"
        default: "document"
        }
    }

    /// The name of the counterpart's member.
    public static func counterpartName(_ kind: FactKind) -> StaticString {
        switch kind {
        case .transferSend, .transferReceive, .transferClose, .reassign: "toLocation"
        case .return: "ofShipment"
        case .define, .hold, .commit, .sale: "channel"
        case .countClose: "approvedBy"
        default: "incoming"
        }
    }

    /// The name of `Fact.total`: the running total of a receipt line; `count_line`: what the books had; in refusals the value found
    /// (`valueMismatch`), how many lines of a count are the reason, what the owner's holds have, or what was available.
    public static func totalName(_ kind: FactKind, _ rejection: Rejection) -> StaticString {
        if rejection.isOfCountedLines { return "lines" }
        if rejection == .ownerLimit { return "heldByOwner" }
        if kind == .countLine { return "base" }
        if rejection == .none || kind == .receive && rejection != .overReceipt { return "total" }
        return rejection == .valueMismatch ? "found" : "available"
    }

    /// The name of `Fact.rejected`: what was not taken of a transfer; in refusals because of a limit that one.
    public static func rejectedName(_ rejection: Rejection) -> StaticString { rejection == .ownerLimit ? "limit" : "rejected" }

    /// Appends balances as an object; quantities of 0 are left out.
    static func encode(_ balances: Balances, into buffer: inout ByteBuffer) {
        buffer.openObject()
        buffer.memberUnlessZero("sellable", balances.sellable)
        buffer.memberUnlessZero("damaged", balances.damaged)
        buffer.memberUnlessZero("quarantine", balances.quarantine)
        buffer.memberUnlessZero("qc", balances.qc)
        buffer.memberUnlessZero("recalled", balances.recalled)
        buffer.memberUnlessZero("expired", balances.expired)
        buffer.memberUnlessZero("core", balances.core)
        buffer.memberUnlessZero("held", balances.held)
        buffer.memberUnlessZero("committed", balances.committed)
        buffer.memberUnlessZero("shortfall", balances.shortfall)
        buffer.memberUnlessZero("available", balances.available)
        buffer.memberUnlessZero("incoming", balances.incoming)
        buffer.memberUnlessZero("inTransit", balances.inTransit)
        buffer.memberUnlessZero("backordered", balances.backordered)
        buffer.memberUnlessZero("preordered", balances.preordered)
        buffer.closeObject()
    }

    /// Appends the serials of an event that named a list.
    static func encode(serials: [Key], into buffer: inout ByteBuffer) {
        buffer.member("serials")
        buffer.openArray()
        for serial in serials {
            buffer.separate()
            buffer.append(quoted: serial)
        }
        buffer.closeArray()
    }

    /// Appends what of a promise waits for stock.
    private static func encode(_ wait: WaitTerms, into buffer: inout ByteBuffer) {
        buffer.member("wait")
        buffer.openObject()
        buffer.memberUnlessZero("quantity", wait.quantity)
        if wait.term != .none { buffer.member("term", literal: wait.term.wireName) }
        buffer.memberUnlessZero("priority", wait.priority)
        buffer.memberIfSet("preorder", flag: wait.isPreorder)
        buffer.memberUnlessZero("shipByMilliseconds", wait.shipByMilliseconds)
        buffer.memberUnlessZero("ttlSeconds", wait.ttlSeconds)
        buffer.closeObject()
    }

    /// Appends where a fact stands among those of a request for several SKUs.
    static func encode(_ chain: Chain, into buffer: inout ByteBuffer) {
        buffer.member("chain")
        buffer.openObject()
        buffer.memberUnlessZero("hop", chain.hop)
        buffer.memberUnlessZero("asked", chain.asked)
        buffer.memberUnlessZero("met", chain.met)
        buffer.memberUnlessEmpty("next", chain.next)
        buffer.memberUnlessZero("passedOn", chain.passedOn)
        buffer.closeObject()
    }

    /// Appends the unit in which a quantity was given, and what came of it.
    static func encode(_ unit: UnitUse, into buffer: inout ByteBuffer) {
        buffer.member("unit")
        buffer.openObject()
        buffer.memberUnlessEmpty("name", unit.name)
        buffer.memberUnlessZero("numerator", unit.numerator)
        buffer.memberUnlessZero("denominator", unit.denominator)
        buffer.memberUnlessZero("entered", unit.entered)
        buffer.memberUnlessZero("residue", unit.residue)
        buffer.closeObject()
    }

    private static func encode(_ policy: Policy, into buffer: inout ByteBuffer) {
        buffer.member("policy")
        buffer.openObject()
        func term(_ name: StaticString, _ value: Int64, _ buffer: inout ByteBuffer) {
            if value != Policy.absent { buffer.member(name, value) }
        }
        func place(_ name: StaticString, _ value: Int64, _ buffer: inout ByteBuffer) {
            guard value != Policy.absent else { return }
            let disposition = Disposition(term: value)
            precondition(disposition != nil, "a policy names a disposition that exists")
            buffer.member(name, literal: disposition?.wireName ?? "")
        }
        term("scale", policy.scale, &buffer)
        term("safetyStock", policy.safetyStock, &buffer)
        term("reorderPoint", policy.reorderPoint, &buffer)
        term("reorderHysteresis", policy.reorderHysteresis, &buffer)
        place("returnDisposition", policy.returnDisposition, &buffer)
        place("receiveDisposition", policy.receiveDisposition, &buffer)
        term("maxHoldSeconds", policy.maxHoldSeconds, &buffer)
        term("maxHoldQuantity", policy.maxHoldQuantity, &buffer)
        term("maxHeldPerOwner", policy.maxHeldPerOwner, &buffer)
        term("overReceiptPercent", policy.overReceiptPercent, &buffer)
        term("minShelfLifeDays", policy.minShelfLifeDays, &buffer)
        term("warrantyDays", policy.warrantyDays, &buffer)
        if policy.serialTracked != Policy.absent { buffer.member("serialTracked", flag: policy.serialTracked == 1) }
        term("recountAbove", policy.recountAbove, &buffer)
        term("approveAbove", policy.approveAbove, &buffer)
        if policy.blindCount != Policy.absent { buffer.member("blindCount", flag: policy.blindCount == 1) }
        if policy.velocity != Policy.absent { buffer.member("velocity", flag: policy.velocity == 1) }
        if policy.expiryAlertDays != Policy.absent {
            buffer.member("expiryAlertDays")
            buffer.openArray()
            for days in AlertDays(of: policy).list {
                buffer.separate()
                buffer.append(decimal: days)
            }
            buffer.closeArray()
        }
        if policy.lotTracked != Policy.absent { buffer.member("lotTracked", flag: policy.lotTracked == 1) }
        if policy.lateDelta != Policy.absent {
            let term = UInt8(exactly: policy.lateDelta).flatMap(LateDelta.init(rawValue:))
            precondition(term != nil, "a policy names a rule that exists")
            buffer.member("lateDelta", literal: term?.wireName ?? "")
        }
        term("closedThroughMilliseconds", policy.closedThroughMilliseconds, &buffer)
        term("oversellLimit", policy.oversellLimit, &buffer)
        term("backorderLimit", policy.backorderLimit, &buffer)
        term("backorderDays", policy.backorderDays, &buffer)
        term("preorderLimit", policy.preorderLimit, &buffer)
        term("preorderUntilMilliseconds", policy.preorderUntilMilliseconds, &buffer)
        buffer.closeObject()
    }

    static func encode(_ items: [FactItem], of kind: FactKind, into buffer: inout ByteBuffer) {
        buffer.member("items")
        buffer.openArray()
        for item in items {
            buffer.separate()
            buffer.openObject()
            switch item.kind {
            case .main:
                buffer.memberUnlessEmpty(kind == .expire ? "hold" : kind == .commitExpire ? "orderLine" : "lot", item.id)
            case .absorbed, .absorbedTo, .absorbedBoth:
                buffer.memberUnlessEmpty("lot", item.id)
                buffer.memberIfSet("absorbed", flag: item.kind != .absorbedTo)
                buffer.memberIfSet("absorbedTo", flag: item.kind != .absorbed)
            case .hold, .granted: buffer.memberUnlessEmpty("hold", item.id)
            case .orderLine, .filled: buffer.memberUnlessEmpty("orderLine", item.id)
            case .variance:
                buffer.member("variance", flag: true)
                buffer.memberUnlessEmpty("lot", item.id)
            case .part:
                buffer.member("part", flag: true)
                buffer.memberUnlessEmpty("hold", item.id)
            case .candidate: preconditionFailure("candidates are chosen from before a fact is written")
            }
            buffer.memberUnlessEmpty("location", item.location)
            buffer.memberUnlessZero("quantity", item.quantity)
            if item.disposition != .sellable { buffer.member("disposition", literal: item.disposition.wireName) }
            buffer.memberUnlessZero("expiresAtMilliseconds", item.expiresAtMilliseconds)
            if !item.closed.isZero {
                buffer.member("closed")
                buffer.append(UInt8(ascii: "\""))
                buffer.append(hex: item.closed)
                buffer.append(UInt8(ascii: "\""))
            }
            buffer.closeObject()
        }
        buffer.closeArray()
    }
}
