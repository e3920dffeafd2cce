import StockCore
import Testing

/// Event ids, expected versions, and what follows the window (domain: c15, design: 4.6).
struct IdempotencyTests {
    let partition = Partition()

    @Test func sameIDAndContentAnswersAsBefore() {
        let event = partition.complete(Events.receive(10))
        let first = accept(partition, event)
        let again = repeated(partition, event)
        #expect(again.firstSeq == first.seq && again.firstOutcome == .accepted && again.firstRejection == .none)
        // A refusal is an answer, too: it does not become another one because there is stock now.
        let hold = partition.complete(Events.hold("h", 11))
        let refused = refuse(partition, hold, .insufficientStock)
        accept(partition, Events.adjust(5))
        let third = repeated(partition, hold)
        #expect(third.firstSeq == refused.seq && third.firstOutcome == .rejected && third.firstRejection == .insufficientStock)
        #expect(partition.state.values.counters.duplicates == 2)
    }

    @Test func sameIDAndOtherContentIsAConflict() {
        let event = partition.complete(Events.adjust(10))
        let first = accept(partition, event)
        var other = event
        other.quantity = 11
        other.bodyHash = other.contentHash
        #expect(refuse(partition, other, .idConflict).firstSeq == first.seq)
        repeated(partition, event)
        #expect(partition.balances().sellable == 10)
    }

    @Test func knownByBusinessIDOnlyEntersTheWindow() {
        accept(partition, Events.receive(10))
        let event = partition.complete(Events.receive(10))
        let second = repeated(partition, event)
        #expect(second.firstSeq == 0)
        let third = repeated(partition, event)
        #expect(third.firstSeq == second.seq && third.firstOutcome == .duplicate)
        #expect(partition.state.ids.count == 2)
    }

    @Test func expectedVersionIsComparedFirst() {
        refuse(partition, Events.receive(10).with(\.expectedVersion, 1), .versionMismatch)
        accept(partition, Events.receive(10).with(\.expectedVersion, 0))
        refuse(partition, Events.hold("h", 99).with(\.expectedVersion, 0), .versionMismatch)
        refuse(partition, Events.hold("h", 99).with(\.expectedVersion, 2), .versionMismatch)
        refuse(partition, Events.hold("h", 99).with(\.expectedVersion, 1), .insufficientStock)
        accept(partition, Events.hold("h", 9).with(\.expectedVersion, 1))
    }

    @Test func leavingTheWindowMakesOldEventsWithoutABusinessIDTooOld() {
        var limits = StateLimits()
        limits.idWindowEntries = 2
        limits.idWindowMilliseconds = 1_000
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(100))
        accept(partition, Events.hold("h", 10, ttl: 100))
        accept(partition, Events.commit("o", 10))
        let old = partition.now
        let adjust = partition.complete(Events.adjust(1))
        accept(partition, adjust)
        #expect(partition.state.ids.count == 4, "younger than the window promises")
        partition.wait(milliseconds: 1_000)
        accept(partition, Events.receive(1, "r2"))
        #expect(partition.state.ids.count == 2 && partition.state.ids.evictedThroughMilliseconds == old)
        #expect(partition.state.ids.evictedEarly == 0)
        let cases: [StockEvent] = [
            Events.adjust(1), Events.move(1), Events.extend("h", ttl: 100), Events.define { $0.safetyStock = 1 },
            Events.release(hold: "h", 1), Events.cancel("o", 1), Events.hold("h", 11),
        ]
        for event in cases { refuse(partition, event.with(\.occurredAtMilliseconds, old), .tooOld) }
        // What can't have its effect twice, is young enough, or says what it expects to change, is decided.
        repeated(partition, Events.hold("h", 10).with(\.occurredAtMilliseconds, old))
        accept(partition, Events.adjust(1).with(\.occurredAtMilliseconds, old + 1))
        let version = partition.version()
        accept(partition, Events.adjust(1).with(\.occurredAtMilliseconds, old).with(\.expectedVersion, version))
        accept(partition, Events.release(hold: "h").with(\.occurredAtMilliseconds, old))
    }

    @Test func theCapWinsAndIsCounted() {
        var limits = StateLimits()
        limits.idWindowEntries = 2
        limits.idWindowCap = 4
        let partition = Partition(limits: limits)
        for index in 0..<10 { partition.send(Events.receive(1, Key(text: "r\(index)")!)) }
        #expect(partition.state.ids.count == 4 && partition.state.ids.evictedEarly == 6)
    }

    @Test func limitsOfASKU() {
        var limits = StateLimits()
        limits.locationsPerSKU = 2
        limits.openHoldsPerSKU = 2
        limits.openCommitmentsPerSKU = 1
        let partition = Partition(limits: limits)
        accept(partition, Events.receive(10))
        accept(partition, Events.sale("till", 1, at: Events.shop, forced: true))
        let third: Key = "third"
        accept(partition, Events.sale("sold", 1))
        let cases: [StockEvent] = [
            Events.receive(1, at: third, "r2"), Events.adjust(1, at: third), Events.sale("till2", 1, at: third, forced: true),
            Events.giveBack("r", "sold", 1, at: third), Events.define(at: third) { $0.safetyStock = 1 },
        ]
        for event in cases { refuse(partition, event, .tooManyLocations) }
        accept(partition, Events.hold("a", 1))
        accept(partition, Events.hold("b", 1))
        refuse(partition, Events.hold("c", 1), .tooManyHolds)
        accept(partition, Events.hold("a", 2))
        accept(partition, Events.commit("o", hold: "a", 1))
        refuse(partition, Events.commit("p", 1), .tooManyCommitments)
        refuse(partition, Events.commit("p", hold: "a"), .tooManyCommitments)
        accept(partition, Events.ship("s", "o"))
        accept(partition, Events.commit("p", hold: "a"))
        accept(partition, Events.hold("c", 1))
    }

    @Test func countersNeverOverflow() {
        var values = PartitionValues()
        values.counters.unitsRefused = Int64.max - 5
        var state = PartitionState(limits: StateLimits())
        #expect(throws: Never.self) { try state.finishRestore(values: values, digest: 0) }
        var fact = Fact()
        fact.seq = 1
        fact.kind = .hold
        fact.outcome = .rejected
        fact.rejection = .insufficientStock
        fact.quantity = 6
        state.applyToValues(fact)
        #expect(state.values.counters.unitsRefused == Int64.max)
    }

    @Test func refusalsAreInTheOrderOfTheirNumbers() {
        let codes = Rejection.allCases.map(\.rawValue)
        #expect(codes == codes.sorted() && Set(Rejection.allCases.map { "\($0.code)" }).count == codes.count)
        #expect(EventType.allCases.allSatisfy { FactKind($0).rawValue == $0.rawValue && "\(FactKind($0))" == "\($0)" })
    }

    @Test func factsThatAreNoEvents() {
        var fact = Fact()
        var buffer = TransitionBuffer()
        var state = PartitionState(limits: StateLimits())
        state.begin(incarnation: 77, at: 40)
        state.begin()
        state.makeUnreadable(.deadLettered, offset: 40, into: &fact)
        #expect(fact.seq == 1 && fact.next == 41 && fact.version == 0 && fact.incarnation == 77)
        state.apply(&fact, transitions: &buffer)
        state.makeUnreadable(.rerouted, offset: 41, into: &fact)
        #expect(fact.incarnation == 0)
        state.apply(&fact, transitions: &buffer)
        state.makeGap(from: 42, to: 50, reason: "lost", into: &fact)
        state.apply(&fact, transitions: &buffer)
        state.commit()
        #expect(state.values.next == 50 && state.values.seq == 3 && state.ids.count == 0)
        let counters = state.values.counters
        #expect(counters.deadLetters == 1 && counters.rerouted == 1 && counters.gaps == 1)
    }
}
