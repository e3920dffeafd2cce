internal import Glibc
public import StockCore
public import StockStream

/// The read model in Redis (`docs/redis.md`): one connection, owned by one worker's thread, none of whose calls waits for the network.
///
/// What to do is decided by `ProjectionStateMachine`; this class performs it.
public final class RedisProjector: ProjectionSink {
    /// What the next reply answers.
    enum Expectation: Equatable {
        /// A status; an error ends the connection.
        case status
        /// So many answers of commands that wait for EXEC.
        case queued(Int)
        case info
        case stream(Int32)
        case watermark(Int32)
        case exec
        case scan(Int32)
        /// HMGET of a SKU in a sweep.
        case sweep(Int)
        /// HMGET of a SKU in a clean-up.
        case locations(Int)
        /// HKEYS of the same.
        case fields
    }

    let settings: RedisSettings
    let keys: ViewKeys
    var machine: ProjectionStateMachine
    var connection: Connection?
    var resolver: HostResolver?
    var output = OutputBuffer()
    var encoder = BatchEncoder()
    var step = MaintenanceStep()
    var expectations: [Expectation] = []
    var nextExpectation = 0
    /// Time as the state machine sees it: it never goes back, whatever the caller's clock does.
    var now: Int64 = 0
    /// The caller's clock at the last poll; nil before the first.
    private var lastGiven: Int64?
    var nextIdleRead: Int64 = .min

    /// A projector that connects at the first `poll`. `seed` draws the jitter of the waits between attempts to connect.
    public init(settings: RedisSettings, seed: UInt64) {
        precondition(settings.changesKept > 0 && settings.connectTimeoutMilliseconds > 0 && settings.answerTimeoutMilliseconds > 0)
        precondition(settings.infoIntervalMilliseconds > 0)
        self.settings = settings
        keys = ViewKeys(prefix: settings.prefix)
        machine = ProjectionStateMachine(
            connectTimeoutMilliseconds: settings.connectTimeoutMilliseconds,
            answerTimeoutMilliseconds: settings.answerTimeoutMilliseconds, infoIntervalMilliseconds: settings.infoIntervalMilliseconds,
            seed: seed)
    }

    /// How the read model is.
    public var health: RedisHealth {
        var health = machine.health
        let isUp = connection != nil && machine.hasAnswered
        health.isConnected = isUp
        if health.batches > 0 { health.lastAppliedMilliseconds += (lastGiven ?? 0) - now }
        var problems: [String] = []
        if let failure = machine.lastFailure { problems.append("\(settings.address): \(failure)") }
        if !isUp && problems.isEmpty { problems.append("\(settings.address): not connected yet") }
        if let server = machine.server, server.evictsOurKeys {
            problems.append("maxmemory_policy is \(server.policy), which evicts keys that have no expiry; allowed: noeviction, volatile-*")
        }
        if machine.server?.role == "slave" { problems.append("the server is a replica, which takes no writes") }
        for problem in [machine.evictionProblem, machine.infoProblem, machine.dataProblem] {
            if let problem { problems.append(problem) }
        }
        health.problems = Array(problems.prefix(RedisLimits.problems))
        return health
    }

    // MARK: - ProjectionSink

    /// Begins to take ownership of the partition's view; the claim number goes only upwards.
    public func own(_ partition: Int32, incarnation: Int64, claim: Int64) {
        machine.own(partition, incarnation: incarnation, claim: claim)
    }

    /// Forgets the partition.
    public func release(_ partition: Int32) { machine.release(partition) }

    /// Does what can be done without waiting and brings what has happened since; call again until nil. A clock that steps back is taken
    /// for one that stood still.
    public func poll(nowMilliseconds: Int64) -> ProjectionEvent? {
        moveClock(to: nowMilliseconds)
        if let event = machine.nextEvent() { return event }
        pump()
        return machine.nextEvent()
    }

    private func moveClock(to nowMilliseconds: Int64) {
        now += max(0, nowMilliseconds - (lastGiven ?? nowMilliseconds))
        lastGiven = nowMilliseconds
    }

    /// Writes and reads what is under way, for a millisecond at most, and brings nothing. False: there is nothing under way.
    public func pump(nowMilliseconds: Int64) -> Bool {
        moveClock(to: nowMilliseconds)
        guard isUnderWay else { return false }
        pump()
        guard isUnderWay else { return false }
        wait(milliseconds: 1)
        return true
    }

    /// Whether bytes or answers are owed on a connection that has answered before.
    private var isUnderWay: Bool {
        connection != nil && machine.hasAnswered && (output.pending > 0 || nextExpectation < expectations.count)
    }

    /// Whether `beginBatch` may be called for the partition now: owned, nothing in flight, and no batch of it among those not sent yet.
    public func isReady(_ partition: Int32) -> Bool {
        connection != nil && machine.isReady(partition) && !(encoder.isGathering && encoder.has(partition))
    }

    /// Begins a batch. `watermark.batch` is above that of the last one; after `owned` with nil, above 0.
    public func beginBatch(_ partition: Int32, _ watermark: Watermark, counters: ProjectedCounters) {
        precondition(isReady(partition), "a batch while the partition is not ready")
        guard let view = machine.index(of: partition).map({ machine.views[$0] }), let last = view.expected else {
            preconditionFailure("a batch for a partition that is not owned")
        }
        precondition(watermark.incarnation == view.incarnation && watermark.claim == view.claim, "a batch of another owner")
        precondition(watermark.batch > last.batch, "batch \(watermark.batch) after \(last.batch)")
        precondition(watermark.seq >= ProjectionStateMachine.unknownSequence)
        encoder.begin(partition, watermark, counters, after: view.stream, settings.content, keys: keys, to: &output)
    }

    /// Adds a SKU: its totals, alert state, version, and the log time and `seq` of its last change.
    public func addSKU(
        _ sku: Key, version: Int64, timeMilliseconds: Int64, seq: Int64, scale: Int64, totals: ProjectedQuantities, isLow: Bool, isOut: Bool
    ) {
        // The server reads while the rest is encoded. Whatever is wrong with the connection shows again when the batches are sent.
        if output.pending >= RedisLimits.writeAheadBytes { _ = connection?.write(&output) }
        encoder.add(
            sku, version: version, timeMilliseconds: timeMilliseconds, seq: seq, scale: scale, totals: totals, isLow: isLow,
            isOut: isOut, keys: keys, to: &output)
    }

    /// Adds a location of the SKU added last. Every location of the SKU is named, by this or by the next: what is not is removed.
    public func addLocation(_ location: Key, _ quantities: ProjectedQuantities, isLow: Bool, isOut: Bool) {
        encoder.addLocation(location, quantities, isLow: isLow, isOut: isOut)
    }

    /// Names a location of the SKU added last that the view has as it is already.
    public func addUnchangedLocation(_ location: Key, hasSold: Bool) { encoder.addUnchangedLocation(location, hasSold: hasSold) }

    /// Adds what was sold lately: of the SKU added last, or at the location added after it.
    public func addSold(_ sold: SoldDays) { encoder.addSold(sold) }

    /// Ends the batch. One of another partition may follow.
    public func endBatch() { encoder.end(keys: keys, changesKept: settings.changesKept, to: &output) }

    /// Sends the batches in one transaction; what does not fit the socket is written by later polls.
    public func sendBatches() {
        encoder.execute(to: &output)
        expect(.status)
        expect(.queued(encoder.queuedCommands))
        expect(.exec)
        machine.sent(encoder.parts.map(\.batch), now: now)
        sendRound(streams: nil)
        write()
    }

    /// Begins the sweep that removes what an older incarnation left, after everything was projected.
    public func sweep(_ partition: Int32, incarnation: Int64) { machine.sweep(partition, incarnation: incarnation) }

    /// Waits until the socket brings or takes something, at most so long.
    public func wait(milliseconds: Int32) {
        guard let connection else {
            usleep(UInt32(max(0, milliseconds)) * 1_000)
            return
        }
        connection.wait(milliseconds: milliseconds, isWriting: output.pending > 0 || machine.isConnecting)
    }
}
