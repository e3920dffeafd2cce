import StockCore

// The contract of the events as a table, for tools that make events; not on the hot path.

/// What a field's value is in JSON.
public enum EventFieldKind: Sendable {
    /// A string; also a time and the words of an enumeration.
    case text
    /// An integer.
    case integer
    /// `true` or `false`.
    case flag
    /// A list of integers.
    case integers
    /// An array of strings.
    case list
}

/// The types of events and their fields, by name.
public enum EventCatalog {
    /// The names of all types.
    public static var types: [String] { EventType.allCases.map { "\($0.wireName)" } }

    /// The fields that an event of a type may have besides `type`; nil where there is no such type.
    public static func fields(ofType name: String) -> [String]? {
        guard let type = EventType.allCases.first(where: { "\($0.wireName)" == name }) else { return nil }
        let used = FieldSet.used(by: type)
        return EventField.allCases.filter { $0 != .type && used.contains($0) }.map { "\($0.name)" }
    }

    /// What the value of a field is; `meta`, an object, counts as text.
    public static func kind(ofField name: String) -> EventFieldKind {
        switch EventField.allCases.first(where: { "\($0.name)" == name }) {
        case .expectedVersion, .quantity, .rejected, .setTo, .expected, .ttlSeconds, .scale, .safetyStock, .reorderPoint,
            .reorderHysteresis, .maxHoldSeconds, .maxHoldQuantity, .overReceiptPercent, .minShelfLifeDays, .numerator, .denominator,
            .priority, .waitSeconds, .oversellLimit, .backorderLimit, .backorderDays, .preorderLimit, .warrantyDays, .hop, .asked, .met,
            .recountAbove, .approveAbove, .maxHeldPerOwner:
            .integer
        case .forced, .lotTracked, .serialTracked, .velocity, .blindCount, .lenient, .useSafetyStock: .flag
        case .expiryAlertDays, .distances: .integers
        case .alternatives, .visited, .locations, .serials: .list
        default: .text
        }
    }
}
