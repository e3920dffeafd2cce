import StockCore
import Testing

/// Events that name a list of serials (domain: c1, c7, c8).
struct SerialListTests {
    private let partition = Partition()
    private static let day: Int64 = 86_400_000

    init() {
        accept(
            partition,
            Events.define {
                $0.serialTracked = 1
                $0.warrantyDays = 10
            })
    }

    private func status(_ serial: Key) -> ClosedOutcome? { partition.closed(.serial, serial)?.outcome }

    @Test func aReceiptLineNamesWhatIsNew() {
        accept(partition, Events.receive(3, "r").serials("n1", "n2"))
        #expect(status("n1") == .inStock && status("n2") == .inStock && partition.balances().sellable == 3)
        repeated(partition, Events.receive(3, "r").serials("n1", "n2"))
        repeated(partition, Events.receive(3, "r"))
        refuse(partition, Events.receive(3, "r").serials("n1", "n3"), .receiptConflict)
        refuse(partition, Events.receive(4, "r").serials("n3", "n4"), .serialsExceed)
        let refused = refuse(partition, Events.receive(5, "r").serials("n3", "n2"), .serialInStock)
        #expect(refused.serial == "n2" && status("n3") == nil, "all or nothing")
        accept(partition, Events.receive(5, "r").serials("n3", "n4"))
        refuse(partition, Events.receive(1, "r2").serials("n1", "n5"), .serialsExceed)
        #expect(partition.balances().sellable == 5)
    }

    @Test func unitsOfAShipmentLeaveTogether() {
        accept(partition, Events.receive(5, "r"))
        accept(partition, Events.commit("o", 3))
        refuse(partition, Events.ship("s", "o", 3).serials("n1", "n2"), .serialRequired)
        let fact = accept(partition, Events.ship("s", "o").serials("n1", "n2"))
        #expect(fact.quantity == 2 && fact.warrantyUntilMilliseconds == partition.now + 10 * Self.day)
        for serial in ["n1", "n2"] as [Key] {
            let record = partition.closed(.serial, serial)
            #expect(record?.outcome == .shipped && record?.quantity == partition.now + 10 * Self.day)
        }
        repeated(partition, Events.ship("s", "o").serials("n2", "n1"))
        repeated(partition, Events.ship("s", "o", 2).serials("n2", "n1"))
        refuse(partition, Events.ship("s", "o").serials("n1"), .shipmentConflict)
        refuse(partition, Events.ship("s", "o").serials("n1", "n3"), .shipmentConflict)
        let refused = refuse(partition, Events.ship("s2", "o").serials("n2"), .serialShipped)
        #expect(refused.serial == "n2")
        refuse(partition, Events.ship("s2", "o").serials("n4", "n5"), .quantityExceeds)
        #expect(partition.balances().sellable == 3 && partition.balances().committed == 1)
    }

    /// Each unit of a shipment comes back once, alone or with others.
    @Test func comeBackOnceForEachShipment() {
        accept(partition, Events.receive(5, "r"))
        accept(partition, Events.commit("o", 4))
        accept(partition, Events.ship("s", "o").serials("n1", "n2", "n3"))
        let unknown = refuse(partition, Events.giveBack("b", "o", 2).serials("n1", "n9"), .serialUnknown)
        #expect(unknown.serial == "n9" && status("n1") == .shipped)
        refuse(partition, Events.giveBack("b", "o", 2).serials("n1", "n2").with(\.counterpart, "other"), .serialUnknown)
        accept(partition, Events.giveBack("b", "o", 2).serials("n1", "n2").with(\.counterpart, "s"))
        #expect(status("n1") == .returned && status("n2") == .returned && status("n3") == .shipped)
        repeated(partition, Events.giveBack("b", "o", 2).serials("n2", "n1"))
        refuse(partition, Events.giveBack("b", "o", 2).serials("n2", "n3"), .returnConflict)
        refuse(partition, Events.giveBack("b", "o", 2), .returnConflict)
        refuse(partition, Events.giveBack("b2", "o", 1).serial("n2"), .serialReturned)
        accept(partition, Events.giveBack("b2", "o", 1).serial("n3").with(\.claim, "CLM"))
    }

    @Test func aShipmentIsTakenBackWithAllOfIt() {
        accept(partition, Events.receive(5, "r"))
        accept(partition, Events.commit("o", 3))
        accept(partition, Events.ship("s", "o").serials("n1", "n2"))
        refuse(partition, Events.unship("s", "o"), .serialsDiffer)
        refuse(partition, Events.unship("s", "o").serials("n1"), .serialsDiffer)
        refuse(partition, Events.unship("s", "o").serials("n1", "n3"), .serialsDiffer)
        accept(partition, Events.unship("s", "o").serials("n2", "n1"))
        #expect(status("n1") == .inStock && status("n2") == .inStock && partition.balances().committed == 3)
        refuse(partition, Events.giveBack("b", "o", 1).serial("n1"), .serialUnknown)
        accept(partition, Events.ship("s2", "o").serials("n1", "n2"))
        accept(partition, Events.giveBack("b", "o", 1).serial("n1"))
        let refused = refuse(partition, Events.unship("s2", "o").serials("n1", "n2"), .serialReturned)
        #expect(refused.serial == "n1")
    }

    @Test func aSaleNamesAllItsUnits() {
        accept(partition, Events.receive(5, "r"))
        refuse(partition, Events.sale("t", 3).serials("n1", "n2"), .serialRequired)
        accept(partition, Events.sale("t", 2).serials("n1", "n2"))
        repeated(partition, Events.sale("t", 2).serials("n2", "n1"))
        refuse(partition, Events.sale("t", 2).serials("n1", "n3"), .orderLineClosed)
        refuse(partition, Events.sale("t2", 2).serials("n3", "n1"), .serialShipped)
        accept(partition, Events.sale("t3", 3, forced: true).serials("n3", "n4"))
        #expect(status("n1") == .shipped && status("n4") == .shipped && partition.balances().onHand == 0)
    }

    @Test func aCorrectionTakesTheNamedUnitsBack() {
        accept(partition, Events.receive(3, "r").serials("n1", "n2", "n3"))
        accept(partition, Events.receive(2, "other").serials("n4", "n5"))
        refuse(partition, Events.correct(2, "r").serials("n1", "n2"), .serialsExceed)
        let refused = refuse(partition, Events.correct(1, "r").serials("n1", "n4"), .serialNotReceived)
        #expect(refused.serial == "n4" && status("n1") == .inStock)
        refuse(partition, Events.correct(1, "r").serials("n9"), .serialNotReceived)
        accept(partition, Events.correct(1, "r").serials("n1", "n2"))
        #expect(status("n1") == nil && status("n3") == .inStock && partition.balances().sellable == 3)
        accept(partition, Events.receive(1, "again").serials("n1"))
        accept(partition, Events.commit("o", 1))
        accept(partition, Events.ship("s", "o").serials("n3"))
        refuse(partition, Events.correct(0, "r").serials("n3"), .serialShipped)
        accept(partition, Events.correct(2, "again").serials("n6"))
        #expect(status("n6") == .inStock)
        accept(partition, Events.define { $0.serialTracked = 0 })
        refuse(partition, Events.receive(1, "r9").serials("n7"), .serialNotTracked)
    }

    /// As many as one event may name, in one fact; an abort puts all of them back.
    @Test func asManyAsOneEventMayName() {
        let serials = (0..<EventLimits.maxSerials).map { Key(text: "unit-\($0)")! }
        let count = Int64(serials.count)
        let received = partition.send(Events.receive(count, "r"), serials: serials)
        #expect(received.outcome == .accepted && received.serials == serials)
        accept(partition, Events.commit("o", count))
        let shipped = partition.send(Events.ship("s", "o"), serials: serials)
        #expect(shipped.outcome == .accepted && shipped.quantity == count)
        #expect(serials.allSatisfy { status($0) == .shipped })
        partition.begin()
        let back = partition.send(Events.giveBack("b", "o", count), serials: serials)
        #expect(back.outcome == .accepted)
        partition.abort()
        #expect(serials.allSatisfy { status($0) == .shipped })
    }

    @Test func theirHistoryIsInTheLedger() {
        accept(partition, Events.receive(3, "r").serials("n1", "n2", "n3"))
        accept(partition, Events.commit("o", 2))
        accept(partition, Events.ship("s", "o").serials("n1", "n2"))
        refuse(partition, Events.ship("s9", "o").serials("n1"), .orderLineClosed)
        accept(partition, Events.giveBack("b", "o", 1).serials("n2"))
        var (first, second) = (SerialTrace(sku: Events.sku, serial: "n1"), SerialTrace(sku: Events.sku, serial: "n2"))
        for fact in partition.ledger {
            first.take(fact)
            second.take(fact)
        }
        #expect(first.entries.map(\.kind) == [.receive, .ship] && second.entries.map(\.kind) == [.receive, .ship, .return])
        #expect(first.entries[1].document == "s" && first.entries[1].warrantyUntilMilliseconds == partition.now + 10 * Self.day)
    }

    /// Which of the units is of which lot is not told.
    @Test func aLotKnowsTheSerialsThatLeftWithIt() {
        let partition = Partition()
        accept(
            partition,
            Events.define {
                $0.serialTracked = 1
                $0.lotTracked = 1
            })
        accept(partition, Events.receive(1, "r1").of("A", expiresAt: partition.now + 50 * Self.day))
        accept(partition, Events.receive(2, "r2").of("B", expiresAt: partition.now + 60 * Self.day))
        accept(partition, Events.commit("o", 2))
        accept(partition, Events.ship("s", "o").serials("n1", "n2"))
        var trace = LotTrace(sku: Events.sku, lot: "B")
        for fact in partition.ledger { trace.take(fact) }
        #expect(trace.departures.count == 1 && trace.departures[0].quantity == 1 && trace.departures[0].serials == ["n1", "n2"])
        let shipped = partition.ledger.last { $0.kind == .ship }
        #expect(shipped?.items.count == 2)
        accept(partition, Events.unship("s", "o").serials("n1", "n2"))
        var again = LotTrace(sku: Events.sku, lot: "B")
        for fact in partition.ledger { again.take(fact) }
        #expect(again.departures.isEmpty && partition.balances().sellable == 3)
    }
}
