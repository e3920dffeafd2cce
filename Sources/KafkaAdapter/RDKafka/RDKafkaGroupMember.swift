internal import CLibrdkafka
internal import Glibc

/// Who a consumer is in its group, read out of the very object that a commit sends.
struct RDKafkaGroupMember: Equatable {
    /// -1: not a member. The broker lets a commit of such a one pass unchecked, so it must never be sent.
    var generation: Int32
    /// Empty: not a member.
    var id: [UInt8]

    /// The serialised form of the object in librdkafka 1.6 and later: this mark, the generation in host order, then NUL-terminated group id
    /// and member id.
    private static let mark: StaticString = "CGMDv2:"

    /// Reads the serialised form; nil where it is not the known one.
    init?(serialised bytes: UnsafeRawBufferPointer) {
        let mark = UnsafeRawBufferPointer(start: Self.mark.utf8Start, count: Self.mark.utf8CodeUnitCount)
        guard bytes.count > mark.count + 4, bytes.prefix(mark.count).elementsEqual(mark) else { return nil }
        generation = bytes.loadUnaligned(fromByteOffset: mark.count, as: Int32.self)
        let texts = bytes[(mark.count + 4)...]
        guard let groupEnd = texts.firstIndex(of: 0) else { return nil }
        let member = texts[(groupEnd + 1)...]
        guard let memberEnd = member.firstIndex(of: 0) else { return nil }
        id = Array(member[..<memberEnd])
    }

    /// Reads a metadata object; nil where its form is not known.
    init?(_ metadata: OpaquePointer) {
        var buffer: UnsafeMutableRawPointer?
        var size = 0
        if let error = rd_kafka_consumer_group_metadata_write(metadata, &buffer, &size) {
            rd_kafka_error_destroy(error)
            return nil
        }
        defer { rd_kafka_mem_free(nil, buffer) }
        self.init(serialised: UnsafeRawBufferPointer(start: buffer, count: size))
    }

    /// Asks the client now.
    static func current(of client: OpaquePointer) -> RDKafkaGroupMember? {
        guard let metadata = rd_kafka_consumer_group_metadata(client) else { return nil }
        defer { rd_kafka_consumer_group_metadata_destroy(metadata) }
        return RDKafkaGroupMember(metadata)
    }

    /// Whether a commit in the name of `memberID` may be sent with this.
    func isValid(for memberID: [UInt8]) -> Bool { generation >= 0 && !id.isEmpty && id == memberID }
}
