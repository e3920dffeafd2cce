/// The two producers of a worker and its one transaction.
///
///     idle --begin--> open --commit--> done: idle, the other producer's turn
///                       |                unknown: settling --initialized--> decided by the claim: idle
///                       +--abort--> idle, or the producer is rebuilt; in doubt: settling
///
/// A producer is unready until it was initialised, and again after every rebuild. Methods take what happened and return what to do.
struct CommitStateMachine {
    enum State: Equatable {
        case idle
        case open(sink: Int)
        /// What became of this producer's transaction is not known yet, or of the one before it.
        case settling(sink: Int)
    }

    enum BeginAction: Equatable {
        /// Open a transaction on this producer.
        case begin(sink: Int)
        /// Initialise this producer first.
        case initialize(sink: Int)
        /// Nothing can be begun: the last outcome is not known.
        case settle
    }

    enum CommitAction: Equatable {
        /// Keep what was done.
        case keep
        /// Abort the transaction, undo, rewind.
        case abortAndUndo
        /// The producer is dead: undo, rewind, rebuild it.
        case rebuildAndUndo(sink: Int)
        /// Rebuild and initialise the producer; the claim decides then.
        case rebuildAndSettle(sink: Int)
        /// Ask again with the same arguments.
        case again
    }

    enum AbortAction: Equatable {
        case nothing
        case rebuild(sink: Int)
    }

    /// What became of a producer's last transaction, as far as it is known.
    enum End: Equatable {
        /// It was given up, or is open: nobody asked for its commit.
        case aborted
        case committed
        /// Its commit was asked for and not answered.
        case unknown
    }

    private(set) var state = State.idle
    /// By producer; a seal changes nothing here.
    private(set) var ends = [End.aborted, .aborted]
    private(set) var isReady = [false, false]
    private var turn = 0
    private var retries = 0
    static let retriesMaximum = 5
    /// Transactions that were aborted since the last one that was committed.
    private var aborts = 0
    /// After so many aborts in a row the producer is made anew: whatever it is that it can't get over, a new one may.
    static let abortsBeforeRebuild = 5

    /// The producer whose turn it is, or whose transaction is open.
    var currentSink: Int {
        switch state {
        case .idle: turn
        case .open(let sink), .settling(let sink): sink
        }
    }

    /// What has to be done before records can be produced.
    func begin() -> BeginAction {
        switch state {
        case .settling: .settle
        case .open: preconditionFailure("a transaction is open already")
        case .idle: isReady[turn] ? .begin(sink: turn) : .initialize(sink: turn)
        }
    }

    /// The producer was initialised.
    mutating func initialized(sink: Int) { isReady[sink] = true }

    /// The producer was rebuilt.
    mutating func rebuilt(sink: Int) { isReady[sink] = false }

    /// The transaction was opened.
    mutating func began(sink: Int) {
        precondition(state == .idle && isReady[sink])
        state = .open(sink: sink)
        ends[sink] = .aborted
        retries = 0
    }

    /// The commit was answered.
    mutating func committed(_ result: SinkResult) -> CommitAction {
        guard case .open(let sink) = state else { preconditionFailure("no transaction is open") }
        switch result {
        case .done:
            state = .idle
            ends[sink] = .committed
            turn = 1 - sink
            aborts = 0
            return .keep
        case .retry:
            retries += 1
            return retries <= CommitStateMachine.retriesMaximum ? .again : .abortAndUndo
        case .mustAbort, .notMember:
            return .abortAndUndo
        case .fenced, .fatal:
            state = .idle
            return .rebuildAndUndo(sink: sink)
        case .unknown:
            state = .settling(sink: sink)
            ends[sink] = .unknown
            return .rebuildAndSettle(sink: sink)
        }
    }

    /// A record could not be produced.
    func produceFailed(_ result: SinkResult) -> CommitAction {
        guard case .open(let sink) = state else { preconditionFailure("no transaction is open") }
        switch result {
        case .done: preconditionFailure("nothing failed")
        case .retry, .mustAbort, .notMember: return .abortAndUndo
        case .fenced, .fatal, .unknown: return .rebuildAndUndo(sink: sink)
        }
    }

    /// The abort was answered.
    mutating func aborted(_ result: SinkResult) -> AbortAction {
        guard case .open(let sink) = state else { preconditionFailure("no transaction is open") }
        state = .idle
        aborts += 1
        if case .done = result, aborts % CommitStateMachine.abortsBeforeRebuild != 0 { return .nothing }
        return .rebuild(sink: sink)
    }

    /// The producer died, and nothing was committed.
    mutating func abandonIfOpen() { if case .open = state { state = .idle } }

    /// What was given up may have ended in another way, for all that the broker can be relied on just now.
    mutating func doubt(sink: Int) {
        precondition(state == .idle)
        state = .settling(sink: sink)
    }

    /// The claims have decided what became of it.
    mutating func settled() {
        guard case .settling(let sink) = state else { preconditionFailure("nothing is to be settled") }
        state = .idle
        // It was initialised just now. The other one may have been forgotten by the broker, and to be told that is a failure again.
        turn = sink
    }
}
