internal import CLibrdkafka

extension RDKafkaHandle {
    /// The partition counts of the topics that this client has handles of; a topic that does not exist is left out.
    func partitionCounts(waitMilliseconds: Int32) -> Result<[String: Int32], RDKafkaError> {
        withPointer { client in
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let code = rd_kafka_metadata(client, 0, nil, &metadata, waitMilliseconds)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { return .failure(RDKafkaError(code: code)) }
            defer { rd_kafka_metadata_destroy(metadata) }
            var counts: [String: Int32] = [:]
            for index in 0..<Int(metadata.pointee.topic_cnt) {
                let topic = metadata.pointee.topics[index]
                guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR, topic.partition_cnt > 0, let name = topic.topic else { continue }
                counts[String(cString: name)] = topic.partition_cnt
            }
            return .success(counts)
        }
    }
}
