import StockCore
import StockWire

/// One partition in memory with the production kernel: decoder, decide, apply, ledger, checkpoint. What a worker does around them is done
/// here in the same order: due holds of a SKU before its event, other timers after it.
struct CaseWorld: ~Copyable {
    /// What became of an event.
    struct Answer {
        /// `accepted`, `duplicate`, or the code of a refusal or of a dead letter.
        var outcome: String
        /// Why, for people.
        var sentence: String
        /// The numbers of a refusal, by name.
        var numbers: [String: String] = [:]
        /// The promises that the shelf does not cover any more, newest first.
        var uncovered: [String] = []
        /// Who has got units since the step before that waited.
        var filled: [String] = []
        /// The alerts since the step before.
        var alerts: [String] = []
    }

    var state = PartitionState(limits: StateLimits())
    private var decoder = EventDecoder()
    private var ledgerDecoder = LedgerDecoder()
    private var fact = Fact()
    private var decoded = Fact()
    private var transitions = TransitionBuffer()
    private var ledger = ByteBuffer(capacity: 4_096)
    private var offset: Int64 = 0
    private let checkpoint = CaseCheckpoint()
    /// The promises that were named as not covered since the step before.
    private var uncovered: [String] = []
    /// Order lines and holds that have got units which they waited for, since the step before.
    private var filled: [String] = []
    /// All alerts so far.
    private(set) var alerts: [String] = []
    /// What does not fit together, which is a fault of the engine and not of the case.
    private(set) var faults: [String] = []

    let zones: ZoneTable

    /// An empty partition.
    init(zones: ZoneTable) {
        self.zones = zones
        state.lifeInZone = zones.lives
    }

    /// Takes an event at a log time.
    mutating func take(_ event: CaseEvent, at timeMilliseconds: Int64) -> Answer {
        let before = alerts.count
        uncovered = []
        filled = []
        var key = Array(event.sku.utf8)
        var value = Array(event.json.utf8)
        state.begin()
        state.advanceLogTime(to: timeMilliseconds)
        var answer = key.withUnsafeMutableBytes { key in
            value.withUnsafeMutableBytes { value in
                process(
                    RecordView(
                        partition: 0, offset: offset, timestampMilliseconds: timeMilliseconds, key: UnsafeRawBufferPointer(key),
                        value: UnsafeRawBufferPointer(value), headers: UnsafeBufferPointer(start: nil, count: 0)))
            }
        }
        offset += 1
        fireTimers()
        state.commit()
        check()
        answer.alerts = Array(alerts[before...])
        answer.uncovered = uncovered
        answer.filled = filled
        return answer
    }

    /// Time passes: what is due happens. The answer has what it brings.
    mutating func pass(to timeMilliseconds: Int64) -> Answer {
        let before = alerts.count
        uncovered = []
        filled = []
        state.begin()
        state.advanceLogTime(to: timeMilliseconds)
        fireTimers()
        state.commit()
        check()
        var answer = Answer(outcome: "accepted", sentence: "")
        answer.alerts = Array(alerts[before...])
        answer.uncovered = uncovered
        answer.filled = filled
        return answer
    }

    private mutating func process(_ record: RecordView) -> Answer {
        var event = StockEvent()
        do throws(WireError) {
            try decoder.decode(record, into: &event)
            try decoder.tellDayEnds(of: &event, sku: state.findSKU(event.sku), zones, to: &state)
        } catch {
            state.makeUnreadable(.deadLettered, offset: offset, into: &fact)
            settle(decoder.envelope, error)
            return Answer(outcome: "\(error.code.code)", sentence: "\(error)")
        }
        var fillsLeft = StateLimits.fillsBeforeEvent
        while case let sku = state.findSKU(event.sku), sku >= 0, state.hasDue(sku, fillsLeft: &fillsLeft) {
            state.makeExpiry(of: sku, into: &fact)
            settle(EventEnvelope(), nil)
        }
        state.decide(event, candidates: decoder.candidates, serials: decoder.serials, offset: offset, into: &fact)
        settle(decoder.envelope, nil)
        return fact.chain.passedOn > 0 ? passOn(event) : answer()
    }

    /// What a SKU can't meet of a request is an event for the next one that it names; the last answers.
    private mutating func passOn(_ event: StockEvent) -> Answer {
        var value = ByteBuffer(capacity: 1_024)
        ChainEncoder.encode(event, fact, decoder, into: &value)
        offset += 1
        let key = fact.chain.next
        let time = state.values.logTimeMilliseconds
        var bytes = Array(value.bytes)
        return key.withBytes { name in
            var copy = Array(name)
            return copy.withUnsafeMutableBytes { name in
                bytes.withUnsafeMutableBytes { bytes in
                    process(
                        RecordView(
                            partition: 0, offset: offset, timestampMilliseconds: time, key: UnsafeRawBufferPointer(name),
                            value: UnsafeRawBufferPointer(bytes), headers: UnsafeBufferPointer(start: nil, count: 0)))
                }
            }
        }
    }

    private var numbers: [String: String] {
        let isTold = !state.isBlind(fact) || fact.rejection.isOfCountedLines
        let total = LedgerEncoder.totalName(fact.kind, fact.rejection)
        var numbers = ["\(total)": isTold ? "\(fact.total)" : "none", "quantity": "\(fact.quantity)"]
        if fact.rejection == .ownerLimit { numbers["limit"] = "\(fact.rejected)" }
        if fact.chain.hop > 0 {
            numbers["met"] = "\(fact.chain.met)"
            numbers["asked"] = "\(fact.chain.asked)"
        }
        if !fact.unit.name.isEmpty {
            numbers["residue"] = "\(fact.unit.residue)"
            numbers["denominator"] = "\(fact.unit.denominator)"
        }
        return numbers
    }

    private func answer() -> Answer {
        switch fact.outcome {
        case .rejected:
            return Answer(outcome: "\(fact.rejection.code)", sentence: "\(fact.rejection.sentence)", numbers: numbers)
        case .duplicate: return Answer(outcome: "duplicate", sentence: "It was known already.")
        default:
            var answer = Answer(outcome: "accepted", sentence: "It was accepted.")
            answer.numbers = numbers
            return answer
        }
    }

    private mutating func fireTimers() {
        while case let sku = state.nextDueSKU(at: state.values.logTimeMilliseconds), sku >= 0 {
            state.makeExpiry(of: sku, into: &fact)
            settle(EventEnvelope(), nil)
        }
        while state.hasUncoveredToName {
            state.makeUncovered(into: &fact)
            settle(EventEnvelope(), nil)
        }
        while state.hasClosedToForget() {
            state.makeForget(into: &fact)
            settle(EventEnvelope(), nil)
        }
    }

    /// Applies the fact and writes it, as a worker does; what is read back must be what was written.
    private mutating func settle(_ envelope: EventEnvelope, _ error: WireError?) {
        if fact.seq == 1 {
            state.begin(incarnation: max(state.values.logTimeMilliseconds, 1), at: state.values.next)
            fact.incarnation = state.values.incarnation
        }
        state.apply(&fact, transitions: &transitions)
        ledger.clear()
        if let error {
            LedgerEncoder.encode(fact, envelope, error: error, into: &ledger)
        } else {
            LedgerEncoder.encode(fact, envelope, into: &ledger)
        }
        do throws(WireError) {
            try ledgerDecoder.decode(ledger.bytes, into: &decoded)
            if decoded != fact { faults.append("the ledger record of seq \(fact.seq) reads back as another") }
        } catch {
            faults.append("the ledger record of seq \(fact.seq) can't be read back: \(error)")
        }
        for item in fact.items where item.kind == .hold || item.kind == .orderLine {
            uncovered.append("\(item.kind == .hold ? "hold" : "order line") \(item.id) \(item.quantity)")
        }
        for item in fact.items where item.kind == .filled || item.kind == .granted {
            filled.append("\(item.kind == .granted ? "hold" : "order line") \(item.id) \(item.quantity)")
        }
        for transition in transitions.transitions {
            let place = transition.location.isEmpty ? "" : " \(transition.location)"
            let lot = transition.lot.isEmpty ? "" : " \(transition.lot) \(transition.threshold)"
            alerts.append("\(transition.kind.wireName) \(fact.sku)\(place)\(lot)")
        }
    }

    private mutating func check() {
        if let broken = state.checkAll() { faults.append("an identity is broken after seq \(state.values.seq): \(broken)") }
    }

    /// The kinds of alerts.
    static let alertNames = ["low", "recovered", "out", "back", "oversold", "covered", "expiring", "filled"]

    /// Writes a checkpoint, reads it into an empty state, and goes on with that.
    mutating func restart() {
        do {
            state = try checkpoint.restart(&state)
            state.lifeInZone = zones.lives
        } catch {
            faults.append("the checkpoint at seq \(state.values.seq) can't be restored: \(error)")
        }
        check()
    }
}
