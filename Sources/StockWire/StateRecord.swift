public import StockCore

/// The mark at the end of a part of a checkpoint: from where the ledger is needed, and the partition's own values.
public struct StateMark: Sendable, Equatable, BitwiseCopyable {
    /// The values as of `values.seq` ("asOf").
    public var values = PartitionValues()
    /// Every fact above this seq is needed.
    public var redoSeq: Int64 = 0
    /// None of those is older than this log time.
    public var redoTimeMilliseconds: Int64 = 0
    /// The positions of the id window that are in the checkpoint: from `idsHead` to below `idsTail`.
    public var idsHead: Int64 = 0
    /// See `idsHead`.
    public var idsTail: Int64 = 0
    /// The id window needs facts above this seq.
    public var idsThroughSeq: Int64 = 0
    /// The latest log time of an entry that left the window.
    public var idsEvictedThroughMilliseconds: Int64 = 0
    /// Whether everything was written, so that `digest` is that of the whole state.
    public var isComplete = false
    /// The wrapping sum of the digests of all SKU headers; 0 where the mark is not complete.
    public var digest: UInt64 = 0

    /// An empty mark.
    public init() {}
}

/// A block of the id window, borrowed from its record.
public struct IDBlockView {
    /// The block's number.
    public let number: Int64
    /// The position of its first entry; the others follow it.
    public let start: Int64
    /// How many entries there are, 1 to `StateLimits.idsPerBlock`.
    public let count: Int
    let entries: UnsafeRawBufferPointer

    /// Gives every entry with its position to `body`, oldest first. Errors: `corrupt`.
    public func forEach(_ body: (Int64, IDEntry) -> Void) throws(WireError) {
        var reader = BinaryReader(entries)
        var entry = IDEntry()
        for index in 0..<count {
            entry.id = try reader.hash()
            entry.body = try reader.word()
            let (seq, isTooHigh) = entry.seq.addingReportingOverflow(try reader.number())
            let (time, isTooLate) = entry.timeMilliseconds.addingReportingOverflow(try reader.number())
            guard !isTooHigh, !isTooLate, !entry.id.isZero else { throw reader.damaged("an entry is out of range") }
            entry.seq = seq
            entry.timeMilliseconds = time
            guard let outcome = Outcome(rawValue: try reader.byte()), let rejection = Rejection(rawValue: try reader.byte()) else {
                throw reader.damaged("an unknown outcome")
            }
            entry.outcome = outcome
            entry.rejection = rejection
            body(start + Int64(index), entry)
        }
        try reader.finish()
    }
}

/// A record of `stock.state.v1` as it was read. What is derived (slots, lists, written hashes) is not in it.
public enum StateRecord {
    case header(SKURecord)
    case level(LevelRecord, VelocityRecord?, sku: Key)
    case hold(HoldRecord, WaiterRecord?, sku: Key, location: Key)
    case commitment(CommitmentRecord, WaiterRecord?, sku: Key, location: Key)
    case closed(ClosedRecord, sku: Key)
    case lotTerms(LotTermsRecord, sku: Key)
    case lot(LotRecord, sku: Key, location: Key, lot: Key)
    case shippedLot(ShippedLotRecord, sku: Key, lot: Key)
    case lotCount(LotCountRecord, sku: Key, location: Key, lot: Key)
    case countedLot(CountedLotRecord, sku: Key, location: Key, lot: Key)
    case naming(NamingRecord, sku: Key, location: Key)
    case document(DocumentRecord, sku: Key, location: Key, to: Key)
    case count(CountRecord, sku: Key, location: Key)
    case unit(UnitRecord, sku: Key)
    case channel(ChannelRecord, sku: Key)
    /// Of a SKU where the location is empty.
    case zone(ZoneRecord, sku: Key, location: Key)
    case part(PartRecord, sku: Key, location: Key)
    case ids(IDBlockView)
    case mark(StateMark)
    /// A rebuilt checkpoint begins: nothing before it in the log counts.
    case anew
    /// Tombstones.
    case removedHeader(Key)
    case removedLevel(Key, sku: Key)
    case removedHold(Key, sku: Key)
    case removedCommitment(Key, sku: Key)
    case removedClosed(Hash128, sku: Key)
    case removedDocument(Key, RecordKind, sku: Key)
    case removedLotTerms(Key, sku: Key)
    case removedLot(Key, sku: Key, location: Key)
    case removedShippedLot(Hash128, sku: Key, lot: Key)
    case removedLotCount(Key, Disposition, sku: Key, location: Key)
    case removedCountedLot(Key, Disposition, sku: Key, location: Key)
    case removedNaming(Key, sku: Key)
    case removedCount(Key, sku: Key)
    case removedUnit(Key, sku: Key)
    case removedZone(Key, sku: Key)
    case removedChannel(Key, sku: Key)
    case removedPart(Key, isHold: Bool, sku: Key, location: Key)
    case removedIDs(Int64)
    /// No part of the state: see `RecordKind.stamp`.
    case stamp
}
