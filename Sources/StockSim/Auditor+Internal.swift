// What the engine does by itself.

extension Auditor {
    private static let internalKinds: Set<String> = [
        "expire", "commit_expire", "forget", "uncovered", "lot_expire", "lot_expiring", "shelf_life", "fill", "preorder_release",
    ]

    func settleInternal(_ entry: AuditedLedger, _ partition: PartitionBooks) {
        if entry.kind == "gap" {
            while let input = partition.inputs.first, input.offset < entry.gapTo { partition.inputs.removeFirst() }
            return
        }
        guard Auditor.internalKinds.contains(entry.kind) else {
            return problem(partition, -1, "seq \(entry.seq): \(entry.kind) without an input")
        }
        let sku = partition.sku(entry.sku)
        sku.version += 1
        if entry.version != sku.version {
            problem(partition, -1, "seq \(entry.seq): version \(entry.version) of \(sku.name) is out of turn")
        }
        var fault: String?
        switch entry.kind {
        case "expire":
            settleExpiry(entry, sku, partition)
            return
        case "forget": sku.hasForgotten = true
        case "commit_expire": fault = voidLines(entry, sku, partition)
        case "lot_expire": fault = expireLots(entry, sku)
        case "lot_expiring": fault = reportLots(entry, sku)
        case "shelf_life": fault = changeLife(entry, sku)
        case "fill": fault = fill(entry, sku)
        case "preorder_release":
            let sum = sku.backordered(nil, isPreorder: true)
            for key in sku.waiters.keys { sku.waiters[key]?.isPreorder = false }
            fault = moved(sum, entry)
        default: fault = unnamed(entry, sku)
        }
        for location in sku.levels.keys { sku.noteAvailable(location) }
        if let fault = fault ?? (entry.kind == "fill" ? compare(entry, sku) : nil) {
            problem(partition, -1, "seq \(entry.seq): \(sku.name): \(fault)")
        }
    }

    /// Promises that are said to be uncovered are there.
    private func unnamed(_ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        for item in entry.items {
            let isThere = item.hold.isEmpty ? sku.lines[item.orderLine] != nil : sku.holds[item.hold] != nil
            if !isThere { return "names a promise that is not there: \(item.hold)\(item.orderLine)" }
        }
        return nil
    }

    private func settleExpiry(_ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) {
        func wrong(_ text: String) { problem(partition, -1, "seq \(entry.seq): \(text)") }
        var ended: Set<String> = []
        var all: Int64 = 0
        for item in entry.items {
            if !item.isPart { report.expiredHolds += 1 }
            guard let hold = sku.holds[item.hold] else {
                wrong("hold \(item.hold) expires, but is not open")
                continue
            }
            ended.insert(item.hold)
            if hold.expiresAtMilliseconds > entry.timeMilliseconds { wrong("hold \(item.hold) expires before its time") }
            let here = hold.parts[item.location] ?? 0
            all += item.quantity
            if here != item.quantity {
                wrong("hold \(item.hold) has \(here) at \(item.location), and \(item.quantity) expire there")
            }
            sku.level(item.location).promise(-here, isHold: true, life: hold.life)
            sku.holds[item.hold]?.parts[item.location] = nil
        }
        if let fault = moved(all, entry) { wrong(fault) }
        for id in ended {
            guard let hold = sku.holds.removeValue(forKey: id) else { continue }
            if hold.remaining != 0 { wrong("hold \(id) expires in part") }
            sku.waiters["hold/\(id)"] = nil
            finish("hold/\(id)", hold.quantity, "expired", sku, partition)
        }
        for location in sku.levels.keys { sku.noteAvailable(location) }
    }

    // MARK: Lots

    private func expireLots(_ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        for item in entry.items {
            guard let lot = sku.levels[item.location]?.lots[item.lot], lot.sellable == item.quantity, item.quantity > 0 else {
                return "lot \(item.lot) expires with other units than are there"
            }
            if lot.expiresAtMilliseconds > entry.timeMilliseconds { return "lot \(item.lot) expires before its time" }
            let fault =
                put(item.quantity, item, into: "expired", item.location, nil, entry, sku)
                ?? put(-item.quantity, item, into: "sellable", item.location, nil, entry, sku)
            if let fault { return fault }
        }
        return moved(entry.items.reduce(0) { $0 + $1.quantity }, entry)
    }

    private func reportLots(_ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        for item in entry.items {
            guard let lot = sku.levels[item.location]?.lots[item.lot], lot.sellable == item.quantity else {
                return "reports other units of lot \(item.lot) than are there"
            }
            let due = lot.expiresAtMilliseconds - entry.total * EventRules.day
            if due > entry.timeMilliseconds { return "reports lot \(item.lot) too early" }
        }
        return nil
    }

    // MARK: Who waits

    /// Units go to those who wait, in their order: who gets some while another one waits before it, for units that would do for that one,
    /// has jumped the queue.
    private func fill(_ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        var last: WaiterBooks?
        for item in entry.items {
            let isHold = !item.hold.isEmpty
            let key = isHold ? "hold/\(item.hold)" : "line/\(item.orderLine)"
            guard let waiter = sku.waiters[key], waiter.location == entry.location, !waiter.isPreorder else {
                return "fills \(key), which does not wait there"
            }
            if let last, waiter.isBefore(last) { return "fills \(key) after others that came later" }
            last = waiter
            let jumped = sku.waiters.first { other in
                other.key != key && other.value.location == entry.location && !other.value.isPreorder && other.value.isBefore(waiter)
                    && other.value.life <= waiter.life
            }
            if let jumped { return "fills \(key) before \(jumped.key), which waits longer" }
            if item.quantity < 1 || item.quantity < waiter.quantity && waiter.isWhole { return "fills a part of \(key), which wants all" }
            let available = sku.fillable(waiter)
            if available < item.quantity { return "OVERSELLS: fills \(item.quantity) of \(key), where \(available) are there for it" }
            if let fault = takeWaiting(item.quantity, key, sku) { return fault }
            if isHold {
                let expiry = entry.timeMilliseconds + 1_000 * waiter.ttlSeconds
                sku.holds[item.hold]?.expiresAtMilliseconds = expiry
                sku.holds[item.hold]?.parts[entry.location] = item.quantity
                sku.level(entry.location).promise(item.quantity, isHold: true, life: waiter.life)
                sku.earliestExpiry = min(sku.earliestExpiry, expiry)
            } else {
                change(line: item.orderLine, at: entry.location, by: item.quantity, sku)
            }
            report.unitsFilled += item.quantity
        }
        return moved(entry.items.reduce(0) { $0 + $1.quantity }, entry)
    }
}
