import StockCore
import StockWire
import ZoneFiles

@testable import StockSim

/// A record, copied out of its view.
struct KeptRecord: Equatable {
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [Header] = []

    struct Header: Equatable {
        var name: [UInt8]
        var value: [UInt8]?
    }

    init(key: String?, value: String?, headers: [(String, String)] = []) {
        self.key = key.map { Array($0.utf8) }
        self.value = value.map { Array($0.utf8) }
        self.headers = headers.map { Header(name: Array($0.0.utf8), value: Array($0.1.utf8)) }
    }

    init(_ record: WorkloadRecord) {
        key = record.key.map { Array($0) }
        value = record.value.map { Array($0) }
        headers = record.headers.map { Header(name: Array($0.name), value: $0.value.map { Array($0) }) }
    }

    /// The record as one that was read at that place.
    func withView<Result>(_ partition: Int32, _ offset: Int64, _ time: Int64, _ body: (RecordView) -> Result) -> Result {
        var buffer = HeaderBuffer()
        for header in headers {
            header.name.withUnsafeBytes { name in
                (header.value ?? []).withUnsafeBytes { value in
                    buffer.add(copyOf: RecordHeader(name: name, value: header.value == nil ? nil : value))
                }
            }
        }
        let views = buffer.headers()
        return (key ?? []).withUnsafeBytes { keyBytes in
            (value ?? []).withUnsafeBytes { valueBytes in
                body(
                    RecordView(
                        partition: partition, offset: offset, timestampMilliseconds: time, key: key == nil ? nil : keyBytes,
                        value: value == nil ? nil : valueBytes, headers: views))
            }
        }
    }
}

/// The engine's kernel over topics in memory, the auditor beside it: no worker, no transactions that fail.
final class TestEngine {
    private final class Partition {
        var state: PartitionState
        var offset: Int64 = 0
        var ledger: Int64 = 0

        init(_ limits: StateLimits) {
            state = PartitionState(limits: limits)
            state.lifeInZone = TestEngine.zones.lives
        }
    }

    private static let zones = ZoneFiles.read()
    let auditor: Auditor
    private var partitions: [Partition]
    private var decoder = EventDecoder()
    private var transitions = TransitionBuffer()
    private var fact = Fact()
    private var letters: Int64 = 0
    private(set) var time: Int64 = 1_772_442_000_000
    /// Changes a ledger record before the auditor sees it.
    var tamper: (String) -> String = { $0 }

    init(partitions count: Int32, limits: StateLimits = StateLimits(), audit: Auditor.Limits = Auditor.Limits()) {
        auditor = Auditor(partitions: count, limits: audit)
        partitions = (0..<count).map { _ in Partition(limits) }
    }

    /// Takes a record of a producer, `milliseconds` after the one before.
    func take(_ record: WorkloadRecord, after milliseconds: Int64 = 3) {
        time += milliseconds
        let count = Int32(partitions.count)
        let chosen = record.partition >= 0 ? record.partition : record.key.map { Murmur2.partition($0, of: count) } ?? 0
        append(KeptRecord(record), to: chosen)
    }

    /// Takes an event as text into the first partition.
    func take(text: String, key: String) {
        time += 3
        append(KeptRecord(key: key, value: text), to: 0)
    }

    private func append(_ record: KeptRecord, to number: Int32) {
        let offset = partitions[Int(number)].offset
        partitions[Int(number)].offset += 1
        record.withView(number, offset, time) { view in
            auditor.input(view)
            process(view, record)
        }
    }

    private func process(_ view: RecordView, _ record: KeptRecord) {
        let partition = partitions[Int(view.partition)]
        partition.state.begin()
        defer { partition.state.commit() }
        partition.state.advanceLogTime(to: time)
        var event = StockEvent()
        do throws(WireError) {
            try decoder.decode(view, into: &event)
        } catch {
            partition.state.makeUnreadable(.deadLettered, offset: view.offset, into: &fact)
            settle(view.partition, decoder.envelope, error)
            letter(view)
            return
        }
        let right = event.sku.withBytes { Murmur2.partition($0, of: Int32(partitions.count)) }
        if right != view.partition || event.sku.withBytes({ Array($0) }) != record.key {
            partition.state.makeUnreadable(.rerouted, offset: view.offset, into: &fact)
            settle(view.partition, decoder.envelope, nil)
            var sent = record
            sent.key = event.sku.withBytes { Array($0) }
            let origin = "\(view.partition)/\(view.offset)"
            sent.headers.append(KeptRecord.Header(name: Array("stock-rerouted-from".utf8), value: Array(origin.utf8)))
            later.append((sent, right))
            return
        }
        if event.occurredAtMilliseconds == view.timestampMilliseconds {
            event.occurredAtMilliseconds = min(time, partition.state.values.logTimeMilliseconds)
        }
        let slot = partition.state.findSKU(event.sku)
        do throws(WireError) {
            try decoder.tellDayEnds(of: &event, sku: slot, TestEngine.zones, to: &partition.state)
        } catch {
            partition.state.makeUnreadable(.deadLettered, offset: view.offset, into: &fact)
            settle(view.partition, decoder.envelope, error)
            letter(view)
            return
        }
        var fillsLeft = StateLimits.fillsBeforeEvent
        while slot >= 0, partition.state.hasDue(slot, fillsLeft: &fillsLeft) {
            partition.state.makeExpiry(of: slot, into: &fact)
            settle(view.partition, EventEnvelope(), nil)
        }
        partition.state.decide(
            event, candidates: decoder.candidates, serials: decoder.serials, offset: view.offset, into: &fact)
        settle(view.partition, decoder.envelope, nil)
        if fact.chain.passedOn > 0 { passOn(event) }
        while partition.state.hasUncoveredToName {
            partition.state.makeUncovered(into: &fact)
            settle(view.partition, EventEnvelope(), nil)
        }
        while partition.state.hasClosedToForget() {
            partition.state.makeForget(into: &fact)
            settle(view.partition, EventEnvelope(), nil)
        }
    }

    /// What is due happens by itself, also to SKUs that no event is about.
    func settleDue() {
        for number in partitions.indices {
            let partition = partitions[number]
            partition.state.begin()
            partition.state.advanceLogTime(to: time)
            while case let slot = partition.state.nextDueSKU(at: partition.state.values.logTimeMilliseconds), slot >= 0 {
                partition.state.makeExpiry(of: slot, into: &fact)
                settle(Int32(number), EventEnvelope(), nil)
                while partition.state.hasUncoveredToName {
                    partition.state.makeUncovered(into: &fact)
                    settle(Int32(number), EventEnvelope(), nil)
                }
            }
            partition.state.commit()
        }
    }

    /// The rest of a request goes on to the next SKU that it names.
    private func passOn(_ event: StockEvent) {
        var buffer = ByteBuffer()
        ChainEncoder.encode(event, fact, decoder, into: &buffer)
        let sent = KeptRecord(key: "\(fact.chain.next)", value: String(decoding: buffer.bytes, as: UTF8.self))
        later.append((sent, fact.chain.next.withBytes { Murmur2.partition($0, of: Int32(partitions.count)) }))
    }

    /// Records sent on; they arrive when the caller says so.
    private var later: [(KeptRecord, Int32)] = []

    /// Lets records that were sent on arrive, and what is sent on because of them.
    func deliverReroutes() {
        while !later.isEmpty {
            let due = later
            later = []
            for (record, partition) in due { append(record, to: partition) }
        }
    }

    private func settle(_ number: Int32, _ envelope: EventEnvelope, _ error: WireError?) {
        let partition = partitions[Int(number)]
        partition.state.apply(&fact, transitions: &transitions)
        var buffer = ByteBuffer()
        if let error {
            LedgerEncoder.encode(fact, envelope, error: error, into: &buffer)
        } else {
            LedgerEncoder.encode(fact, envelope, into: &buffer)
        }
        let text = tamper(String(decoding: buffer.bytes, as: UTF8.self))
        if !text.isEmpty { KeptRecord(key: nil, value: text).withView(number, partition.ledger, time) { auditor.ledger($0) } }
        partition.ledger += 1
    }

    private func letter(_ view: RecordView) {
        let headers = [("dlq-partition", "\(view.partition)"), ("dlq-offset", "\(view.offset)")]
        KeptRecord(key: nil, value: "", headers: headers).withView(0, letters, time) { auditor.deadLetter($0) }
        letters += 1
    }

    // MARK: What readers see

    /// Gives the auditor the levels topic as the engine would write it.
    func writeLevels() {
        for number in partitions.indices {
            partitions[number].state.forEachSKU { slot in
                var buffer = ByteBuffer()
                let sku = partitions[number].state.sku(slot)
                LevelsEncoder.begin(
                    sku.key, version: sku.version, scale: 1, seq: sku.lastSeq, timeMilliseconds: time, into: &buffer)
                var safety: Int64 = 0
                var waiting: Int64 = 0
                var isLow = false
                partitions[number].state.forEachLevel(of: slot) { level in
                    let record = partitions[number].state.level(level)
                    let own = TestEngine.safetyStock(record, sku)
                    let held = partitions[number].state.waitingForHolds(at: level)
                    safety += own
                    waiting += held
                    isLow = isLow || record.isLow
                    LevelsEncoder.location(
                        record.location, record.balances, safetyStock: own, waiting: held, isLow: record.isLow, isOut: record.isOut,
                        sold: TestEngine.sold(partitions[number].state, level), into: &buffer)
                }
                var sold = SoldDays()
                partitions[number].state.addSold(of: slot, to: &sold)
                LevelsEncoder.end(
                    totals: sku.totals, safetyStock: safety, waiting: waiting, isLow: isLow, isOut: sku.isOut, sold: sold, into: &buffer)
                let record = KeptRecord(key: "\(sku.key)", value: String(decoding: buffer.bytes, as: UTF8.self))
                record.withView(Int32(number), 0, time) { auditor.level($0) }
            }
        }
    }

    private static func safetyStock(_ level: LevelRecord, _ sku: SKURecord) -> Int64 {
        if level.safetyStock != Policy.absent { return level.safetyStock }
        return sku.policy.safetyStock == Policy.absent ? 0 : sku.policy.safetyStock
    }

    /// What was sold at a level; nil: nothing was, or it is not kept.
    private static func sold(_ state: borrowing PartitionState, _ level: Int32) -> SoldDays? {
        state.velocity(ofLevel: level).map {
            var sold = SoldDays()
            sold.add($0)
            return sold
        }
    }

    private func add(_ sold: SoldDays, _ prefix: String, _ fields: inout [String: String]) {
        fields[prefix + "soldAsOf"] = "\(sold.lastDayMilliseconds)"
        guard sold.lastDay != nil else { return }
        fields[prefix + "sold"] = "[" + sold.told.map { "\($0)" }.joined(separator: ",") + "]"
        for days in [7, 28, 35] { fields[prefix + "sold\(days)"] = "\(sold.sum(ofDays: days))" }
    }

    /// The hash of a SKU in Redis as docs/redis.md has it.
    func redisFields(_ name: String) -> [String: String] {
        var fields: [String: String] = [:]
        for number in partitions.indices {
            let slot = partitions[number].state.findSKU(Key(text: name)!)
            guard slot >= 0 else { continue }
            let sku = partitions[number].state.sku(slot)
            fields["version"] = "\(sku.version)"
            var safety: Int64 = 0
            var waiting: Int64 = 0
            var isLow = false
            partitions[number].state.forEachLevel(of: slot) { level in
                let record = partitions[number].state.level(level)
                let own = TestEngine.safetyStock(record, sku)
                let held = partitions[number].state.waitingForHolds(at: level)
                safety += own
                waiting += held
                isLow = isLow || record.isLow
                add(record.balances, own, held, record.isLow, record.isOut, "\(record.location):", &fields)
                if let sold = TestEngine.sold(partitions[number].state, level) { add(sold, "\(record.location):", &fields) }
            }
            var sold = SoldDays()
            partitions[number].state.addSold(of: slot, to: &sold)
            if sku.policy.velocity == 1 { add(sold, "", &fields) }
            add(sku.totals, safety, waiting, isLow, sku.isOut, "", &fields)
        }
        return fields
    }

    private func add(
        _ balances: Balances, _ safetyStock: Int64, _ waiting: Int64, _ isLow: Bool, _ isOut: Bool, _ prefix: String,
        _ fields: inout [String: String]
    ) {
        fields[prefix + "safetyStock"] = "\(safetyStock)"
        fields[prefix + "low"] = isLow ? "1" : "0"
        fields[prefix + "out"] = isOut ? "1" : "0"
        fields[prefix + "onHand"] = "\(balances.onHand)"
        fields[prefix + "sellable"] = "\(balances.sellable)"
        fields[prefix + "held"] = "\(balances.held)"
        fields[prefix + "committed"] = "\(balances.committed)"
        fields[prefix + "unavailable"] = "\(balances.onHand - balances.sellable)"
        fields[prefix + "shortfall"] = "\(balances.shortfall)"
        fields[prefix + "available"] = "\(balances.available)"
        fields[prefix + "incoming"] = "\(balances.incoming)"
        fields[prefix + "inTransit"] = "\(balances.inTransit)"
        fields[prefix + "backordered"] = "\(balances.backordered)"
        fields[prefix + "preordered"] = "\(balances.preordered)"
        fields[prefix + "waiting"] = "\(waiting)"
    }
}
