// Decide: order lines that wait for stock (domain: c11).

extension PartitionState {
    /// What is not available waits, at this location, as far as policy allows. What the event finds available it takes at once, unless it
    /// wants all or nothing.
    func decideBackorder(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        let policy = sku >= 0 ? skus[sku].policy : Policy()
        guard policy.backorderLimit >= 0 else { return .backorderDenied }
        let available = level >= 0 ? max(0, promisable(level, event, fact)) : 0
        let taken = event.backorder == .whole ? 0 : available
        let left = policy.backorderLimit - skus[sku].totals.backordered
        if event.quantity - taken > left {
            fact.total = taken + max(0, left)
            return .backorderLimit
        }
        wait(for: event.quantity - taken, event, event.backorder, &fact)
        fact.wait.shipByMilliseconds = shipBy(from: values.logTimeMilliseconds, policy)
        fact.total = 0
        return checkLocation(sku, level)
    }

    /// All of it waits for the SKU's day: what is on a shelf before that is not for preorders.
    func decidePreorder(_ event: StockEvent, _ sku: Int32, _ level: Int32, _ fact: inout Fact) -> Rejection {
        let policy = sku >= 0 ? skus[sku].policy : Policy()
        guard policy.preorderLimit >= 0 else { return .preorderDenied }
        let until = policy.preorderUntilMilliseconds
        guard until > values.logTimeMilliseconds else { return .preorderClosed }
        let left = policy.preorderLimit - skus[sku].totals.preordered
        if event.quantity > left {
            fact.total = max(0, left)
            return .preorderLimit
        }
        wait(for: event.quantity, event, event.preorder, &fact)
        fact.wait.isPreorder = true
        fact.wait.shipByMilliseconds = shipBy(from: until, policy)
        return checkLocation(sku, level)
    }

    /// Notes in the fact what waits and how.
    func wait(for quantity: Int64, _ event: StockEvent, _ term: WaitTerm, _ fact: inout Fact) {
        fact.wait.quantity = quantity
        fact.wait.term = term
        fact.wait.priority = event.priority == Policy.absent ? 0 : event.priority
    }

    /// Until when something that is promised from an instant on is to leave; 0: policy does not say.
    private func shipBy(from instant: Int64, _ policy: Policy) -> Int64 {
        policy.backorderDays == Policy.absent ? 0 : instant + policy.backorderDays * 86_400_000
    }
}
