internal import CLibrdkafka
internal import StockStream

// Taking and giving partitions, and moving delivery.
extension KafkaRecordSource {
    /// Takes announced partitions, assigned but paused. The group is answered when all that it announced are taken.
    public func accept(_ partitions: [Int32]) {
        accepted += partitions
        // The topic may have grown since; it is for the worker to refuse that.
        let missing = Int(partitions.max() ?? -1) + 1 - states.count
        if missing > 0 { states += Array(repeating: PartitionState(), count: missing) }
        for partition in partitions { states[Int(partition)] = PartitionState(isAssigned: true, isPaused: true) }
        guard !accepted.isEmpty, unansweredAssignment.allSatisfy(accepted.contains) else { return }
        let list = makeList(accepted, offset: 0)
        accepted = []
        unansweredAssignment = []
        handle.context.rebalances.noteAssigned()
        // Paused before it is assigned, so that no fetch goes out at the stand-in offset 0, and again after, for a topic not known before.
        // A logical
        // offset won't do: a late answer to its look-up would move the partition after `start`.
        pause(list)
        report("assign", handle.withPointer { client in list.withPointer { rd_kafka_incremental_assign(client, $0) } })
        pause(list)
    }

    /// Gives partitions back. The group is answered when all that it asked for are given back.
    public func giveUp(_ partitions: [Int32]) {
        released += partitions
        for partition in partitions where states.indices.contains(Int(partition)) { forget(Int(partition)) }
        guard !released.isEmpty, unansweredRevocation.allSatisfy(released.contains) else { return }
        let list = makeList(released, offset: Int64(RD_KAFKA_OFFSET_INVALID))
        released = []
        unansweredRevocation = []
        report("unassign", handle.withPointer { client in list.withPointer { rd_kafka_incremental_unassign(client, $0) } })
    }

    /// Begins or moves delivery. What can't be done in 100 ms is finished by later polls; nothing of before is delivered in between.
    public func start(_ partition: Int32, at offset: Int64) {
        let index = Int(partition)
        precondition(states[index].isAssigned, "start of a partition that was not accepted")
        precondition(offset >= 0)
        if !states[index].isSeeking { seeking += 1 }
        states[index].isSeeking = true
        states[index].isDelivering = true
        states[index].next = offset
        states[index].end = -1
        trySeek(index)
    }

    /// Pauses a partition until `start`.
    public func stop(_ partition: Int32) {
        let index = Int(partition)
        guard states.indices.contains(index), states[index].isAssigned else { return }
        cancelSeek(index)
        states[index].isDelivering = false
        guard !states[index].isPaused else { return }
        states[index].isPaused = true
        pause(makeList([partition], offset: 0))
    }

    /// Answers the group for everything that the worker has not answered; a group left waiting would keep this member for minutes.
    func answerEverything() {
        repeat {
            accept(unansweredAssignment.filter { !accepted.contains($0) })
            giveUp(unansweredRevocation.filter { !released.contains($0) })
        } while handle.context.rebalances.next().map(announce) != nil
    }

    /// Goes on with what `start` could not finish, for example because the library was still taking the assignment in.
    func continueSeeking() {
        for index in states.indices where states[index].isSeeking { trySeek(index) }
    }

    private func trySeek(_ index: Int) {
        let code = rd_kafka_seek(topic, Int32(index), states[index].next, KafkaLimits.seekMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            log(7, "SEEK", "partition \(index): \(RDKafkaError.name(code)), tried again")
            return
        }
        // What was read ahead before the library had moved is of the place before.
        ahead.drop(Int32(index))
        cancelSeek(index)
        // Only what was paused is resumed: librdkafka 2.0.2 fetches from an old position otherwise (issue 4636).
        guard states[index].isPaused else { return }
        states[index].isPaused = false
        let list = makeList([Int32(index)], offset: 0)
        reportCode("resume", handle.withPointer { client in list.withPointer { rd_kafka_resume_partitions(client, $0) } })
    }

    private func cancelSeek(_ index: Int) {
        guard states[index].isSeeking else { return }
        states[index].isSeeking = false
        seeking -= 1
    }

    private func forget(_ index: Int) {
        cancelSeek(index)
        states[index] = PartitionState()
    }

    private func pause(_ list: borrowing RDKafkaTopicPartitionList) {
        reportCode("pause", handle.withPointer { client in list.withPointer { rd_kafka_pause_partitions(client, $0) } })
    }

    private func makeList(_ partitions: [Int32], offset: Int64) -> RDKafkaTopicPartitionList {
        let list = RDKafkaTopicPartitionList(capacity: partitions.count)
        for partition in partitions { list.add(settings.topic, partition, offset: offset) }
        return list
    }

    private func report(_ call: String, _ error: OpaquePointer?) {
        guard let error else { return }
        log(3, "ASSIGN", "\(call): \(RDKafkaError(taking: error))")
    }

    private func reportCode(_ call: String, _ code: rd_kafka_resp_err_t) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        log(3, "ASSIGN", "\(call): \(RDKafkaError.text(code))")
    }
}
