import Testing

@testable import StockCore

/// The check of the identities beside the work.
@Suite struct SweepTests {
    /// Random histories with a few records checked after every event: nothing is found, and passes come to their end. Fails where a SKU
    /// that changes during a pass is judged by sums that are half old.
    @Test(arguments: [1, 2, 7, 100]) func findsNothingInWhatIsWhole(most: Int32) {
        let partition = Partition(limits: RandomHistory.limits, checksEverything: false)
        var history = RandomHistory(seed: Int(most))
        var sweep = IdentitySweep()
        for _ in 0..<4_000 {
            partition.take(history.step(now: partition.now))
            if let found = sweep.step(partition.state, most: most) { Issue.record("\(found)") }
        }
        #expect(sweep.passes > 3)
        #expect(partition.state.firstInconsistency == nil)
    }

    /// What is broken without a fact is found by the next pass, with the seq through which it was whole.
    @Test(arguments: Damage.allCases) func findsWhatIsBroken(damage: Damage) throws {
        let partition = damagedPartition(withDocuments: true)
        var sweep = IdentitySweep()
        for _ in 0..<100 where sweep.passes < 1 {
            if let found = sweep.step(partition.state, most: 2) { Issue.record("\(found)") }
        }
        let whole = partition.state.values.seq
        accept(partition, Events.receive(1, "R2"))
        damage.inflict(&partition.state)
        var found: Inconsistency?
        for _ in 0..<100 where sweep.passes < 2 { found = found ?? sweep.step(partition.state, most: 2) }
        let first = try #require(found)
        #expect(first.identity == damage.identity)
        #expect(first.wholeThroughSeq == whole && first.seq == whole + 1)
    }

    /// A fact that breaks something is named with its offset at once, the first one only.
    @Test func namesTheFactThatBreaks() throws {
        let partition = damagedPartition()
        Damage.account.inflict(&partition.state)
        #expect(partition.state.firstInconsistency == nil, "no fact has been there yet")
        for number in 0..<2 { accept(partition, Events.receive(1, Key(text: "R\(number)")!)) }
        let broken = partition.state.firstInconsistency
        let first = try #require(broken)
        #expect(first.identity == .conservation(sku: Events.sku))
        #expect(first.seq == 4 && first.offset == 3 && first.wholeThroughSeq == 3)
    }

    private func damagedPartition(withDocuments: Bool = false) -> Partition {
        let partition = Partition(checksEverything: false)
        accept(partition, Events.receive(100))
        accept(partition, Events.hold("h", 5))
        accept(partition, Events.commit("o", hold: "h", 2))
        if withDocuments {
            accept(partition, Events.expect(10))
            accept(partition, Events.send("t", 4))
        }
        return partition
    }

    enum Damage: CaseIterable {
        case account, held, hold, line, total, negative, incoming, transfer

        var identity: BrokenIdentity {
            switch self {
            case .account: .conservation(sku: Events.sku)
            case .held, .hold, .incoming: .promises(sku: Events.sku, location: Events.main)
            case .transfer: .promises(sku: Events.sku, location: Events.shop)
            case .line: .orderLine(sku: Events.sku)
            case .total: .totals(sku: Events.sku)
            case .negative: .negative(sku: Events.sku, location: Events.main)
            }
        }

        func inflict(_ state: inout PartitionState) {
            let sku = state.findSKU(Events.sku)
            let level = state.findLevel(sku, Events.main)
            switch self {
            case .account: state.skus[sku].supplier += 1
            case .held:
                state.levels[level].balances.held += 1
                state.skus[sku].totals.held += 1
            case .hold: state.holds[state.findHold(sku, "h")].remaining += 1
            case .line: state.commitments[state.findCommitment(sku, "o")].ordered += 1
            case .total: state.skus[sku].totals.damaged += 1
            case .negative: state.levels[level].balances.qc -= 1
            case .incoming: state.documents[state.findDocument(sku, .incoming, "incoming")].total += 1
            case .transfer: state.documents[state.findDocument(sku, .transfer, "t")].arrived += 1
            }
        }
    }
}
