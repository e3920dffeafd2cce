/// The members of a ledger record, in the order in which they are written.
enum LedgerField: UInt8, CaseIterable {
    case v = 0
    case seq, next, offset, timeMilliseconds, incarnation, kind, outcome, rejection, firstSeq, firstOutcome, firstRejection
    case id, source, bodyHash, occurredAtMilliseconds
    case sku, version, location, hold, orderLine, receipt, shipment, `return`, document, line, reason, actor
    case quantity, total, available, found, expiresAtMilliseconds, from, disposition, to, rest, forced, unverified
    case policy, after, items, horizonMilliseconds, orderLineHorizon, earlyCount, gapFrom, gapTo, meta, traceparent, error
    case incoming
    case lot, lotExpiresAtMilliseconds, minExpiryMilliseconds
    case count, base, absorbed, absorbedTo, transfer, toLocation, rejected
    case unit, wait, serial, claim, ofShipment, warrantyUntilMilliseconds, toOrderLine, chain
    case zone, lotExpiresOn, channel, lines, approvedBy, serials
    case owner, heldByOwner, limit

    static let bound: UInt8 = 78

    /// The member's name.
    var name: StaticString {
        switch self {
        case .v: "v"
        case .seq: "seq"
        case .next: "next"
        case .offset: "offset"
        case .timeMilliseconds: "timeMilliseconds"
        case .incarnation: "incarnation"
        case .kind: "kind"
        case .outcome: "outcome"
        case .rejection: "rejection"
        case .firstSeq: "firstSeq"
        case .firstOutcome: "firstOutcome"
        case .firstRejection: "firstRejection"
        case .id: "id"
        case .source: "source"
        case .bodyHash: "bodyHash"
        case .occurredAtMilliseconds: "occurredAtMilliseconds"
        case .sku: "sku"
        case .version: "version"
        case .location: "location"
        case .hold: "hold"
        case .orderLine: "orderLine"
        case .receipt: "receipt"
        case .shipment: "shipment"
        default: laterName
        }
    }

    private var laterName: StaticString {
        switch self {
        case .return: "return"
        case .document: "document"
        case .line: "line"
        case .reason: "reason"
        case .actor: "actor"
        case .quantity: "quantity"
        case .total: "total"
        case .available: "available"
        case .found: "found"
        case .expiresAtMilliseconds: "expiresAtMilliseconds"
        case .from: "from"
        case .disposition: "disposition"
        case .to: "to"
        case .rest: "rest"
        case .forced: "forced"
        case .unverified: "unverified"
        case .policy: "policy"
        case .after: "after"
        case .items: "items"
        case .horizonMilliseconds: "horizonMilliseconds"
        case .orderLineHorizon: "orderLineHorizon"
        case .earlyCount: "earlyCount"
        case .gapFrom: "gapFrom"
        case .gapTo: "gapTo"
        case .meta: "meta"
        case .traceparent: "traceparent"
        case .incoming: "incoming"
        case .lot: "lot"
        case .lotExpiresAtMilliseconds: "lotExpiresAtMilliseconds"
        case .minExpiryMilliseconds: "minExpiryMilliseconds"
        case .count: "count"
        case .base: "base"
        case .absorbed: "absorbed"
        case .absorbedTo: "absorbedTo"
        case .transfer: "transfer"
        case .toLocation: "toLocation"
        case .rejected: "rejected"
        case .unit: "unit"
        case .wait: "wait"
        case .serial: "serial"
        case .serials: "serials"
        case .chain: "chain"
        case .lines: "lines"
        case .approvedBy: "approvedBy"
        case .claim: "claim"
        case .ofShipment: "ofShipment"
        case .warrantyUntilMilliseconds: "warrantyUntilMilliseconds"
        case .toOrderLine: "toOrderLine"
        case .zone: "zone"
        case .channel: "channel"
        case .owner: "owner"
        case .heldByOwner: "heldByOwner"
        case .limit: "limit"
        case .lotExpiresOn: "lotExpiresOn"
        default: "error"
        }
    }

    /// The field of that name, searched from `cursor` on and around: records are read in the order in which they were written, so the
    /// next field is near.
    @inline(__always)
    static func named(_ name: UnsafeRawBufferPointer, from cursor: UInt8) -> LedgerField? {
        var raw = cursor
        for _ in 0..<bound {
            if raw >= bound { raw = 0 }
            if let field = LedgerField(rawValue: raw), name.equals(field.name) { return field }
            raw &+= 1
        }
        return nil
    }
}
