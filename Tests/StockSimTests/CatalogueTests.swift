import StockCore
import Testing

@testable import StockSim

@Suite struct CatalogueTests {
    @Test func noTwoSKUsAreAlike() {
        // Above the number of variants of both kinds, so that further editions are made.
        let catalogue = SampleCatalogue(seed: 5, count: 60_000)
        var seen: Set<Key> = []
        for index in 0..<catalogue.count {
            seen.insert(catalogue.sku(index))
        }
        #expect(seen.count == 60_000 && !seen.contains(Key()))
    }

    @Test func theSeedDecides() {
        let a = SampleCatalogue(seed: 5, count: 100)
        let b = SampleCatalogue(seed: 5, count: 100)
        let c = SampleCatalogue(seed: 6, count: 100)
        #expect((0..<100).map { a.sku($0) } == (0..<100).map { b.sku($0) })
        #expect((0..<100).map { a.sku($0) } != (0..<100).map { c.sku($0) })
    }

    @Test func bothKindsHaveTheirVariants() {
        let catalogue = SampleCatalogue(seed: 1, count: 200)
        let beauty = (0..<200).filter { catalogue.isBeauty($0) }
        #expect(beauty.count == 100)
        #expect(Set(beauty.map { "\(catalogue.sku($0))".split(separator: "-")[2] }).count > 10, "shades")
        #expect(catalogue.title(1).contains("fits"))
        #expect(SampleCatalogue.beautyVariants % SampleCatalogue.stride != 0)
        #expect(SampleCatalogue.partVariants % SampleCatalogue.stride != 0)
    }
}
