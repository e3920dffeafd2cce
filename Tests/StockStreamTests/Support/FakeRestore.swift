import StockStream
import StockWire

/// Reads the topics for a restore.
final class FakeRestore: RestoreSource {
    private let kafka: FakeKafka
    private var positions: [Int: (position: Int64, isEndTold: Bool)] = [:]
    /// The state topic seems to end here.
    var stateLimit: Int64?
    /// The ends of the transactions behind this offset of the ledger are not written yet.
    var ledgerLimit: Int64?
    /// How long reading a record takes.
    var readMilliseconds: Int64 = 0
    /// Readers bring nothing.
    var isSilent = false
    /// Readers of this topic bring nothing.
    var silent: RestoreTopic?
    /// Fencing works only while this is true.
    var canFence = true
    /// Nobody tells what is open.
    var isSilentAboutOpen = false
    /// How often that was asked.
    private(set) var looksAtOpen = 0
    /// Whether the coordinator stays silent when asked for a committed offset.
    var isOffsetSilent: (_ partition: Int32, _ stable: Bool) -> Bool = { _, _ in false }
    /// The look-up by time finds the end of a transaction, which carries a later clock than the facts, and that is the first.
    var looksUpTooEarly = false
    /// Records of the ledger that were read.
    private(set) var factsRead = 0
    private(set) var opened: [(topic: RestoreTopic, offset: Int64)] = []

    init(_ kafka: FakeKafka) { self.kafka = kafka }

    func committed(_ partition: Int32, stable: Bool) -> CommittedOffset {
        if isOffsetSilent(partition, stable) {
            kafka.clock.advance(milliseconds: 100)
            return .pending
        }
        if stable && kafka.isOffsetPending(partition) { return .pending }
        guard let offset = kafka.committed[partition] else { return .none }
        return .at(next: offset.next, metadata: offset.metadata)
    }

    func inputRange(_ partition: Int32) -> Range<Int64>? {
        let log = kafka.log(OutputTopic.events, partition)
        return log.start..<log.end
    }

    func range(_ topic: RestoreTopic, _ partition: Int32) -> Range<Int64>? {
        let log = kafka.log(topic, partition)
        return log.start..<(topic == .state ? min(stateLimit ?? log.end, log.end) : log.end)
    }

    func stableEnd(_ topic: RestoreTopic, _ partition: Int32) -> Int64? {
        let stable = kafka.log(topic, partition).lastStableOffset
        return topic == .ledger ? min(stable, ledgerLimit ?? stable) : stable
    }

    func ledgerOffset(_ partition: Int32, atOrAfterMilliseconds time: Int64) -> Int64?? {
        let log = kafka.log(RestoreTopic.ledger, partition)
        if looksUpTooEarly { return .some(log.start) }
        for offset in log.start..<log.end {
            if case .record(let record, _) = log.entries[Int(offset)], record.timestamp >= time { return .some(offset) }
        }
        return .some(nil)
    }

    private func slot(_ topic: RestoreTopic, _ partition: Int32) -> Int { Int(partition) * 2 + (topic == .state ? 0 : 1) }

    func open(_ topic: RestoreTopic, _ partition: Int32, from offset: Int64) {
        precondition(positions[slot(topic, partition)] == nil, "one reader at a time")
        positions[slot(topic, partition)] = (offset, false)
        opened.append((topic, offset))
    }

    func read(_ topic: RestoreTopic, _ partition: Int32, waitMilliseconds: Int32) -> SourceEvent {
        guard var reader = positions[slot(topic, partition)] else { preconditionFailure("the reader is not open") }
        if isSilent || silent == topic { return .none }
        let log = kafka.log(topic, partition)
        let stable = stableEnd(topic, partition)!
        while reader.position < stable {
            let offset = reader.position
            reader.position += 1
            if let record = log.committed(at: offset) {
                reader.isEndTold = false
                if topic == .ledger { factsRead += 1 }
                positions[slot(topic, partition)] = reader
                kafka.clock.advance(milliseconds: readMilliseconds)
                return .record(record.view(partition: partition, offset: offset))
            }
            reader.isEndTold = false
        }
        let isTold = reader.isEndTold
        reader.isEndTold = true
        positions[slot(topic, partition)] = reader
        return isTold ? .none : .endOfPartition(partition: partition, offset: reader.position)
    }

    /// A few of the next records.
    func lookAhead(_ topic: RestoreTopic, _ partition: Int32, _ body: (_ key: UnsafeRawBufferPointer) -> Void) -> Int {
        guard let next = positions[slot(topic, partition)]?.position else { return 0 }
        let log = kafka.log(topic, partition)
        for offset in next..<max(next, min(next + 40, stableEnd(topic, partition)!)) {
            if let key = log.committed(at: offset)?.view(partition: partition, offset: offset).key { body(key) }
        }
        return 3
    }

    func close(_ topic: RestoreTopic, _ partition: Int32) {
        precondition(positions.removeValue(forKey: slot(topic, partition)) != nil, "closed twice")
    }

    /// Readers that are open.
    var openReaders: Int { positions.count }

    func firstLedgerRecord(_ partition: Int32, from offset: Int64) -> RecordView? {
        let log = kafka.log(RestoreTopic.ledger, partition)
        for offset in offset..<max(offset, log.end) {
            if case .record(let record, _) = log.entries[Int(offset)], record.value != nil {
                return record.view(partition: partition, offset: offset)
            }
        }
        return nil
    }

    func openPartitions(owned: [Int32]) -> [OpenPartition]? {
        looksAtOpen += 1
        guard !isSilentAboutOpen else { return nil }
        return kafka.openPartitions.filter { !["ledger", "state"].contains($0.place.topic) || owned.contains($0.place.partition) }
    }

    func beginFencing(_ transactionalIDs: [String], sealing: [Seal?]) {
        kafka.fenced.append(transactionalIDs)
        guard canFence else { return }
        for (index, id) in transactionalIDs.enumerated() {
            _ = kafka.initialize(id)
            if let seal = sealing[index] { kafka.seal(id, seal) }
        }
    }

    func isFencingDone(_ transactionalIDs: [String]) -> Bool { true }
}
