public import StockCore
public import StockWire

/// Why a ledger can't be replayed from its beginning.
public struct ReplayError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What was found where.
    public var description: String
}

/// Replays a partition's whole ledger into an empty state: what the state must be, whatever a checkpoint says.
public final class LedgerReplay {
    /// The state after the last record.
    public private(set) var state: PartitionState
    /// The offset of the last record; -1: there was none.
    public private(set) var lastOffset: Int64 = -1
    private var decoder = LedgerDecoder()
    private var fact = Fact()
    private var transitions = TransitionBuffer()

    /// An empty state with these bounds.
    public init(limits: StateLimits) { state = PartitionState(limits: limits) }

    /// Takes the next record. Throws `ReplayError` where it is damaged, leaves a gap, or does not fit the state.
    public func take(_ record: RecordView) throws {
        if SealRecord.matches(record) { return }
        guard let value = record.value else { throw ReplayError(description: "the ledger record at offset \(record.offset) has no value") }
        do throws(WireError) {
            try decoder.decode(value, into: &fact)
        } catch {
            throw ReplayError(description: "the ledger record at offset \(record.offset) can't be read: \(error)")
        }
        let expected = state.values.seq + 1
        guard fact.seq == expected else {
            throw ReplayError(
                description: expected == 1
                    ? "the ledger begins with seq \(fact.seq) at offset \(record.offset): its beginning is gone"
                    : "the ledger record at offset \(record.offset) has seq \(fact.seq), \(expected) was expected")
        }
        do throws(ApplyError) {
            try state.replayOnSKU(fact, transitions: &transitions)
        } catch {
            throw ReplayError(description: "the ledger record at offset \(record.offset), seq \(fact.seq), does not fit (\(error))")
        }
        state.applyToWindow(fact)
        state.applyToValues(fact)
        lastOffset = record.offset
    }

    /// Gives the state to `body`.
    public func withState<Result>(_ body: (inout PartitionState) throws -> Result) rethrows -> Result { try body(&state) }
}
