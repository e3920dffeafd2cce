// Lots that expire soon are reported (domain: c10, c17): so many days before, once for each location, lot and number of days.

extension PartitionState {
    private static let day: Int64 = 86_400_000

    /// When a lot's units are to be reported next; never where that is done, or there is no such time.
    func nextAlert(of lot: LotRecord) -> Int64 {
        guard lot.expiresAtMilliseconds != LotTermsRecord.never else { return LotTermsRecord.never }
        let days = AlertDays(of: skus[lot.sku].policy)
        for index in 0..<AlertDays.most where days[index] > 0 && days[index] < lot.reportedDays {
            return lot.expiresAtMilliseconds - days[index] * PartitionState.day
        }
        return LotTermsRecord.never
    }

    /// Which number of days is to be reported of a lot that is due: the smallest that has been reached.
    private func dueDays(of lot: LotRecord) -> Int64 {
        let days = AlertDays(of: skus[lot.sku].policy)
        var due: Int64 = 0
        for index in 0..<AlertDays.most where days[index] > 0 && days[index] < lot.reportedDays {
            if lot.expiresAtMilliseconds - days[index] * PartitionState.day <= values.logTimeMilliseconds { due = days[index] }
        }
        return due
    }

    /// Whether it is the timer of a report that is still to be made.
    func isReport(_ entry: TimerHeap.Entry, _ lot: LotRecord) -> Bool {
        entry.atMilliseconds == lot.reportAtMilliseconds && nextAlert(of: lot) == entry.atMilliseconds
            && lot.expiresAtMilliseconds > values.logTimeMilliseconds
    }

    /// A SKU's days have changed: every lot has another next time.
    mutating func rescheduleReports(of sku: Int32) {
        var level = skus[sku].firstLevel
        while level >= 0 {
            var slot = self[extras: level].firstLot
            while slot >= 0 {
                if lots[slot].quantities.sellable > 0 { schedule(lot: slot) }
                slot = lots[slot].next
            }
            level = levels[level].next
        }
    }

    /// Makes the fact that reports up to `StateLimits.itemsPerFact` lots that are due, all by the same number of days.
    mutating func makeExpiring(of sku: Int32, into fact: inout Fact) {
        fact.begin(.lotExpiring, of: skus[sku].key)
        while fact.items.count < StateLimits.itemsPerFact, case .report(let slot) = dueTimer(of: sku) {
            let lot = lots[slot]
            let days = dueDays(of: lot)
            if fact.total == 0 { fact.total = days }
            if fact.total != days { break }
            popTimer(of: sku)
            var item = FactItem()
            item.id = lotTerms[lot.terms].lot
            item.location = location(of: lot.level)
            item.quantity = lot.quantities.sellable
            // The same timer twice, next to each other, after an abort.
            if fact.items.last == item { continue }
            fact.items.append(item)
            fact.quantity += item.quantity
        }
        stampByPlace(&fact, sku: sku)
    }

    mutating func applyExpiring(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        for item in fact.items {
            let level = findLevel(sku, item.location)
            let slot = findLot(level, findLotTerms(sku, item.id))
            guard slot >= 0, let days = Int32(exactly: fact.total) else { return nil }
            lots[slot].reportedDays = days
            markDirty(.lot, slot, of: sku)
            schedule(lot: slot)
            let available = levels[level].balances.available
            var transition = Transition(
                kind: .expiring, location: item.location, before: available, after: available, threshold: fact.total)
            transition.lot = item.id
            transition.quantity = item.quantity
            transition.expiresAtMilliseconds = lots[slot].expiresAtMilliseconds
            transitions.transitions.append(transition)
        }
        return -1
    }
}
