import StockStream
import StockWire

/// A call on a producer, for faults.
enum SinkCall: Equatable {
    case initialize, begin, commit, abort, seal
    case produce(OutputTopic)
}

/// What goes wrong with a call.
enum SinkFault {
    /// Nothing is done, this is answered.
    case answer(SinkResult)
    /// A commit whose answer does not arrive: it was done, was aborted, or (nil) is open until the id is initialised again.
    case unknown(isCommitted: Bool?)
}

/// A transactional producer.
final class FakeSink: TransactionalSink {
    let transactionalID: String
    private let kafka: FakeKafka
    private let member: String
    private var epoch = 0
    private var isReady = false
    private(set) var isOpen = false
    /// Asked before every call; nil: nothing goes wrong.
    var fault: (SinkCall) -> SinkFault? = { _ in nil }
    /// Called for every record before it is taken: a fault that lies in the record.
    var inspect: (OutputTopic, UnsafeRawBufferPointer?) -> SinkResult? = { _, _ in nil }
    /// What was sent with every commit that was tried.
    private(set) var commits: [[OffsetCommit]] = []
    private(set) var rebuilds = 0

    init(_ kafka: FakeKafka, id: String, member: String) {
        self.kafka = kafka
        transactionalID = id
        self.member = member
    }

    static func error(_ code: String) -> PortError { PortError(code: code, reason: "a fault of the test", isFatal: false) }

    private func given(_ call: SinkCall) -> SinkResult? {
        guard case .answer(let result)? = fault(call) else { return nil }
        return result
    }

    func initialize() -> SinkResult {
        if let result = given(.initialize) { return result }
        epoch = kafka.initialize(transactionalID)
        isReady = true
        return .done
    }

    func begin() -> SinkResult {
        precondition(isReady && !isOpen, "begin on a producer that is not ready")
        if let result = given(.begin) { return result }
        isOpen = true
        return .done
    }

    private var isFenced: Bool { !kafka.isCurrent(transactionalID, epoch) }

    func produce(
        _ topic: OutputTopic, partition: Int32, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?, timestampMilliseconds: Int64,
        headers: UnsafeBufferPointer<RecordHeader>
    ) -> SinkResult {
        precondition(isOpen, "produce outside of a transaction")
        if let result = given(.produce(topic)) ?? inspect(topic, value) { return result }
        if isFenced { return .fenced(FakeSink.error("PRODUCER_FENCED")) }
        let chosen = partition >= 0 ? partition : key.map { Murmur2.partition($0, of: kafka.partitions) } ?? 0
        let time = topic != .ledger || timestampMilliseconds == 0 ? kafka.clock.wallMilliseconds() : timestampMilliseconds
        kafka.log(topic, chosen).append(
            FakeRecord(key: key, value: value, timestamp: time, headers: headers), kafka.transaction(transactionalID))
        return .done
    }

    func commit(_ offsets: [OffsetCommit], meanwhile: () -> Bool) -> SinkResult {
        precondition(isOpen && !offsets.isEmpty)
        while meanwhile() {}
        commits.append(offsets)
        let fault = fault(.commit)
        if case .answer(let result)? = fault { return result }
        if isFenced { return .fenced(FakeSink.error("PRODUCER_FENCED")) }
        guard kafka.isMember(member) else { return .notMember(FakeSink.error("UNKNOWN_MEMBER_ID")) }
        for offset in offsets { kafka.transaction(transactionalID).offsets[offset.partition] = offset }
        if case .unknown(let isCommitted)? = fault {
            if let isCommitted { kafka.end(transactionalID, isCommitted: isCommitted) }
            return .unknown(FakeSink.error("_TIMED_OUT"))
        }
        kafka.end(transactionalID, isCommitted: true)
        isOpen = false
        return .done
    }

    func abort() -> SinkResult {
        precondition(isOpen)
        if let result = given(.abort) { return result }
        if isFenced { return .fenced(FakeSink.error("PRODUCER_FENCED")) }
        kafka.end(transactionalID, isCommitted: false)
        isOpen = false
        return .done
    }

    var isAccountable: Bool { true }
    var outages = 0
    private(set) var seals = 0

    func seal(_ seal: Seal) -> SinkResult {
        precondition(!isOpen)
        isReady = false
        if let result = given(.seal) { return result }
        _ = kafka.initialize(transactionalID)
        seals += 1
        kafka.seal(transactionalID, seal)
        return .done
    }

    func rebuild() {
        rebuilds += 1
        isReady = false
        isOpen = false
    }
}
