/// When each open connection must have brought and taken its next request and answer. Time is an argument, milliseconds of a monotonic
/// clock.
///
/// libmicrohttpd's own time-out counts inactivity only: a client that sends a byte now and then, or takes one, would hold its connection
/// for ever.
struct ConnectionDeadlines {
    /// How long a connection may take for one request and its answer, waiting for it included.
    let limitMilliseconds: Int64
    private var deadlines: [Int32: Int64] = [:]

    /// Without connections.
    init(limitMilliseconds: Int64) {
        precondition(limitMilliseconds > 0)
        self.limitMilliseconds = limitMilliseconds
    }

    /// How many connections are open.
    var count: Int { deadlines.count }

    /// A connection was made, or an answer on it is complete: the next deadline runs.
    mutating func start(_ socket: Int32, now: Int64) { deadlines[socket] = now + limitMilliseconds }

    /// An answer is complete. Of a connection that is gone already nothing is kept: its number may be another's by now.
    mutating func restart(_ socket: Int32, now: Int64) {
        if deadlines[socket] != nil { start(socket, now: now) }
    }

    /// The connection is about to be closed.
    mutating func end(_ socket: Int32) { deadlines[socket] = nil }

    /// The connections whose time is over. They stay until `end`.
    func overdue(now: Int64) -> [Int32] { deadlines.filter { $0.value <= now }.map(\.key) }
}
