import StockCore
import StockWire

/// What a restore has found so far.
struct RestoreProgress {
    /// The committed offset and the claim that came with it; nil: there is none.
    var committedNext: Int64?
    var previousClaim: Claim?
    var isForeignMetadata = false
    var input: Range<Int64> = 0..<0
    var state: Range<Int64> = 0..<0
    var ledger: Range<Int64> = 0..<0
    /// The position reached in the topic that is being read, and when it last moved.
    var position: Int64 = 0
    var movedMonotonic: Int64 = 0
    var isOpen = false
    /// The coordinator does not tell the committed offset.
    var isOffsetPending = false
    /// A living owner's checkpoint is read up to its end as it was a moment before.
    var isLastReading = false
    /// When it was last said that nothing comes.
    var toldMonotonic: Int64 = 0
    /// The first record that can't be read, unless a rebuilt checkpoint follows it.
    var damage: StopReason?
    /// The last mark, and the id blocks by number.
    var mark: StateMark?
    var blocks: [Int64: [IDEntry]] = [:]
    var blockStarts: [Int64: Int64] = [:]
    /// Once the state topic is read: the id position reached, and how far the checks of its records have come.
    var idPosition: Int64 = 0
    var finish: RestoreFinish?
    /// The ledger is read from its beginning: the checkpoint was not enough, or there is none.
    var isFromBeginning = false
    /// Where the place in the ledger to begin at is looked for: it is right at the lower bound, perhaps needlessly early. nil: not yet.
    var search: Range<Int64>?
    /// The last fact read.
    var lastSeq: Int64 = 0
    var lastNext: Int64 = 0
    var facts: Int64 = 0
    var transitions = TransitionBuffer()
    /// Watches for an open transaction of a dead owner.
    var fence = FenceWatch()
    var startedMonotonic: Int64 = 0
    /// The state was there before: only what the ledger has beyond it is read.
    var isWarm = false
    /// Where the next fact stands in the ledger, in a warm state; nil: it is looked for.
    var warmPosition: Int64?
}
