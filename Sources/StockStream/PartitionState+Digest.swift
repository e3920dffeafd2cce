public import StockCore

extension PartitionState {
    /// Writes all that is unwritten to nowhere and answers the digest of the whole state. Two states with the same digest have the same
    /// records, to the last byte. Not inside a transaction. O(unwritten records).
    public mutating func finishDigest() -> UInt64 {
        let sink = StateRecordSink()
        begin()
        while oldestUnwrittenSKU >= 0 { writeCheckpoint(of: oldestUnwrittenSKU, into: sink) }
        commit()
        return digest
    }
}
