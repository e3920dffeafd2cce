import StockCore
import StockWire

/// Where the definitions and the opening stock are: per SKU its definitions, a receipt for each warehouse, then for each store that
/// carries it.
struct PrefillCursor: BitwiseCopyable {
    var sku: Int32 = 0
    /// From 0: the definitions, then one for each location.
    var step: Int8 = 0

    static func count(_ options: WorkloadOptions) -> UInt64 {
        let skus = options.skus
        let inStores = (skus + 3) / 4 + (skus + 2) / 4
        let receipts = skus * SampleCatalogue.warehouses.count + inStores * SampleCatalogue.stores.count
        guard options.mix == .domain else { return UInt64(skus + receipts) }
        func definitions(_ skus: Int) -> Int { (0..<skus).reduce(0) { $0 + DomainProfile($1).definitions.count } }
        return UInt64(skus / 8 * definitions(8) + definitions(skus % 8) + receipts)
    }
}

extension DomainProfile {
    /// The definitions that come before the opening stock.
    var definitions: [DomainDraft.Definition] {
        if hasUnits { return [.trade, .pair, .halfPack] }
        if hasZone { return [.trade, .channel, .location] }
        return hasLots ? [.trade, .channel] : [.trade]
    }
}

extension Workload {
    mutating func makePrefill() -> WorkloadRecord {
        let index = Int(prefill.sku)
        var draft = EventDraft()
        number += 1
        draft.number = number
        draft.sku = prefill.sku
        let definitions = options.mix == .domain ? DomainProfile(index).definitions : [.trade]
        let place = Int(prefill.step) - definitions.count
        if place < 0 {
            draft.type = .define
            draft.source = .planning
            draft.domain.definition = definitions[Int(prefill.step)]
            tellOpeningTerms(&draft)
        } else {
            draft.type = .receive
            draft.source = .warehouse
            draft.location = Int8(place)
            draft.document = number
            draft.quantity = openingStock(index, isStore: place >= SampleCatalogue.warehouses.count)
            if options.mix == .domain, DomainProfile(index).hasLots { chooseLot(&draft) }
            if options.mix == .domain, DomainProfile(index).isInspected { draft.domain.tellsDisposition = true }
        }
        let last = SampleCatalogue.warehouses.count - 1 + (catalogue.isInStores(index) ? SampleCatalogue.stores.count : 0)
        if place == last {
            prefill.sku += 1
            prefill.step = 0
        } else {
            prefill.step += 1
        }
        write(draft, .plain)
        return finished(.event, partition: -1)
    }

    private func tellOpeningTerms(_ draft: inout EventDraft) {
        switch draft.domain.definition {
        case .channel:
            draft.domain.channel = .marketplace
            draft.domain.shelfLifeDays = 30
        case .location:
            draft.location = 0
            draft.quantity = 8
        default: break
        }
    }

    /// Popular SKUs have more, auto parts of the long tail only a few; now and then even a popular one is scarce, so that it is fought for.
    private mutating func openingStock(_ index: Int, isStore: Bool) -> Int64 {
        let terms = terms(index)
        let stock: Int64
        if options.mix == .domain { return random.number(in: 6...30) }
        if isScarce(index) {
            stock = terms.safetyStock + random.number(in: 4...16)
        } else if index * 100 < options.skus {
            stock = random.number(in: 1_000...4_000)
        } else if index * 10 < options.skus {
            stock = random.number(in: 150...600)
        } else {
            stock = catalogue.isBeauty(index) ? random.number(in: 20...120) : random.number(in: 3...24)
        }
        // A store opens with shelves that are full enough.
        return isStore ? max(stock / 4, terms.reorderPoint + terms.reorderHysteresis + 1) : stock
    }

    /// One in 24, none of them in stores, so that they can be out everywhere.
    private func isScarce(_ index: Int) -> Bool { index % 24 == 6 }

    private struct Terms {
        var safetyStock: Int64
        var reorderPoint: Int64
        var reorderHysteresis: Int64
    }

    /// Derived from the number alone, so that a repeat is the same.
    private func terms(_ index: Int) -> Terms {
        let isPopular = index * 10 < options.skus && !isScarce(index) && options.mix != .domain
        if isPopular { return Terms(safetyStock: 5, reorderPoint: 60, reorderHysteresis: 20) }
        return catalogue.isBeauty(index)
            ? Terms(safetyStock: 2, reorderPoint: 10, reorderHysteresis: 4) : Terms(safetyStock: 0, reorderPoint: 2, reorderHysteresis: 1)
    }

    /// Writes the policy terms of a SKU.
    mutating func writeTerms(_ index: Int) {
        let terms = terms(index)
        value.member("scale", 1)
        value.member("safetyStock", terms.safetyStock)
        value.member("reorderPoint", terms.reorderPoint)
        value.member("reorderHysteresis", terms.reorderHysteresis)
        value.member("returnDisposition", literal: catalogue.isBeauty(index) ? "quarantine" : "qc")
        value.member("maxHoldSeconds", 86_400)
        value.member("maxHoldQuantity", catalogue.isBeauty(index) ? 50 : 20)
    }
}
