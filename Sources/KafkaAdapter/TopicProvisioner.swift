internal import CLibrdkafka
internal import Glibc
public import StockStream

/// Administrative requests: topics, their settings, groups. For set-up and tools; every request waits up to `waitMilliseconds`.
public final class TopicProvisioner {
    let handle: RDKafkaHandle
    let waitMilliseconds: Int32

    /// Connects in the background.
    /// - Throws: `KafkaConfigurationError` where the connection's properties can't be used.
    public init(
        connection: KafkaConnection, waitMilliseconds: Int32 = KafkaLimits.adminMilliseconds, log: @escaping KafkaLog
    ) throws(KafkaConfigurationError) {
        self.waitMilliseconds = waitMilliseconds
        handle = try RDKafkaHandle(.producer, try RDKafkaConfig(connection: connection), log: log)
    }

    /// Takes the client apart. Up to 5 s.
    public func close() { _ = handle.destroy(waitMilliseconds: KafkaLimits.closeMilliseconds, leavesGroup: false) }

    // MARK: - Topics

    /// The topics of these names as they are; one that does not exist is left out. One that the node which was asked does not know is asked
    /// for again for `patienceMilliseconds`: another one may know it.
    public func describe(_ names: [String], patienceMilliseconds: Int64 = 0) throws(PortError) -> [String: TopicDescription] {
        let deadline = monotonicMilliseconds() + patienceMilliseconds
        while true {
            let found = try known(names)
            guard found.count < Set(names).count, monotonicMilliseconds() < deadline else { return found }
            usleep(UInt32(KafkaLimits.propagationGlanceMilliseconds) * 1_000)
        }
    }

    /// What the nodes that answer know now. Shapes and settings may come from two of them; a topic is there for both or for none.
    private func known(_ names: [String]) throws(PortError) -> [String: TopicDescription] {
        let shapes = try shapes(names)
        guard !shapes.isEmpty else { return [:] }
        var found: [String: TopicDescription] = [:]
        for (name, entries) in try describeConfigs(shapes.keys.sorted()) {
            found[name] = shapes[name]
            for entry in entries {
                found[name]?.configs[entry.key] = entry.value
                if entry.isOwn { found[name]?.ownConfigs[entry.key] = entry.value }
            }
        }
        return found
    }

    /// What is not as it should be, in the order given.
    public func differences(_ desired: [TopicDefinition]) throws(PortError) -> [TopicDifference] {
        let actual = try describe(desired.map(\.name))
        return desired.flatMap { TopicDifference.between($0, actual[$0.name]) }
    }

    /// Makes what is missing and sets what differs; returns what it could not put right (partitions and replication), in the order given.
    public func apply(_ desired: [TopicDefinition]) throws(PortError) -> [TopicDifference] {
        let actual = try describe(desired.map(\.name))
        let missing = desired.filter { actual[$0.name] == nil }
        if !missing.isEmpty { try create(missing) }
        var left: [TopicDifference] = []
        for topic in desired {
            guard let present = actual[topic.name] else { continue }
            let differences = TopicDifference.between(topic, present)
            var changes: [String: String] = [:]
            for difference in differences {
                if case .config(_, let key, _, let value) = difference { changes[key] = value } else { left.append(difference) }
            }
            guard !changes.isEmpty else { continue }
            try alterConfigs(topic.name, changes)
            try awaitVisible("\(topic.name): set, but not visible") { () throws(PortError) in
                let now = try describeConfigs([topic.name])[topic.name] ?? []
                return changes.allSatisfy { key, value in now.contains { $0.key == key && $0.value == value } }
            }
        }
        return left
    }

    /// Makes topics, and waits until the cluster has taken them in.
    public func create(_ topics: [TopicDefinition]) throws(PortError) {
        var requests: [OpaquePointer?] = []
        defer { for request in requests { rd_kafka_NewTopic_destroy(request) } }
        for topic in topics {
            let (request, text) = withErrorText {
                rd_kafka_NewTopic_new(topic.name, topic.partitions, Int32(topic.replication), $0, $1)
            }
            guard let request else { throw PortError(code: "_INVALID_ARG", reason: "\(topic.name): \(text)", isFatal: false) }
            requests.append(request)
            for (key, value) in topic.configs.sorted(by: { $0.key < $1.key }) { rd_kafka_NewTopic_set_config(request, key, value) }
        }
        let event = try handle.admin(RD_KAFKA_ADMIN_OP_CREATETOPICS, waitMilliseconds: waitMilliseconds) { client, options, queue in
            rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count) else { return }
        for index in 0..<count {
            let code = rd_kafka_topic_result_error(results[index])
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS else { continue }
            let name = String(cString: rd_kafka_topic_result_name(results[index]))
            let reason = rd_kafka_topic_result_error_string(results[index]).map { String(cString: $0) }
            throw PortError(code: RDKafkaError.name(code), reason: "\(name): \(reason ?? RDKafkaError.text(code))", isFatal: false)
        }
        let names = topics.map(\.name)
        try awaitVisible("\(names[0]): made, but not visible") { () throws(PortError) in try shapes(names).count == Set(names).count }
        try awaitVisible("\(names[0]): made, but its leaders do not answer") { () throws(PortError) in areLed(topics) }
    }

    /// Whether every partition has a leader that answers. A node tells who leads before that one is ready, and a producer whose first batch
    /// is refused may lose it (`RDKafkaProduce.countUnconfirmed`).
    func areLed(_ topics: [TopicDefinition]) -> Bool {
        let partitions = topics.flatMap { topic in (0..<topic.partitions).map { TopicPartition(topic: topic.name, partition: $0) } }
        return handle.offsets(partitions, at: Int64(RD_KAFKA_OFFSET_END), waitMilliseconds: waitMilliseconds) != nil
    }

    /// The controller has answered before the brokers know: who asks one of them at once may hear what was before.
    private func awaitVisible(_ complaint: String, _ isVisible: () throws(PortError) -> Bool) throws(PortError) {
        let deadline = monotonicMilliseconds() + Int64(waitMilliseconds)
        while !(try isVisible()) {
            guard monotonicMilliseconds() < deadline else { throw PortError(code: "_TIMED_OUT", reason: complaint, isFatal: false) }
            usleep(20_000)
        }
    }

    /// Partitions and replication, from the cluster's metadata.
    private func shapes(_ names: [String]) throws(PortError) -> [String: TopicDescription] {
        let wanted = Set(names)
        let result: Result<[String: TopicDescription], RDKafkaError> = handle.withPointer { client in
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let code = rd_kafka_metadata(client, 1, nil, &metadata, waitMilliseconds)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { return .failure(RDKafkaError(code: code)) }
            defer { rd_kafka_metadata_destroy(metadata) }
            var found: [String: TopicDescription] = [:]
            for index in 0..<Int(metadata.pointee.topic_cnt) {
                let topic = metadata.pointee.topics[index]
                guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR, let name = topic.topic.map({ String(cString: $0) }), wanted.contains(name)
                else { continue }
                let copies = (0..<Int(topic.partition_cnt)).map { topic.partitions[$0].replica_cnt }.min() ?? 0
                found[name] = TopicDescription(
                    partitions: topic.partition_cnt, replication: Int16(copies), configs: [:], ownConfigs: [:])
            }
            return .success(found)
        }
        do { return try result.get() } catch { throw error.portError }
    }
}
