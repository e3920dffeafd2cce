import StockCore

extension ReferenceModel {
    func countOpen(_ event: StockEvent, _ sku: SKU) throws -> Int64 {
        let location = event.location.description
        let id = event.document.description
        if let open = sku.levels[location]?.count { throw open.id == id ? Refused.repeated : Refused(.countConflict) }
        if sku.closed["count \(id) \(location)"] != nil { throw Refused(.countClosed) }
        if isBefore(event, horizon) { throw Refused(.tooOld) }
        try openLevel(location, sku)
        sku.levels[location, default: Level()].count = Count(id: id)
        return 0
    }

    private func openCount(_ event: StockEvent, _ sku: SKU) throws -> Count {
        let location = event.location.description
        let id = event.document.description
        if let open = sku.levels[location]?.count, open.id == id { return open }
        if sku.closed["count \(id) \(location)"] != nil { throw Refused(.countClosed) }
        throw Refused(isBefore(event, horizon) ? .tooOld : .countUnknown)
    }

    func countLine(_ event: StockEvent, _ sku: SKU) throws -> Int64 {
        let location = event.location.description
        let open = try openCount(event, sku)
        let id = event.line.description
        let before = open.lines[event.disposition]
        if before?.found == event.quantity && before?.id == id { throw Refused.repeated }
        if event.expectedVersion == Policy.absent && isBefore(event, evictedThrough) { throw Refused(.tooOld) }
        let base = sku.levels[location]!.units[event.disposition] ?? 0
        sku.levels[location]!.count!.lines[event.disposition] = Count.Line(
            found: event.quantity, base: base, at: min(event.occurredAtMilliseconds, now), id: id,
            isRecounted: before.map { $0.isRecounted || $0.id != id } ?? false, actor: event.actor.description)
        return event.quantity
    }

    func countClose(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let location = event.location.description
        let open: Count
        do {
            open = try openCount(event, sku)
        } catch let refused as Refused where refused.rejection == .countClosed {
            throw Refused.repeated
        }
        try checkLines(Array(open.lines.values), event, sku)
        var sum: Int64 = 0
        for (disposition, line) in open.lines {
            let there = sku.levels[location]!.units[disposition] ?? 0
            var variance = line.found - line.base
            if disposition != .sellable { variance = max(variance, -there) }
            sku.levels[location]!.units[disposition] = there + variance
            sku.levels[location]!.closedAt[disposition] = max(sku.levels[location]!.closedAt[disposition] ?? 0, line.at)
            sum += variance
        }
        sku.found += sum
        sku.levels[location]!.count = nil
        close(name, sku, "count \(event.document) \(location)", Closed(status: "done", quantity: sum, content: "", at: now))
        return sum
    }

    private func checkLines(_ lines: [Count.Line], _ event: StockEvent, _ sku: SKU) throws {
        if let most = sku.policy["recount"], most >= 0, lines.contains(where: { $0.difference > most && !$0.isRecounted }) {
            throw Refused(.recountRequired)
        }
        guard let most = sku.policy["approve"], most >= 0 else { return }
        let large = lines.filter { $0.difference > most }
        if large.isEmpty { return }
        if event.counterpart.isEmpty { throw Refused(.approvalRequired) }
        let others = [event.actor.description] + large.map(\.actor)
        if others.contains("") || others.contains(event.counterpart.description) { throw Refused(.approverInvolved) }
    }

    // MARK: Late deltas

    private func isLate(_ event: StockEvent, _ disposition: Disposition, _ location: String, _ sku: SKU) -> Bool {
        event.occurredAtMilliseconds < sku.levels[location]?.closedAt[disposition] ?? 0
    }

    func checkLate(_ event: StockEvent, _ disposition: Disposition, _ location: String, _ sku: SKU) throws {
        let isRefused = sku.policy["late"] == 2 && !event.isForced
        if isRefused && isLate(event, disposition, location, sku) { throw Refused(.beforeCount) }
    }

    func isAbsorbed(_ event: StockEvent, _ disposition: Disposition, _ location: String, _ sku: SKU) -> Bool {
        sku.policy["late"] != 1 && isLate(event, disposition, location, sku)
    }

    /// What comes and goes, but for what a count has seen already.
    func delta(_ event: StockEvent, _ quantity: Int64, _ disposition: Disposition, _ location: String, _ sku: SKU) throws {
        if isAbsorbed(event, disposition, location, sku) {
            sku.found -= quantity
        } else {
            try add(quantity, disposition, location, sku)
            rebase(event, quantity, disposition, location, sku)
        }
    }

    func rebase(_ event: StockEvent, _ quantity: Int64, _ disposition: Disposition, _ location: String, _ sku: SKU) {
        guard let line = sku.levels[location]?.count?.lines[disposition], event.occurredAtMilliseconds < line.at else { return }
        sku.levels[location]!.count!.lines[disposition]!.base += quantity
    }
}
