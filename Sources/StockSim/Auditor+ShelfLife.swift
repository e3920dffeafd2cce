// What is available where a SKU's policy demands a life: at every instant what a request is promised that says nothing.

extension Auditor {
    private static let zoneRange: Int64 = 2 * EventRules.day
    private static let arrivals: Set<String> = [
        "receive", "receive_correct", "adjust", "move", "return", "unship", "count_close", "transfer_receive", "transfer_close",
    ]

    /// Before an event of the SKU: nothing is available that lives too short by the calendar, and nothing is left out that does not.
    func renewLife(_ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        guard sku.hasLots else { return nil }
        let demanded = sku.demandedLife(atMilliseconds: entry.timeMilliseconds)
        for (location, level) in sku.levels where level.lifeEnd != demanded {
            let shown = sku.promisable(location, life: level.lifeEnd)
            // Where days end in some zone only its bounds are known from here.
            let range = sku.hasZones && demanded != 0 ? Auditor.zoneRange : 0
            let least = sku.promisable(location, life: demanded + range)
            let most = sku.promisable(location, life: max(0, demanded - range))
            if range == 0 { level.lifeEnd = demanded }
            if shown < least || shown > most {
                return "\(shown) are available at \(location), and \(range == 0 ? "" : "at most ")\(most) live long enough for that"
            }
        }
        return nil
    }

    /// What brings lots to a location that live too short tells which life is demanded there.
    func noteLife(_ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        guard entry.life != 0, Auditor.arrivals.contains(entry.kind) else { return nil }
        sku.level(entry.location).lifeEnd = entry.life
        return demandFault(entry.life, entry, sku)
    }

    /// The ledger says that another life is demanded at some locations.
    func changeLife(_ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        for item in entry.items {
            guard let level = sku.levels[item.location] else { return "demands a life at \(item.location), where nothing ever was" }
            level.lifeEnd = item.expiresAtMilliseconds
            if let fault = demandFault(item.expiresAtMilliseconds, entry, sku) { return fault }
            let units = sku.unitsExpiring(level, before: item.expiresAtMilliseconds)
            if item.quantity != units { return "leaves \(item.quantity) out at \(item.location), where \(units) live too short" }
        }
        return moved(entry.items.reduce(0) { $0 + $1.quantity }, entry)
    }

    private func demandFault(_ life: Int64, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let demanded = sku.demandedLife(atMilliseconds: entry.timeMilliseconds)
        let range = sku.hasZones && demanded != 0 ? Auditor.zoneRange : 0
        return abs(life - demanded) <= range ? nil : "demands that units live until \(life), and policy until \(demanded)"
    }
}
