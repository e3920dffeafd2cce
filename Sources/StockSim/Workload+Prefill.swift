import StockCore
import StockWire

/// Where the definitions and the opening stock are: per SKU its definition, a receipt for each warehouse, then for each store that carries it.
struct PrefillCursor: BitwiseCopyable {
    var sku: Int32 = 0
    /// 0: the definition, then one for each location.
    var step: Int8 = 0

    static func count(skus: Int) -> UInt64 {
        let inStores = (skus + 3) / 4 + (skus + 2) / 4
        return UInt64(skus * (1 + SampleCatalogue.warehouses.count) + inStores * SampleCatalogue.stores.count)
    }
}

extension Workload {
    mutating func makePrefill() -> WorkloadRecord {
        let index = Int(prefill.sku)
        var draft = EventDraft()
        number += 1
        draft.number = number
        draft.sku = prefill.sku
        if prefill.step == 0 {
            draft.type = .define
            draft.source = .planning
        } else {
            let isStore = Int(prefill.step) > SampleCatalogue.warehouses.count
            draft.type = .receive
            draft.source = .warehouse
            draft.location = prefill.step - 1
            draft.document = number
            draft.quantity = openingStock(index) / (isStore ? 4 : 1) + 1
        }
        let last = SampleCatalogue.warehouses.count + (catalogue.isInStores(index) ? SampleCatalogue.stores.count : 0)
        if Int(prefill.step) == last {
            prefill.sku += 1
            prefill.step = 0
        } else {
            prefill.step += 1
        }
        write(draft, .plain)
        return finished(.event, partition: -1)
    }

    /// Popular SKUs have more, auto parts of the long tail only a few.
    private mutating func openingStock(_ index: Int) -> Int64 {
        if index * 100 < options.skus { return random.number(in: 1_000...4_000) }
        if index * 10 < options.skus { return random.number(in: 150...600) }
        return catalogue.isBeauty(index) ? random.number(in: 20...120) : random.number(in: 2...24)
    }

    /// The policy terms of a SKU; derived from its number alone, so that a repeat is the same.
    mutating func writeTerms(_ index: Int) {
        let isPopular = index * 10 < options.skus
        value.member("scale", 1)
        value.member("safetyStock", isPopular ? 5 : catalogue.isBeauty(index) ? 2 : 0)
        value.member("reorderPoint", isPopular ? 60 : catalogue.isBeauty(index) ? 10 : 2)
        value.member("reorderHysteresis", isPopular ? 20 : catalogue.isBeauty(index) ? 4 : 1)
        value.member("returnDisposition", literal: catalogue.isBeauty(index) ? "quarantine" : "qc")
        value.member("maxHoldSeconds", 86_400)
        value.member("maxHoldQuantity", catalogue.isBeauty(index) ? 50 : 20)
    }
}
