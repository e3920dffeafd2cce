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

    /// Gives what earlier transactions of this id have left without an end the one that is asked for, with another producer, since it
    /// must not have the time limit of this one; this one is made anew. Up to 41 s.
    public func seal(_ seal: Seal) -> SinkResult {
        let producer = TakeoverProducer(
            transactionalID: transactionalID, connection: connection, topics: settings.topics.values.sorted(), inputTopic: inputTopic,
            membership: membership, log: log)
        defer { rebuild() }
        do throws(KafkaConfigurationError) {
            return try producer.run(seal)?.classified(at: .commit) ?? .done
        } catch {
            preconditionFailure("a configuration that worked before was refused: \(error)")
        }
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

    func send(_ offsets: [OffsetCommit], until deadline: Int64) -> SinkResult {
        let list = RDKafkaTopicPartitionList(capacity: offsets.count)
        for offset in offsets {
            precondition(offset.next >= 0)
            list.add(inputTopic, offset.partition, offset: offset.next, metadata: offset.metadata)
        }
        return membership.withMetadata { metadata in
            while true {
                guard let answer = handle.sendOffsets(list, metadata, waitMilliseconds: remaining(until: deadline)) else {
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
