internal import CLibrdkafka
public import StockStream
internal import Synchronization

// The steps of a transaction.
extension KafkaTransactionalSink {
    /// init_transactions, and the topics' partition counts. Up to 2 s, then `retry`.
    public func initialize() -> SinkResult {
        if let error = handle.withPointer({ rd_kafka_init_transactions($0, KafkaLimits.initializeMilliseconds) }) {
            return resolve(RDKafkaError(taking: error), .initialize)
        }
        return learnPartitionCounts()
    }

    /// Opens a transaction in the name of the present member.
    public func begin() -> SinkResult {
        membershipEpoch = membership.epoch
        isUnsettled = false
        unconfirmedBefore = unconfirmed
        drainReports()
        guard let error = handle.withPointer({ rd_kafka_begin_transaction($0) }) else { return .done }
        return resolve(RDKafkaError(taking: error), .begin)
    }

    /// The same as `commit` without `meanwhile`, on another thread where there is something to do meanwhile.
    public func commit(_ offsets: [OffsetCommit], meanwhile: () -> Bool) -> SinkResult {
        guard meanwhile() else { return commit(offsets) }
        // Until it is done nobody else touches what it touches: the caller waits here.
        nonisolated(unsafe) let sink = self
        let answer = Answer<SinkResult>()
        guard HelperThread.run({ answer.give(sink.commit(offsets)) }) else { return commit(offsets) }
        while !answer.isThere && meanwhile() {}
        return answer.wait()
    }

    /// Flushes, sends the offsets under examined group metadata, commits. Up to the transaction's time-out, then `unknown`.
    private func commit(_ offsets: [OffsetCommit]) -> SinkResult {
        precondition(!offsets.isEmpty, "without an offset the broker checks no generation")
        guard membershipEpoch == membership.epoch else {
            return .notMember(KafkaMembership.refusal("the member id has changed since the transaction began"))
        }
        let deadline = monotonicMilliseconds() + Int64(settings.transactionTimeoutMilliseconds)
        let flushed = flush(until: deadline)
        guard case .done = flushed else { return flushed }
        let sent = send(offsets, until: deadline)
        guard case .done = sent else { return sent }
        return finish(until: deadline)
    }

    /// Gives the transaction up, after the broker has answered for it (librdkafka issue 4849). Anything but `done`: rebuild.
    public func abort() -> SinkResult {
        if isUnsettled { _ = flush(until: monotonicMilliseconds() + KafkaLimits.abortSettleMilliseconds) }
        let deadline = monotonicMilliseconds() + Int64(settings.transactionTimeoutMilliseconds)
        while true {
            let left = remaining(until: deadline)
            guard let error = handle.withPointer({ rd_kafka_abort_transaction($0, left) }) else {
                isUnsettled = false
                drainReports()
                return .done
            }
            let result = resolve(RDKafkaError(taking: error), .abort)
            guard case .retry(let portError) = result else { return result }
            guard monotonicMilliseconds() < deadline else { return .fatal(portError) }
            drainReports(waitMilliseconds: KafkaLimits.retryMilliseconds)
        }
    }

    // MARK: - Transactions without an end

    /// Offsets and their transactions are not kept by the embedded cluster, the only one where nobody is a member.
    public var isAccountable: Bool {
        if case .standalone = membership { false } else { true }
    }

    /// Connections that were lost, or could not be had, since the producer was made; a rebuilt one goes on counting.
    public var outages: Int { outagesBefore + handle.context.outages.load(ordering: .relaxed) }

    /// Gives what earlier transactions of this id have left without an end the one that is asked for. Up to twice the transaction's
    /// time-out.
    public func seal(_ seal: Seal) -> SinkResult {
        let began = begin()
        guard case .done = began else { return began }
        let deadline = monotonicMilliseconds() + Int64(settings.transactionTimeoutMilliseconds)
        switch seal {
        case .abort(let offset):
            let written = writeSeals(everywhere, until: deadline)
            // In nobody's name: a generation that is over must not keep the group's part open. Whether it is taken does not matter.
            if case .done = written, let offset { _ = send([offset], until: deadline, as: .standalone(groupID: membership.groupID)) }
            let aborted = abort()
            if case .done = written { return aborted }
            return written
        case .commit(let partitions, let offset):
            // In the member's name: an owner that has lost its partitions must not set their offsets.
            var result = offset.map { send([$0], until: deadline) } ?? .done
            if case .done = result { result = writeSeals(places(partitions), until: deadline) }
            if case .done = result { return finish(until: deadline) }
            _ = abort()
            return result
        }
    }

    private typealias Place = (topic: OpaquePointer, partition: Int32)

    private var everywhere: [Place] {
        topics.compactMap { $0 }.flatMap { topic in (0..<topic.partitionCount).map { (topic.handle, $0) } }
    }

    private func places(_ partitions: [TopicPartition]) -> [Place] {
        partitions.compactMap { one in
            guard let topic = OutputTopic.allCases.first(where: { settings.topics[$0] == one.topic }), let target = topics[topic.rawValue]
            else { return nil }
            return (target.handle, one.partition)
        }
    }

    private func writeSeals(_ places: [Place], until deadline: Int64) -> SinkResult {
        isUnsettled = true
        for place in places {
            if let error = handle.withPointer({ TransactionSeal.write(to: place.topic, place.partition, $0) }) {
                return resolve(error, .produce)
            }
        }
        return flush(until: deadline)
    }

    // MARK: - Parts of a commit

    private var unconfirmed: Int { handle.context.unconfirmed.load(ordering: .relaxed) }

    /// Waits until the broker has acknowledged every record. One that the broker has not answered for may be missing: the transaction
    /// has to be aborted, and the next one has it again.
    func flush(until deadline: Int64) -> SinkResult {
        while true {
            // In slices, since failed records count as outstanding until their reports are taken.
            let code = handle.withPointer { rd_kafka_flush($0, min(remaining(until: deadline), 50)) }
            drainReports()
            if code == RD_KAFKA_RESP_ERR_NO_ERROR {
                isUnsettled = false
                return unconfirmed == unconfirmedBefore ? .done : .mustAbort(RDKafkaProduce.unconfirmed)
            }
            guard code == RD_KAFKA_RESP_ERR__TIMED_OUT, monotonicMilliseconds() < deadline else {
                return resolve(RDKafkaError(code: code), .flush)
            }
        }
    }

    func send(_ offsets: [OffsetCommit], until deadline: Int64, as membership: KafkaMembership? = nil) -> SinkResult {
        let list = RDKafkaTopicPartitionList(capacity: offsets.count)
        for offset in offsets {
            precondition(offset.next >= 0)
            list.add(inputTopic, offset.partition, offset: offset.next, metadata: offset.metadata)
        }
        return (membership ?? self.membership).withMetadata { metadata in
            while true {
                guard let answer = sendOnce(list, metadata, waitMilliseconds: remaining(until: deadline)) else {
                    // Nothing was committed: the end of the transaction was not asked for.
                    return .fatal(PortError(code: "_TIMED_OUT", reason: "the client library does not answer", isFatal: true))
                }
                guard let answer else { return .done }
                let result = resolve(answer, .sendOffsets)
                guard case .retry(let portError) = result else { return result }
                guard monotonicMilliseconds() < deadline else { return .mustAbort(portError) }
                drainReports(waitMilliseconds: KafkaLimits.retryMilliseconds)
            }
        }
    }

    /// nil: the library has forgotten the time limit. 2.16 was seen to do so for minutes while the coordinator was away, so with another
    /// version than 2.0 the call is watched.
    private func sendOnce(
        _ list: borrowing RDKafkaTopicPartitionList, _ metadata: OpaquePointer, waitMilliseconds: Int32
    ) -> RDKafkaError?? {
        guard rd_kafka_version() >= 0x0201_0000 else {
            let error = handle.withPointer { client in
                list.withPointer { rd_kafka_send_offsets_to_transaction(client, $0, metadata, waitMilliseconds) }
            }
            return .some(error.map { RDKafkaError(taking: $0) })
        }
        guard let copies = OffsetsInFlight(list, metadata) else {
            return .some(RDKafkaError(code: RD_KAFKA_RESP_ERR__BAD_MSG, reason: "group metadata of an unknown form", requiresAbort: true))
        }
        return handle.watched(waitMilliseconds: Int64(waitMilliseconds) + KafkaLimits.watchedCallGraceMilliseconds) { client in
            rd_kafka_send_offsets_to_transaction(client, copies.list, copies.metadata, waitMilliseconds).map { RDKafkaError(taking: $0) }
        }
    }

    func finish(until deadline: Int64) -> SinkResult {
        while true {
            // Not -1, the recommended value: librdkafka 2.0.2 then waits for as long as the broker is silent (measured). A time that runs
            // out may leave the
            // client's state behind the broker's, but `unknown` means that this client is thrown away.
            let left = remaining(until: deadline)
            guard let error = handle.withPointer({ rd_kafka_commit_transaction($0, left) }) else { return .done }
            let result = resolve(RDKafkaError(taking: error), .commit)
            guard case .retry(let portError) = result else { return result }
            guard monotonicMilliseconds() < deadline else { return .unknown(portError) }
            drainReports(waitMilliseconds: KafkaLimits.retryMilliseconds)
        }
    }

    private func remaining(until deadline: Int64) -> Int32 {
        Int32(clamping: max(deadline - monotonicMilliseconds(), 1))
    }

    /// Learns how many partitions each topic has; also warms the metadata up, without which a first record waits.
    private func learnPartitionCounts() -> SinkResult {
        let names = OutputTopic.allCases.compactMap { settings.topics[$0] }
        switch handle.partitionCounts(waitMilliseconds: KafkaLimits.initializeMilliseconds) {
        case .failure(let error):
            return error.isFatal ? .fatal(error.portError) : .retry(error.portError)
        case .success(let counts):
            if let missing = names.first(where: { counts[$0] == nil }) {
                return .retry(PortError(code: "UNKNOWN_TOPIC_OR_PART", reason: "topic \(missing) does not exist", isFatal: false))
            }
            for topic in OutputTopic.allCases {
                guard let name = settings.topics[topic], let count = counts[name] else { continue }
                topics[topic.rawValue]?.partitionCount = count
            }
            return .done
        }
    }
}

/// The arguments of a call on another thread, which may outlive the one that asked for it.
private final class OffsetsInFlight: @unchecked Sendable {  // The pointers never change, and one thread uses them.
    let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    let metadata: OpaquePointer

    /// nil where the metadata can't be copied.
    init?(_ list: borrowing RDKafkaTopicPartitionList, _ metadata: OpaquePointer) {
        var bytes: UnsafeMutableRawPointer?
        var count = 0
        if let error = rd_kafka_consumer_group_metadata_write(metadata, &bytes, &count) {
            rd_kafka_error_destroy(error)
            return nil
        }
        var copy: OpaquePointer?
        let error = rd_kafka_consumer_group_metadata_read(&copy, bytes, count)
        rd_kafka_mem_free(nil, bytes)
        if let error { rd_kafka_error_destroy(error) }
        guard let copy else { return nil }
        self.metadata = copy
        self.list = list.withPointer { rd_kafka_topic_partition_list_copy($0) }
    }

    deinit {
        rd_kafka_consumer_group_metadata_destroy(metadata)
        rd_kafka_topic_partition_list_destroy(list)
    }
}
