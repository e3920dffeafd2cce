internal import CLibrdkafka

/// The properties of one client: the connection's first, then those of its role, which win.
struct RDKafkaConfig {
    /// Properties that exactly-once, the fencing or the routing depend on. Each role sets them itself.
    static let reserved: Set<String> = [
        "acks", "allow.auto.create.topics", "auto.commit.enable", "auto.commit.interval.ms", "auto.offset.reset", "bootstrap.servers",
        "client.id", "consume.callback.max.messages", "delivery.report.only.error", "delivery.timeout.ms", "dr_cb", "dr_msg_cb",
        "enable.auto.commit", "enable.auto.offset.store", "enable.gapless.guarantee", "enable.idempotence", "enable.partition.eof",
        "enabled_events", "group.id", "group.instance.id", "group.protocol", "group.remote.assignor", "isolation.level", "log_cb",
        "max.in.flight", "max.in.flight.requests.per.connection", "message.send.max.retries", "message.timeout.ms",
        "metadata.broker.list", "offset.store.method", "opaque", "partition.assignment.strategy", "partitioner", "rebalance_cb",
        "request.required.acks", "retries", "transaction.timeout.ms", "transactional.id",
    ]

    private var values: [String: String] = [:]

    /// No property at all, for a client that connects to nothing.
    static let bare = RDKafkaConfig()

    private init() {}

    init(connection: KafkaConnection) throws(KafkaConfigurationError) {
        for property in connection.properties.keys.sorted() where RDKafkaConfig.reserved.contains(property) {
            throw .reserved(property: property)
        }
        guard connection.clientID.utf8.count <= KafkaConnection.maxClientIDBytes else {
            throw .invalid(
                property: "client.id", value: connection.clientID, reason: "at most \(KafkaConnection.maxClientIDBytes) bytes")
        }
        guard !connection.bootstrapServers.isEmpty else {
            throw .invalid(property: "bootstrap.servers", value: "", reason: "no broker given")
        }
        values = [
            "socket.nagle.disable": "true",
            // A bounced broker is back in seconds; the library's default of 10 s between attempts would be the longer part.
            "reconnect.backoff.max.ms": "1000",
            "log.connection.close": "false",
            "allow.auto.create.topics": "false",
        ]
        values.merge(connection.properties) { _, given in given }
        values["bootstrap.servers"] = connection.bootstrapServers
        values["client.id"] = connection.clientID
    }

    /// Sets a property of the role, over whatever was given.
    mutating func set(_ property: String, _ value: String) { values[property] = value }

    /// Sets a property of the role.
    mutating func set(_ property: String, _ value: Int) { values[property] = String(value) }

    /// Sets a property that a user may have set otherwise.
    mutating func setDefault(_ property: String, _ value: Int, given: KafkaConnection) {
        if given.properties[property] == nil { values[property] = String(value) }
    }

    subscript(_ property: String) -> String? { values[property] }

    /// The C object; whoever calls owns it.
    func makeConf() throws(KafkaConfigurationError) -> OpaquePointer {
        guard let conf = rd_kafka_conf_new() else { preconditionFailure("rd_kafka_conf_new answered NULL") }
        for (property, value) in values.sorted(by: { $0.key < $1.key }) {
            do throws(KafkaConfigurationError) {
                try RDKafkaConfig.apply(property, value, to: conf)
            } catch {
                rd_kafka_conf_destroy(conf)
                throw error
            }
        }
        return conf
    }

    private static func apply(_ property: String, _ value: String, to conf: OpaquePointer) throws(KafkaConfigurationError) {
        let (result, text) = withErrorText { rd_kafka_conf_set(conf, property, value, $0, $1) }
        if result == RD_KAFKA_CONF_UNKNOWN { throw .unknown(property: property) }
        if result != RD_KAFKA_CONF_OK { throw .invalid(property: property, value: value, reason: text) }
    }
}

/// Gives `body` a buffer for librdkafka's error text and returns it with the result.
func withErrorText<Result>(_ body: (UnsafeMutablePointer<CChar>, Int) -> Result) -> (Result, String) {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
        buffer[0] = 0
        let result = body(buffer.baseAddress!, buffer.count)
        return (result, String(cString: buffer.baseAddress!))
    }
}
