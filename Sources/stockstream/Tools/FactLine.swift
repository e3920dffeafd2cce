import StockCore
import StockWire

/// A ledger record in short, for people who look for a reason.
struct FactLine: Encodable {
    var offset: Int64
    var seq: Int64
    var timeMilliseconds: Int64
    var kind: String
    var outcome: String
    /// Why it was refused; nil: it was not.
    var rejection: String?
    var quantity: Int64?
    var location: String?
    /// The business id that it is about, with its kind: `hold h-1`.
    var subject: [String]
    var reason: String?
    var actor: String?
    var id: String?
    var source: String?
    /// The SKU's version after it; nil: it changed nothing of the SKU.
    var version: Int64?
    /// Available at the location after it; nil where it is about none.
    var available: Int64?

    init(_ fact: borrowing Fact, _ envelope: EventEnvelope, offset: Int64) {
        func text(_ key: Key) -> String? { key.isEmpty ? nil : key.description }
        func text(_ bytes: UnsafeRawBufferPointer) -> String? { bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
        self.offset = offset
        seq = fact.seq
        timeMilliseconds = fact.timeMilliseconds
        kind = fact.kind.wireName.description
        outcome = fact.outcome.wireName.description
        rejection = fact.rejection == .none ? nil : fact.rejection.code.description
        quantity = fact.quantity == 0 ? nil : fact.quantity
        location = text(fact.location)
        let document = fact.kind == .reassign ? "to order line" : LedgerEncoder.documentName(fact.kind).description
        subject = [
            ("hold", fact.hold), ("order line", fact.orderLine), (document, fact.document), ("line", fact.line),
            (fact.kind.counterpart, fact.counterpart), ("serial", fact.serial),
            ("claim", fact.claim), ("lot", fact.lot),
        ]
        .compactMap { name, key in text(key).map { "\(name) \($0)" } }
        if !fact.serials.isEmpty { subject.append("serials " + fact.serials.map(\.description).joined(separator: ", ")) }
        if fact.warrantyUntilMilliseconds != 0 { subject.append("warranty until \(timeText(fact.warrantyUntilMilliseconds))") }
        if fact.chain.hop > 0 { subject.append(FactLine.text(fact.chain)) }
        if !fact.unit.name.isEmpty { subject.append(FactLine.text(fact.unit)) }
        if fact.rejection.isOfCountedLines { subject.append("\(fact.total) lines, the first \(fact.disposition.wireName)") }
        if fact.rejection == .ownerLimit { subject.append("whose other holds have \(fact.total) of at most \(fact.rejected)") }
        if fact.kind == .gap { subject.append("input from \(fact.gapFrom) to \(fact.gapTo)") }
        if fact.isAbsorbed || fact.isAbsorbedTo { subject.append("before a count: nothing changes on the shelf") }
        if fact.wait.quantity > 0 {
            let how = !fact.hold.isEmpty ? "waiting" : fact.wait.isPreorder ? "preordered" : "backordered"
            subject.append("\(fact.wait.quantity) of it \(how)")
        }
        let main = fact.kind == .expire ? "hold" : fact.kind == .commitExpire ? "order line" : "lot"
        subject += fact.items.prefix(4).compactMap { FactLine.text($0, main) }
        if fact.items.count > 4 { subject.append("and \(fact.items.count - 4) more") }
        reason = text(fact.reason)
        actor = text(fact.actor)
        id = text(envelope.id)
        source = text(envelope.source)
        version = fact.version == 0 ? nil : fact.version
        // Repeats don't say.
        let tells = fact.outcome == .accepted || fact.outcome == .rejected
        available = fact.location.isEmpty || !tells ? nil : fact.after.available
    }

    private static func text(_ chain: Chain) -> String {
        let rest = chain.passedOn == 0 ? "" : ", \(chain.passedOn) passed on to \(chain.next)"
        return "SKU \(chain.hop) of a request: \(chain.met) of \(chain.asked) met\(rest)"
    }

    private static func text(_ unit: UnitUse) -> String {
        let factor = unit.denominator == 1 ? "\(unit.numerator)" : "\(unit.numerator)/\(unit.denominator)"
        if unit.numerator == 0 { return "\(unit.entered) \(unit.name), which is no unit of the SKU" }
        if unit.entered == 0 { return "unit \(unit.name) of \(factor)" }
        return "\(unit.entered) \(unit.name) of \(factor)" + (unit.residue == 0 ? "" : ", residue \(unit.residue)/\(unit.denominator)")
    }

    private static func text(_ item: FactItem, _ main: String) -> String? {
        let place = item.location.isEmpty ? "" : " at \(item.location)"
        return switch item.kind {
        case .main where item.id.isEmpty: place.isEmpty ? nil : "\(item.quantity) expire too soon\(place)"
        case .main: "\(main) \(item.id) (\(item.quantity)\(place))"
        case .absorbed, .absorbedTo, .absorbedBoth: "lot \(item.id) (\(item.quantity)\(place), counted since)"
        case .hold: "not covered: hold \(item.id) (\(item.quantity)\(place))"
        case .orderLine: "not covered: order line \(item.id) (\(item.quantity)\(place))"
        case .granted: "hold \(item.id) (\(item.quantity)\(place))"
        case .part: (item.id.isEmpty ? "" : "hold \(item.id) ") + "\(item.quantity)\(place)"
        case .candidate: nil
        case .filled: "order line \(item.id) (\(item.quantity)\(place))"
        case .variance:
            (item.id.isEmpty ? "" : "lot \(item.id) ") + "\(item.disposition.wireName) \(item.quantity > 0 ? "+" : "")\(item.quantity)"
        }
    }

    /// One line for people.
    var text: String {
        var words = ["offset \(offset)", "seq \(seq)", timeText(timeMilliseconds), kind]
        if let quantity { words.append("\(quantity)") }
        if let location { words.append("at \(location)") }
        if outcome != "accepted" && outcome != "internal" { words.append(outcome.uppercased()) }
        if let rejection { words.append("(\(rejection))") }
        words += subject
        if let reason { words.append("reason \(reason)") }
        if let actor { words.append("by \(actor)") }
        if let id { words.append("id \(id)\(source.map { " from \($0)" } ?? "")") }
        if let available { words.append("-> available \(available)") }
        return words.joined(separator: "  ")
    }
}

extension FactKind {
    /// What `Fact.counterpart` is.
    fileprivate var counterpart: String {
        switch self {
        case .reassign, .transferSend, .transferReceive, .transferClose: "to"
        case .return: "of shipment"
        case .countClose: "approved by"
        default: LedgerEncoder.counterpartName(self).description
        }
    }
}
