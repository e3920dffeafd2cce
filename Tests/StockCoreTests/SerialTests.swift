import StockCore
import Testing

/// Serials, warranty and used parts that are handed in (domain: c7, c8, c19).
struct SerialTests {
    private let partition = Partition()
    private static let day: Int64 = 86_400_000

    init() {
        accept(
            partition,
            Events.define {
                $0.serialTracked = 1
                $0.warrantyDays = 10
            })
        accept(partition, Events.receive(5))
        accept(partition, Events.commit("o", 3))
    }

    private func claim(_ id: Key, _ serial: Key, of line: Key = "o") -> StockEvent {
        Events.giveBack(id, line, 1, at: Events.main).serial(serial).with(\.claim, "CLM-1")
    }

    @Test func unitsThatLeaveNameTheirSerial() {
        refuse(partition, Events.ship("s", "o"), .serialRequired)
        refuse(partition, Events.sale("t", 1), .serialRequired)
        let fact = accept(partition, Events.ship("s", "o").serial("a"))
        #expect(fact.quantity == 1 && fact.serial == "a" && fact.warrantyUntilMilliseconds == partition.now + 10 * Self.day)
        accept(partition, Events.ship("s", "o").serial("b"))
        repeated(partition, Events.ship("s", "o").serial("b"))
        refuse(partition, Events.ship("s2", "o").serial("b"), .serialShipped)
        refuse(partition, Events.sale("t", 1).serial("b"), .serialShipped)
        #expect(partition.balances().sellable == 3 && partition.balances().committed == 1)
        accept(partition, Events.sale("till", 1, forced: true))
    }

    @Test func aSerialIsReceivedOnce() {
        accept(partition, Events.receive(1, "r1").serial("a"))
        repeated(partition, Events.receive(1, "r1").serial("a"))
        refuse(partition, Events.receive(1, "r2").serial("a"), .serialInStock)
        accept(partition, Events.receive(1, "r1").serial("b"))
        accept(partition, Events.ship("s", "o").serial("a"))
        refuse(partition, Events.receive(1, "r2").serial("a"), .serialShipped)
        refuse(partition, Events.correct(0, "r1").serial("a"), .serialShipped)
        accept(partition, Events.correct(0, "r1").serial("b"))
        accept(partition, Events.receive(1, "r2").serial("b"))
        refuse(partition, Events.correct(1, "r1").serial("b"), .serialInStock)
        accept(partition, Events.define { $0.serialTracked = 0 })
        refuse(partition, Events.receive(1, "r3").serial("c"), .serialNotTracked)
    }

    /// B57, B58: the same unit can't be returned twice for one shipment, whatever else is open of the line.
    @Test func comesBackOnceForEachShipment() {
        accept(partition, Events.ship("s", "o").serial("a"))
        accept(partition, Events.ship("s", "o").serial("b"))
        refuse(partition, Events.giveBack("r", "o", 1).serial("c"), .serialUnknown)
        accept(partition, Events.giveBack("r", "o", 1).serial("a"))
        repeated(partition, Events.giveBack("r", "o", 1).serial("a"))
        refuse(partition, Events.giveBack("r", "o", 1).serial("b"), .returnConflict)
        refuse(partition, Events.giveBack("r2", "o", 1).serial("a"), .serialReturned)
        accept(partition, Events.commit("p", 1))
        accept(partition, Events.ship("s3", "p").serial("a"))
        refuse(partition, Events.giveBack("r2", "o", 1).serial("a"), .serialUnknown)
        refuse(partition, Events.giveBack("r2", "p", 1).serial("a").with(\.counterpart, "s"), .serialUnknown)
        accept(partition, Events.giveBack("r2", "p", 1).serial("a").with(\.counterpart, "s3"))
    }

    @Test func aClaimNeedsARunningWarranty() {
        accept(partition, Events.define { $0.returnDisposition = Int64(Disposition.damaged.rawValue) })
        accept(partition, Events.ship("s", "o").serial("a"))
        accept(partition, Events.ship("s", "o").serial("b"))
        partition.wait(milliseconds: 10 * Self.day - 1)
        #expect(accept(partition, claim("r", "a")).after.qc == 1)
        partition.wait(milliseconds: 1)
        refuse(partition, claim("r2", "b"), .warrantyExpired)
        #expect(accept(partition, claim("r3", "b").with(\.occurredAtMilliseconds, partition.now - 1)).after.qc == 2)
        accept(partition, Events.define { $0.warrantyDays = 0 })
        accept(partition, Events.ship("s2", "o").serial("c"))
        refuse(partition, claim("r4", "c"), .warrantyNone)
    }

    /// A replacement is a new commitment with a warranty of its own; the customer has one unit again.
    @Test func aReplacementIsANewCommitment() {
        accept(partition, Events.ship("s", "o").serial("a"))
        accept(partition, claim("r", "a"))
        accept(partition, Events.commit("o-repl", 1).with(\.claim, "CLM-1"))
        partition.wait(milliseconds: Self.day)
        let fact = accept(partition, Events.ship("s2", "o-repl").serial("b"))
        #expect(fact.warrantyUntilMilliseconds == partition.now + 10 * Self.day && partition.state.sku(0).customer == 1)
        #expect(partition.closed(.orderLine, "o-repl")?.returned == 0)
    }

    @Test func unshipBringsTheSerialBack() {
        accept(partition, Events.ship("s", "o").serial("a"))
        accept(partition, Events.ship("s", "o").serial("b"))
        accept(partition, Events.giveBack("r", "o", 1).serial("b"))
        refuse(partition, Events.unship("s", "o").serial("b"), .serialReturned)
        accept(partition, Events.unship("s", "o").serial("a"))
        refuse(partition, Events.giveBack("r2", "o", 1).serial("a"), .serialUnknown)
        refuse(partition, Events.ship("s", "o").serial("a"), .shipmentVoided)
        accept(partition, Events.ship("s9", "o").serial("a"))
    }

    /// What was bought and the used part in exchange are two things.
    @Test func usedPartsAreCountedApart() {
        accept(partition, Events.ship("s", "o").serial("a"))
        let core = accept(partition, Events.giveBack("c1", "o", 1, .core))
        #expect(core.after.core == 1 && core.after.onHand == 5 && core.after.available == 2)
        refuse(partition, Events.giveBack("c2", "o", 1, .core), .quantityExceeds)
        refuse(partition, Events.unship("s", "o").serial("a"), .quantityExceeds)
        accept(partition, Events.giveBack("r1", "o", 1).serial("a"))
        refuse(partition, Events.giveBack("r2", "o", 1), .quantityExceeds)
        refuse(partition, Events.move(1, from: .core, to: .sellable), .coreNotSellable)
        accept(partition, Events.move(1, from: .core, to: .damaged))
        accept(partition, Events.cancel("o"))
        let line = partition.closed(.orderLine, "o")
        #expect(line?.shipped == 1 && line?.returned == 1 && line?.cores == 1)
    }

    @Test func aTransferOfUsedPartsBringsNoneToTheShelf() {
        accept(partition, Events.receive(2, "cores").with(\.disposition, .core))
        accept(partition, Events.send("t", 2, from: Events.main, to: Events.shop, .core))
        refuse(partition, Events.arrive("t", 1, rejected: nil, as: .sellable, to: .quarantine), .coreNotSellable)
        let arrived = accept(partition, Events.arrive("t", 2, rejected: nil, as: nil, to: .quarantine))
        #expect(arrived.after.core == 2 && arrived.after.available == 0)
    }

    @Test func itsHistoryIsInTheLedger() {
        accept(partition, Events.ship("s", "o").serial("a"))
        accept(partition, Events.ship("s", "o").serial("b"))
        refuse(partition, Events.ship("s9", "o").serial("a"), .serialShipped)
        accept(partition, claim("r", "a"))
        var trace = SerialTrace(sku: Events.sku, serial: "a")
        for fact in partition.ledger { trace.take(fact) }
        #expect(trace.entries.map(\.kind) == [.ship, .return])
        #expect(trace.entries[0].document == "s" && trace.entries[0].warrantyUntilMilliseconds == partition.now + 10 * Self.day)
        #expect(trace.entries[1].claim == "CLM-1" && trace.entries[1].disposition == .qc)
    }
}
