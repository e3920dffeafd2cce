import StockCore

/// The rules again, slow and obvious: plain dictionaries, sums taken anew each time, nothing shared with the engine but the event that it
/// reads.
final class ReferenceModel {
    struct Level: Equatable {
        var units: [Disposition: Int64] = [:]
        var safetyStock: Int64?
        var reorderPoint: Int64?
        var hysteresis: Int64?
        var isLow = false
        var isOut = true
        var hadStock = false
        var isOversold = false
        var count: Count?
        /// When each disposition was counted by a count that is closed.
        var closedAt: [Disposition: Int64] = [:]

        var sellable: Int64 { units[.sellable] ?? 0 }
    }

    struct Hold: Equatable {
        var location: String
        var quantity: Int64
        var remaining: Int64
        var placed: Int64
        var expires: Int64
        var owner = ""
    }

    struct Line: Equatable {
        var location: String
        var ordered: Int64
        var open: Int64
        var shipped: Int64 = 0
        var returned: Int64 = 0
        var cores: Int64 = 0
        var hold: String?
    }

    struct Incoming: Equatable {
        var location: String
        var total: Int64
        var arrived: Int64 = 0
        var open: Int64 { max(0, total - arrived) }
    }

    struct Transfer: Equatable {
        var from: String
        var to: String
        var disposition: Disposition
        var sent: Int64
        var accepted: Int64 = 0
        var rejected: Int64 = 0
        var inTransit: Int64 { sent - accepted - rejected }
    }

    struct Count: Equatable {
        struct Line: Equatable {
            var found: Int64
            var base: Int64
            var at: Int64
            var id = ""
            var isRecounted = false
            var actor = ""
            var difference: Int64 { abs(found - base) }
        }

        var id: String
        var lines: [Disposition: Line] = [:]
    }

    struct Closed: Equatable {
        var status: String
        var quantity: Int64
        var shipped: Int64 = 0
        var returned: Int64 = 0
        var cores: Int64 = 0
        var content: String
        var at: Int64
    }

    final class SKU {
        var policy: [String: Int64] = [:]
        /// Numerator and denominator.
        var units: [String: (Int64, Int64)] = [:]
        var levels: [String: Level] = [:]
        var holds: [String: Hold] = [:]
        var lines: [String: Line] = [:]
        /// Incoming lines, also those of which nothing is open; only the open ones have a place.
        var incoming: [String: Incoming] = [:]
        var transfers: [String: Transfer] = [:]
        var documents: Int { incoming.count + transfers.count }
        var closed: [String: Closed] = [:]
        var received: Int64 = 0
        var found: Int64 = 0
        var gone: Int64 = 0
        var isOut = true
        var hadStock = false

        func held(_ location: String) -> Int64 { holds.values.filter { $0.location == location }.reduce(0) { $0 + $1.remaining } }
        func committed(_ location: String) -> Int64 { lines.values.filter { $0.location == location }.reduce(0) { $0 + $1.open } }
        func promised(_ location: String) -> Int64 { held(location) + committed(location) }

        func incoming(_ location: String) -> Int64 { incoming.values.filter { $0.location == location }.reduce(0) { $0 + $1.open } }

        func inTransit(_ location: String) -> Int64 { transfers.values.filter { $0.to == location }.reduce(0) { $0 + $1.inTransit } }

        /// What may still be promised at a location; negative where more is promised than there is.
        func free(_ location: String) -> Int64 {
            guard let level = levels[location] else { return 0 }
            return max(0, level.sellable) - promised(location) - (level.safetyStock ?? policy["safetyStock"] ?? 0)
        }

        func available(_ location: String) -> Int64 { max(0, free(location)) }
        func shortfall(_ location: String) -> Int64 { max(0, promised(location) - max(0, levels[location]?.sellable ?? 0)) }
        var total: Int64 { levels.keys.reduce(0) { $0 + available($1) } }
    }

    struct Answer: Equatable {
        var outcome: Outcome
        var rejection = Rejection.none
        var quantity: Int64 = 0
        var alerts: [String] = []
    }

    struct KnownID {
        var body: UInt64
        var at: Int64
    }

    let limits: StateLimits
    var skus: [String: SKU] = [:]
    /// SKUs as they were seen first.
    var order: [String] = []
    var ids: [Hash128: KnownID] = [:]
    var idOrder: [Hash128] = []
    var evictedThrough: Int64?
    /// Closed records by age: SKU and name; order lines apart.
    var shortQueue: [(sku: String, name: String)] = []
    var lineQueue: [(sku: String, name: String)] = []
    var horizon: Int64?
    var lineHorizon: Int64?
    var refusedUnits: Int64 = 0
    var now: Int64

    init(limits: StateLimits, now: Int64) {
        self.limits = limits
        self.now = now
    }

    func sku(_ name: String) -> SKU { skus[name] ?? SKU() }

    // MARK: Time

    func expire(_ name: String) -> Bool {
        guard let sku = skus[name] else { return false }
        let due = sku.holds.filter { $0.value.expires <= now }
        guard !due.isEmpty else { return false }
        for (id, hold) in due.sorted(by: { ($0.value.location, $0.key) < ($1.value.location, $1.key) }) {
            sku.holds[id] = nil
            close(name, sku, "hold \(id)", Closed(status: "expired", quantity: hold.quantity, content: "", at: now))
        }
        _ = alerts(sku, before: [:], total: nil)
        return true
    }

    func fireTimers() {
        // The SKU with the earliest hold first, the one seen first where two are equal.
        let earliest = skus.mapValues { sku in sku.holds.values.map(\.expires).min() ?? Int64.max }
        for name in order.sorted(by: { (earliest[$0]!, order.firstIndex(of: $0)!) < (earliest[$1]!, order.firstIndex(of: $1)!) }) {
            _ = expire(name)
        }
        forget(&shortQueue, limits.closedRetentionMilliseconds, isLine: false)
        forget(&lineQueue, limits.orderLineRetentionMilliseconds, isLine: true)
        while shortQueue.count + lineQueue.count > limits.closedRecordsPerPartition {
            let isShort = !shortQueue.isEmpty && (lineQueue.isEmpty || age(shortQueue[0]) <= age(lineQueue[0]))
            if isShort { drop(shortQueue.removeFirst(), isLine: false) } else { drop(lineQueue.removeFirst(), isLine: true) }
        }
    }

    private func age(_ record: (sku: String, name: String)) -> Int64 { sku(record.sku).closed[record.name]!.at }

    private func forget(_ queue: inout [(sku: String, name: String)], _ retention: Int64, isLine: Bool) {
        while let first = queue.first, age(first) <= now - retention { drop(queue.removeFirst(), isLine: isLine) }
    }

    private func drop(_ record: (sku: String, name: String), isLine: Bool) {
        let at = age(record)
        if isLine { lineHorizon = max(lineHorizon ?? at, at) } else { horizon = max(horizon ?? at, at) }
        sku(record.sku).closed[record.name] = nil
    }

    func close(_ name: String, _ sku: SKU, _ record: String, _ closed: Closed) {
        sku.closed[record] = closed
        if record.hasPrefix("line ") || record.hasPrefix("serial ") {
            lineQueue.removeAll { $0.sku == name && $0.name == record }
            lineQueue.append((name, record))
        } else {
            shortQueue.removeAll { $0.sku == name && $0.name == record }
            shortQueue.append((name, record))
        }
    }

    /// A transaction ends: ids leave the window.
    func commit() {
        while let oldest = idOrder.first {
            let isYoung = ids[oldest]!.at > now - limits.idWindowMilliseconds
            guard idOrder.count > limits.idWindowCap || idOrder.count > limits.idWindowEntries && !isYoung else { return }
            evictedThrough = max(evictedThrough ?? 0, ids[oldest]!.at)
            ids[oldest] = nil
            idOrder.removeFirst()
        }
    }

    // MARK: Alerts

    /// Brings alert states up to date and names the changes. Levels that `before` does not have were not there.
    func alerts(_ sku: SKU, before: [String: Int64], total: Int64?) -> [String] {
        var changes: [String] = []
        for location in sku.levels.keys.sorted() {
            var level = sku.levels[location]!
            let available = sku.available(location)
            let step = "\(before[location] ?? 0)>\(available)"
            let point = level.reorderPoint ?? sku.policy["reorderPoint"] ?? -1
            let rearm = point + (level.hysteresis ?? sku.policy["hysteresis"] ?? 0)
            if point < 0 {
                level.isLow = false
            } else if !level.isLow && available <= point {
                level.isLow = true
                changes.append("low \(location) \(step) \(point)")
            } else if level.isLow && available > rearm {
                level.isLow = false
                changes.append("recovered \(location) \(step) \(point)")
            }
            if level.isOut != (available == 0) {
                if available == 0 { changes.append("out \(location) \(step) 0") }
                if available > 0 && level.hadStock { changes.append("back \(location) \(step) 0") }
                level.isOut = available == 0
                level.hadStock = true
            }
            let shortfall = sku.shortfall(location)
            if level.isOversold != (shortfall > 0) {
                changes.append("\(shortfall > 0 ? "oversold" : "covered") \(location) \(step) \(shortfall)")
                level.isOversold = shortfall > 0
            }
            sku.levels[location] = level
        }
        let sum = sku.total
        if sku.isOut != (sum == 0) {
            if sum == 0 || sku.hadStock { changes.append("\(sum == 0 ? "out" : "back")  \(total ?? 0)>\(sum) 0") }
            sku.isOut = sum == 0
            sku.hadStock = true
        }
        return changes.sorted()
    }
}
