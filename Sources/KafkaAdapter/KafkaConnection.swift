internal import CLibrdkafka

/// What the library has to say: the syslog level (0 emergency to 7 debug), its facility code, the message. Called on any thread.
public typealias KafkaLog = @Sendable (_ level: Int32, _ facility: String, _ message: String) -> Void

/// Where the brokers are and how to get in; shared by every client of the process.
public struct KafkaConnection: Sendable {
    /// Host and port pairs, separated by commas.
    public var bootstrapServers: String
    /// Shows in the broker's logs and quotas; at most 100 bytes (a longer one crashes librdkafka before 2.5).
    public var clientID: String
    /// librdkafka properties passed through as they are: `security.protocol`, `sasl.*`, `ssl.*` and so on. Those that exactly-once depends
    /// on are refused by `validate()` and by every client's initialiser.
    public var properties: [String: String]

    /// The most bytes of a client id.
    public static let maxClientIDBytes = 100

    /// A connection; nothing is opened yet.
    public init(bootstrapServers: String, clientID: String = "stockstream", properties: [String: String] = [:]) {
        self.bootstrapServers = bootstrapServers
        self.clientID = clientID
        self.properties = properties
    }

    /// Checks names and values without opening a connection.
    /// - Throws: `KafkaConfigurationError` that names the property.
    public func validate() throws(KafkaConfigurationError) {
        let configuration = try RDKafkaConfig(connection: self)
        rd_kafka_conf_destroy(try configuration.makeConf())
    }
}

/// A configuration that can't be used; names the property.
public enum KafkaConfigurationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Exactly-once depends on the property; it is not for configuration.
    case reserved(property: String)
    /// The installed librdkafka has no such property.
    case unknown(property: String)
    /// The property does not take the value.
    case invalid(property: String, value: String, reason: String)
    /// The library refused to make the client with this combination.
    case refused(reason: String)

    /// For people; values are left out, since they may be secrets.
    public var description: String {
        switch self {
        case .reserved(let property): "\(property): exactly-once depends on it, it can't be set"
        case .unknown(let property): "\(property): no such property in librdkafka"
        case .invalid(let property, _, let reason): "\(property): \(reason)"
        case .refused(let reason): reason
        }
    }
}
