/// A ledger record as the auditor reads it, by the names of docs/outputs.md.
struct AuditedLedger {
    struct Item {
        var hold: String
        var orderLine: String
        var lot: String
        var location: String
        var quantity: Int64
        var disposition: String
        var expiresAtMilliseconds: Int64
        var isPart: Bool
        var isVariance: Bool
        var isAbsorbed: Bool
        var isAbsorbedTo: Bool
    }

    var seq: Int64
    var next: Int64
    /// -1: no input of its own.
    var offset: Int64
    var timeMilliseconds: Int64
    var occurredAtMilliseconds: Int64
    var kind: String
    var outcome: String
    var rejection: String
    var sku: String
    var version: Int64
    var location: String
    var toLocation: String
    var hold: String
    var orderLine: String
    var toOrderLine: String
    var quantity: Int64
    var total: Int64
    /// `count_line`: what the books had.
    var base: Int64
    var rejected: Int64
    var available: Int64
    /// `owner-limit`: what the owner's other holds have, and what all of them may have.
    var heldByOwner: Int64
    var limit: Int64
    var expiresAtMilliseconds: Int64
    var life: Int64
    var warrantyUntilMilliseconds: Int64
    /// The one unit that it is about; of a list: the one for which it was refused.
    var serial: String
    var disposition: String
    var to: String
    var lot: String
    var lotExpiresAtMilliseconds: Int64
    var isUnverified: Bool
    var isAbsorbed: Bool
    var isAbsorbedTo: Bool
    var wait: JSONValue?
    var chain: JSONValue?
    /// The level's balances; nil: all are 0, or the record is about no level.
    var after: JSONValue?
    var items: [Item] = []
    var gapTo: Int64

    /// Reads a record; nil where a member that has to be there is missing.
    init?(_ json: JSONValue) {
        guard let seq = json["seq"]?.integer, let next = json["next"]?.integer, let time = json["timeMilliseconds"]?.integer,
            let kind = json["kind"]?.text, let outcome = json["outcome"]?.text
        else { return nil }
        func number(_ name: String) -> Int64 { json[name]?.integer ?? 0 }
        func text(_ name: String) -> String { json[name]?.text ?? "" }
        self.seq = seq
        self.next = next
        offset = json["offset"]?.integer ?? -1
        timeMilliseconds = time
        occurredAtMilliseconds = number("occurredAtMilliseconds")
        self.kind = kind
        self.outcome = outcome
        rejection = text("rejection")
        sku = text("sku")
        version = number("version")
        location = text("location")
        toLocation = text("toLocation")
        hold = text("hold")
        orderLine = text("orderLine")
        toOrderLine = text("toOrderLine")
        quantity = number("quantity")
        total = number("total")
        base = number("base")
        rejected = number("rejected")
        available = number("available")
        heldByOwner = number("heldByOwner")
        limit = number("limit")
        expiresAtMilliseconds = number("expiresAtMilliseconds")
        life = number("minExpiryMilliseconds")
        warrantyUntilMilliseconds = number("warrantyUntilMilliseconds")
        serial = text("serial")
        disposition = json["disposition"]?.text ?? "sellable"
        to = json["to"]?.text ?? "sellable"
        lot = text("lot")
        lotExpiresAtMilliseconds = number("lotExpiresAtMilliseconds")
        isUnverified = json["unverified"]?.flag ?? false
        isAbsorbed = json["absorbed"]?.flag ?? false
        isAbsorbedTo = json["absorbedTo"]?.flag ?? false
        gapTo = number("gapTo")
        wait = json["wait"]
        chain = json["chain"]
        after = json["after"]
        items = (json["items"]?.elements ?? []).map { Item($0) }
    }

    /// What of the quantity waits, or had waited.
    var waiting: Int64 { wait?["quantity"]?.integer ?? 0 }

    /// Where the promise or sale is: its parts, or all at one location.
    var parts: [(location: String, quantity: Int64)] {
        let parts = items.filter(\.isPart).map { ($0.location, $0.quantity) }
        return parts.isEmpty ? [(location, quantity - waiting)] : parts
    }

    /// Units of lots that were moved.
    var lots: [Item] { items.filter { !$0.lot.isEmpty && !$0.isPart && !$0.isVariance } }
}

extension AuditedLedger.Item {
    init(_ json: JSONValue) {
        hold = json["hold"]?.text ?? ""
        orderLine = json["orderLine"]?.text ?? ""
        lot = json["lot"]?.text ?? ""
        location = json["location"]?.text ?? ""
        quantity = json["quantity"]?.integer ?? 0
        disposition = json["disposition"]?.text ?? "sellable"
        expiresAtMilliseconds = json["expiresAtMilliseconds"]?.integer ?? 0
        isPart = json["part"]?.flag ?? false
        isVariance = json["variance"]?.flag ?? false
        isAbsorbed = json["absorbed"]?.flag ?? false
        isAbsorbedTo = json["absorbedTo"]?.flag ?? false
    }
}
