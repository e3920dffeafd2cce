import StockStream
import StockWire

/// The consumer of one worker.
final class FakeSource: RecordSource {
    private let kafka: FakeKafka
    let name: String
    private var events: [SourceEvent] = []
    /// Where delivery stands; nil: stopped or not ours.
    private var positions: [Int32: Int64] = [:]
    private var atEnd: Set<Int32> = []
    private(set) var held: Set<Int32> = []
    private var turn: Int32 = 0
    private(set) var isClosed = false
    /// Every start of delivery, in order.
    private(set) var starts: [(partition: Int32, offset: Int64)] = []
    private(set) var givenUp: [Int32] = []
    /// How long the last poll would have waited.
    private(set) var lastWait: Int32 = 0

    init(_ kafka: FakeKafka, name: String) {
        self.kafka = kafka
        self.name = name
    }

    // MARK: The group's side

    func assign(_ partitions: [Int32]) {
        kafka.join(name)
        events.append(.assigned(partitions))
    }

    func revoke(_ partitions: [Int32]) { events.append(.revoked(partitions)) }

    /// The group has thrown the member out, which does not know it yet.
    func expel() { kafka.leave(name) }

    /// The member learns that it has lost these.
    func announceLoss(_ partitions: [Int32]) { events.append(.lost(partitions)) }

    /// Something is wrong with the consumer.
    func meetUnreadable(_ partition: Int32, at offset: Int64) {
        let error = PortError(code: "_BAD_COMPRESSION", reason: "Decompression failed", isFatal: false)
        events.append(.unreadable(partition: partition, offset: offset, error))
    }

    func fail(_ error: PortError) { events.append(.failed(error)) }

    /// An event of the group that comes after so many records, in the middle of a turn.
    var interruption: (records: Int, event: SourceEvent)?

    private func announce(_ event: SourceEvent) -> SourceEvent {
        switch event {
        case .assigned: kafka.learn(name, isMember: true)
        case .lost: kafka.learn(name, isMember: false)
        default: break
        }
        return event
    }

    /// How many records it has fetched and not delivered yet; nil: all that there are.
    var fetched: Int?

    // MARK: RecordSource

    var isMember: Bool { kafka.isMember(name) }

    func poll(waitMilliseconds: Int32) -> SourceEvent {
        lastWait = waitMilliseconds
        if !events.isEmpty { return announce(events.removeFirst()) }
        if let (records, event) = interruption, records == 0 {
            interruption = nil
            return announce(event)
        }
        for step in 0..<kafka.partitions where fetched != 0 {
            let partition = (turn + step) % kafka.partitions
            guard let event = next(partition) else { continue }
            turn = partition
            if case .record = event { fetched = fetched.map { $0 - 1 } }
            if case .record = event, let (records, event) = interruption { interruption = (records - 1, event) }
            return event
        }
        kafka.clock.advance(milliseconds: Int64(waitMilliseconds))
        turn = (turn + 1) % kafka.partitions
        return .none
    }

    private func next(_ partition: Int32) -> SourceEvent? {
        guard var position = positions[partition] else { return nil }
        let log = kafka.log(OutputTopic.events, partition)
        let stable = log.lastStableOffset
        position = max(position, log.start)
        while position < stable {
            defer { position += 1 }
            if let record = log.committed(at: position) {
                positions[partition] = position + 1
                atEnd.remove(partition)
                return .record(record.view(partition: partition, offset: position))
            }
        }
        positions[partition] = position
        return atEnd.insert(partition).inserted ? .endOfPartition(partition: partition, offset: position) : nil
    }

    /// A few records of each partition, the next ones for the most part.
    func lookAhead(_ body: (_ partition: Int32, _ key: UnsafeRawBufferPointer) -> Void) -> Int {
        for (partition, position) in positions {
            let log = kafka.log(OutputTopic.events, partition)
            for offset in max(position, log.start)..<max(position, log.start, min(position + 40, log.lastStableOffset)) {
                guard let key = log.committed(at: offset)?.view(partition: partition, offset: offset).key else { continue }
                body(partition, key)
            }
        }
        return 3
    }

    func accept(_ partitions: [Int32]) { held.formUnion(partitions) }

    func giveUp(_ partitions: [Int32]) {
        for partition in partitions {
            held.remove(partition)
            positions[partition] = nil
            givenUp.append(partition)
        }
    }

    func start(_ partition: Int32, at offset: Int64) {
        precondition(held.contains(partition), "delivery of a partition that is not held")
        positions[partition] = offset
        atEnd.remove(partition)
        starts.append((partition, offset))
    }

    func stop(_ partition: Int32) { positions[partition] = nil }
    func isDelivering(_ partition: Int32) -> Bool { positions[partition] != nil }
    func highWatermark(_ partition: Int32) -> Int64? { kafka.log(OutputTopic.events, partition).end }
    func lastStableOffset(_ partition: Int32) -> Int64? { kafka.log(OutputTopic.events, partition).lastStableOffset }

    func close() {
        kafka.leave(name)
        held = []
        isClosed = true
    }
}
