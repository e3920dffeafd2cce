internal import CLibrdkafka
internal import Glibc

/// Owns one list of partitions with offsets.
struct RDKafkaTopicPartitionList: ~Copyable {
    private let list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    init(capacity: Int) {
        list = rd_kafka_topic_partition_list_new(Int32(capacity))
    }

    /// Takes over a list that the library made.
    init(owning list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        self.list = list
    }

    deinit { rd_kafka_topic_partition_list_destroy(list) }

    /// Appends a partition. A logical offset (`RD_KAFKA_OFFSET_END` and so on) is allowed.
    func add(_ topic: String, _ partition: Int32, offset: Int64 = Int64(RD_KAFKA_OFFSET_INVALID), metadata: String? = nil) {
        let element = rd_kafka_topic_partition_list_add(list, topic, partition)!
        element.pointee.offset = offset
        guard var metadata, !metadata.isEmpty else { return }
        metadata.withUTF8 { bytes in
            // The list frees it with free().
            let copy = malloc(bytes.count)!
            memcpy(copy, bytes.baseAddress!, bytes.count)
            element.pointee.metadata = copy
            element.pointee.metadata_size = bytes.count
        }
    }

    /// The number of partitions in it.
    var count: Int { Int(list.pointee.cnt) }

    /// A copy of one element's plain fields; its pointers live as long as the list.
    subscript(_ index: Int) -> rd_kafka_topic_partition_t {
        precondition(index >= 0 && index < count)
        return list.pointee.elems[index]
    }

    /// Gives the C list to `body`, which must not keep it.
    func withPointer<Result>(_ body: (UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> Result) -> Result { body(list) }
}
