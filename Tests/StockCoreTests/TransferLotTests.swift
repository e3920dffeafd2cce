import Testing

@testable import StockCore

/// Lots in transit at their limits; what they do otherwise is in Tests/Cases.
struct TransferLotTests {
    private let partition = Partition(checksEverything: false)

    init() { accept(partition, Events.define { $0.lotTracked = 1 }) }

    private func name(_ index: Int) -> Key { Key(text: "lot-\(index)")! }

    private func fill(_ count: Int, from first: Int = 0, at location: Key = Events.main) {
        for index in first..<first + count {
            let receipt = Key(text: "\(location)-\(index)")!
            accept(partition, Events.receive(2, at: location, receipt).of(name(index), expiresAt: 2_000_000 + Int64(index)))
        }
    }

    @Test func aTransferHasAtMostAThousandLots() {
        fill(999)
        let sent = accept(partition, Events.send("t", 1_998))
        #expect(sent.items.count == 999 && sent.items.first?.id == name(0))
        fill(1, from: 999)
        refuse(partition, Events.send("t", 1_999), .tooManyLots)
        accept(partition, Events.send("u", 1))
        let half = accept(partition, Events.arrive("t", 1, rejected: 0))
        #expect(half.items.count == 1, "the lot that expires first")
        let arrived = accept(partition, Events.arrive("t", 3, rejected: 1))
        #expect(arrived.items.count == 3, "the first lot's other unit, and one lot in two parts")
        #expect(partition.state.checkAll() == nil)
        let back = accept(partition, Events.closeTransfer("t", .back))
        #expect(back.items.count == 997 && back.quantity == 1_994)
        #expect(partition.state.checkAll() == nil)
    }

    @Test func whereTheyGoHasToHaveRoom() {
        fill(2)
        fill(999, from: 10, at: Events.shop)
        accept(partition, Events.send("t", 4))
        refuse(partition, Events.arrive("t", 4), .tooManyLots)
        accept(partition, Events.arrive("t", 2))
        fill(999, from: 2_000)
        #expect(partition.state.checkAll() == nil)
        accept(partition, Events.closeTransfer("t", .back))
        #expect(partition.state.checkAll() == nil)
    }

    @Test func aLotInTransitIsRemembered() {
        fill(1)
        accept(partition, Events.send("t", 2))
        #expect(partition.state.findLotTerms(0, name(0)) >= 0, "nowhere but in transit")
        refuse(partition, Events.receive(1, "other").of(name(0), expiresAt: 9_000_000), .lotExpiryConflict)
        accept(partition, Events.closeTransfer("t", .writeOff))
        #expect(partition.state.findLotTerms(0, name(0)) < 0, "nowhere at all")
        #expect(partition.state.shippedLots.count == 1, "waits for its tombstone")
        #expect(partition.state.checkAll() == nil)
    }

    @Test func whatIsInTransitOfALotIsChecked() {
        fill(1)
        accept(partition, Events.send("t", 2))
        let slot = partition.state.findShippedLot(0, PartitionState.closedID(.transfer, "t"), 0)
        partition.state.shippedLots[slot].returned = 1
        #expect(partition.state.checkAll() == .inTransit(sku: Events.sku, location: Events.shop))
        var sweep = IdentitySweep()
        var found: Inconsistency?
        while found == nil && sweep.passes < 2 { found = sweep.step(partition.state, most: 10) }
        #expect(found?.identity == .inTransit(sku: Events.sku, location: Events.shop))
    }
}
