/// An identity that does not hold (domain: c0).
public enum BrokenIdentity: Error, Equatable, Sendable {
    /// I2: held or committed is negative, or not the sum of what is open (full check only).
    case promises(sku: Key, location: Key)
    /// I3: balances and virtual accounts of the SKU do not sum to zero.
    case conservation(sku: Key)
    /// A disposition other than sellable is negative.
    case negative(sku: Key, location: Key)
    /// The SKU's totals are not the sums over its levels.
    case totals(sku: Key)
    /// I5: an order line's parts do not sum to what was ordered, or more was returned than shipped.
    case orderLine(sku: Key)
    /// I6: what is in transit to a location is not the sum of what is open of its transfers.
    case inTransit(sku: Key, location: Key)
    /// What is expected at a location is not the sum of what is open of its incoming lines.
    case incoming(sku: Key, location: Key)
    /// Counts of open records are wrong.
    case counts(sku: Key)
    /// The lots of a level do not sum to its balances, or stand out of order.
    case lots(sku: Key, location: Key)
    /// What waits at a level is not the sum of its waiters, or they stand out of order.
    case waiters(sku: Key, location: Key)
    /// A queue of SKUs or records, or a count beside it, is wrong; the SKU is empty where it is not known.
    case queues(sku: Key)
}

extension SKURecord {
    /// What balances and virtual accounts sum to (I3: zero). The accounts wrap after some ten million events of the largest quantity; the
    /// identity holds all the same.
    @inline(__always) fileprivate var imbalance: Int64 {
        totals.onHand &+ totals.inTransit &+ supplier &+ customer &+ lossGain
    }
}

extension PartitionState {
    /// Whether `checkSKU` finds nothing.
    @inline(__always) func isSKUWhole(_ slot: Int32) -> Bool {
        let sku = skus.record(slot)
        // The sign of a negative one is in all of them together.
        let promises =
            sku.pointee.totals.held | sku.pointee.totals.committed | sku.pointee.totals.backordered | sku.pointee.totals.preordered
        return sku.pointee.imbalance == 0 && promises >= 0 && sku.pointee.openHolds | sku.pointee.openCommitments >= 0
    }

    /// Checks what can be checked on the SKU record alone, after every fact. O(1).
    func checkSKU(_ slot: Int32) -> BrokenIdentity? {
        if isSKUWhole(slot) { return nil }
        let sku = skus[slot]
        if sku.imbalance != 0 { return .conservation(sku: sku.key) }
        let isNegative = sku.totals.held < 0 || sku.totals.committed < 0 || sku.totals.backordered < 0 || sku.totals.preordered < 0
        return isNegative ? .promises(sku: sku.key, location: Key()) : .counts(sku: sku.key)
    }

    /// Checks every identity of every SKU from its records. O(all records); for tests, simulation and `state verify`.
    public func checkAll() -> BrokenIdentity? {
        var held = [Int64](repeating: 0, count: Int(levels.slotBound))
        var committed = held
        var openHolds = [Int32](repeating: 0, count: Int(skus.slotBound))
        var openCommitments = openHolds
        forEachHold { slot in
            held[Int(holds[slot].level)] += holds[slot].remaining
            openHolds[Int(holds[slot].sku)] += 1
        }
        var broken: BrokenIdentity?
        forEachCommitment { slot in
            let line = commitments[slot]
            committed[Int(line.level)] += line.open
            openCommitments[Int(line.sku)] += 1
            let isWhole = isWhole(line)
            if !isWhole { broken = .orderLine(sku: skus[line.sku].key) }
        }
        forEachPartRecord { part in
            if part.isHold { held[Int(part.level)] += part.quantity } else { committed[Int(part.level)] += part.quantity }
        }
        forEachSKU { slot in
            let found = checkLevels(of: slot) { level, balances in
                balances.held == held[Int(level)] && balances.committed == committed[Int(level)]
            }
            if let found = found ?? checkSKU(slot) { broken = found }
            if levelCount(of: slot) != skus[slot].locationCount { broken = .counts(sku: skus[slot].key) }
            if openHolds[Int(slot)] != skus[slot].openHolds || openCommitments[Int(slot)] != skus[slot].openCommitments {
                broken = .counts(sku: skus[slot].key)
            }
        }
        let isCounted = openHolds.reduce(0, +) == anchors.openHolds && openCommitments.reduce(0, +) == anchors.openCommitments
        if !isCounted { return .counts(sku: Key()) }
        return broken ?? checkParts() ?? checkDocuments() ?? checkCarried() ?? checkLots() ?? checkDemand() ?? checkWaiters()
            ?? checkQueues() ?? checkOwners()
    }

    private func levelCount(of sku: Int32) -> Int32 {
        var count: Int32 = 0
        forEachLevel(of: sku) { _ in count += 1 }
        return count
    }

    /// I5 of an open order line.
    func isWhole(_ line: CommitmentRecord) -> Bool {
        let owed = open(of: line) + waiting(of: line) + line.inTransit
        let isWhole = line.ordered == owed + line.shipped + line.canceled && owed > 0 && min(line.open, line.inTransit) >= 0
        let isCarried = line.inTransit > 0
        return isWhole && isCarried == (line.transfer != 0) && !(isCarried && line.firstPart >= 0)
            && max(line.returned, line.cores) <= line.shipped
    }

    /// What the levels of a SKU say, against each other and against its totals. `arePromisesRight`: whether a level's held and committed
    /// are the sums of what is open there.
    func checkLevels(of sku: Int32, arePromisesRight: (Int32, Balances) -> Bool) -> BrokenIdentity? {
        let key = skus[sku].key
        var sum = Balances()
        var slot = skus[sku].firstLevel
        while slot >= 0 {
            let level = levels[slot]
            let balances = level.balances
            sum.add(balances, subtract: Balances())
            if !arePromisesRight(slot, balances) { return .promises(sku: key, location: location(of: slot)) }
            for disposition in Disposition.allCases where disposition != .sellable && balances[disposition] < 0 {
                return .negative(sku: key, location: location(of: slot))
            }
            if !isLevelOfLotsWhole(slot) { return .lots(sku: key, location: location(of: slot)) }
            if balances.available != max(0, promisableByDefault(slot)) { return .totals(sku: key) }
            slot = level.next
        }
        return sum == skus[sku].totals ? nil : .totals(sku: key)
    }
}
