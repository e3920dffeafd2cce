extension PartitionState {
    /// Sets the input offset at which a partition without a ledger begins.
    public mutating func beginInput(at next: Int64) {
        precondition(values.seq == 0, "only an empty ledger begins somewhere")
        values.next = next
    }

    /// Makes the fact of a consumed record that could not be read (`deadLettered`) or belongs elsewhere (`rerouted`).
    public func makeUnreadable(_ outcome: Outcome, offset: Int64, into fact: inout Fact) {
        assert(outcome == .deadLettered || outcome == .rerouted)
        fact.reset()
        fact.kind = .unreadable
        fact.outcome = outcome
        fact.offset = offset
        stamp(&fact, sku: -1, next: offset + 1)
    }

    /// Makes the fact that records an operator's move of the input offset from `values.next` (or `from`) to `to`.
    public func makeGap(from: Int64, to: Int64, reason: Key, into fact: inout Fact) {
        fact.reset()
        fact.kind = .gap
        fact.outcome = .internalFact
        fact.gapFrom = from
        fact.gapTo = to
        fact.reason = reason
        stamp(&fact, sku: -1, next: to)
    }
}
