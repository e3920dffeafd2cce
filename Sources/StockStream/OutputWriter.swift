import StockCore
import StockWire

/// Turns facts into records of the open transaction. The first failure of the transaction is kept, and everything after it is dropped:
/// the transaction will be aborted.
final class OutputWriter<Sink: TransactionalSink> {
    private var sink: Sink
    private let source: ByteBuffer
    private let topic: ByteBuffer
    private var value = ByteBuffer(capacity: 4_096)
    private var headers = HeaderBuffer()
    /// What was sold of a SKU or at a location that is written; reused.
    private var sold = SoldDays()
    private static var noHeaders: UnsafeBufferPointer<RecordHeader> { UnsafeBufferPointer(start: nil, count: 0) }

    /// The first failure since `begin`.
    private(set) var failure: SinkResult?
    /// Whether nothing has failed.
    var isUnharmed: Bool { failure == nil }
    /// Records handed over since `begin`.
    private(set) var records = 0
    /// This clock is off the brokers': alerts, answers and letters carry log time and not "now", which a broker may refuse.
    private var isClockOff = false

    init(sink: Sink, options: WorkerOptions) {
        self.sink = sink
        var source = ByteBuffer(capacity: 64)
        source.append(text: options.eventSource)
        self.source = source
        var topic = ByteBuffer(capacity: 64)
        topic.append(text: options.inputTopic)
        self.topic = topic
    }

    /// Writes into this producer's transaction from here on.
    func begin(_ sink: Sink, isClockOff: Bool = false) {
        self.sink = sink
        self.isClockOff = isClockOff
        failure = nil
        records = 0
    }

    /// The transaction was given up: its failure is none of the next one.
    func forgetFailure() { failure = nil }

    /// Hands one record over.
    func produce(
        _ topic: OutputTopic, partition: Int32, key: UnsafeRawBufferPointer?, value: UnsafeRawBufferPointer?,
        timestampMilliseconds: Int64 = 0
    ) {
        send(topic, partition, key, value, timestampMilliseconds, OutputWriter.noHeaders)
    }

    private func send(
        _ topic: OutputTopic, _ partition: Int32, _ key: UnsafeRawBufferPointer?, _ value: UnsafeRawBufferPointer?, _ timestamp: Int64,
        _ headers: UnsafeBufferPointer<RecordHeader>
    ) {
        guard failure == nil else { return }
        var result = SinkResult.done
        // A full queue is waited out by the sink; a few turns of that are enough.
        for _ in 0..<CommitStateMachine.retriesMaximum {
            result = sink.produce(topic, partition: partition, key: key, value: value, timestampMilliseconds: timestamp, headers: headers)
            guard case .retry = result else { break }
        }
        if case .done = result { records += 1 } else { failure = result }
    }

    /// What a record is stamped with that is read as it comes: 0, which means now.
    private func stamp(_ identity: OutputIdentity) -> Int64 { isClockOff ? identity.timeMilliseconds : 0 }

    // MARK: - Facts

    /// Writes the ledger record of a fact.
    func ledger(_ fact: UnsafePointer<Fact>, _ envelope: EventEnvelope, error: WireError?, partition: Int32) {
        value.clear()
        LedgerEncoder.encode(fact, envelope, error: error, into: &value)
        let (bytes, time) = (value.bytes, fact.pointee.timeMilliseconds)
        if fact.pointee.sku.isEmpty {
            send(.ledger, partition, nil, bytes, time, OutputWriter.noHeaders)
        } else {
            fact.pointee.sku.withBytes { send(.ledger, partition, $0, bytes, time, OutputWriter.noHeaders) }
        }
    }

    /// Writes the alert and the webhook event of a transition that a fact with these items brought.
    func transition(
        _ transition: Transition, _ context: AlertContext, items: [FactItem], _ identity: OutputIdentity,
        traceparent: UnsafeRawBufferPointer
    ) {
        value.clear()
        AlertEncoder.encode(transition, context, items: items, into: &value)
        event(.alerts, AlertEncoder.type(transition.kind), identity, subject: context.sku, traceparent)
        value.clear()
        WebhookEncoder.encode(transition, context, items: items, into: &value)
        event(.webhooks, WebhookEncoder.type(transition.kind), identity, subject: context.sku, traceparent)
    }

    private func event(
        _ topic: OutputTopic, _ type: StaticString, _ identity: OutputIdentity, subject: Key, _ traceparent: UnsafeRawBufferPointer
    ) {
        headers.clear()
        headers.addCloudEvent(type: type, identity, source: source.bytes, subject: subject, traceparent: traceparent)
        let bytes = value.bytes
        let views = headers.headers()
        subject.withBytes { send(topic, -1, $0, bytes, stamp(identity), views) }
    }

    /// Writes the answer to a caller that asked for one; `isBlind`: it keeps silent about the books.
    func reply(
        _ fact: Fact, _ envelope: EventEnvelope, error: WireError?, _ identity: OutputIdentity, isBlind: Bool
    ) {
        guard !envelope.replyKey.isEmpty else { return }
        value.clear()
        if let error {
            ReplyEncoder.encode(fact, envelope, error: error, into: &value)
        } else {
            ReplyEncoder.encode(fact, envelope, isBlind: isBlind, into: &value)
        }
        headers.clear()
        headers.addCloudEvent(type: ReplyEncoder.type, identity, source: source.bytes, subject: fact.sku, traceparent: envelope.traceparent)
        send(.replies, envelope.replyPartition, envelope.replyKey, value.bytes, stamp(identity), headers.headers())
    }

    /// Writes the original bytes of an input that could not be read, with the reason.
    func deadLetter(_ record: RecordView, _ error: WireError, _ identity: OutputIdentity, traceparent: UnsafeRawBufferPointer) {
        headers.clear()
        DeadLetterEncoder.addHeaders(
            of: record, topic: topic.bytes, error: error, identity, source: source.bytes, traceparent: traceparent, to: &headers)
        let key = DeadLetterEncoder.key(of: record, error: error)
        send(.deadLetters, -1, key, DeadLetterEncoder.value(of: record, error: error), stamp(identity), headers.headers())
    }

    /// Sends an input on to the partition where its SKU lives.
    func reroute(_ record: RecordView, sku: Key, partition: Int32) {
        headers.clear()
        headers.addReroute(of: record)
        let views = headers.headers()
        sku.withBytes { send(.events, partition, $0, record.value, 0, views) }
    }

    /// Passes the rest of a request on to the SKU that it names next.
    func passOn(_ event: StockEvent, _ fact: Fact, _ decoder: borrowing EventDecoder, partition: Int32) {
        value.clear()
        ChainEncoder.encode(event, fact, decoder, into: &value)
        headers.clear()
        headers.addChain(decoder.envelope)
        let bytes = value.bytes
        let views = headers.headers()
        fact.chain.next.withBytes { send(.events, partition, $0, bytes, 0, views) }
    }

    /// Writes the public level of a SKU.
    func level(of sku: Int32, in state: borrowing PartitionState, partition: Int32) {
        let record = state.sku(sku)
        value.clear()
        LevelsEncoder.begin(
            record.key, version: record.version, scale: record.policy.effectiveScale, seq: record.lastSeq,
            timeMilliseconds: record.lastTimeMilliseconds, into: &value)
        var safety: Int64 = 0
        var waiting: Int64 = 0
        var isLow = false
        var slot = record.firstLevel
        while slot >= 0 {
            let level = state.level(slot)
            let own = level.effectiveSafetyStock(record.policy)
            safety += own
            let held = state.waitingForHolds(at: slot)
            waiting += held
            isLow = isLow || level.isLow
            sold.reset()
            if let velocity = state.velocity(ofLevel: slot) { sold.add(velocity) }
            LevelsEncoder.location(
                level.location, level.balances, safetyStock: own, waiting: held, isLow: level.isLow, isOut: level.isOut, sold: sold,
                into: &value)
            slot = level.next
        }
        sold.reset()
        state.addSold(of: sku, to: &sold)
        LevelsEncoder.end(
            totals: record.totals, safetyStock: safety, waiting: waiting, isLow: isLow, isOut: record.isOut, sold: sold, into: &value)
        let bytes = value.bytes
        record.key.withBytes { send(.levels, partition, $0, bytes, record.lastTimeMilliseconds, OutputWriter.noHeaders) }
    }
}

extension Policy {
    /// Minor units in a unit of display: 1 where no scale was defined.
    var effectiveScale: Int64 { scale == Policy.absent ? 1 : scale }
}
