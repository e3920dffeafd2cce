/// Where a task stands.
///
///     assigned -> locating -> readingState -> locatingLedger -> readingLedger -> claiming -> running
///     assigned -> locating -> readingLedger, where the partition was followed before it was assigned
///     readingLedger -> following, where another process owns the partition
///         any of them -> stopped (a check failed; only a new assignment leads out)
///         locating, readingState, readingLedger -> the same again after fencing a dead owner
public enum TaskPhase: Equatable, Sendable {
    /// Just given by the group.
    case assigned
    /// Reads the stable committed offset, its claim, and the ends of the topics.
    case locating
    /// Reads the checkpoint up to its end.
    case readingState
    /// Looks up where in the ledger to begin.
    case locatingLedger
    /// Reads the ledger up to its end.
    case readingLedger
    /// Another process owns the partition; its ledger is applied as it grows.
    case following
    /// Restored; its claim is to be committed before anything is processed.
    case claiming
    /// Processes records.
    case running
    /// A check failed: nothing is read or written until somebody has looked.
    case stopped(StopReason)

    /// Whether there is something to be read before the claim.
    public var isRestoring: Bool {
        switch self {
        case .assigned, .locating, .readingState, .locatingLedger, .readingLedger: true
        case .following, .claiming, .running, .stopped: false
        }
    }
}

/// Why a task stopped.
public struct StopReason: Equatable, Sendable {
    /// A stable short code: `ledger-gap`, `state-damaged`, `offset-moved`, `offset-lost`, `newer-format`, `inconsistent`.
    public var code: String
    /// What was found, and the way out.
    public var message: String

    /// A reason with its text.
    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }
}
