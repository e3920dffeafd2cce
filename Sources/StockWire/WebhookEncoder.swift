public import StockCore

/// Writes the records of `stock.webhooks.v1`: the body that subscribers get, in the shape of Standard Webhooks 1.0 `{type, timestamp,
/// data}`, with CloudEvents attributes in the headers for the dispatcher (docs/outputs.md). One event for each alert transition, and
/// one for each refusal for lack of stock.
public enum WebhookEncoder {
    /// The body's `type` of a transition; subscribers filter by it.
    public static func bodyType(_ kind: TransitionKind) -> StaticString {
        switch kind {
        case .low: "stock.low"
        case .recovered: "stock.recovered"
        case .out: "stock.out"
        case .back: "stock.back"
        case .oversold: "stock.oversold"
        case .covered: "stock.covered"
        }
    }

    /// The `ce_type` of a transition.
    public static func type(_ kind: TransitionKind) -> StaticString {
        switch kind {
        case .low: "stock.webhook.low.v1"
        case .recovered: "stock.webhook.recovered.v1"
        case .out: "stock.webhook.out.v1"
        case .back: "stock.webhook.back.v1"
        case .oversold: "stock.webhook.oversold.v1"
        case .covered: "stock.webhook.covered.v1"
        }
    }

    /// The body's `type` of a refusal for lack of stock.
    public static let refusedBodyType: StaticString = "stock.oversell_refused"
    /// Its `ce_type`.
    public static let refusedType: StaticString = "stock.webhook.oversell_refused.v1"

    /// Whether a fact is a refusal for lack of stock, which subscribers hear of.
    public static func isRefusedOversell(_ fact: borrowing Fact) -> Bool {
        fact.outcome == .rejected && fact.rejection == .insufficientStock
    }

    /// Appends the body for a transition.
    public static func encode(_ transition: Transition, _ context: AlertContext, into buffer: inout ByteBuffer) {
        buffer.openObject()
        buffer.member("type", literal: bodyType(transition.kind))
        buffer.member("timestamp", timestamp: context.timeMilliseconds)
        buffer.member("data")
        buffer.openObject()
        AlertEncoder.writeTransition(transition, context, into: &buffer)
        buffer.closeObject()
        buffer.closeObject()
    }

    /// Appends the body for a refusal for lack of stock. `context.version` is the SKU's version, which a refusal does not change.
    public static func encodeRefused(
        _ fact: borrowing Fact, _ envelope: EventEnvelope, _ context: AlertContext, into buffer: inout ByteBuffer
    ) {
        buffer.openObject()
        buffer.member("type", literal: refusedBodyType)
        buffer.member("timestamp", timestamp: context.timeMilliseconds)
        buffer.member("data")
        buffer.openObject()
        buffer.member("sku")
        buffer.append(quoted: context.sku)
        buffer.memberUnlessEmpty("location", fact.location)
        buffer.member("event", literal: fact.kind.wireName)
        buffer.member("id", envelope.id)
        buffer.memberUnlessEmpty("source", envelope.source)
        buffer.memberUnlessEmpty("hold", fact.hold)
        buffer.memberUnlessEmpty("orderLine", fact.orderLine)
        buffer.member("requested", fact.quantity)
        buffer.member("available", fact.total)
        buffer.member("scale", context.scale)
        buffer.member("version", context.version)
        buffer.member("seq", context.seq)
        buffer.closeObject()
        buffer.closeObject()
    }
}
