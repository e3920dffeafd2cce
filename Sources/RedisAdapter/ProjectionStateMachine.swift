internal import StockCore
internal import StockStream

/// Who may write which partition's view, and what to say to Redis next. Pure: no socket, no clock.
///
///     disconnected -> connecting -> greeting -> reading -> armed
///     armed -> claiming -> armed            ownership is taken, again after each connect and each doubt
///     armed -> batching -> armed            a batch for each of some partitions, in one transaction
///     armed -> scanning -> examining -> removing -> armed      one step of a sweep or a clean-up
///     armed -> reading -> armed             watermarks and INFO from time to time
///     any of them -> disconnected           an error, an answer that is late
///
/// The fence: in `armed` every partition's watermark is WATCHed and was read after the WATCH, so a transaction is executed only if
/// no watermark has changed since. After each EXEC the same pipeline watches and reads for the next transaction.
struct ProjectionStateMachine {
    enum Phase: Equatable {
        case disconnected(until: Int64)
        case connecting
        case greeting
        case reading
        case armed
        case claiming
        case batching([Int32])
        case scanning(Int32)
        case examining(Int32)
        case removing(Int32)
    }

    /// What the owner of the connection has to do.
    enum Action: Equatable {
        case nothing
        /// Begin to connect, then report `connected` or `lost`.
        case connect
        /// Send AUTH, SELECT and INFO.
        case greet
        /// Send UNWATCH, WATCH and the reads of all watermarks; the change streams' last ids of `streams` too.
        case read(info: Bool, streams: [Int32])
        /// Send the claims in a transaction, then WATCH and the reads.
        case claim([Claim])
        /// Send SSCAN on the partition's index.
        case scan(Int32, cursor: [UInt8])
        /// Read the hashes that a scan found or that are known to have remnants (`keys`, empty for the scan's).
        case examine(Int32, keys: [Key])
        /// Throw the connection away; `lost` was already noted.
        case disconnect(reason: String)
    }

    /// What taking ownership writes into a partition's watermark.
    struct Claim: Equatable {
        var watermark: Watermark
        var runID: String
        var evictedKeys: Int64
    }

    /// What a watermark's hash holds.
    struct Stored: Equatable {
        var watermark: Watermark
        /// The run of the server at the time of the claim.
        var runID: String
        /// The evicted keys of that run at the time of the claim.
        var evictedKeys: Int64
    }

    /// What a batch leaves behind.
    struct Batch: Equatable {
        var partition: Int32
        var watermark: Watermark
        /// The highest id of the partition's change stream.
        var stream: StreamID
    }

    /// The `seq` of a watermark under which nothing can be relied on.
    static let unknownSequence: Int64 = -1

    var phase = Phase.disconnected(until: .min)
    var views: [View] = []
    var server: ServerFacts?
    var health = RedisHealth()
    var events: [ProjectionEvent] = []
    /// Why the connection was given up last; nil when all is well again.
    var lastFailure: String?
    /// The rise of evicted keys that INFO showed last.
    var evictionProblem: String?
    var infoProblem: String?
    /// Why the last batch was not whole; nil after a whole one.
    var dataProblem: String?

    let connectTimeoutMilliseconds: Int64
    let answerTimeoutMilliseconds: Int64
    let infoIntervalMilliseconds: Int64
    var deadline: Int64 = .max
    var attempts = 0
    var nextInfo: Int64 = .min
    var nextReview: Int64 = .min
    var nextMaintenance: Int64 = .min
    private var randomState: UInt64

    init(connectTimeoutMilliseconds: Int64, answerTimeoutMilliseconds: Int64, infoIntervalMilliseconds: Int64, seed: UInt64) {
        self.connectTimeoutMilliseconds = connectTimeoutMilliseconds
        self.answerTimeoutMilliseconds = answerTimeoutMilliseconds
        self.infoIntervalMilliseconds = infoIntervalMilliseconds
        randomState = seed
    }

    // MARK: - The worker's calls

    mutating func own(_ partition: Int32, incarnation: Int64, claim: Int64) {
        release(partition)
        let view = View(partition: partition, incarnation: incarnation, claim: claim)
        views.insert(view, at: views.firstIndex { $0.partition > partition } ?? views.count)
    }

    mutating func release(_ partition: Int32) {
        views.removeAll { $0.partition == partition }
        events.removeAll { $0.partition == partition }
    }

    func isReady(_ partition: Int32) -> Bool {
        guard phase == .armed, events.isEmpty, let index = index(of: partition) else { return false }
        return views[index].isTaken && !views.contains { $0.pendingClaim != nil }
    }

    /// Batches were handed to the connection, in one transaction.
    mutating func sent(_ batches: [Batch], now: Int64) {
        for batch in batches {
            guard let index = index(of: batch.partition) else { preconditionFailure("a batch for a partition that is not owned") }
            precondition(isReady(batch.partition))
            assert(views[index].inFlight == nil)
            views[index].inFlight = batch.watermark
            views[index].stream = batch.stream
        }
        enter(.batching(batches.map(\.partition)), now)
    }

    mutating func sweep(_ partition: Int32, incarnation: Int64) {
        guard let index = index(of: partition), views[index].incarnation == incarnation else { return }
        views[index].sweepCursor = View.sweepStart
    }

    mutating func nextEvent() -> ProjectionEvent? { events.isEmpty ? nil : events.removeFirst() }

    // MARK: - Time

    /// What is to be done now. Every answer but `nothing` has already changed the phase.
    mutating func next(now: Int64) -> Action {
        switch phase {
        case .disconnected(let until):
            guard now >= until else { return .nothing }
            phase = .connecting
            deadline = now + connectTimeoutMilliseconds
            return .connect
        case .armed: return nextWhileArmed(now)
        default:
            guard now > deadline else { return .nothing }
            let reason = phase == .connecting ? "no connection" : "no answer"
            let wait = phase == .connecting ? connectTimeoutMilliseconds : answerTimeoutMilliseconds
            return lost("\(reason) within \(wait) ms", now: now)
        }
    }

    private mutating func nextWhileArmed(_ now: Int64) -> Action {
        let claims = views.compactMap(\.pendingClaim)
        if !claims.isEmpty {
            enter(.claiming, now)
            return .claim(claims)
        }
        let isInfoDue = now >= nextInfo
        if isInfoDue || views.contains(where: { !$0.isTaken }) || (now >= nextReview && !views.isEmpty) {
            return read(info: isInfoDue, now)
        }
        guard now >= nextMaintenance else { return .nothing }
        return nextMaintenanceStep(now)
    }

    mutating func read(info: Bool, _ now: Int64) -> Action {
        enter(.reading, now)
        if info { nextInfo = now + infoIntervalMilliseconds }
        nextReview = now + RedisLimits.reviewIntervalMilliseconds
        return .read(info: info, streams: views.filter { !$0.knowsStream }.map(\.partition))
    }

    mutating func enter(_ new: Phase, _ now: Int64) {
        phase = new
        deadline = now + answerTimeoutMilliseconds
    }

    /// Bytes went out or came in: a slow server is not a dead one.
    mutating func progressed(now: Int64) {
        guard phase != .connecting else { return }
        deadline = now + answerTimeoutMilliseconds
    }

    // MARK: - The connection

    mutating func connected(now: Int64) -> Action {
        assert(phase == .connecting)
        enter(.greeting, now)
        health.connections += 1
        return .greet
    }

    /// AUTH, SELECT and INFO were answered.
    mutating func greeted(now: Int64) -> Action {
        assert(phase == .greeting)
        nextInfo = now + infoIntervalMilliseconds
        guard !views.isEmpty else {
            phase = .armed
            lastFailure = nil
            return .nothing
        }
        return read(info: false, now)
    }

    /// The connection failed. What was in flight is unknown until the next one has read the watermark.
    mutating func lost(_ reason: String, now: Int64) -> Action {
        lastFailure = reason
        phase = .disconnected(until: now + backoff())
        deadline = .max
        for index in views.indices {
            views[index].isTaken = false
            views[index].pendingClaim = nil
            views[index].nextSweepCursor = nil
            views[index].knowsStream = false
            if views[index].sweepCursor != nil { views[index].sweepCursor = View.sweepStart }
        }
        return .disconnect(reason: reason)
    }

    /// Half of the doubled wait is fixed, half drawn, so that many workers do not come back at once.
    private mutating func backoff() -> Int64 {
        let doubled = RedisLimits.backoffMinimumMilliseconds << Int64(min(attempts, 16))
        let wait = min(doubled, RedisLimits.backoffMaximumMilliseconds)
        attempts += 1
        randomState &+= 0x9E37_79B9_7F4A_7C15
        var mixed = randomState
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return wait / 2 + Int64((mixed ^ (mixed >> 31)) % UInt64(wait / 2 + 1))
    }

    // MARK: - Views

    func index(of partition: Int32) -> Int? { views.firstIndex { $0.partition == partition } }

    /// The state of one partition's view.
    struct View: Equatable {
        static let sweepStart: [UInt8] = [UInt8(ascii: "0")]

        var partition: Int32
        var incarnation: Int64
        var claim: Int64
        /// What Redis holds while nobody interferes; nil before the first claim.
        var expected: Watermark?
        /// Whether the claim was written on this connection and nothing has shed doubt on it since.
        var isTaken = false
        /// The batch that was handed over and whose outcome is not known yet.
        var inFlight: Watermark?
        /// What the batch in flight will turn out to be if `pendingClaim` is written.
        var wasApplied = false
        /// What has to be written to take ownership, decided from what was read last.
        var pendingClaim: Claim?
        /// Whether `owned` has to be reported when the claim is written.
        var announces = true
        /// Whether keys are missing, whatever the watermark says.
        var isDistrusted = false
        /// The highest id in the change stream.
        var stream = StreamID()
        var knowsStream = false
        /// Where the sweep is; nil: none wanted.
        var sweepCursor: [UInt8]?
        /// Where it goes on when the step under way is done.
        var nextSweepCursor: [UInt8]?
        /// SKUs whose hash has more fields than it should.
        var remnants: [Remnant] = []
    }
}

extension ProjectionEvent {
    /// The partition that it is about.
    var partition: Int32 {
        switch self {
        case .owned(let partition, _), .applied(let partition), .interrupted(let partition), .superseded(let partition): partition
        }
    }
}

/// The id of an entry of a change stream: milliseconds and a counter within them.
struct StreamID: Equatable, Comparable {
    var milliseconds: Int64 = 0
    var counter: Int64 = 0

    /// The next id that is not before `time`.
    func next(atOrAfter time: Int64) -> StreamID {
        time > milliseconds ? StreamID(milliseconds: time, counter: 1) : StreamID(milliseconds: milliseconds, counter: counter + 1)
    }

    static func < (a: StreamID, b: StreamID) -> Bool { (a.milliseconds, a.counter) < (b.milliseconds, b.counter) }
}
