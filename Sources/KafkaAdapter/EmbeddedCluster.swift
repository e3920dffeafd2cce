internal import CLibrdkafka

/// librdkafka's mock cluster: brokers in this process, on real TCP ports of 127.0.0.1, for any Kafka client.
///
/// For trying out and for tests of client code. It keeps 5 MB a partition, does not hide aborted records, forgets the offsets of
/// transactions, and looks nothing up by time: never a proof of exactly-once, of a restart or of speed.
public final class EmbeddedCluster {
    private let handle: RDKafkaHandle
    private let cluster: OpaquePointer
    private let brokers: Int32

    /// Host and port pairs, separated by commas.
    public let bootstrapServers: String

    /// Starts the brokers.
    /// - Parameter brokers: how many, 1 to 16.
    /// - Throws: `KafkaConfigurationError.refused` where the cluster can't be started.
    public init(brokers: Int32 = 1, log: @escaping KafkaLog) throws(KafkaConfigurationError) {
        precondition((1...16).contains(brokers))
        // The client only carries the cluster; it has no broker to connect to, and need not be warned of that.
        let made = try RDKafkaHandle(.producer, .bare, log: { if $1 != "CONFWARN" { log($0, $1, $2) } })
        guard let cluster = made.withPointer({ rd_kafka_mock_cluster_new($0, brokers) }) else {
            throw .refused(reason: "the embedded cluster could not be started")
        }
        handle = made
        self.cluster = cluster
        self.brokers = brokers
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(cluster))
    }

    deinit { rd_kafka_mock_cluster_destroy(cluster) }

    /// Makes a topic.
    /// - Throws: `KafkaConfigurationError.refused` with the library's reason, for example that it exists.
    public func createTopic(_ name: String, partitions: Int32) throws(KafkaConfigurationError) {
        precondition(partitions > 0)
        let code = rd_kafka_mock_topic_create(cluster, name, partitions, min(brokers, 3))
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .refused(reason: "topic \(name): \(RDKafkaError.text(code))") }
    }

    /// Delays every answer of every broker.
    public func setRoundTrip(milliseconds: Int32) {
        precondition(milliseconds >= 0)
        for broker in 1...brokers { rd_kafka_mock_broker_set_rtt(cluster, broker, milliseconds) }
    }

    /// Takes a broker (1 to the number of brokers) off the network, or brings it back.
    public func setBroker(_ broker: Int32, isUp: Bool) {
        precondition((1...brokers).contains(broker))
        _ = isUp ? rd_kafka_mock_broker_set_up(cluster, broker) : rd_kafka_mock_broker_set_down(cluster, broker)
    }

    /// Makes a broker the leader of a partition.
    public func setLeader(_ topic: String, _ partition: Int32, broker: Int32) {
        precondition((1...brokers).contains(broker))
        rd_kafka_mock_partition_set_leader(cluster, topic, partition, broker)
    }

    /// Lets the next requests of a kind fail with these error codes of the Kafka protocol, one each.
    public func failNext(apiKey: Int16, codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        rd_kafka_mock_push_request_errors_array(cluster, apiKey, errors.count, errors)
    }
}
