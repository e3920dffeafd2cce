import StockCore
import StockWire

// Writes the fields of the mix `domain`. Events of other mixes have none of them.

extension Workload {
    mutating func writeDomainFields(_ draft: EventDraft) {
        let domain = draft.domain
        writeName("lot", "lot-", domain.lot)
        if domain.lotExpiresAtMilliseconds != 0 {
            if domain.isLotDay {
                value.member("expiresOn", day: domain.lotExpiresAtMilliseconds - 1)
            } else {
                value.member("expiresAt", timestamp: domain.lotExpiresAtMilliseconds)
            }
        }
        if domain.serialCount > 0 { writeSerials(domain) } else { writeName("serial", "serial-", domain.serial) }
        writeName("incoming", "po-", domain.incoming)
        writeName("claim", "claim-", domain.claim)
        writeName("ofShipment", "parcel-", domain.ofShipment)
        writeName("toOrderLine", "order-", domain.toOrderLine)
        if domain.toLocation >= 0 { value.memberUnlessEmpty("toLocation", SampleCatalogue.locations[Int(domain.toLocation)]) }
        if domain.tellsDisposition { value.member("disposition", literal: draft.disposition.wireName) }
        if domain.rest != .keep { value.member("rest", literal: domain.rest.wireName) }
        if domain.rejected >= 0 { value.member("rejected", domain.rejected) }
        if domain.rejectedTo != .sellable { value.member("rejectedTo", literal: domain.rejectedTo.wireName) }
        if domain.setTo >= 0 {
            value.member("setTo", domain.setTo)
            value.member("expected", domain.expected)
        }
        if domain.tellsZero, draft.quantity == 0 { value.member("quantity", 0) }
        if domain.unit != .none, draft.type != .define { value.member("unit", literal: domain.unit.name) }
        if domain.rounding != .exact { value.member("rounding", literal: domain.rounding.wireName) }
        if domain.actor != .nobody { value.member("actor", literal: domain.actor.name) }
        if domain.approvedBy != .nobody { value.member("approvedBy", literal: domain.approvedBy.name) }
        if draft.type != .define { writePromiseFields(draft) }
    }

    private mutating func writeSerials(_ domain: DomainDraft) {
        value.member("serials")
        value.openArray()
        for index in 0..<domain.serialCount {
            value.separate()
            appendName("serial-", domain.serial + UInt64(index))
        }
        value.closeArray()
    }

    private mutating func writePromiseFields(_ draft: EventDraft) {
        let domain = draft.domain
        if domain.channel != .none { value.member("channel", literal: domain.channel.name) }
        if domain.shelfLifeDays >= 0 { value.member("minShelfLifeDays", domain.shelfLifeDays) }
        if domain.minExpiryMilliseconds != 0 { value.member("minExpiry", day: domain.minExpiryMilliseconds - 1) }
        if domain.backorder != .none { value.member("backorder", literal: domain.backorder.wireName) }
        if domain.preorder != .none { value.member("preorder", literal: domain.preorder.wireName) }
        value.memberUnlessZero("waitSeconds", domain.waitSeconds)
        writeName("owner", "customer-", UInt64(domain.owner))
        value.memberIfSet("lenient", flag: domain.isLenient)
        value.memberIfSet("useSafetyStock", flag: domain.usesSafetyStock)
        if domain.priority >= 0 { value.member("priority", domain.priority) }
        if domain.locations != 0 { writeLocations(domain) }
        // A small catalogue has no others.
        if domain.alternatives > 0, options.skus > 4 { writeAlternatives(draft) }
    }

    private mutating func writeLocations(_ domain: DomainDraft) {
        value.member("locations")
        value.openArray()
        for (index, location) in SampleCatalogue.locations.enumerated() where domain.locations >> UInt8(index) & 1 == 1 {
            value.separate()
            value.append(quoted: location)
        }
        value.closeArray()
        value.member("strategy", literal: domain.strategy.wireName)
        if domain.deniesSplit { value.member("split", literal: "deny") }
        guard domain.strategy == .nearest else { return }
        value.member("distances")
        value.openArray()
        for index in 0..<domain.locations.nonzeroBitCount {
            value.separate()
            value.append(decimal: 540 - 120 * Int64(index))
        }
        value.closeArray()
    }

    /// The next SKUs of the same kind.
    private mutating func writeAlternatives(_ draft: EventDraft) {
        value.member("alternatives")
        value.openArray()
        for step in 1...Int(draft.domain.alternatives) {
            value.separate()
            value.append(UInt8(ascii: "\""))
            catalogue.append(sku: (Int(draft.sku) + 2 * step) % options.skus, into: &value)
            value.append(UInt8(ascii: "\""))
        }
        value.closeArray()
    }

    // MARK: Definitions

    /// What the opening definition of a SKU says beside the terms of all mixes.
    mutating func writeDomainTerms(_ index: Int) {
        let profile = DomainProfile(index)
        if profile.hasLots {
            value.member("lotTracked", flag: true)
            value.member("minShelfLifeDays", profile.kind == 4 ? 14 : 0)
        }
        if profile.hasSerials {
            value.member("serialTracked", flag: true)
            value.member("warrantyDays", 365)
        }
        if profile.hasVelocity { value.member("velocity", flag: true) }
        if profile.mayBackorder {
            value.member("backorderLimit", 40)
            value.member("backorderDays", 5)
        }
        if profile.mayPreorder {
            value.member("preorderLimit", 30)
            value.member("preorderUntil", timestamp: now + 15_000)
        }
        if profile.mayOversell { value.member("oversellLimit", 6) }
        if profile.sharesOut { value.member("maxHeldPerOwner", 5) }
        if profile.kind == 7 { value.member("overReceiptPercent", 10) }
        if profile.isCountedTwice {
            value.member("recountAbove", 6)
            value.member("approveAbove", 4)
        }
        if profile.isInspected { value.member("receiveDisposition", literal: "qc") }
        if profile.isCountedBlindly { value.member("blindCount", flag: true) }
        switch profile.lateDelta {
        case .absorb: break
        case .apply: value.member("lateDelta", literal: "apply")
        case .refuse: value.member("lateDelta", literal: "refuse")
        }
    }

    /// What any other definition says.
    mutating func writeDefinition(_ draft: EventDraft) {
        let domain = draft.domain
        switch domain.definition {
        case .trade: break
        case .pair: writeUnit("pair", 2, 1)
        case .halfPack: writeUnit("half-pack", 5, 2)
        case .channel:
            value.member("channel", literal: domain.channel.name)
            value.member("minShelfLifeDays", domain.shelfLifeDays)
        case .location:
            value.member("zone", literal: "Europe/Berlin")
            value.member("reorderPoint", draft.quantity)
        case .expiryAlerts:
            value.member("expiryAlertDays")
            value.append("[60,14]")
        case .preorderDay: value.member("preorderUntil", timestamp: domain.minExpiryMilliseconds)
        case .safetyStock: value.member("safetyStock", draft.quantity)
        case .shelfLife: value.member("minShelfLifeDays", domain.shelfLifeDays)
        case .closedPeriod: value.member("closedThrough", timestamp: domain.minExpiryMilliseconds)
        }
    }

    private mutating func writeUnit(_ name: StaticString, _ numerator: Int64, _ denominator: Int64) {
        value.member("unit", literal: name)
        value.member("numerator", numerator)
        value.member("denominator", denominator)
    }
}
