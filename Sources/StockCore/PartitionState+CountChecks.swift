// What policy asks of a count before it is closed (domain: c3): that what differs much is counted a second time, and that somebody who has
// neither counted nor closes it approves. And that counters don't see the books.

extension PartitionState {
    /// A line of an open count.
    private struct CountedLine {
        var disposition: Disposition
        var lot = Key()
        var variance: Int64
        var isRecounted: Bool
        /// The hash of who counted; 0: nobody was named.
        var actor: Int64
    }

    /// Lines that stand in the way of the closing.
    private struct Obstacle {
        var count: Int64 = 0
        /// The first by disposition and lot, in whatever order they come.
        var first: CountedLine?

        mutating func add(_ line: CountedLine) {
            count += 1
            if let first, (first.disposition.rawValue, first.lot) < (line.disposition.rawValue, line.lot) { return }
            first = line
        }
    }

    /// Whether the lines of an open count were counted and approved as policy asks. A refusal tells in the fact how many were not
    /// (`total`), and the first of them. O(lines).
    func checkVariances(_ event: StockEvent, _ level: Int32, _ fact: inout Fact) -> Rejection {
        let policy = skus[levels[level].sku].policy
        guard policy.recountAbove >= 0 || policy.approveAbove >= 0 else { return .none }
        var (once, large, own) = (Obstacle(), Obstacle(), Obstacle())
        let approver = PartitionState.textHash(event.counterpart)
        let isOwn = event.actor.isEmpty || event.actor == event.counterpart
        forEachCountedLine(level) { line in
            if policy.recountAbove >= 0 && abs(line.variance) > policy.recountAbove && !line.isRecounted { once.add(line) }
            guard policy.approveAbove >= 0 && abs(line.variance) > policy.approveAbove else { return }
            large.add(line)
            // Who is not named may be anybody.
            if isOwn || line.actor == 0 || line.actor == approver { own.add(line) }
        }
        let (rejection, obstacle): (Rejection, Obstacle) =
            once.count > 0 ? (.recountRequired, once) : event.counterpart.isEmpty ? (.approvalRequired, large) : (.approverInvolved, own)
        guard let first = obstacle.first else { return .none }
        fact.total = obstacle.count
        fact.disposition = first.disposition
        fact.lot = first.lot
        return rejection
    }

    private func forEachCountedLine(_ level: Int32, _ body: (CountedLine) -> Void) {
        let open = counts[self[extras: level].count]
        for disposition in Disposition.allCases where open.hasCounted(disposition) {
            body(
                CountedLine(
                    disposition: disposition, variance: open.found[disposition] - open.base[disposition],
                    isRecounted: open.hasRecounted(disposition), actor: open.actors[disposition]))
        }
        var slot = open.firstLot
        while slot >= 0 {
            let line = lotCounts[slot]
            body(
                CountedLine(
                    disposition: line.disposition, lot: lotTerms[line.terms].lot, variance: line.found - line.base,
                    isRecounted: line.isRecounted, actor: line.actor))
            slot = line.next
        }
    }

    /// Whether the answer to a fact keeps silent about the books: that of a count that is not closed, where policy says so.
    public func isBlind(_ fact: borrowing Fact) -> Bool {
        let isOfCount = fact.kind == .countOpen || fact.kind == .countLine || fact.kind == .countClose && fact.outcome != .accepted
        guard isOfCount, case let sku = findSKU(fact.sku), sku >= 0 else { return false }
        return skus[sku].policy.blindCount == 1
    }
}
