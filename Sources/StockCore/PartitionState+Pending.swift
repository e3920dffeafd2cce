// Order lines that are to be confirmed (domain: c5): a payment that may outlast a hold commits first, and is void if it fails or nobody
// says that it did not. Until then they are promised like any other.

extension PartitionState {
    /// Whether an order line was not confirmed in time, be that written already or not.
    func isOver(_ line: CommitmentRecord) -> Bool {
        line.expiresAtMilliseconds != 0 && line.expiresAtMilliseconds <= values.logTimeMilliseconds
    }

    // MARK: Confirm

    func decideConfirm(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        let slot = findCommitment(sku, event.orderLine)
        guard slot >= 0 else {
            let done = findClosed(sku, PartitionState.closedID(.orderLine, event.orderLine))
            // What has left in full needs nothing any more.
            let hasLeft = done >= 0 && closed[done].outcome != .expired && closed[done].shipped == closed[done].quantity
            return hasLeft ? duplicate(&fact) : missingOrderLine(event, sku)
        }
        let line = commitments[slot]
        if line.firstPart < 0 { fact.location = location(of: line.level) }
        if line.expiresAtMilliseconds == 0 { return duplicate(&fact) }
        if isOver(line) { return .orderLineExpired }
        fact.quantity = unshipped(of: line)
        return .none
    }

    mutating func applyConfirm(_ fact: inout Fact, _ sku: Int32) -> Int32? {
        let line = findCommitment(sku, fact.orderLine)
        guard line >= 0 else { return nil }
        commitments[line].expiresAtMilliseconds = 0
        markDirty(.commitment, line, of: sku)
        return fact.location.isEmpty ? -1 : commitments[line].level
    }

    /// All that a release of an order line would give back: what is promised, what waits and what is on the way.
    private func unshipped(of line: CommitmentRecord) -> Int64 { open(of: line) + waiting(of: line) + line.inTransit }

    // MARK: Timers. An entry of an order line has a slot above those of holds.

    private static let lineEntries: Int32 = 1 << 30

    /// The slot of the order line of a timer; nil: it is of something else.
    static func line(_ entry: TimerHeap.Entry) -> Int32? { entry.slot >= lineEntries ? entry.slot - lineEntries : nil }

    func isPending(_ line: Int32, of sku: Int32, until atMilliseconds: Int64) -> Bool {
        guard commitments.isLive(line) else { return false }
        let record = commitments[line]
        return !record.status.isDead && record.sku == sku && record.expiresAtMilliseconds == atMilliseconds
    }

    /// Notes when an order line ends, if it does by itself.
    mutating func schedule(line slot: Int32) {
        let line = commitments[slot]
        guard line.expiresAtMilliseconds != 0 else { return }
        assert(slot < PartitionState.lineEntries, "so many records fit into no memory")
        schedule(TimerHeap.Entry(atMilliseconds: line.expiresAtMilliseconds, slot: PartitionState.lineEntries + slot), of: line.sku)
    }

    /// Makes the fact that voids up to `StateLimits.itemsPerFact` order lines of the SKU that were not confirmed in time.
    mutating func makeCommitExpiry(of sku: Int32, into fact: inout Fact) {
        fact.begin(.commitExpire, of: skus[sku].key)
        while fact.items.count < StateLimits.itemsPerFact, case .line(let slot) = dueTimer(of: sku) {
            popTimer(of: sku)
            let line = commitments[slot]
            // The same entry may be there twice, next to each other.
            if fact.items.last?.id == line.orderLine { continue }
            var item = FactItem()
            item.id = line.orderLine
            item.location = location(of: line.level)
            item.quantity = unshipped(of: line)
            fact.items.append(item)
            fact.quantity += item.quantity
        }
        stampByPlace(&fact, sku: sku)
    }

    /// Each of them is released in full, as its customer would have it released.
    mutating func applyCommitExpiry(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        for item in fact.items {
            let slot = findCommitment(sku, item.id)
            guard slot >= 0, case let line = commitments[slot], unshipped(of: line) == item.quantity else { return nil }
            touch(line.level)
            if line.waiter >= 0 { takeFromWaiter(line.waiter, waiting(of: line)) }
            if line.firstPart >= 0 {
                withdraw(RecordReference(kind: .commitment, slot: slot))
            } else {
                takePromised(slot, line.open + line.inTransit)
            }
            commitments[slot].canceled += item.quantity
            endCommitmentIfDone(slot, &fact, .expired)
        }
        refreshTouched(&transitions)
        return -1
    }
}
