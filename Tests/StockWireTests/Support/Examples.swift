import StockCore
import StockWire

/// The messages that docs/outputs.md shows, as the encoders write them.
enum Examples {
    static let sku = key("LIP-ROUGE-04")
    static let timeMilliseconds: Int64 = 1_772_442_900_187
    static let identity = OutputIdentity(
        incarnation: 1_771_000_000_000, partition: 3, seq: 90_305, index: 0, timeMilliseconds: timeMilliseconds)
    static let context = AlertContext(sku: sku, version: 118, scale: 1, seq: 90_305, timeMilliseconds: timeMilliseconds)
    static let error = WireError(.outOfRange, field: key("quantity"), offset: 79, low: 1, high: EventLimits.maxQuantity)

    static var envelope: EventEnvelope {
        var envelope = EventEnvelope()
        envelope.id = bytes("4f1c9b52")
        envelope.source = bytes("shop-eu")
        return envelope
    }

    /// A hold of two, as it was decided.
    static func hold(_ outcome: Outcome, _ rejection: Rejection = .none) -> Fact {
        var fact = Fact()
        fact.seq = 90_305
        fact.next = 90_212
        fact.offset = 90_211
        fact.timeMilliseconds = timeMilliseconds
        fact.kind = .hold
        fact.outcome = outcome
        fact.rejection = rejection
        fact.bodyHash = 0x437F_F223_634A_802C
        fact.occurredAtMilliseconds = 1_772_442_900_125
        fact.sku = sku
        fact.location = key("BER1")
        fact.hold = key("cart-81723-1")
        fact.quantity = 2
        if outcome != .duplicate {
            fact.after.sellable = outcome == .accepted ? 12 : 9
            fact.after.held = 5
            fact.after.committed = 3
            fact.after.available = outcome == .accepted ? 4 : 1
        }
        if outcome == .accepted {
            fact.version = 118
            fact.expiresAtMilliseconds = timeMilliseconds + 900_000
        }
        if outcome == .rejected { fact.total = 1 }
        if outcome == .duplicate { fact.firstSeq = 90_100 }
        return fact
    }

    private static var unreadable: Fact {
        var fact = Fact()
        fact.seq = 90_305
        fact.next = 90_212
        fact.offset = 90_211
        fact.timeMilliseconds = timeMilliseconds
        fact.outcome = .deadLettered
        return fact
    }

    private static var expiry: Fact {
        var fact = hold(.internalFact)
        fact.kind = .expire
        fact.next = 90_211
        fact.offset = -1
        fact.hold = Key()
        fact.bodyHash = 0
        fact.occurredAtMilliseconds = 0
        fact.version = 119
        fact.location = Key()
        fact.after = Balances()
        var item = FactItem()
        item.id = key("cart-81720-1")
        item.location = key("BER1")
        item.quantity = 2
        fact.items = [item]
        return fact
    }

    private static var filled: Transition {
        var filled = Transition(kind: .filled, location: key("BER1"), before: 0, after: 1, threshold: 0)
        filled.quantity = 5
        return filled
    }

    private static var filledItems: [FactItem] {
        var line = FactItem()
        (line.kind, line.id, line.quantity) = (.filled, key("SO-2107-1"), 3)
        var hold = FactItem()
        (hold.kind, hold.id, hold.quantity) = (.granted, key("cart-81733-1"), 2)
        return [line, hold]
    }

    /// Name, schema, message.
    static var all: [(name: String, schema: String, text: String)] {
        let low = Transition(kind: .low, location: key("BER1"), before: 6, after: 4, threshold: 5)
        let refused = hold(.rejected, .insufficientStock)
        return [
            ("ledger-accepted", "stock-ledger", encoded { LedgerEncoder.encode(hold(.accepted), envelope, into: &$0) }),
            ("ledger-rejected", "stock-ledger", encoded { LedgerEncoder.encode(refused, envelope, into: &$0) }),
            ("ledger-duplicate", "stock-ledger", encoded { LedgerEncoder.encode(hold(.duplicate), envelope, into: &$0) }),
            ("ledger-unreadable", "stock-ledger", encoded { LedgerEncoder.encode(unreadable, envelope, error: error, into: &$0) }),
            ("ledger-expire", "stock-ledger", encoded { LedgerEncoder.encode(expiry, EventEnvelope(), into: &$0) }),
            ("level", "stock-level", encoded(writeLevel)),
            ("alert", "stock-alert", encoded { AlertEncoder.encode(low, context, items: [], into: &$0) }),
            (
                "alert-inconsistent", "stock-alert",
                encoded {
                    AlertEncoder.encodeInconsistent(
                        partition: 3, seq: 90_305, timeMilliseconds: timeMilliseconds, message: bytes("the digest differs"), into: &$0)
                }
            ),
            ("webhook", "stock-webhook", encoded { WebhookEncoder.encode(low, context, items: [], into: &$0) }),
            ("webhook-filled", "stock-webhook", encoded { WebhookEncoder.encode(filled, context, items: filledItems, into: &$0) }),
            ("reply-accepted", "stock-reply", encoded { ReplyEncoder.encode(hold(.accepted), envelope, into: &$0) }),
            ("reply-rejected", "stock-reply", encoded { ReplyEncoder.encode(refused, envelope, into: &$0) }),
            ("reply-duplicate", "stock-reply", encoded { ReplyEncoder.encode(hold(.duplicate), envelope, into: &$0) }),
            ("reply-unreadable", "stock-reply", encoded { ReplyEncoder.encode(unreadable, envelope, error: error, into: &$0) }),
            ("dead-letter", "stock-dead-letter", deadLetter),
        ]
    }

    private static func writeLevel(_ buffer: inout ByteBuffer) {
        var here = hold(.accepted).after
        LevelsEncoder.begin(sku, version: 118, scale: 1, seq: 90_305, timeMilliseconds: timeMilliseconds, into: &buffer)
        LevelsEncoder.location(key("BER1"), here, safetyStock: 0, isLow: true, isOut: false, into: &buffer)
        var there = Balances()
        there.sellable = 8
        there.damaged = 1
        there.available = 6
        LevelsEncoder.location(key("HAM2"), there, safetyStock: 2, isLow: false, isOut: false, into: &buffer)
        here.sellable += there.sellable
        here.damaged += there.damaged
        here.available += there.available
        LevelsEncoder.end(totals: here, safetyStock: 2, isLow: true, isOut: false, into: &buffer)
    }

    /// The headers of a dead letter, as an object.
    private static var deadLetter: String {
        var headers = HeaderBuffer()
        SampleRecord("{}", headers: [("reply-key", "checkout-3/9a7d")]).withView { record in
            DeadLetterEncoder.addHeaders(
                of: record, topic: bytes("stock.events.v1"), error: error, identity, source: bytes("/stockstream"), traceparent: bytes(""),
                to: &headers)
        }
        return object(&headers)
    }

    /// Headers as a JSON object.
    static func object(_ headers: inout HeaderBuffer) -> String {
        let views = headers.headers()
        return encoded { buffer in
            buffer.openObject()
            for header in views {
                buffer.separate()
                buffer.append(quoted: header.name)
                buffer.append(":")
                buffer.append(quoted: header.value ?? UnsafeRawBufferPointer(start: nil, count: 0))
            }
            buffer.closeObject()
        }
    }
}
