import StockCore

/// A till's report in progress.
struct Burst: BitwiseCopyable {
    /// Sales still to come.
    var left = 0
    var store: Int8 = 0
    /// Whether the till was offline: its sales have happened, and come late.
    var isLate = false
    var occurredAtMilliseconds: Int64 = 0
}

// The mixes. Each makes the next event without its number, which is the one after `number`.

extension Workload {
    mutating func marketplaceEvent() -> EventDraft {
        switch random.below(1_000) {
        case ..<330: makeHold(sku: anySKU())
        case ..<550: makeCommit() ?? makeHold(sku: anySKU())
        case ..<595: makeRelease() ?? makeHold(sku: anySKU())
        case ..<605: makeExtend() ?? makeHold(sku: anySKU())
        case ..<650: makeDirectCommit(sku: anySKU())
        case ..<865: makeShip() ?? makeDirectCommit(sku: anySKU())
        case ..<885: makeCancel() ?? makeDirectCommit(sku: anySKU())
        case ..<910: makeReturn() ?? makeHold(sku: anySKU())
        case ..<920: makeInspection() ?? makeHold(sku: anySKU())
        case ..<950: makeReceipt()
        case ..<985: tillEvent()
        case ..<987: makePlanning()
        default: makeAdjustment()
        }
    }

    mutating func salesEvent() -> EventDraft {
        switch random.below(100) {
        case ..<35: makeCorrection()
        case ..<70: tillEvent()
        case ..<80: makeHold(sku: anySKU())
        case ..<90: makeCommit() ?? makeHold(sku: anySKU())
        default: makeShip() ?? makeDirectCommit(sku: anySKU())
        }
    }

    mutating func flashSaleEvent() -> EventDraft {
        guard random.chance(0.85) else { return marketplaceEvent() }
        return switch random.below(100) {
        case ..<55: makeHold(sku: 0)
        case ..<80: makeCommit() ?? makeHold(sku: 0)
        case ..<85: makeRelease() ?? makeHold(sku: 0)
        case ..<92: makeDirectCommit(sku: 0)
        default: makeShip() ?? makeHold(sku: 0)
        }
    }

    mutating func receivingEvent() -> EventDraft {
        random.chance(0.95) ? makeReceipt() : makeInspection() ?? makeAdjustment()
    }

    /// The next sale of the burst in progress, or the first of another.
    mutating func tillEvent() -> EventDraft {
        if burst.left == 0 {
            burst.left = 5 + random.below(60)
            burst.store = Int8(SampleCatalogue.warehouses.count + random.below(SampleCatalogue.stores.count))
            burst.isLate = random.chance(0.3)
            burst.occurredAtMilliseconds = now - 60_000 * random.number(in: 5...180)
        }
        burst.left -= 1
        var draft = EventDraft()
        draft.type = .sale
        draft.source = .till
        draft.sku = Int32(catalogue.nearestInStores(Int(anySKU())))
        draft.location = burst.store
        draft.orderLine = number + 1
        draft.quantity = smallQuantity()
        if burst.isLate {
            draft.isForced = true
            draft.occurredAtMilliseconds = burst.occurredAtMilliseconds
            burst.occurredAtMilliseconds += random.number(in: 500...40_000)
        }
        return draft
    }

    // MARK: What they are made of

    mutating func anySKU() -> Int32 { Int32(popularity.sample(&random)) }

    /// Most people want one.
    mutating func smallQuantity() -> Int64 {
        let dice = random.below(100)
        return dice < 72 ? 1 : dice < 92 ? 2 : dice < 99 ? 3 : random.number(in: 4...12)
    }

    mutating func anyWarehouse() -> Int8 { Int8(random.below(SampleCatalogue.warehouses.count)) }

    private mutating func makeHold(sku: Int32) -> EventDraft {
        var draft = EventDraft()
        draft.type = .hold
        draft.source = random.chance(0.6) ? .shop : .market
        draft.sku = sku
        draft.location = anyWarehouse()
        draft.hold = number + 1
        draft.quantity = smallQuantity()
        // An abandoned cart is never heard of again; some carts end soon enough to be seen ending.
        draft.ttlSeconds = random.chance(0.3) ? random.number(in: 5...20) : 900
        if !random.chance(0.2) { holds.add(draft, &random) }
        return draft
    }

    mutating func makeCommit() -> EventDraft? {
        guard let hold = holds.take(&random) else { return nil }
        var draft = EventDraft()
        draft.type = .commit
        draft.source = hold.source
        draft.sku = hold.sku
        draft.hold = hold.hold
        draft.orderLine = number + 1
        if hold.quantity > 1, random.chance(0.1) {
            draft.quantity = hold.quantity - 1
            draft.releasesRest = true
        }
        var line = draft
        line.domain.locations = hold.domain.locations
        remember(line, quantity: draft.quantity > 0 ? draft.quantity : hold.quantity, location: hold.location)
        return draft
    }

    private mutating func makeDirectCommit(sku: Int32) -> EventDraft {
        var draft = EventDraft()
        draft.type = .commit
        draft.source = .market
        draft.sku = sku
        draft.location = anyWarehouse()
        draft.orderLine = number + 1
        draft.quantity = smallQuantity()
        remember(draft, quantity: draft.quantity, location: draft.location)
        return draft
    }

    private mutating func remember(_ commit: EventDraft, quantity: Int64, location: Int8) {
        var line = commit
        line.quantity = quantity
        line.location = location
        lines.add(line, &random)
    }

    private mutating func makeRelease() -> EventDraft? {
        guard let hold = holds.take(&random) else { return nil }
        var draft = EventDraft()
        draft.type = .release
        draft.source = hold.source
        draft.sku = hold.sku
        draft.hold = hold.hold
        return draft
    }

    mutating func makeExtend() -> EventDraft? {
        guard let hold = holds.peek(&random) else { return nil }
        var draft = EventDraft()
        draft.type = .extend
        draft.source = hold.source
        draft.sku = hold.sku
        draft.hold = hold.hold
        draft.ttlSeconds = 1_800
        return draft
    }

    private mutating func makeShip() -> EventDraft? {
        guard var line = lines.take(&random) else { return nil }
        var draft = EventDraft()
        draft.type = .ship
        draft.source = .warehouse
        draft.sku = line.sku
        draft.orderLine = line.orderLine
        draft.document = number + 1
        if line.quantity > 1, random.chance(0.2) {
            draft.quantity = 1
            line.quantity -= 1
            lines.add(line, &random)
        }
        line.quantity = draft.quantity > 0 ? draft.quantity : line.quantity
        shipped.add(line, &random)
        return draft
    }

    private mutating func makeCancel() -> EventDraft? {
        guard let line = lines.take(&random) else { return nil }
        var draft = EventDraft()
        draft.type = .release
        draft.source = line.source
        draft.sku = line.sku
        draft.orderLine = line.orderLine
        return draft
    }

    private mutating func makeReturn() -> EventDraft? {
        guard let line = shipped.take(&random) else { return nil }
        var draft = EventDraft()
        draft.type = .return
        draft.source = .warehouse
        draft.sku = line.sku
        draft.orderLine = line.orderLine
        draft.document = number + 1
        draft.location = line.location
        draft.quantity = line.quantity
        returned.add(draft, &random)
        return draft
    }

    /// A return that was looked at and goes back on sale.
    mutating func makeInspection() -> EventDraft? {
        guard let back = returned.take(&random) else { return nil }
        var draft = EventDraft()
        draft.type = .move
        draft.source = .warehouse
        draft.sku = back.sku
        draft.location = back.location
        draft.quantity = back.quantity
        draft.disposition = catalogue.isBeauty(Int(back.sku)) ? .quarantine : .qc
        draft.reason = .inspection
        return draft
    }

    /// A receipt line as a running total: a new one, one that has grown, or one that is sent again as it is.
    private mutating func makeReceipt() -> EventDraft {
        let dice = random.below(100)
        if dice < 30, let grown = receipts.change(&random, { $0.quantity += $0.quantity / 4 + 1 }) { return grown }
        if dice < 45, let same = receipts.peek(&random) { return same }
        var draft = EventDraft()
        draft.type = .receive
        draft.source = .warehouse
        draft.sku = anySKU()
        let isForStore = catalogue.isInStores(Int(draft.sku)) && random.chance(0.2)
        draft.location = isForStore ? Int8(SampleCatalogue.warehouses.count + random.below(SampleCatalogue.stores.count)) : anyWarehouse()
        draft.document = number + 1
        draft.line = UInt8(1 + random.below(9))
        draft.quantity = random.number(in: 6...36)
        receipts.add(draft, &random)
        return draft
    }

    /// Planning sets another reorder point for one warehouse.
    private mutating func makePlanning() -> EventDraft {
        var draft = EventDraft()
        draft.type = .define
        draft.source = .planning
        draft.sku = anySKU()
        draft.location = anyWarehouse()
        draft.quantity = random.number(in: 1...40)
        return draft
    }

    /// A correction where the SKU is sold, mostly upwards, so that the popular ones are not sold out for ever.
    private mutating func makeCorrection() -> EventDraft {
        var draft = makeAdjustment()
        let isInStore = catalogue.isInStores(Int(draft.sku)) && random.chance(0.5)
        if isInStore { draft.location = Int8(SampleCatalogue.warehouses.count + random.below(SampleCatalogue.stores.count)) }
        draft.reason = random.chance(0.75) ? .found : .damaged
        draft.quantity = draft.reason == .found ? random.number(in: 1...3) : -1
        return draft
    }

    private mutating func makeAdjustment() -> EventDraft {
        var draft = EventDraft()
        draft.type = .adjust
        draft.source = .warehouse
        draft.sku = anySKU()
        draft.location = anyWarehouse()
        let dice = random.below(100)
        draft.reason = dice < 40 ? .damaged : dice < 65 ? .shrinkage : dice < 75 ? .theft : .found
        draft.quantity = draft.reason == .found ? random.number(in: 1...3) : -random.number(in: 1...2)
        return draft
    }
}
