internal import StockCore

/// The sweep of what an older incarnation left, and the clean-up of fields of vanished locations: small steps between batches.
extension ProjectionStateMachine {
    /// SKUs of the batch just applied whose hashes have fields too many.
    mutating func remnantsFound(_ partition: Int32, _ remnants: [Remnant]) {
        guard let index = index(of: partition) else { return }
        let room = RedisLimits.remnantsRemembered - views[index].remnants.count
        views[index].remnants.append(contentsOf: remnants.prefix(max(0, room)))
    }

    mutating func nextMaintenanceStep(_ now: Int64) -> Action {
        nextMaintenance = now + RedisLimits.maintenanceIntervalMilliseconds
        for index in views.indices { views[index].nextSweepCursor = nil }
        if let view = views.first(where: { $0.isTaken && !$0.remnants.isEmpty }) {
            enter(.examining(view.partition), now)
            return .examine(view.partition, keys: view.remnants.prefix(RedisLimits.maintenanceSKUs).map(\.sku))
        }
        if let view = views.first(where: { $0.isTaken && $0.sweepCursor != nil }), let cursor = view.sweepCursor {
            enter(.scanning(view.partition), now)
            return .scan(view.partition, cursor: cursor)
        }
        return .nothing
    }

    /// SSCAN was answered.
    mutating func scanned(_ partition: Int32, next cursor: [UInt8], members: [Key], now: Int64) -> Action {
        assert(phase == .scanning(partition))
        guard let index = index(of: partition) else {
            phase = .armed
            return .nothing
        }
        views[index].nextSweepCursor = cursor
        guard !members.isEmpty else {
            phase = .armed
            maintenanceDone(partition, now)
            return .nothing
        }
        enter(.examining(partition), now)
        return .examine(partition, keys: members)
    }

    /// The hashes were read. True: send what has to be removed; the phase is `removing`.
    mutating func examined(_ partition: Int32, removes: Bool, now: Int64) -> Bool {
        assert(phase == .examining(partition))
        guard removes, let index = index(of: partition), views[index].isTaken else {
            phase = .armed
            maintenanceDone(partition, now)
            return false
        }
        enter(.removing(partition), now)
        return true
    }

    /// A step came to its end: go on behind it.
    mutating func maintenanceDone(_ partition: Int32, _ now: Int64) {
        nextMaintenance = now + RedisLimits.maintenanceIntervalMilliseconds
        guard let index = index(of: partition) else { return }
        if let next = views[index].nextSweepCursor {
            views[index].nextSweepCursor = nil
            views[index].sweepCursor = next == View.sweepStart ? nil : next
            if next == View.sweepStart { health.sweeps += 1 }
        } else {
            views[index].remnants.removeFirst(min(RedisLimits.maintenanceSKUs, views[index].remnants.count))
        }
    }
}
