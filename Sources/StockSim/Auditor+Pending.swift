// Order lines that are to be confirmed in time, or are void.

extension Auditor {
    /// Notes until when a new order line is to be confirmed. Returns what is wrong with the instant in the ledger.
    func noteTerm(_ line: String, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let term = event.ttlSeconds.map { entry.timeMilliseconds + 1_000 * $0 } ?? 0
        sku.lines[line]?.confirmByMilliseconds = term
        if term > 0 { sku.earliestTerm = min(sku.earliestTerm, term) }
        return entry.expiresAtMilliseconds == term
            ? nil : "order line \(line) is to be confirmed by \(entry.expiresAtMilliseconds) and not by \(term)"
    }

    /// What is wrong with an event about an order line whose time is over.
    func lateFault(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        guard let id = event.orderLine, let line = sku.lines[id], sku.isOpen(id), line.isOver(at: entry.timeMilliseconds) else {
            return nil
        }
        return "does something for order line \(id), which was not confirmed in time"
    }

    func bookConfirmation(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let id = event.orderLine ?? ""
        guard let line = sku.lines[id], sku.isOpen(id) else { return "confirms order line \(id), which is not open" }
        sku.lines[id]?.confirmByMilliseconds = 0
        if line.confirmByMilliseconds == 0 { return "confirms order line \(id), which needs it no more" }
        return moved(line.open + line.inTransit + sku.waiting("line/\(id)"), entry)
    }

    /// All that was not confirmed is given back: what is promised, what waits, and what is on the way.
    func voidLines(_ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        for item in entry.items {
            let id = item.orderLine
            guard let line = sku.lines[id], sku.isOpen(id), line.confirmByMilliseconds > 0 else {
                return "voids order line \(id), which does not have to be confirmed"
            }
            if !line.isOver(at: entry.timeMilliseconds) { return "voids order line \(id) before its time" }
            let waiting = sku.waiting("line/\(id)")
            let all = line.open + waiting + line.inTransit
            if item.quantity != all { return "voids \(item.quantity) of order line \(id), which has \(all)" }
            if let fault = takeWaiting(waiting, "line/\(id)", sku) { return fault }
            takeOffTransit(line.inTransit, id, sku)
            for (location, quantity) in line.parts { change(line: id, at: location, by: -quantity, sku) }
            sku.lines[id]?.isVoid = true
            endLineIfDone(id, sku, partition)
            report.linesVoided += 1
        }
        return moved(entry.items.reduce(0) { $0 + $1.quantity }, entry)
    }

    /// Whether an order line was void when an event named it.
    func isLate(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> Bool? {
        guard let line = event.orderLine.flatMap({ sku.lines[$0] }) else { return sku.hasForgotten ? nil : false }
        return line.isVoid || line.isOver(at: entry.timeMilliseconds)
    }
}

extension LineBooks {
    /// Whether the time in which it was to be confirmed is over.
    func isOver(at milliseconds: Int64) -> Bool { confirmByMilliseconds > 0 && confirmByMilliseconds <= milliseconds }
}

extension SKUBooks {
    /// An open order line that is over at that time; nil where there is none.
    func dueLine(atMilliseconds time: Int64) -> String? {
        guard earliestTerm <= time else { return nil }
        let pending = lines.filter { $0.value.confirmByMilliseconds > 0 && isOpen($0.key) }
        earliestTerm = pending.values.map(\.confirmByMilliseconds).min() ?? Int64.max
        return pending.first { $0.value.isOver(at: time) }?.key
    }
}
