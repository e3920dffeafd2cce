internal import CLibrdkafka
internal import Glibc
public import StockStream

// Groups, as far as the tools need to know them.
extension TopicProvisioner {
    /// The ids of all groups that the cluster knows.
    public func groups() throws(PortError) -> [String] {
        let event = try handle.admin(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, waitMilliseconds: waitMilliseconds) { client, options, queue in
            rd_kafka_ListConsumerGroups(client, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        let result = rd_kafka_event_ListConsumerGroups_result(event)
        var count = 0
        if let errors = rd_kafka_ListConsumerGroups_result_errors(result, &count), count > 0, let first = errors[0] {
            throw TopicProvisioner.portError(borrowed: first)
        }
        guard let groups = rd_kafka_ListConsumerGroups_result_valid(result, &count) else { return [] }
        return (0..<count).compactMap { index in rd_kafka_ConsumerGroupListing_group_id(groups[index]).map { String(cString: $0) } }
    }

    /// The group as its coordinator sees it; a group never seen is `Dead` and has no members.
    public func describeGroup(_ groupID: String) throws(PortError) -> GroupDescription {
        let name = strdup(groupID)
        defer { free(name) }
        var names: [UnsafePointer<CChar>?] = [UnsafePointer(name)]
        let event = try handle.admin(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, waitMilliseconds: waitMilliseconds) {
            client, options, queue in
            rd_kafka_DescribeConsumerGroups(client, &names, 1, options, queue)
        }
        defer { rd_kafka_event_destroy(event) }
        var count = 0
        let groups = rd_kafka_DescribeConsumerGroups_result_groups(rd_kafka_event_DescribeConsumerGroups_result(event), &count)
        guard count == 1, let group = groups?[0] else {
            throw PortError(code: "_NO_ANSWER", reason: "the coordinator did not describe \(groupID)", isFatal: false)
        }
        if let error = rd_kafka_ConsumerGroupDescription_error(group), rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_NO_ERROR {
            // Coordinators from 4.0 on answer so for a group that they never saw; older ones describe it as dead.
            guard rd_kafka_error_code(error) != RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND else {
                return GroupDescription(state: "Dead", members: [])
            }
            throw TopicProvisioner.portError(borrowed: error)
        }
        let state = String(cString: rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(group)))
        let members = (0..<rd_kafka_ConsumerGroupDescription_member_count(group)).map { index in
            let member = rd_kafka_ConsumerGroupDescription_member(group, index)
            return GroupDescription.Member(
                id: String(cString: rd_kafka_MemberDescription_consumer_id(member)),
                clientID: String(cString: rd_kafka_MemberDescription_client_id(member)),
                host: String(cString: rd_kafka_MemberDescription_host(member)))
        }
        return GroupDescription(state: state, members: members)
    }

    private static func portError(borrowed error: OpaquePointer) -> PortError {
        PortError(
            code: RDKafkaError.name(rd_kafka_error_code(error)), reason: String(cString: rd_kafka_error_string(error)), isFatal: false)
    }
}
