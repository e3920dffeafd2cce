import Testing

@testable import StockCore

/// Counts of lots at their limits; what they do otherwise is in Tests/Cases.
struct CountLotTests {
    private let partition = Partition(checksEverything: false)

    init() { accept(partition, Events.define { $0.lotTracked = 1 }) }

    private func name(_ index: Int) -> Key { Key(text: "lot-\(index)")! }

    private func fill(_ count: Int) {
        for index in 0..<count {
            accept(partition, Events.receive(2, Key(text: "r\(index)")!).of(name(index), expiresAt: 2_000_000 + Int64(index)))
        }
    }

    @Test func aCountOfAThousandLots() {
        fill(1_000)
        accept(partition, Events.countOpen("c").with(\.rest, .writeOff))
        for index in 0..<100 { accept(partition, Events.countLine("c", 3).of(name(index))) }
        let line = Events.countLine("c", 1, at: Events.main, .damaged).of(name(0))
        refuse(partition, line, .tooManyLots)
        #expect(partition.state.checkAll() == nil)
        let close = accept(partition, Events.countClose("c"))
        #expect(close.items.count == 1_000 && close.quantity == 100 - 1_800)
        #expect(partition.balances().sellable == 300 && partition.state.lotCounts.count == 1_000, "wait for their tombstones")
        #expect(partition.state.checkAll() == nil)
        partition.begin()
        partition.writeCheckpoint(into: RecordingSink(), limit: Int.max, isForced: true)
        partition.commit()
        #expect(partition.state.lotCounts.count == 0 && partition.state.lotTerms.count == 1_000)
    }

    @Test func aLotThatWasCountedIsRemembered() {
        fill(1)
        accept(partition, Events.countOpen("c"))
        accept(partition, Events.countLine("c", 1).of(name(0)))
        accept(partition, Events.countLine("c", 5).of("new", expiresAt: 3_000_000))
        accept(partition, Events.sale("o", 2))
        #expect(partition.state.findLotTerms(0, name(0)) >= 0)
        let close = accept(partition, Events.countClose("c"))
        #expect(close.items.map(\.quantity) == [-1, 5] && close.quantity == 4)
        let level = partition.state.findLevel(0, Events.main)
        let lot = partition.state.findLot(level, partition.state.findLotTerms(0, name(0)))
        #expect(partition.state.lot(lot).quantities.sellable == -1, "more has left than was there")
        #expect(partition.balances().sellable == 4 && partition.balances().available == 5)
        #expect(partition.state.checkAll() == nil)
    }

    @Test func whatIsCountedIsChecked() {
        fill(1)
        accept(partition, Events.countOpen("c"))
        accept(partition, Events.countLine("c", 1).of(name(0)))
        partition.state.counts[0].firstLot = -1
        #expect(partition.state.checkAll() != nil)
    }
}
