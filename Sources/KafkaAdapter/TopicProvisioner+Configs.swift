internal import CLibrdkafka
public import StockStream

// Settings of topics.
extension TopicProvisioner {
    struct ConfigEntry {
        var key: String
        var value: String
        /// Set for the topic itself.
        var isOwn: Bool
    }

    /// Sets some settings of a topic; its others stay. librdkafka 2.0.2 has only the request that replaces all, so the present ones go
    /// along: nobody
    /// else may alter the same topic at the same moment.
    public func alterConfigs(_ topic: String, _ changes: [String: String]) throws(PortError) {
        guard let entries = try describeConfigs([topic])[topic] else {
            throw PortError(code: "UNKNOWN_TOPIC_OR_PART", reason: "topic \(topic) does not exist", isFatal: false)
        }
        var own: [String: String] = [:]
        for entry in entries where entry.isOwn { own[entry.key] = entry.value }
        own.merge(changes) { _, changed in changed }
        var resource: OpaquePointer? = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(resource) }
        for (key, value) in own.sorted(by: { $0.key < $1.key }) { rd_kafka_ConfigResource_set_config(resource, key, value) }
        let event = try handle.admin(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, waitMilliseconds: waitMilliseconds) { client, options, queue in
            rd_kafka_AlterConfigs(client, &resource, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        guard let results = rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(event), &count) else { return }
        for index in 0..<count { try check(results[index]) }
    }

    /// The settings of each topic that exists; secret values are left out.
    func describeConfigs(_ topics: [String]) throws(PortError) -> [String: [ConfigEntry]] {
        var resources: [OpaquePointer?] = topics.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        defer { for resource in resources { rd_kafka_ConfigResource_destroy(resource) } }
        let event = try handle.admin(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, waitMilliseconds: waitMilliseconds) { client, options, queue in
            rd_kafka_DescribeConfigs(client, &resources, resources.count, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let results = rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &count)
        var found: [String: [ConfigEntry]] = [:]
        for index in 0..<count {
            guard let resource = results?[index] else { continue }
            guard rd_kafka_ConfigResource_error(resource) != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART else { continue }
            try check(resource)
            found[String(cString: rd_kafka_ConfigResource_name(resource))] = TopicProvisioner.entries(of: resource)
        }
        return found
    }

    private static func entries(of resource: OpaquePointer) -> [ConfigEntry] {
        var count = 0
        guard let entries = rd_kafka_ConfigResource_configs(resource, &count) else { return [] }
        return (0..<count).compactMap { index in
            guard let entry = entries[index], let value = rd_kafka_ConfigEntry_value(entry) else { return nil }
            let source = rd_kafka_ConfigEntry_source(entry)
            return ConfigEntry(
                key: String(cString: rd_kafka_ConfigEntry_name(entry)), value: String(cString: value),
                isOwn: source == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG)
        }
    }

    private func check(_ resource: OpaquePointer?) throws(PortError) {
        let code = rd_kafka_ConfigResource_error(resource)
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        let name = String(cString: rd_kafka_ConfigResource_name(resource))
        let reason = rd_kafka_ConfigResource_error_string(resource).map { String(cString: $0) }
        throw PortError(code: RDKafkaError.name(code), reason: "\(name): \(reason ?? RDKafkaError.text(code))", isFatal: false)
    }
}
