/// Why a setting can't be used. The text names the setting's part, its value and what is allowed; passwords are never in it.
public struct RedisSettingsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong and what is allowed.
    public var description: String
}

/// Where Redis is, who we are there, and how the view is named.
public struct RedisSettings: Equatable, Sendable {
    /// How the server is reached.
    public enum Endpoint: Equatable, Sendable {
        /// A host name or numeric address, and a port.
        case tcp(host: String, port: UInt16)
        /// The path of a Unix socket.
        case unix(path: String)
    }

    /// How much of a change is written.
    public enum Content: String, Sendable {
        /// Hashes, the sets of what is low and out, the change streams.
        case all
        /// Hashes alone, and what keeps them right: fence, counters, watermark and the names.
        case hashes
    }

    /// How the server is reached.
    public var endpoint: Endpoint
    /// The ACL user; nil: the user `default`.
    public var user: String?
    /// The password; nil: no AUTH is sent.
    public var password: String?
    /// The number of the database, 0 to 65,535.
    public var database: Int
    /// What every key begins with, without the colon after it.
    public var prefix: String
    /// How much of a change is written.
    public var content = Content.all
    /// About how many entries a partition's change stream keeps.
    public var changesKept: Int64
    /// A connection that was not made in this time is given up.
    public var connectTimeoutMilliseconds: Int64
    /// A server that takes and answers nothing for this time, with an answer owed, is given up.
    public var answerTimeoutMilliseconds: Int64
    /// How often INFO is read: an eviction is seen by then.
    public var infoIntervalMilliseconds: Int64

    /// The prefix that `docs/redis.md` uses.
    public static let defaultPrefix = "stock:v1"

    /// Settings with the defaults of everything but the endpoint.
    public init(
        endpoint: Endpoint = .tcp(host: "127.0.0.1", port: 6379), user: String? = nil, password: String? = nil, database: Int = 0,
        prefix: String = RedisSettings.defaultPrefix, changesKept: Int64 = 100_000, connectTimeoutMilliseconds: Int64 = 2_000,
        answerTimeoutMilliseconds: Int64 = 5_000, infoIntervalMilliseconds: Int64 = 10_000
    ) {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
        self.prefix = prefix
        self.changesKept = changesKept
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.answerTimeoutMilliseconds = answerTimeoutMilliseconds
        self.infoIntervalMilliseconds = infoIntervalMilliseconds
    }

    /// The endpoint for people and logs, without user and password.
    public var address: String {
        switch endpoint {
        case .tcp(let host, let port):
            host.utf8.contains(UInt8(ascii: ":")) ? "redis://[\(host)]:\(port)/\(database)" : "redis://\(host):\(port)/\(database)"
        case .unix(let path): "unix://\(path)?db=\(database)"
        }
    }
}
