/// A ledger record as the auditor reads it, by the names of docs/outputs.md.
struct AuditedLedger {
    struct Item {
        var hold: String
        var location: String
        var quantity: Int64
    }

    var seq: Int64
    var next: Int64
    /// -1: no input of its own.
    var offset: Int64
    var timeMilliseconds: Int64
    var kind: String
    var outcome: String
    var rejection: String
    var sku: String
    var version: Int64
    var location: String
    var quantity: Int64
    var total: Int64
    var available: Int64
    var expiresAtMilliseconds: Int64
    var disposition: String
    var isUnverified: Bool
    /// The level's balances; nil: all are 0, or the record is about no level.
    var after: JSONValue?
    var items: [Item] = []
    var gapTo: Int64

    /// Reads a record; nil where a member that has to be there is missing.
    init?(_ json: JSONValue) {
        guard let seq = json["seq"]?.integer, let next = json["next"]?.integer, let time = json["timeMilliseconds"]?.integer,
            let kind = json["kind"]?.text, let outcome = json["outcome"]?.text
        else { return nil }
        self.seq = seq
        self.next = next
        offset = json["offset"]?.integer ?? -1
        timeMilliseconds = time
        self.kind = kind
        self.outcome = outcome
        rejection = json["rejection"]?.text ?? ""
        sku = json["sku"]?.text ?? ""
        version = json["version"]?.integer ?? 0
        location = json["location"]?.text ?? ""
        quantity = json["quantity"]?.integer ?? 0
        total = json["total"]?.integer ?? 0
        available = json["available"]?.integer ?? 0
        expiresAtMilliseconds = json["expiresAtMilliseconds"]?.integer ?? 0
        disposition = json["disposition"]?.text ?? "sellable"
        isUnverified = json["unverified"]?.flag ?? false
        gapTo = json["gapTo"]?.integer ?? 0
        after = json["after"]
        for item in json["items"]?.elements ?? [] {
            items.append(
                Item(hold: item["hold"]?.text ?? "", location: item["location"]?.text ?? "", quantity: item["quantity"]?.integer ?? 0))
        }
    }
}
