public import StockCore

/// Writes the answer to an event that carried a reply key, the records of `stock.replies.v1` (key: the reply key; CloudEvents in
/// binary mode; docs/outputs.md).
public enum ReplyEncoder {
    /// The `ce_type` of every reply.
    public static let type: StaticString = "stock.reply.v1"

    /// Appends the answer: accepted with the balances, refused with the reason and the numbers, or a duplicate with the first outcome.
    /// `isBlind`: it keeps silent about the books (`PartitionState.isBlind`).
    public static func encode(
        _ fact: borrowing Fact, _ envelope: EventEnvelope, isBlind: Bool = false, into buffer: inout ByteBuffer
    ) {
        begin(fact, envelope, into: &buffer)
        buffer.member("type", literal: fact.kind.wireName)
        if fact.rejection != .none {
            buffer.member("rejection", literal: fact.rejection.code)
            buffer.member("message", literal: fact.rejection.sentence)
        }
        if fact.outcome == .duplicate {
            // 0: known by its business id only, beyond the window of event ids.
            buffer.member("firstSeq", fact.firstSeq)
            buffer.member("firstOutcome", literal: fact.firstOutcome.wireName)
            if fact.firstRejection != .none { buffer.member("firstRejection", literal: fact.firstRejection.code) }
        } else if fact.rejection == .idConflict {
            buffer.member("firstSeq", fact.firstSeq)
        }
        buffer.memberUnlessEmpty("sku", fact.sku)
        buffer.memberUnlessZero("version", fact.version)
        buffer.memberUnlessEmpty("location", fact.location)
        buffer.memberUnlessEmpty("hold", fact.hold)
        buffer.memberUnlessEmpty("orderLine", fact.orderLine)
        buffer.memberUnlessEmpty(LedgerEncoder.documentName(fact.kind), fact.document)
        buffer.memberUnlessEmpty("line", fact.line)
        buffer.memberUnlessEmpty(LedgerEncoder.counterpartName(fact.kind), fact.counterpart)
        buffer.memberUnlessEmpty("serial", fact.serial)
        if !fact.serials.isEmpty { LedgerEncoder.encode(serials: fact.serials, into: &buffer) }
        buffer.memberUnlessEmpty("claim", fact.claim)
        if fact.quantity != 0 { buffer.member("quantity", fact.quantity) }
        if fact.isSplit { encodeParts(fact, into: &buffer) }
        let totalName = LedgerEncoder.totalName(fact.kind, fact.rejection)
        // A refusal says what it refused for, even where that is 0.
        if fact.rejection.isLackOfStock || fact.rejection == .valueMismatch || fact.rejection == .overReceipt
            || fact.rejection == .ownerLimit
        {
            buffer.member(totalName, fact.total)
        } else if !isBlind || fact.rejection.isOfCountedLines {
            buffer.memberUnlessZero(totalName, fact.total)
        }
        if fact.rejection.isOfCountedLines {
            buffer.member("disposition", literal: fact.disposition.wireName)
            buffer.memberUnlessEmpty("lot", fact.lot)
        }
        if fact.rejection == .ownerLimit || fact.rejected != 0 { buffer.member(LedgerEncoder.rejectedName(fact.rejection), fact.rejected) }
        if fact.chain.hop > 0 { LedgerEncoder.encode(fact.chain, into: &buffer) }
        if !fact.unit.name.isEmpty { LedgerEncoder.encode(fact.unit, into: &buffer) }
        let waiting: StaticString = !fact.hold.isEmpty ? "waiting" : fact.wait.isPreorder ? "preordered" : "backordered"
        buffer.memberUnlessZero(waiting, fact.wait.quantity)
        buffer.memberUnlessZero("shipByMilliseconds", fact.wait.shipByMilliseconds)
        buffer.memberUnlessZero("expiresAtMilliseconds", fact.expiresAtMilliseconds)
        buffer.memberUnlessZero("warrantyUntilMilliseconds", fact.warrantyUntilMilliseconds)
        buffer.memberIfSet("unverified", flag: fact.isUnverified)
        if !fact.location.isEmpty && fact.outcome != .duplicate && !isBlind {
            buffer.member("after")
            encode(fact.after, into: &buffer)
        }
        buffer.closeObject()
    }

    /// Appends the answer to an event that could not be read (`fact.outcome` is `deadLettered`).
    public static func encode(
        _ fact: borrowing Fact, _ envelope: EventEnvelope, error: WireError, into buffer: inout ByteBuffer
    ) {
        begin(fact, envelope, into: &buffer)
        buffer.member("error")
        LedgerEncoder.encode(error, into: &buffer)
        buffer.closeObject()
    }

    private static func begin(_ fact: borrowing Fact, _ envelope: EventEnvelope, into buffer: inout ByteBuffer) {
        buffer.openObject()
        buffer.member("v", 1)
        // Who has asked knows the id of the first event.
        buffer.memberUnlessEmpty("id", ChainEncoder.firstID(envelope.id, hop: fact.chain.hop))
        buffer.memberUnlessEmpty("source", envelope.source)
        buffer.member("outcome", literal: fact.outcome.wireName)
        buffer.member("seq", fact.seq)
        buffer.member("timeMilliseconds", fact.timeMilliseconds)
    }

    /// Where a promise over several locations is.
    private static func encodeParts(_ fact: borrowing Fact, into buffer: inout ByteBuffer) {
        buffer.member("parts")
        buffer.openArray()
        for item in fact.items where item.kind == .part {
            buffer.separate()
            buffer.openObject()
            buffer.memberUnlessEmpty("location", item.location)
            buffer.member("quantity", item.quantity)
            buffer.closeObject()
        }
        buffer.closeArray()
    }

    /// Balances for readers: all quantities, also those of 0.
    private static func encode(_ balances: Balances, into buffer: inout ByteBuffer) {
        buffer.openObject()
        buffer.member("onHand", balances.onHand)
        buffer.member("sellable", balances.sellable)
        buffer.member("held", balances.held)
        buffer.member("committed", balances.committed)
        buffer.member("shortfall", balances.shortfall)
        buffer.member("available", balances.available)
        buffer.closeObject()
    }
}
