/// Promises of a level that are not covered any more and are still to be named, newest first: pending work.
public struct NamingRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot.
    public var level: Int32 = -1
    /// The one before it in the queue, by `sinceSeq`; -1: none.
    public var previous: Int32 = -1
    /// The one after it in that queue; -1: none.
    public var next: Int32 = -1
    /// The seq of the fact that uncovered the promises, or of the first of several.
    public var sinceSeq: Int64 = 0
    /// Whether some are named already: those up to `after`.
    public var isBegun = false
    /// What the promise that was named last is.
    public var afterKind = FactItemKind.hold
    /// Its id.
    public var after = Key()
    /// When it was made.
    public var afterMilliseconds: Int64 = 0

    /// An empty record.
    public init() {}
}
