public import StockCore

/// The last record of every checkpoint transaction: from where a restore has to read the ledger, and the partition's own values.
public struct CheckpointMark: Sendable, Equatable {
    /// A restore needs every fact above this seq.
    public var redoSeq: Int64 = 0
    /// None of those facts is older than this log time.
    public var redoTimeMilliseconds: Int64 = 0
    /// The partition's values; `values.seq` is the `asOf` seq.
    public var values = PartitionValues()
    /// The id window's oldest position.
    public var idHead: Int64 = 0
    /// The position below which its entries are in blocks.
    public var idWritten: Int64 = 0
    /// The seq through which they are.
    public var idSeq: Int64 = 0
    /// The latest log time of an entry that has left the window.
    public var idEvictedThroughMilliseconds: Int64 = 0
    /// Whether nothing was unwritten.
    public var isComplete = false
    /// The state's digest where the mark is complete; otherwise 0.
    public var digest: UInt64 = 0

    /// An empty mark.
    public init() {}
}
