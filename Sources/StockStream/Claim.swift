/// Who owns a partition, as the metadata string of its committed offset tells: the claim number, the partition's last `seq`, the
/// number of this owner's commit, and the owner's two transactional ids, which the next owner fences.
///
/// The commit number tells a transaction that only holds a checkpoint, and so leaves `seq` where it was, from the one before it.
/// Text form, ASCII: `stock1;<number>;<seq>;<commit>;<id>;<other id>;<seq before>`.
public struct Claim: Sendable, Equatable {
    /// Rises with every owner: the larger of the one before and one, and the wall clock in milliseconds.
    public var number: Int64
    /// The partition's last `seq` in the transaction that committed the offset.
    public var seq: Int64
    /// Rises by one with every transaction of this owner that holds the partition.
    public var commit: Int64
    /// The owner's transactional ids; the first is of the producer that committed this.
    public var transactionalIDs: [String]
    /// The partition's last `seq` before that transaction.
    public var previousSeq: Int64

    /// A claim with all its fields.
    public init(number: Int64, seq: Int64, commit: Int64, transactionalIDs: [String], previousSeq: Int64? = nil) {
        self.number = number
        self.seq = seq
        self.commit = commit
        self.transactionalIDs = transactionalIDs
        self.previousSeq = previousSeq ?? seq
    }

    /// Reads the text form; nil where the metadata is somebody else's.
    public init?(metadata: String) {
        let parts = metadata.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 7, parts[0] == "stock1", let number = Int64(parts[1]), let seq = Int64(parts[2]), let commit = Int64(parts[3]),
            let previous = Int64(parts[6]), number > 0, seq >= previous, commit >= 0, previous >= 0
        else { return nil }
        self.init(
            number: number, seq: seq, commit: commit, transactionalIDs: [String(parts[4]), String(parts[5])], previousSeq: previous)
    }

    /// Whether the owner has these two ids.
    func isOwned(by ids: [String]) -> Bool { transactionalIDs == ids || transactionalIDs == ids.reversed() }

    /// The text form.
    public var metadata: String {
        assert(transactionalIDs.count == 2 && !transactionalIDs.contains { $0.contains(";") })
        return "stock1;\(number);\(seq);\(commit);\(transactionalIDs[0]);\(transactionalIDs[1]);\(previousSeq)"
    }
}
