import StockCore
import Testing

/// One partition in the hands of a test: what a worker does around the state, and nothing else. Every step checks every identity.
final class Partition {
    var state: PartitionState
    /// Facts in the order in which they were applied; an abort takes those of its transaction away.
    private(set) var ledger: [Fact] = []
    /// Transitions of the last applied fact.
    private(set) var transitions: [Transition] = []
    private var fact = Fact()
    private var buffer = TransitionBuffer()
    private var ledgerAtBegin = 0
    private var lastID: UInt64 = 0
    /// The next input offset to send.
    private(set) var offset: Int64 = 0
    private var offsetAtBegin: Int64 = 0
    let checksEverything: Bool

    init(limits: StateLimits = StateLimits(), startMilliseconds: Int64 = 1_000_000, checksEverything: Bool = true) {
        self.checksEverything = checksEverything
        state = PartitionState(limits: limits)
        state.begin(incarnation: 7, at: 0)
        state.advanceLogTime(to: startMilliseconds)
    }

    var now: Int64 { state.values.logTimeMilliseconds }

    func begin() {
        state.begin()
        ledgerAtBegin = ledger.count
        offsetAtBegin = offset
    }

    func commit() {
        state.commit()
        check()
    }

    func abort() {
        state.abort()
        ledger.removeSubrange(ledgerAtBegin...)
        offset = offsetAtBegin
        check()
    }

    /// Log time goes on.
    func wait(milliseconds: Int64) { state.advanceLogTime(to: now + milliseconds) }

    func wait(seconds: Int64) { wait(milliseconds: seconds * 1_000) }

    /// Gives an id to an event that has none, and the content hash and the business time that the decoder would give.
    func complete(_ event: StockEvent) -> StockEvent {
        var event = event
        if event.idHash.isZero {
            lastID += 1
            event.idHash = Hash128(high: 0xABCD, low: lastID &* 0x9E37_79B9_7F4A_7C15)
        }
        if event.bodyHash == 0 { event.bodyHash = event.contentHash }
        if event.occurredAtMilliseconds == 0 { event.occurredAtMilliseconds = now }
        return event
    }

    /// Sends an event through a transaction of its own, or the one that is open: due holds of its SKU first, then itself.
    @discardableResult
    func send(_ event: StockEvent, serials: [Key]? = nil) -> Fact {
        let isAlone = !state.isInTransaction
        if isAlone { begin() }
        let event = complete(event)
        // What a worker does with the keys that it has read ahead: nothing may depend on it.
        [event.sku.hash64, Key("never seen").hash64].withUnsafeBufferPointer { state.warm($0) }
        let sku = state.findSKU(event.sku)
        var fillsLeft = StateLimits.fillsBeforeEvent
        while state.hasDue(sku, fillsLeft: &fillsLeft) {
            state.makeExpiry(of: sku, into: &fact)
            apply()
        }
        state.decide(event, candidates: event.candidates, serials: serials ?? event.serials, offset: offset, into: &fact)
        offset += 1
        apply()
        if isAlone { commit() }
        return fact
    }

    /// Fires every timer that is due: holds, then closed records.
    @discardableResult
    func fireTimers() -> [Fact] {
        let isAlone = !state.isInTransaction
        if isAlone { begin() }
        let first = ledger.count
        while case let sku = state.nextDueSKU(at: now), sku >= 0 {
            state.makeExpiry(of: sku, into: &fact)
            apply()
        }
        while state.hasUncoveredToName {
            state.makeUncovered(into: &fact)
            apply()
        }
        while state.hasClosedToForget() {
            state.makeForget(into: &fact)
            apply()
        }
        let fired = Array(ledger[first...])
        if isAlone { commit() }
        return fired
    }

    /// Applies a fact that was made elsewhere.
    func apply(_ other: Fact) {
        fact = other
        apply()
        offset = fact.next
    }

    private func apply() {
        state.apply(&fact, transitions: &buffer)
        transitions = buffer.transitions
        ledger.append(fact)
        check()
    }

    private func check() {
        guard checksEverything else { return }
        if let broken = state.checkAll() { Issue.record("\(broken) after \(fact.kind) at seq \(fact.seq)") }
    }

    // MARK: Reading

    func balances(_ location: Key = Events.main, sku: Key = Events.sku) -> Balances {
        let level = state.findLevel(state.findSKU(sku), location)
        return level < 0 ? Balances() : state.level(level).balances
    }

    func version(_ sku: Key = Events.sku) -> Int64 {
        let slot = state.findSKU(sku)
        return slot < 0 ? 0 : state.sku(slot).version
    }

    func hold(_ id: Key, sku: Key = Events.sku) -> HoldRecord? {
        let slot = state.findHold(state.findSKU(sku), id)
        return slot < 0 ? nil : state.hold(slot)
    }

    func commitment(_ line: Key, sku: Key = Events.sku) -> CommitmentRecord? {
        let slot = state.findCommitment(state.findSKU(sku), line)
        return slot < 0 ? nil : state.commitment(slot)
    }

    func document(_ id: Key, _ kind: RecordKind = .incoming, sku: Key = Events.sku) -> DocumentRecord? {
        let slot = state.findDocument(state.findSKU(sku), kind, id)
        return slot < 0 ? nil : state.document(slot)
    }

    func closed(_ kind: ClosedKind, _ id: Key, line: Key = Key(), sku: Key = Events.sku) -> ClosedRecord? {
        let slot = state.findClosed(state.findSKU(sku), PartitionState.closedID(kind, id, line))
        return slot < 0 ? nil : state.closedRecord(slot)
    }
}

/// Sends the event and expects it to be accepted.
@discardableResult
func accept(_ partition: Partition, _ event: StockEvent, sourceLocation: SourceLocation = #_sourceLocation) -> Fact {
    let before = partition.version(event.sku)
    let fact = partition.send(event)
    #expect(fact.outcome == .accepted, "\(fact.rejection)", sourceLocation: sourceLocation)
    #expect(fact.rejection == .none, sourceLocation: sourceLocation)
    #expect(fact.version > before && partition.version(event.sku) == fact.version, sourceLocation: sourceLocation)
    return fact
}

/// Sends the event and expects it to be refused for this reason, with no effect.
@discardableResult
func refuse(
    _ partition: Partition, _ event: StockEvent, _ rejection: Rejection, sourceLocation: SourceLocation = #_sourceLocation
) -> Fact {
    let fact = partition.send(event)
    #expect(fact.outcome == .rejected, sourceLocation: sourceLocation)
    #expect(fact.rejection == rejection, sourceLocation: sourceLocation)
    #expect(fact.version == 0, sourceLocation: sourceLocation)
    return fact
}

/// Sends the event and expects it to be recognised as a repeat, with no effect.
@discardableResult
func repeated(_ partition: Partition, _ event: StockEvent, sourceLocation: SourceLocation = #_sourceLocation) -> Fact {
    let before = partition.version(event.sku)
    let fact = partition.send(event)
    #expect(fact.outcome == .duplicate, "\(fact.rejection)", sourceLocation: sourceLocation)
    #expect(fact.version == 0 && partition.version(event.sku) == before, sourceLocation: sourceLocation)
    return fact
}
