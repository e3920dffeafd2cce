public import StockCore

/// Writes the records of `stock.webhooks.v1`: the body that subscribers get, in the shape of Standard Webhooks 1.0 `{type, timestamp,
/// data}`, with CloudEvents attributes in the headers for the dispatcher (docs/outputs.md). One event for each alert transition.
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
        case .expiring: "stock.expiring"
        case .filled: "stock.filled"
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
        case .expiring: "stock.webhook.expiring.v1"
        case .filled: "stock.webhook.filled.v1"
        }
    }

    /// Appends the body for a transition; `items` are those of its fact, which `filled` names.
    public static func encode(_ transition: Transition, _ context: AlertContext, items: [FactItem], into buffer: inout ByteBuffer) {
        buffer.openObject()
        buffer.member("type", literal: bodyType(transition.kind))
        buffer.member("timestamp", timestamp: context.timeMilliseconds)
        buffer.member("data")
        buffer.openObject()
        AlertEncoder.writeTransition(transition, context, items, into: &buffer)
        buffer.closeObject()
        buffer.closeObject()
    }
}
