import Testing

@testable import KafkaAdapter

@Suite struct KafkaConnectionTests {
    @Test(arguments: ["enable.idempotence", "isolation.level", "group.id", "transactional.id", "partitioner", "acks", "auto.offset.reset"])
    func refusesWhatExactlyOnceDependsOn(property: String) {
        let connection = KafkaConnection(bootstrapServers: "127.0.0.1:1", properties: [property: "x", "client.rack": "a"])
        #expect(throws: KafkaConfigurationError.reserved(property: property)) { try connection.validate() }
    }

    @Test func passesSecurityThrough() throws {
        let connection = KafkaConnection(
            bootstrapServers: "127.0.0.1:1",
            properties: [
                "security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512", "sasl.username": "u", "sasl.password": "p",
                "ssl.endpoint.identification.algorithm": "https", "compression.type": "zstd",
            ])
        try connection.validate()
        #expect(try RDKafkaConfig(connection: connection)["sasl.username"] == "u")
        #expect(try RDKafkaConfig.producer(connection)["compression.type"] == "zstd")
    }

    @Test func namesUnknownPropertiesAndWrongValues() {
        let unknown = KafkaConnection(bootstrapServers: "127.0.0.1:1", properties: ["no.such.thing": "1"])
        #expect(throws: KafkaConfigurationError.unknown(property: "no.such.thing")) { try unknown.validate() }
        let wrong = KafkaConnection(bootstrapServers: "127.0.0.1:1", properties: ["security.protocol": "secret"])
        #expect {
            try wrong.validate()
        } throws: { error in
            guard case KafkaConfigurationError.invalid("security.protocol", "secret", _) = error else { return false }
            return true
        }
        #expect(throws: KafkaConfigurationError.self) { try KafkaConnection(bootstrapServers: "").validate() }
        let long = KafkaConnection(bootstrapServers: "127.0.0.1:1", clientID: String(repeating: "x", count: 101))
        #expect(throws: KafkaConfigurationError.self) { try long.validate() }
    }

    @Test func theRoleWinsOverTheConnection() throws {
        let connection = KafkaConnection(
            bootstrapServers: "127.0.0.1:1", properties: ["message.max.bytes": "1000", "queued.min.messages": "1"])
        #expect(try RDKafkaConfig.producer(connection)["message.max.bytes"] == "\(KafkaLimits.messageMaxBytes)")
    }
}

@Suite struct RDKafkaGroupMemberTests {
    private func member(generation: Int32, id: String, mark: String = "CGMDv2:") -> RDKafkaGroupMember? {
        var bytes = Array(mark.utf8)
        withUnsafeBytes(of: generation) { bytes += $0 }
        bytes += Array("group".utf8) + [0] + Array(id.utf8) + [0, 1]
        return bytes.withUnsafeBytes { RDKafkaGroupMember(serialised: $0) }
    }

    @Test func readsGenerationAndMember() {
        #expect(member(generation: 7, id: "m-1")?.generation == 7)
        #expect(member(generation: 7, id: "m-1")?.id == Array("m-1".utf8))
        #expect(member(generation: 7, id: "m-1", mark: "CGMDv9:") == nil)
        #expect([UInt8]().withUnsafeBytes { RDKafkaGroupMember(serialised: $0) } == nil)
        let truncated = Array("CGMDv2:".utf8) + [1, 0, 0, 0] + Array("group".utf8)
        #expect(truncated.withUnsafeBytes { RDKafkaGroupMember(serialised: $0) } == nil)
    }

    @Test func onlyTheAssignedMemberIsValid() throws {
        let id = Array("m-1".utf8)
        #expect(try #require(member(generation: 0, id: "m-1")).isValid(for: id))
        #expect(try !#require(member(generation: -1, id: "m-1")).isValid(for: id))
        #expect(try !#require(member(generation: 3, id: "m-2")).isValid(for: id))
        #expect(try !#require(member(generation: 3, id: "")).isValid(for: []))
    }
}
