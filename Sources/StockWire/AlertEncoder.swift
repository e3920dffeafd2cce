public import StockCore

/// What an alert and a webhook event say about the SKU besides the transition.
public struct AlertContext: Sendable, BitwiseCopyable {
    /// The SKU.
    public var sku: Key
    /// Its version after the change.
    public var version: Int64
    /// Minor units in one unit of display.
    public var scale: Int64
    /// The ledger record that brought the change.
    public var seq: Int64
    /// Its log time.
    public var timeMilliseconds: Int64

    /// A context with all its parts.
    public init(sku: Key, version: Int64, scale: Int64, seq: Int64, timeMilliseconds: Int64) {
        self.sku = sku
        self.version = version
        self.scale = scale
        self.seq = seq
        self.timeMilliseconds = timeMilliseconds
    }
}

/// Writes the records of `stock.alerts.v1` (key: the SKU; CloudEvents in binary mode; docs/outputs.md).
public enum AlertEncoder {
    /// The `ce_type` of a transition.
    public static func type(_ kind: TransitionKind) -> StaticString {
        switch kind {
        case .low: "stock.alert.low.v1"
        case .recovered: "stock.alert.recovered.v1"
        case .out: "stock.alert.out.v1"
        case .back: "stock.alert.back.v1"
        case .oversold: "stock.alert.oversold.v1"
        case .covered: "stock.alert.covered.v1"
        case .expiring: "stock.alert.expiring.v1"
        case .filled: "stock.alert.filled.v1"
        }
    }

    /// The `ce_type` of an alert about a partition that a check has stopped.
    public static let inconsistentType: StaticString = "stock.alert.inconsistent.v1"

    /// Appends the value of a transition's alert; `items` are those of its fact, which `filled` names.
    public static func encode(_ transition: Transition, _ context: AlertContext, items: [FactItem], into buffer: inout ByteBuffer) {
        buffer.openObject()
        buffer.member("v", 1)
        buffer.member("kind", literal: transition.kind.wireName)
        writeTransition(transition, context, items, into: &buffer)
        buffer.member("timeMilliseconds", context.timeMilliseconds)
        buffer.member("time", timestamp: context.timeMilliseconds)
        buffer.closeObject()
    }

    /// Appends the value of an alert about a partition that stopped because a check failed. Written outside of a transaction, without a
    /// key: `message` says which check and what it found.
    public static func encodeInconsistent(
        partition: Int32, seq: Int64, timeMilliseconds: Int64, message: UnsafeRawBufferPointer, into buffer: inout ByteBuffer
    ) {
        buffer.openObject()
        buffer.member("v", 1)
        buffer.member("kind", literal: "inconsistent")
        buffer.member("partition", Int64(partition))
        buffer.member("seq", seq)
        buffer.member("message", message)
        buffer.member("timeMilliseconds", timeMilliseconds)
        buffer.member("time", timestamp: timeMilliseconds)
        buffer.closeObject()
    }

    static func writeTransition(
        _ transition: Transition, _ context: AlertContext, _ items: [FactItem], into buffer: inout ByteBuffer
    ) {
        buffer.member("sku")
        buffer.append(quoted: context.sku)
        buffer.memberUnlessEmpty("location", transition.location)
        buffer.member("available", transition.after)
        buffer.member("before", transition.before)
        switch transition.kind {
        case .low, .recovered: buffer.member("threshold", transition.threshold)
        case .oversold, .covered: buffer.member("shortfall", transition.threshold)
        case .expiring:
            buffer.memberUnlessEmpty("lot", transition.lot)
            buffer.member("quantity", transition.quantity)
            buffer.member("days", transition.threshold)
            buffer.member("expiresAtMilliseconds", transition.expiresAtMilliseconds)
        case .filled:
            buffer.member("quantity", transition.quantity)
            LedgerEncoder.encode(items, of: .fill, into: &buffer)
        case .out, .back: break
        }
        buffer.member("scale", context.scale)
        buffer.member("version", context.version)
        buffer.member("seq", context.seq)
    }
}
