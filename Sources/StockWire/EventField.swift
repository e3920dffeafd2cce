import StockCore

/// The fields of an input event. The raw value is a bit in `FieldSet` and in the body hash, so it never changes.
enum EventField: UInt8, CaseIterable {
    case id = 0
    case source, type, sku, occurredAt, expectedVersion, reason, actor, meta
    case location, hold, orderLine, receipt, shipment, `return`, line
    case quantity, setTo, expected, ttlSeconds, disposition, from, to, rest, forced
    case scale, safetyStock, reorderPoint, reorderHysteresis, returnDisposition, maxHoldSeconds, maxHoldQuantity
    case incoming = 48
    case overReceiptPercent, count, lateDelta, transfer, toLocation, rejected, rejectedTo
    case lot = 44
    case expiresOn, expiresAt, lotTracked
    case minExpiry = 40
    case minShelfLifeDays, oversellLimit, toOrderLine
    case expiryAlertDays = 32
    case velocity = 90
    case recountAbove, approveAbove, approvedBy, blindCount
    case unit = 64
    case numerator, denominator, rounding
    case serial, claim, ofShipment, serialTracked, warrantyDays
    case alternatives, hop, asked, met, visited
    case zone = 84
    case channel = 85
    case locations = 98
    case distances, strategy, split
    case serials = 112
    case owner, maxHeldPerOwner
    case backorder = 56
    case preorder, priority, backorderLimit, backorderDays, preorderLimit, preorderUntil, waitSeconds

    case receiveDisposition = 119
    case closedThrough, lenient, useSafetyStock

    /// One above the highest raw value there can be.
    static let bound = 128

    /// The member's name.
    var name: StaticString {
        switch self {
        case .id: "id"
        case .source: "source"
        case .type: "type"
        case .sku: "sku"
        case .occurredAt: "occurredAt"
        case .expectedVersion: "expectedVersion"
        case .reason: "reason"
        case .actor: "actor"
        case .meta: "meta"
        case .location: "location"
        case .hold: "hold"
        case .orderLine: "orderLine"
        case .receipt: "receipt"
        case .shipment: "shipment"
        case .return: "return"
        case .line: "line"
        case .quantity: "quantity"
        case .setTo: "setTo"
        case .expected: "expected"
        case .ttlSeconds: "ttlSeconds"
        case .disposition: "disposition"
        case .from: "from"
        case .to: "to"
        case .rest: "rest"
        case .forced: "forced"
        case .scale: "scale"
        case .safetyStock: "safetyStock"
        case .reorderPoint: "reorderPoint"
        case .reorderHysteresis: "reorderHysteresis"
        case .returnDisposition: "returnDisposition"
        case .maxHoldSeconds: "maxHoldSeconds"
        case .maxHoldQuantity: "maxHoldQuantity"
        case .owner: "owner"
        case .maxHeldPerOwner: "maxHeldPerOwner"
        case .incoming: "incoming"
        case .overReceiptPercent: "overReceiptPercent"
        case .lot: "lot"
        case .expiresOn: "expiresOn"
        case .expiresAt: "expiresAt"
        case .lotTracked: "lotTracked"
        case .minExpiry: "minExpiry"
        case .minShelfLifeDays: "minShelfLifeDays"
        case .count: "count"
        case .lateDelta: "lateDelta"
        case .expiryAlertDays: "expiryAlertDays"
        case .transfer: "transfer"
        case .toLocation: "toLocation"
        case .rejected: "rejected"
        case .rejectedTo: "rejectedTo"
        case .unit: "unit"
        case .zone: "zone"
        case .channel: "channel"
        case .numerator: "numerator"
        case .denominator: "denominator"
        case .rounding: "rounding"
        case .backorder: "backorder"
        case .preorder: "preorder"
        case .priority: "priority"
        case .backorderLimit: "backorderLimit"
        case .backorderDays: "backorderDays"
        case .preorderLimit: "preorderLimit"
        case .preorderUntil: "preorderUntil"
        case .alternatives: "alternatives"
        case .hop: "hop"
        case .asked: "asked"
        case .met: "met"
        case .visited: "visited"
        case .serial: "serial"
        case .serials: "serials"
        case .claim: "claim"
        case .ofShipment: "ofShipment"
        case .serialTracked: "serialTracked"
        case .warrantyDays: "warrantyDays"
        case .waitSeconds: "waitSeconds"
        case .toOrderLine: "toOrderLine"
        case .oversellLimit: "oversellLimit"
        case .velocity: "velocity"
        case .locations: "locations"
        case .distances: "distances"
        case .strategy: "strategy"
        case .split: "split"
        case .recountAbove: "recountAbove"
        case .approveAbove: "approveAbove"
        case .approvedBy: "approvedBy"
        case .blindCount: "blindCount"
        case .receiveDisposition: "receiveDisposition"
        case .closedThrough: "closedThrough"
        case .lenient: "lenient"
        case .useSafetyStock: "useSafetyStock"
        }
    }
}

/// A set of fields.
struct FieldSet: Equatable {
    var bits: UInt128 = 0

    /// The set of one field.
    @inline(__always) init(_ field: EventField) { bits = 1 &<< UInt128(field.rawValue) }

    /// The empty set.
    @inline(__always) init() {}

    @inline(__always) static func | (set: FieldSet, field: EventField) -> FieldSet {
        var both = set
        both.bits |= 1 &<< UInt128(field.rawValue)
        return both
    }

    @inline(__always) static func | (set: FieldSet, other: FieldSet) -> FieldSet {
        var both = set
        both.bits |= other.bits
        return both
    }

    @inline(__always) func contains(_ field: EventField) -> Bool { bits &>> UInt128(field.rawValue) & 1 == 1 }

    @inline(__always) mutating func insert(_ field: EventField) { bits |= 1 &<< UInt128(field.rawValue) }

    /// The fields in this set and not in `other`, the first of them; nil where there is none.
    @inline(__always) func first(notIn other: FieldSet) -> EventField? {
        let left = bits & ~other.bits
        return left == 0 ? nil : EventField(rawValue: UInt8(truncatingIfNeeded: left.trailingZeroBitCount))
    }

    /// The fields that every event may have.
    static var common: FieldSet {
        FieldSet(.id) | .source | .type | .sku | .occurredAt | .expectedVersion | .reason | .actor | .meta
    }

    /// What an event has that was passed on, beside its hop.
    static let ofHops: [EventField] = [.asked, .met, .visited]

    /// What a request has that names several SKUs.
    private static var chain: FieldSet { FieldSet(.alternatives) | .hop | .asked | .met | .visited }

    /// What a request has that names several locations.
    private static var choice: FieldSet { FieldSet(.locations) | .distances | .strategy | .split }

    /// What an event of this type may have besides. Whatever has a quantity may say it in another unit.
    static func used(by type: EventType) -> FieldSet {
        let own = own(of: type)
        return own.contains(.quantity) ? own | .unit | .rounding : own
    }

    private static func own(of type: EventType) -> FieldSet {
        switch type {
        case .define:
            common | .location | .scale | .safetyStock | .reorderPoint | .reorderHysteresis | .returnDisposition | .maxHoldSeconds
                | .maxHoldQuantity | .overReceiptPercent | .lotTracked | .minShelfLifeDays
                | .expiryAlertDays
                | .lateDelta | .unit | .numerator | .denominator | .backorderLimit | .backorderDays | .preorderLimit | .preorderUntil
                | .serialTracked | .warrantyDays | .oversellLimit | .velocity | .zone | .channel | .recountAbove | .approveAbove
                | .blindCount | .receiveDisposition | .closedThrough | .maxHeldPerOwner
        case .receive:
            common | .location | .quantity | .receipt | .line | .disposition | .incoming | .lot | .expiresOn | .expiresAt | .serial
                | .serials
        case .adjust:
            common | .location | .quantity | .setTo | .expected | .disposition | .forced | .lot | .expiresOn | .expiresAt
        case .move: common | .location | .quantity | .from | .to | .forced | .lot
        case .hold:
            common | .hold | .location | .quantity | .ttlSeconds | .minExpiry | .minShelfLifeDays | .waitSeconds | .priority | .channel
                | .useSafetyStock | .owner | chain | choice
        case .extend: common | .hold | .ttlSeconds
        case .commit:
            common | .orderLine | .hold | .location | .quantity | .rest | .minExpiry | .minShelfLifeDays | .backorder | .preorder
                | .priority | .claim | .channel | .useSafetyStock | .ttlSeconds | chain | choice
        case .confirm: common | .orderLine
        case .release: common | .hold | .orderLine | .quantity | .location | .lenient
        case .ship: common | .shipment | .orderLine | .quantity | .lot | .serial | .serials | .location
        case .sale:
            common | .orderLine | .location | .quantity | .forced | .lot | .minExpiry | .minShelfLifeDays | .serial | .channel
                | .serials | .useSafetyStock | choice
        case .return:
            common | .return | .orderLine | .location | .quantity | .disposition | .lot | .expiresOn | .expiresAt | .serial | .claim
                | .ofShipment | .serials
        case .lotBlock, .lotUnblock, .recall, .unrecall: common | .lot
        case .expect: common | .incoming | .location | .quantity
        case .countOpen: common | .count | .location | .disposition | .rest
        case .countClose: common | .count | .location | .approvedBy
        case .countLine: common | .count | .location | .quantity | .disposition | .line | .lot | .expiresOn | .expiresAt
        case .transferSend: common | .transfer | .location | .toLocation | .quantity | .disposition | .lot | .orderLine
        case .transferReceive: common | .transfer | .quantity | .disposition | .rejected | .rejectedTo | .lot
        case .transferClose: common | .transfer | .rest
        case .reassign: common | .hold | .orderLine | .toLocation | .toOrderLine | .quantity | .location | choice
        case .unship: common | .shipment | .orderLine | .serial | .serials
        case .receiveCorrect:
            common | .location | .quantity | .receipt | .line | .disposition | .incoming | .lot | .serial | .serials
        }
    }

    /// What an event of this type must have. Alternatives are checked by `EventDecoder.checkAlternatives`.
    static func required(by type: EventType) -> FieldSet {
        let all = FieldSet(.id) | .type | .sku
        return switch type {
        case .define: all
        case .receive: all | .location | .quantity | .receipt
        case .adjust: all | .location | .reason
        case .move: all | .location | .quantity | .from | .to | .reason
        case .hold: all | .hold | .quantity | .ttlSeconds
        case .extend: all | .hold | .ttlSeconds
        case .commit, .confirm: all | .orderLine
        case .release: all
        case .ship: all | .shipment | .orderLine
        case .sale: all | .orderLine | .quantity
        case .return: all | .return | .orderLine | .location | .quantity
        case .expect: all | .incoming | .location | .quantity
        case .countOpen, .countClose: all | .count | .location
        case .countLine: all | .count | .location | .quantity
        case .transferSend: all | .transfer | .location | .toLocation | .quantity
        case .transferReceive: all | .transfer | .quantity
        case .transferClose: all | .transfer | .rest | .reason
        case .lotBlock, .lotUnblock, .recall, .unrecall: all | .lot | .reason
        case .reassign: all
        case .unship: all | .shipment | .orderLine | .reason
        case .receiveCorrect: all | .location | .quantity | .receipt | .reason
        }
    }
}
