import StockCore
import Testing

struct UnitTests {
    private func partition(_ name: Key, _ numerator: Int64, _ denominator: Int64 = 1) -> Partition {
        let partition = Partition()
        partition.send(Events.unit(name, numerator, denominator))
        return partition
    }

    @Test func fiveDozensAreSixty() {
        let partition = partition("dozen", 12)
        let fact = partition.send(Events.receive(5).counted(in: "dozen"))
        #expect(fact.outcome == .accepted && fact.quantity == 60 && fact.total == 60 && partition.balances().sellable == 60)
        #expect(fact.unit.name == "dozen" && fact.unit.entered == 5 && fact.unit.numerator == 12 && fact.unit.residue == 0)
        let again = partition.send(Events.receive(60))
        #expect(again.outcome == .duplicate)
        let single = partition.send(Events.hold("h", 1))
        #expect(single.outcome == .accepted && partition.balances().held == 1)
    }

    @Test func nineNinthsLeaveNothing() {
        let partition = partition("ninth", 1, 9)
        partition.send(Events.receive(1))
        let nothing = partition.send(Events.adjust(-8).counted(in: "ninth"))
        #expect(nothing.rejection == .unitInexact && nothing.quantity == 0)
        let all = partition.send(Events.adjust(-9).counted(in: "ninth"))
        #expect(all.outcome == .accepted && partition.balances().sellable == 0)
    }

    /// What was given is what was booked and the residue, to the last part.
    @Test func roundingTellsItsResidue() {
        for entered in [Int64(-22), -7, -1, 1, 2, 8, 22, 35] {
            for rounding in [Rounding.down, .up] {
                let partition = partition("part", 2, 7)
                partition.send(Events.receive(100))
                let fact = partition.send(Events.adjust(entered).counted(in: "part", rounding))
                let isNothing = abs(fact.quantity) == 0
                #expect((fact.rejection == .unitInexact) == isNothing, "\(entered) \(rounding)")
                guard !isNothing else { continue }
                #expect(fact.quantity * 7 + fact.unit.residue == entered * 2, "\(entered) \(rounding)")
                #expect(abs(fact.unit.residue) < 7 && (rounding == .down ? fact.unit.residue >= 0 : fact.unit.residue <= 0))
                #expect(partition.balances().sellable == 100 + fact.quantity)
            }
        }
    }

    @Test func largeFactorsDoNotOverflow() {
        let partition = Partition()
        partition.send(Events.unit("same", 999_999_999, 999_999_999))
        partition.send(Events.unit("tiny", 1, 1_000_000_000))
        partition.send(Events.unit("huge", 1_000_000_000))
        let same = partition.send(Events.receive(EventLimits.maxQuantity, "a").counted(in: "same"))
        #expect(same.outcome == .accepted && same.quantity == EventLimits.maxQuantity)
        let tiny = partition.send(Events.receive(EventLimits.maxQuantity, "b").counted(in: "tiny"))
        #expect(tiny.quantity == 1_000)
        let huge = partition.send(Events.receive(1_001, "c").counted(in: "huge"))
        #expect(huge.rejection == .quantityOverflow && huge.quantity == 0)
        let most = partition.send(Events.receive(EventLimits.maxQuantity, "c").counted(in: "huge"))
        #expect(most.rejection == .quantityOverflow)
        #expect(partition.send(Events.receive(1_000, "c").counted(in: "huge")).quantity == EventLimits.maxQuantity)
    }

    @Test func comparedValuesAreExact() {
        let partition = partition("half", 1, 2)
        partition.send(Events.receive(5))
        #expect(partition.send(Events.set(4, expecting: 9).counted(in: "half")).rejection == .unitInexact)
        #expect(partition.send(Events.set(3, expecting: 10).counted(in: "half", .down)).rejection == .unitInexact)
        let set = partition.send(Events.set(4, expecting: 10).counted(in: "half"))
        #expect(set.outcome == .accepted && partition.balances().sellable == 2)
    }

    @Test func aUnitKeepsItsFactorOnceThereIsStock() {
        let partition = partition("box", 9)
        #expect(partition.send(Events.unit("box", 10)).outcome == .accepted)
        partition.send(Events.receive(1).counted(in: "box"))
        #expect(partition.balances().sellable == 10)
        #expect(partition.send(Events.unit("box", 9)).rejection == .unitFixed)
        #expect(partition.send(Events.unit("box", 20, 2)).outcome == .accepted, "the same factor")
        #expect(partition.send(Events.unit("crate", 90)).outcome == .accepted)
        #expect(partition.send(Events.hold("h", 1).counted(in: "pallet")).rejection == .unitUnknown)
    }

    @Test func aSKUHasSoManyUnits() {
        let partition = Partition()
        for number in 0..<32 { partition.send(Events.unit(Key(text: "u\(number)")!, 2)) }
        #expect(partition.send(Events.unit("more", 2)).rejection == .tooManyUnits)
        #expect(partition.send(Events.unit("u31", 3)).outcome == .accepted)
    }

    @Test func lostSalesAreCountedInMinorUnits() {
        let partition = partition("dozen", 12)
        partition.send(Events.receive(11))
        let refused = partition.send(Events.hold("h", 1).counted(in: "dozen"))
        #expect(refused.rejection == .insufficientStock && refused.total == 11 && refused.quantity == 12)
        #expect(partition.state.values.counters.unitsRefused == 12)
    }
}
