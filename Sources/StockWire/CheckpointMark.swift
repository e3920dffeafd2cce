public import StockCore

/// The last record of every checkpoint transaction: from where a restore has to read the ledger, and the partition's own values.
public struct CheckpointMark: Sendable, Equatable {
    /// A restore needs every fact above this seq; and none of those is older than `redoTimeMilliseconds`.
    public var redoSeq: Int64 = 0
    public var redoTimeMilliseconds: Int64 = 0
    /// The partition's values; `values.seq` is the `asOf` seq.
    public var values = PartitionValues()
    /// The id window: the oldest position, the position below which entries are in blocks, and the seq through which they are.
    public var idHead: Int64 = 0
    public var idWritten: Int64 = 0
    public var idSeq: Int64 = 0
    public var idEvictedThroughMilliseconds: Int64 = 0
    /// Whether nothing was unwritten; then `digest` is the state's.
    public var isComplete = false
    public var digest: UInt64 = 0

    /// An empty mark.
    public init() {}
}
