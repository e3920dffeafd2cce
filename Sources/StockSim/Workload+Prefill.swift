import StockCore
import StockWire

/// Where the definitions and the opening stock are: per SKU its definition, a receipt for each warehouse, then for each store that
/// carries it.
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
            draft.quantity = openingStock(index, isStore: isStore)
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

    /// Popular SKUs have more, auto parts of the long tail only a few; now and then even a popular one is scarce, so that it is fought for.
    private mutating func openingStock(_ index: Int, isStore: Bool) -> Int64 {
        let terms = terms(index)
        let stock: Int64
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
        if index * 10 < options.skus, !isScarce(index) { return Terms(safetyStock: 5, reorderPoint: 60, reorderHysteresis: 20) }
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
