internal import CLibrdkafka
internal import Glibc
internal import StockStream
internal import StockWire

/// Takes a transactional id over with a producer that is thrown away: what its user has open is aborted, and what the broker forgot to end
/// is given an end (`Seal`).
///
/// A seal that commits must not fail half-way: its partitions are aborted then, and what was committed is lost there. So its transaction
/// may stay open for longer than the engine's, it waits for a broker that has only just come back, and it is never given up from here.
struct TakeoverProducer {
    let transactionalID: String
    let connection: KafkaConnection
    /// All topics that the id's users write to.
    let topics: [String]
    /// The topic of the offsets.
    let inputTopic: String
    /// In whose name a committed seal's offset is sent: an owner that has lost its partitions must not set their offsets.
    let membership: KafkaMembership
    let log: KafkaLog

    /// Does both. nil: done. "Fenced" or "concurrent" means that another new owner does the same. Up to 6 s, with a seal up to 41 s.
    func run(_ seal: Seal?) throws(KafkaConfigurationError) -> RDKafkaError? {
        var config = try RDKafkaConfig.producer(connection)
        config.set("transactional.id", transactionalID)
        config.set("transaction.timeout.ms", KafkaLimits.sealTransactionMilliseconds)
        config.set("socket.timeout.ms", KafkaLimits.producerSocketTimeoutMilliseconds)
        var handle = try RDKafkaHandle(.producer, config, log: log)
        defer { _ = handle.destroy(waitMilliseconds: 0, leavesGroup: false) }
        var error = initialize(handle, waitMilliseconds: KafkaLimits.fencingAttemptsMilliseconds[0])
        // The broker, which has to abort the open transaction first, says "concurrent" for a moment. The library asks again after half
        // a second; a new client asks at once.
        // Behind a seal a restore or a worker waits that can't do without it: it is worth more patience.
        let last = seal == nil ? KafkaLimits.fencingLastMilliseconds : Int32(KafkaLimits.sealMilliseconds)
        for wait in KafkaLimits.fencingAttemptsMilliseconds.dropFirst() + [last] {
            guard let refusal = error, refusal.isRetriable || refusal.code == RD_KAFKA_RESP_ERR__TIMED_OUT else { break }
            _ = handle.destroy(waitMilliseconds: 0, leavesGroup: false)
            handle = try RDKafkaHandle(.producer, config, log: log)
            error = initialize(handle, waitMilliseconds: wait)
        }
        guard error == nil, let seal else { return error }
        return try run(seal, handle, until: monotonicMilliseconds() + KafkaLimits.sealMilliseconds)
    }

    private func initialize(_ handle: RDKafkaHandle, waitMilliseconds: Int32) -> RDKafkaError? {
        handle.withPointer { rd_kafka_init_transactions($0, waitMilliseconds) }.map { RDKafkaError(taking: $0) }
    }

    // MARK: - The seal

    private func run(_ seal: Seal, _ handle: RDKafkaHandle, until deadline: Int64) throws(KafkaConfigurationError) -> RDKafkaError? {
        let places: [TopicPartition]
        switch seal {
        case .commit(let open, _): places = open
        case .abort:
            switch handle.partitionCounts(waitMilliseconds: remaining(until: deadline)) {
            case .success(let counts): places = TopicPartition.all(of: topics, counts)
            case .failure(let error): return error
            }
        }
        if let error = handle.withPointer({ rd_kafka_begin_transaction($0) }) { return RDKafkaError(taking: error) }
        switch seal {
        case .commit(_, let offset):
            // The claim comes last: where a leader takes too long for the records, it was not touched.
            if let error = try write(places, handle, until: deadline) { return error }
            if let offset, let error = send(offset, as: membership, handle, until: deadline) { return error }
            return again(until: deadline) { left in handle.withPointer { rd_kafka_commit_transaction($0, left) } }
        case .abort(let offset):
            let failure = try write(places, handle, until: deadline)
            // In nobody's name: a generation that is over must not keep the group's part open. Whether it is taken does not matter.
            let nobody = KafkaMembership.standalone(groupID: membership.groupID)
            if let offset, failure == nil { _ = send(offset, as: nobody, handle, until: deadline) }
            guard !handle.isStuck else { return RDKafkaError(code: RD_KAFKA_RESP_ERR__TIMED_OUT) }
            let error = again(until: deadline) { left in handle.withPointer { rd_kafka_abort_transaction($0, left) } }
            return failure ?? error
        }
    }

    /// Hands over one record for each place and waits until the broker has them.
    private func write(
        _ places: [TopicPartition], _ handle: RDKafkaHandle, until deadline: Int64
    ) throws(KafkaConfigurationError) -> RDKafkaError? {
        let key = UnsafeRawBufferPointer(start: SealRecord.key.utf8Start, count: SealRecord.key.utf8CodeUnitCount)
        for place in places {
            let topic = try handle.topic(place.topic)
            let error = handle.withPointer { client in
                RDKafkaProduce.send(client, topic, place.partition, key, nil, 0, UnsafeBufferPointer(start: nil, count: 0), opaque: 0)
            }
            if let error { return RDKafkaError(taking: error) }
        }
        let code = handle.withPointer { rd_kafka_flush($0, remaining(until: deadline)) }
        return code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : RDKafkaError(code: code)
    }

    /// Makes the group's partition a part of the transaction.
    private func send(
        _ offset: OffsetCommit, as membership: KafkaMembership, _ handle: RDKafkaHandle, until deadline: Int64
    ) -> RDKafkaError? {
        let list = RDKafkaTopicPartitionList(capacity: 1)
        list.add(inputTopic, offset.partition, offset: offset.next, metadata: offset.metadata)
        var failure: RDKafkaError?
        let answer = membership.withMetadata { metadata in
            while true {
                guard let sent = handle.sendOffsets(list, metadata, waitMilliseconds: remaining(until: deadline)) else {
                    failure = RDKafkaError(code: RD_KAFKA_RESP_ERR__TIMED_OUT)
                    return .done
                }
                failure = sent
                guard let failure, isWorthAnother(failure, until: deadline) else { return .done }
            }
        }
        if case .notMember(let error) = answer { failure = RDKafkaError(code: RD_KAFKA_RESP_ERR__STATE, reason: error.reason) }
        return failure
    }

    /// Asks until it is done, refused for good, or too late.
    private func again(until deadline: Int64, _ ask: (_ waitMilliseconds: Int32) -> OpaquePointer?) -> RDKafkaError? {
        while true {
            guard let error = ask(remaining(until: deadline)).map({ RDKafkaError(taking: $0) }) else { return nil }
            guard isWorthAnother(error, until: deadline) else { return error }
        }
    }

    /// After a short pause, since some refusals come at once.
    private func isWorthAnother(_ error: RDKafkaError, until deadline: Int64) -> Bool {
        guard error.isRetriable, monotonicMilliseconds() < deadline else { return false }
        usleep(UInt32(KafkaLimits.retryMilliseconds) * 1_000)
        return true
    }

    private func remaining(until deadline: Int64) -> Int32 { Int32(clamping: max(deadline - monotonicMilliseconds(), 1)) }
}

extension TopicPartition {
    /// All partitions of these topics, as many as each has.
    static func all(of topics: [String], _ counts: [String: Int32]) -> [TopicPartition] {
        topics.flatMap { topic in (0..<(counts[topic] ?? 0)).map { TopicPartition(topic: topic, partition: $0) } }
    }
}
