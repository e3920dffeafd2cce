import StockCore

/// What later events of the mix `domain` refer to, beside the rings of all mixes.
struct DomainMemory {
    /// Order lines that are to be confirmed.
    var pending = Ring<EventDraft>(capacity: 512)
    /// Lots that are blocked or recalled.
    var stopped = Ring<EventDraft>(capacity: 256)
    var incoming = Ring<EventDraft>(capacity: 1_024)
    var transfers = Ring<EventDraft>(capacity: 1_024)
    var counts = Ring<EventDraft>(capacity: 512)
    /// Shipments that may be taken back, and those of serials, which come back one by one.
    var shipments = Ring<EventDraft>(capacity: 1_024)
    var serials = Ring<EventDraft>(capacity: 2_048)
}

// The mix `domain`: every type of event that the engine knows, most of them meeting what came before.

extension Workload {
    mutating func domainEvent() -> EventDraft {
        switch random.below(1_000) {
        case ..<150: makeDomainHold()
        case ..<250: makeCommit() ?? makeDomainHold()
        case ..<340: makeDomainCommit()
        case ..<370: makeDomainRelease() ?? makeDomainHold()
        case ..<382: makeExtend() ?? makeDomainHold()
        case ..<394: makeConfirmation() ?? makeDomainCommit()
        case ..<413: makeReassignment() ?? makeDomainCommit()
        case ..<550: makeDomainShipment() ?? makeDomainCommit()
        case ..<562: makeUnship() ?? makeDomainHold()
        case ..<620: makeDomainSale()
        case ..<660: makeDomainReturn() ?? makeDomainHold()
        case ..<670: makeInspection() ?? makeDomainMove()
        case ..<835: domainSupply()
        default: domainCare()
        }
    }

    /// What comes in, and what it was said to be.
    private mutating func domainSupply() -> EventDraft {
        switch random.below(100) {
        case ..<20: makeExpectation()
        case ..<90: makeDomainReceipt()
        default: makeReceiptCorrection() ?? makeDomainReceipt()
        }
    }

    /// What is done with the goods in the house.
    private mutating func domainCare() -> EventDraft {
        switch random.below(165) {
        case ..<35: makeTransfer()
        case ..<60: makeTransferReceipt() ?? makeTransfer()
        case ..<68: makeTransferClose() ?? makeTransfer()
        case ..<76: makeCountOpen()
        case ..<100: makeCountLine() ?? makeCountOpen()
        case ..<112: makeCountClose() ?? makeCountOpen()
        case ..<128: makeLotStop()
        case ..<138: makeDomainMove()
        case ..<155: makeDomainAdjustment()
        default: makeDomainDefinition()
        }
    }

    // MARK: SKUs and places

    /// Any SKU that is traded like that, popular ones more often.
    mutating func anySKU(where isRight: (DomainProfile) -> Bool) -> Int32 {
        let first = Int(anySKU())
        for step in 0..<8 {
            let index = (first + step) % options.skus
            if isRight(DomainProfile(index)) { return Int32(index) }
        }
        return Int32(first)
    }

    /// A location that carries the SKU.
    mutating func anyLocation(of sku: Int32) -> Int8 {
        let count = catalogue.isInStores(Int(sku)) ? SampleCatalogue.locations.count : SampleCatalogue.warehouses.count
        return Int8(random.below(count))
    }

    /// An event of that type, of a SKU at a place.
    func draft(_ type: EventType, _ source: EventDraft.Source, _ sku: Int32, at location: Int8 = -1) -> EventDraft {
        var draft = EventDraft()
        draft.type = type
        draft.source = source
        draft.sku = sku
        draft.location = location
        return draft
    }

    /// Some deltas have happened a while ago and are told late.
    mutating func dateBack(_ draft: inout EventDraft, _ probability: Double) {
        if random.chance(probability) { draft.occurredAtMilliseconds = now - random.number(in: 100...6_000) }
    }

    /// Some quantities of a SKU with units are told in one of them. A reservation may be rounded down, what leaves may be rounded up.
    mutating func chooseUnit(_ draft: inout EventDraft, rounding: Rounding) {
        guard DomainProfile(Int(draft.sku)).hasUnits, draft.domain.serial == 0, random.chance(0.3) else { return }
        if random.chance(0.5) {
            draft.domain.unit = .pair
        } else {
            draft.domain.unit = .halfPack
            draft.domain.rounding = random.chance(0.8) ? rounding : .exact
        }
    }

    // MARK: Definitions

    /// Planning changes terms of a SKU.
    mutating func makeDomainDefinition() -> EventDraft {
        let definition: DomainDraft.Definition
        let sku: Int32
        switch random.below(8) {
        case 0: (definition, sku) = (.channel, anySKU { $0.hasLots })
        case 1: (definition, sku) = (.location, anySKU { $0.hasZone })
        case 2: (definition, sku) = (.expiryAlerts, anySKU { $0.hasLots })
        case 3: (definition, sku) = (.preorderDay, anySKU { $0.mayPreorder })
        case 4: (definition, sku) = (.halfPack, anySKU { $0.hasUnits })
        case 5: (definition, sku) = (.shelfLife, anySKU { $0.hasLots })
        case 6: (definition, sku) = (.closedPeriod, anySKU())
        default: (definition, sku) = (.safetyStock, anySKU())
        }
        var draft = draft(.define, .planning, sku)
        draft.domain.definition = definition
        switch definition {
        case .channel:
            draft.domain.channel = random.chance(0.5) ? .marketplace : .salon
            draft.domain.shelfLifeDays = random.chance(0.1) ? -1 : random.number(in: 0...60)
        case .location:
            draft.location = anyWarehouse()
            draft.quantity = random.number(in: 1...20)
        case .preorderDay: draft.domain.minExpiryMilliseconds = now + random.number(in: 2_000...20_000)
        case .safetyStock: draft.quantity = random.number(in: 0...4)
        case .shelfLife: draft.domain.shelfLifeDays = random.chance(0.2) ? 0 : random.number(in: 1...60)
        case .closedPeriod: draft.domain.minExpiryMilliseconds = now - random.number(in: 1_000...6_000)
        default: break
        }
        return draft
    }
}
