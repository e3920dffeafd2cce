/// How the read model is, for metrics and `/readyz`.
public struct RedisHealth: Sendable, Equatable {
    /// Whether the connection stands and the server has answered.
    public internal(set) var isConnected = false
    /// What is wrong now, one sentence each; empty when all is well.
    public internal(set) var problems: [String] = []
    /// When a batch became visible last, by the clock given to `poll`; 0: none yet.
    public internal(set) var lastAppliedMilliseconds: Int64 = 0
    /// Connections that were made, the first one included.
    public internal(set) var connections: Int64 = 0
    /// Times that another run of the server was found behind the address (a restart or a failover).
    public internal(set) var serverRestarts: Int64 = 0
    /// Batches that became visible.
    public internal(set) var batches: Int64 = 0
    /// SKUs in them.
    public internal(set) var skusProjected: Int64 = 0
    /// SKUs of older incarnations that sweeps have removed.
    public internal(set) var skusRemoved: Int64 = 0
    /// Sweeps that came to their end.
    public internal(set) var sweeps: Int64 = 0

    /// Connections beyond the first.
    public var reconnects: Int64 { max(0, connections - 1) }
    /// Whether there is no problem.
    public var isHealthy: Bool { problems.isEmpty }

    init() {}
}
