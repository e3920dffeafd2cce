import StockCore

// Promises and what becomes of them.

extension Workload {
    private static let day: Int64 = 86_400_000

    mutating func makeDomainHold() -> EventDraft {
        if random.chance(0.04), var again = holds.peek(&random), again.domain.alternatives == 0 {
            // The customer wants another quantity.
            again.quantity = smallQuantity()
            if random.chance(0.3) { again.domain.owner = UInt8(random.number(in: 1...6)) }
            return again
        }
        let sku = anySKU()
        var draft = draft(.hold, random.chance(0.6) ? .shop : .market, sku, at: anyWarehouse())
        draft.hold = number + 1
        draft.quantity = smallQuantity()
        if random.chance(0.4) { draft.domain.owner = UInt8(random.number(in: 1...6)) }
        draft.ttlSeconds = random.chance(0.4) ? random.number(in: 2...20) : 900
        demandLife(&draft)
        switch random.below(10) {
        case 0, 1:
            draft.domain.waitSeconds = random.number(in: 2...60)
            if random.chance(0.3) { draft.domain.priority = random.number(in: 0...9) }
        case 2: chooseFrom(&draft)
        case 3: draft.domain.alternatives = Int8(1 + random.below(2))
        default: break
        }
        useSafetyStock(&draft)
        if draft.domain.alternatives == 0 { chooseUnit(&draft, rounding: .down) }
        holds.add(draft, &random)
        return draft
    }

    mutating func makeDomainCommit() -> EventDraft {
        let dice = random.below(10)
        let sku = dice < 4 ? anySKU { $0.mayBackorder } : anySKU()
        var draft = draft(.commit, .market, sku, at: anyWarehouse())
        draft.orderLine = number + 1
        draft.quantity = dice < 4 ? random.number(in: 1...8) : smallQuantity()
        demandLife(&draft)
        switch dice {
        case ..<4:
            let term: WaitTerm = random.chance(0.6) ? .partial : .whole
            let isPreorder = DomainProfile(Int(sku)).mayPreorder && random.chance(0.5)
            if isPreorder { draft.domain.preorder = term } else { draft.domain.backorder = term }
            if random.chance(0.3) { draft.domain.priority = random.number(in: 0...9) }
        case 4: chooseFrom(&draft)
        case 5: draft.domain.alternatives = Int8(1 + random.below(2))
        case 6: draft.domain.claim = number + 1
        default: break
        }
        useSafetyStock(&draft)
        if draft.domain.alternatives == 0 { chooseUnit(&draft, rounding: .down) }
        if random.chance(0.25) {
            // Paid for in time, or not.
            draft.ttlSeconds = random.number(in: 2...20)
            domain.pending.add(draft, &random)
        }
        lines.add(draft, &random)
        return draft
    }

    /// The money is there.
    mutating func makeConfirmation() -> EventDraft? {
        guard let line = domain.pending.take(&random) else { return nil }
        var draft = draft(.confirm, line.source, line.sku)
        draft.orderLine = line.orderLine
        return draft
    }

    mutating func makeDomainSale() -> EventDraft {
        let sku = anySKU()
        let profile = DomainProfile(Int(sku))
        var draft = draft(.sale, .till, sku, at: anyLocation(of: sku))
        draft.orderLine = number + 1
        draft.quantity = smallQuantity()
        draft.isForced = random.chance(0.3)
        if profile.hasSerials, !draft.isForced || random.chance(0.5) {
            draft.quantity = random.chance(0.5) ? 1 : random.number(in: 2...4)
            let left = draft.isForced && random.chance(0.3) ? 1 : 0
            chooseSerials(&draft, draft.quantity == 1 ? 0 : draft.quantity - Int64(left))
        } else if profile.hasLots, random.chance(0.2) {
            chooseLot(&draft, tellsExpiry: false)
        } else if !draft.isForced, random.chance(0.1) {
            chooseFrom(&draft)
        }
        if draft.isForced { dateBack(&draft, 0.6) } else { demandLife(&draft) }
        useSafetyStock(&draft)
        chooseUnit(&draft, rounding: .up)
        shipped.add(draft, &random)
        if draft.domain.serial > 0 { domain.serials.add(draft, &random) }
        return draft
    }

    /// Some orders matter more than others.
    private mutating func useSafetyStock(_ draft: inout EventDraft) {
        let isOfOne = draft.domain.locations == 0 && draft.domain.alternatives == 0 && !draft.isForced && draft.domain.preorder == .none
        if isOfOne, random.chance(0.15) { draft.domain.usesSafetyStock = true }
    }

    /// Some customers want units that live long enough.
    private mutating func demandLife(_ draft: inout EventDraft) {
        guard DomainProfile(Int(draft.sku)).hasLots else { return }
        switch random.below(10) {
        case 0: draft.domain.shelfLifeDays = random.number(in: 0...90)
        case 1: draft.domain.minExpiryMilliseconds = now - now % Workload.day + Workload.day * random.number(in: 1...90)
        case 2: draft.domain.channel = .marketplace
        case 3: draft.domain.channel = .salon
        default: break
        }
    }

    /// Several locations will do.
    private mutating func chooseFrom(_ draft: inout EventDraft) {
        draft.location = -1
        draft.domain.locations = UInt8([0b111, 0b011, 0b101, 0b110][random.below(4)])
        draft.domain.strategy = Strategy.allCases[random.below(Strategy.allCases.count)]
        draft.domain.deniesSplit = random.chance(0.2)
        if draft.quantity == 1, random.chance(0.7) { draft.quantity = random.number(in: 2...12) }
    }

    /// One of the locations of a promise over several, or none; whether it is the right one shows.
    private mutating func part(of line: EventDraft) -> Int8 {
        line.domain.locations != 0 && random.chance(0.6) ? anyWarehouse() : -1
    }

    /// A hold is given back or an order line canceled, in whole or in part.
    mutating func makeDomainRelease() -> EventDraft? {
        let isHold = random.chance(0.5)
        guard let promise = isHold ? holds.take(&random) : lines.take(&random) else { return nil }
        var draft = draft(.release, promise.source, promise.sku, at: part(of: promise))
        if isHold { draft.hold = promise.hold } else { draft.orderLine = promise.orderLine }
        if promise.quantity > 1, random.chance(0.3) {
            draft.quantity = 1
            if isHold { holds.add(promise, &random) } else { lines.add(promise, &random) }
        }
        if random.chance(0.2) {
            // More than there is, perhaps of what was given back before.
            draft.domain.isLenient = true
            draft.quantity = promise.quantity + random.number(in: 0...2)
            if isHold { holds.add(promise, &random) } else { lines.add(promise, &random) }
        }
        return draft
    }

    /// A promise goes elsewhere.
    mutating func makeReassignment() -> EventDraft? {
        if random.chance(0.3), let hold = holds.peek(&random) {
            var draft = draft(.reassign, .planning, hold.sku)
            draft.hold = hold.hold
            draft.domain.toLocation = anyWarehouse()
            return draft
        }
        guard let line = lines.peek(&random) else { return nil }
        var draft = draft(.reassign, .planning, line.sku, at: part(of: line))
        draft.orderLine = line.orderLine
        draft.reason = .rerouted
        switch random.below(3) {
        case 0: draft.domain.toLocation = anyWarehouse()
        case 1:
            draft.domain.toOrderLine = number + 1
            draft.location = -1
            if line.quantity > 1 { draft.quantity = 1 }
            var other = line
            other.orderLine = number + 1
            lines.add(other, &random)
        default:
            let location = draft.location
            chooseFrom(&draft)
            draft.location = location
            draft.quantity = 0
        }
        return draft
    }

    // MARK: What leaves and comes back

    mutating func makeDomainShipment() -> EventDraft? {
        guard var line = lines.take(&random) else { return nil }
        let profile = DomainProfile(Int(line.sku))
        var draft = draft(.ship, .warehouse, line.sku, at: part(of: line))
        draft.orderLine = line.orderLine
        draft.document = number + 1
        if profile.hasSerials, line.quantity > 1, random.chance(0.7) {
            chooseSerials(&draft, random.number(in: 2...min(line.quantity, 20)))
            if random.chance(0.5) { draft.quantity = Int64(draft.domain.serialCount) }
        } else if profile.hasSerials {
            chooseSerials(&draft)
        } else if line.quantity > 1, random.chance(0.3) {
            draft.quantity = 1
        }
        if profile.hasLots, random.chance(0.1) { chooseLot(&draft, tellsExpiry: false) }
        dateBack(&draft, 0.1)
        let units = profile.hasSerials ? max(1, Int64(draft.domain.serialCount)) : draft.quantity
        let left = units > 0 ? units : line.quantity
        if left < line.quantity {
            line.quantity -= left
            lines.add(line, &random)
        }
        if line.location < 0 { line.location = anyWarehouse() }
        line.quantity = left
        line.document = draft.document
        line.domain.serial = draft.domain.serial
        line.domain.serialCount = draft.domain.serialCount
        shipped.add(line, &random)
        domain.shipments.add(draft, &random)
        if draft.domain.serial > 0 { domain.serials.add(line, &random) }
        return draft
    }

    /// A label is void.
    mutating func makeUnship() -> EventDraft? {
        guard let shipment = domain.shipments.take(&random) else { return nil }
        var draft = draft(.unship, .warehouse, shipment.sku)
        draft.orderLine = shipment.orderLine
        draft.document = shipment.document
        draft.domain.serial = shipment.domain.serial
        draft.domain.serialCount = shipment.domain.serialCount
        if draft.domain.serialCount > 1, random.chance(0.1) { draft.domain.serialCount -= 1 }
        draft.reason = .voided
        return draft
    }

    /// What was bought comes back, with a claim or not; or a used part instead of it.
    mutating func makeDomainReturn() -> EventDraft? {
        let isSerial = random.chance(0.25)
        guard let line = isSerial ? domain.serials.take(&random) : shipped.take(&random) else { return nil }
        var draft = draft(.return, .warehouse, line.sku, at: line.location >= 0 ? line.location : anyWarehouse())
        draft.orderLine = line.orderLine
        draft.document = number + 1
        draft.quantity = line.quantity
        if line.domain.serial > 0, line.type != .sale || isSerial {
            draft.domain.serial = line.domain.serial
            draft.domain.ofShipment = line.document
            let count = Int64(line.domain.serialCount)
            if count > 0 { draft.domain.serialCount = UInt8(random.chance(0.6) ? count : random.number(in: 1...count)) }
            if count == 0, random.chance(0.4) { draft.domain.claim = number + 1 }
        }
        if draft.domain.claim == 0, DomainProfile(Int(line.sku)).takesCores, random.chance(0.4) {
            draft.domain.serial = 0
            draft.domain.serialCount = 0
            draft.domain.ofShipment = 0
            draft.disposition = .core
            draft.domain.tellsDisposition = true
            if random.chance(0.5) { shipped.add(line, &random) }
            return draft
        }
        dateBack(&draft, 0.1)
        returned.add(draft, &random)
        return draft
    }
}
