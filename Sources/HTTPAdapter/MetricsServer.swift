internal import CMicrohttpd
import Glibc
import Synchronization

/// Serves what operators and monitoring read: `/metrics`, `/livez`, `/readyz`, `/version`. GET and HEAD, HTTP/1.1, no TLS, no bodies.
///
/// One thread of libmicrohttpd's answers all connections and calls the routes, so a route must not wait; a second one ends connections
/// that take too long.
public final class MetricsServer: Sendable {
    /// What is served. Called on the server's thread; must be quick and must not wait.
    public struct Routes: Sendable {
        /// `/metrics`: Prometheus text.
        public var metrics: @Sendable () -> HTTPResponse
        /// `/livez`: whether the process itself is in order.
        public var live: @Sendable () -> HTTPResponse
        /// `/readyz`: whether it does its work, 503 with reasons where not.
        public var ready: @Sendable () -> HTTPResponse
        /// `/version`: what is running.
        public var version: @Sendable () -> HTTPResponse

        /// All four routes.
        public init(
            metrics: @escaping @Sendable () -> HTTPResponse, live: @escaping @Sendable () -> HTTPResponse,
            ready: @escaping @Sendable () -> HTTPResponse, version: @escaping @Sendable () -> HTTPResponse
        ) {
            self.metrics = metrics
            self.live = live
            self.ready = ready
            self.version = version
        }
    }

    /// Bounds of what clients can take.
    public struct Limits: Sendable {
        /// Connections at once; further ones wait in the listen queue.
        public var connections = 64
        /// Bytes for the headers of a request and the buffers of a connection.
        public var connectionBytes = 16_384
        /// How long a connection may take for one request and its answer, waiting for it included. An idle connection ends after it as
        /// well.
        public var deadlineMilliseconds: Int64 = 10_000

        /// The defaults.
        public init() {}
    }

    /// Connections that wait to be accepted.
    static let backlog: Int32 = 64

    /// The port it listens on.
    public let port: UInt16
    private let core: ServerCore
    private let running: Mutex<Running?>

    /// The parts that `stop` takes apart.
    private struct Running: @unchecked Sendable {
        // The pointer is only handed to MHD_stop_daemon, once, by whoever takes it out of the mutex.
        var daemon: OpaquePointer
        var sweeper: DeadlineSweeper
    }

    /// Starts to serve on `host`, a name or numeric address, and `port`; 0: a free one.
    /// - Throws: `HTTPServerError` that names the address and the reason.
    public init(host: String, port: UInt16, routes: Routes, limits: Limits = Limits()) throws(HTTPServerError) {
        precondition(limits.connections > 0 && limits.connectionBytes >= 1_024)
        let opened = try ListenSocket.open(host: host, port: port, backlog: MetricsServer.backlog)
        let core = ServerCore(routes: routes, limits: limits)
        let sweeper: DeadlineSweeper
        do {
            sweeper = try DeadlineSweeper(core: core)
        } catch {
            close(opened.descriptor)
            throw error
        }
        // The context is borrowed: `core` outlives the daemon, since `stop` runs before it is released.
        let daemon = stockstream_mhd_start(
            opened.descriptor, UInt32(limits.connections), limits.connectionBytes, handleRequest, noteConnection, noteCompletion,
            keepEscapes,
            Unmanaged.passUnretained(core).toOpaque())
        guard let daemon else {
            // Whether the daemon has closed the socket depends on how far it came; closing a number twice could hit another's, so it is
            // left open.
            sweeper.stop()
            throw HTTPServerError(description: "can't start the HTTP server on \(host) port \(opened.port)")
        }
        self.port = opened.port
        self.core = core
        self.running = Mutex(Running(daemon: daemon, sweeper: sweeper))
    }

    deinit { stop() }

    /// Stops to listen, ends the connections and the threads. No route is called after it has returned. Further calls do nothing.
    public func stop() {
        let taken = running.withLock { running -> Running? in
            defer { running = nil }
            return running
        }
        guard let taken else { return }
        MHD_stop_daemon(taken.daemon)
        taken.sweeper.stop()
    }

    /// How many connections are open now.
    var openConnections: Int { core.deadlines.withLock { $0.count } }
}

/// What the server's two threads share.
final class ServerCore: Sendable {
    /// The routes.
    let routes: MetricsServer.Routes
    /// The open connections. A socket is in it from its acceptance to just before it is closed, so whoever holds the lock may use its
    /// number.
    let deadlines: Mutex<ConnectionDeadlines>

    /// Without connections.
    init(routes: MetricsServer.Routes, limits: MetricsServer.Limits) {
        self.routes = routes
        self.deadlines = Mutex(ConnectionDeadlines(limitMilliseconds: limits.deadlineMilliseconds))
    }

    /// The answer to a GET or HEAD request.
    func respond(path: String) -> HTTPResponse {
        switch path {
        case "/metrics": routes.metrics()
        case "/livez": routes.live()
        case "/readyz": routes.ready()
        case "/version": routes.version()
        default: .problem(404, "Not Found", "There are /metrics, /livez, /readyz and /version.")
        }
    }

    /// Ends the connections whose time is over. Their sockets are shut down here and closed by the daemon, which sees their end.
    func sweep(now: Int64) {
        deadlines.withLock { deadlines in
            for socket in deadlines.overdue(now: now) { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }
}

/// Milliseconds of a clock that nobody sets.
func monotonicMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
}
