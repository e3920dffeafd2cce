internal import CLibrdkafka
internal import StockStream

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

    /// Asks the leaders for the offsets at a time; a logical offset in its place asks for that end. Unlike
    /// `rd_kafka_query_watermark_offsets` it honours its time. nil where not every leader has answered.
    func offsets(_ partitions: [TopicPartition], at time: Int64, waitMilliseconds: Int32) -> [Int64]? {
        let list = RDKafkaTopicPartitionList(capacity: partitions.count)
        for one in partitions { list.add(one.topic, one.partition, offset: time) }
        let code = withPointer { client in list.withPointer { rd_kafka_offsets_for_times(client, $0, waitMilliseconds) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, partitions.indices.allSatisfy({ list[$0].err == RD_KAFKA_RESP_ERR_NO_ERROR })
        else { return nil }
        return partitions.indices.map { list[$0].offset }
    }
}
