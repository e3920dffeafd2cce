// Holds and order lines: nothing is promised that is not there, or was asked for by nobody.

extension Auditor {
    // MARK: Changing them

    private func change(hold id: String, at location: String, by quantity: Int64, _ sku: SKUBooks) {
        guard let hold = sku.holds[id] else { return }
        let left = (hold.parts[location] ?? 0) + quantity
        sku.holds[id]?.parts[location] = left == 0 ? nil : left
        sku.level(location).promise(quantity, isHold: true, life: hold.life)
    }

    func change(line id: String, at location: String, by quantity: Int64, _ sku: SKUBooks) {
        guard let line = sku.lines[id] else { return }
        let left = (line.parts[location] ?? 0) + quantity
        sku.lines[id]?.parts[location] = left == 0 ? nil : left
        sku.level(location).promise(quantity, isHold: false, life: line.life)
    }

    private func withdraw(hold id: String, _ sku: SKUBooks) {
        for (location, quantity) in sku.holds[id]?.parts ?? [:] { change(hold: id, at: location, by: -quantity, sku) }
    }

    private func endHoldIfDone(_ id: String, _ status: String, _ sku: SKUBooks, _ partition: PartitionBooks) {
        guard let hold = sku.holds[id], hold.remaining == 0, sku.waiters["hold/\(id)"] == nil else { return }
        sku.holds[id] = nil
        finish("hold/\(id)", hold.quantity, status, sku, partition)
    }

    func endLineIfDone(_ id: String, _ sku: SKUBooks, _ partition: PartitionBooks) {
        guard sku.lines[id] != nil, !sku.isOpen(id) else { return }
        noteDone("line/\(id)", sku, partition)
    }

    /// Takes units off what waits; what has none left waits no longer.
    func takeWaiting(_ quantity: Int64, _ key: String, _ sku: SKUBooks) -> String? {
        guard quantity != 0 else { return nil }
        let left = sku.waiting(key) - quantity
        sku.waiters[key]?.quantity = left
        if left <= 0 { sku.waiters[key] = nil }
        return left < 0 ? "takes \(quantity) off what waits of \(key), which is \(left + quantity)" : nil
    }

    /// The hold, if it is open and its time is not over.
    private func openHold(_ id: String, _ entry: AuditedLedger, _ sku: SKUBooks) -> HoldBooks? {
        sku.holds[id].flatMap { $0.expiresAtMilliseconds > entry.timeMilliseconds ? $0 : nil }
    }

    /// Whether an order line of that name is there; one that is done may have been forgotten by the engine.
    func isTaken(_ line: String, _ sku: SKUBooks) -> Bool {
        sku.lines[line] != nil && (sku.isOpen(line) || !sku.hasForgotten)
    }

    // MARK: What is asked for

    /// What is wrong with the day through which units have to live, as far as days end in UTC.
    func lifeFault(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        guard !sku.hasZones else { return nil }
        var life: Int64 = 0
        if sku.hasLots, let day = event.texts["minExpiry"].flatMap({ EventRules.endOfDay($0) }) {
            life = day
        } else if sku.hasLots {
            let days = event.numbers["minShelfLifeDays"] ?? event.texts["channel"].flatMap { sku.channels[$0] } ?? sku.minShelfLifeDays
            let day = EventRules.day
            if days > 0 { life = (entry.timeMilliseconds + days * day + day - 1) / day * day }
        }
        return entry.life == life ? nil : "has to live until \(entry.life) in the ledger and until \(life) by the books"
    }

    /// Whether a promise is more than there was for it. `verb`: what the event does.
    private func oversells(
        _ verb: String, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, own: (String) -> Int64 = { _ in 0 },
        ownLife: Int64 = 0
    ) -> String? {
        let asked = event.quantity ?? 0
        let promised = entry.quantity - entry.waiting
        if !event.locations.isEmpty { return choiceFault(verb, event, entry, sku, own: own, ownLife: ownLife) }
        let location = event.location ?? ""
        let kept = event.usesSafetyStock ? sku.safetyStock(at: location) : 0
        let available = sku.promisable(location, life: entry.life, without: (own(location), ownLife)) + kept
        func tell(_ what: String) -> String {
            "OVERSELLS: \(verb) \(promised) of \(sku.name) at \(location), where \(available) are available\(what)"
        }
        if event.lists["alternatives"] != nil || event.numbers["hop"] != nil {
            let passed = entry.chain?["passedOn"]?.integer ?? 0
            let isLast = entry.chain?["next"] == nil
            if promised > available { return tell("") }
            if promised < asked, promised != available { return "takes \(promised) of \(available) that are there" }
            return isLast || promised + passed == asked ? nil : "passes \(passed) on of \(asked), of which it meets \(promised)"
        }
        if entry.waiting > 0 { return waitFault(promised, available, event, entry, sku) }
        if promised != asked { return available < asked ? tell(" and \(asked) asked for") : "asks for \(asked), and gets \(promised)" }
        if available >= promised { return nil }
        guard sku.oversellLimit >= 0, !sku.isOwed(at: location), sku.levels[location] != nil else { return tell("") }
        let short = shortfall(
            with: [(location, promised)], life: entry.life, insteadOf: [location: own(location)], life: ownLife, sku)
        return short <= sku.oversellLimit ? nil : tell(", and \(short) more than the shelves have are promised")
    }

    /// What waits was not there; what was there was taken, unless all is wanted at once.
    private func waitFault(
        _ promised: Int64, _ available: Int64, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks
    ) -> String? {
        let asked = event.quantity ?? 0
        if entry.quantity != asked { return "asks for \(asked), and gets and waits for \(entry.quantity)" }
        if event.type == "hold" || event.texts["preorder"] == nil, available >= asked { return "waits for what is there" }
        if event.type == "hold" || event.texts["preorder"] != nil || event.texts["backorder"] == "whole" {
            let isOpen = event.type != "hold" || event.numbers["waitSeconds"] != nil
            return promised == 0 && isOpen ? nil : "gets \(promised) now, although it waits for all"
        }
        return promised == max(0, available) ? nil : "takes \(promised) at once, where \(available) are available"
    }

    private func placeWaiter(_ key: String, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        guard entry.waiting > 0 else { return nil }
        let isPreorder = event.texts["preorder"] != nil
        let term = event.texts["preorder"] ?? event.texts["backorder"] ?? "whole"
        let location = event.location ?? ""
        _ = sku.level(location)
        sku.waiters[key] = WaiterBooks(
            quantity: entry.waiting, location: location, isHold: event.type == "hold", priority: event.numbers["priority"] ?? 0,
            seq: entry.seq, life: entry.life, isWhole: term == "whole", isPreorder: isPreorder, ttlSeconds: event.ttlSeconds ?? 0)
        guard event.type != "hold" else { return nil }
        let limit = isPreorder ? sku.preorderLimit : sku.backorderLimit
        let all = sku.backordered(nil, isPreorder: isPreorder)
        return all <= limit ? nil : "lets \(all) wait, where \(limit) may"
    }

    // MARK: Holds

    func bookHold(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let id = event.hold ?? ""
        if let status = sku.finished["hold/\(id)"], !sku.hasForgotten { return "places hold \(id), which is \(status.content)" }
        let before = sku.holds[id]
        var fault = lifeFault(event, entry, sku)
        fault = fault ?? oversells("holds", event, entry, sku, own: { before?.parts[$0] ?? 0 }, ownLife: before?.life ?? 0)
        let owner = event.texts["owner"] ?? before?.owner ?? ""
        let others = sku.held(by: owner, but: id)
        if !owner.isEmpty, sku.maxHeldPerOwner >= 0, others + entry.quantity > sku.maxHeldPerOwner {
            fault = fault ?? "lets \(owner) hold \(others + entry.quantity), where \(sku.maxHeldPerOwner) may be"
        }
        withdraw(hold: id, sku)
        let seconds = entry.waiting > 0 ? event.numbers["waitSeconds"] ?? 0 : event.ttlSeconds ?? 0
        let expiry = before?.expiresAtMilliseconds ?? entry.timeMilliseconds + 1_000 * seconds
        sku.holds[id] = HoldBooks(quantity: entry.quantity, expiresAtMilliseconds: expiry, life: entry.life, owner: owner)
        for part in entry.parts where part.quantity > 0 { change(hold: id, at: part.location, by: part.quantity, sku) }
        sku.earliestExpiry = min(sku.earliestExpiry, expiry)
        fault = fault ?? placeWaiter("hold/\(id)", event, entry, sku)
        if let fault { return fault }
        return entry.expiresAtMilliseconds == expiry ? nil : "hold \(id) ends at \(entry.expiresAtMilliseconds) and not at \(expiry)"
    }

    func bookExtension(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let id = event.hold ?? ""
        guard let hold = openHold(id, entry, sku) else { return "extends hold \(id), which is not open" }
        let expiry = entry.timeMilliseconds + 1_000 * (event.ttlSeconds ?? 0)
        sku.holds[id]?.expiresAtMilliseconds = expiry
        if sku.waiters["hold/\(id)"] != nil { return "extends hold \(id), which waits" }
        if expiry < hold.expiresAtMilliseconds { return "shortens hold \(id)" }
        return entry.expiresAtMilliseconds == expiry ? nil : "hold \(id) ends at \(entry.expiresAtMilliseconds) and not at \(expiry)"
    }

    // MARK: Order lines

    func bookCommit(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let line = event.orderLine ?? ""
        if isTaken(line, sku) { return "commits order line \(line) a second time" }
        guard let id = event.hold else {
            let fault = lifeFault(event, entry, sku) ?? oversells("commits", event, entry, sku)
            sku.lines[line] = LineBooks(ordered: entry.quantity, life: entry.life)
            for part in entry.parts where part.quantity > 0 { change(line: line, at: part.location, by: part.quantity, sku) }
            return fault ?? noteTerm(line, event, entry, sku) ?? placeWaiter("line/\(line)", event, entry, sku)
        }
        guard let hold = openHold(id, entry, sku) else { return "commits hold \(id), which is not open" }
        let parts = entry.parts
        let all = event.location.map { hold.parts[$0] ?? 0 } ?? hold.remaining
        let quantity = event.quantity ?? all
        for part in parts where part.quantity > hold.parts[part.location] ?? 0 {
            return "OVERSELLS: commits \(part.quantity) of hold \(id), which has \(hold.parts[part.location] ?? 0) there"
        }
        sku.lines[line] = LineBooks(ordered: quantity, life: hold.life)
        let termFault = noteTerm(line, event, entry, sku)
        for part in parts {
            change(hold: id, at: part.location, by: -part.quantity, sku)
            change(line: line, at: part.location, by: part.quantity, sku)
        }
        if event.releasesRest { withdraw(hold: id, sku) }
        endHoldIfDone(id, "committed", sku, partition)
        return termFault ?? moved(quantity, entry)
    }

    func bookRelease(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let isHold = event.hold != nil
        let id = event.hold ?? event.orderLine ?? ""
        let what = isHold ? "hold" : "order line"
        let verb = isHold ? "releases" : "cancels"
        let key = isHold ? "hold/\(id)" : "line/\(id)"
        let parts = isHold ? openHold(id, entry, sku)?.parts : sku.lines[id]?.parts
        guard let parts, isHold || sku.isOpen(id) else { return "\(verb) \(what) \(id), which is not open" }
        let waiting = sku.waiting(key)
        let coming = isHold ? 0 : sku.lines[id]?.inTransit ?? 0
        let open = (event.location.map { parts[$0] ?? 0 } ?? parts.values.reduce(0, +)) + waiting + coming
        let quantity = event.isLenient ? min(event.quantity ?? open, open) : event.quantity ?? open
        if quantity > open { return "\(verb) \(quantity) of \(what) \(id), which has \(open) open" }
        if entry.waiting != min(quantity, waiting) { return "\(verb) \(entry.waiting) of what waits of \(what) \(id), which is \(waiting)" }
        let fault = takeWaiting(entry.waiting, key, sku)
        // What is on the way goes after what waits, and before what is there.
        let stopped = min(coming, quantity - entry.waiting)
        takeOffTransit(stopped, id, sku)
        for var part in entry.parts where part.quantity > stopped {
            part.quantity -= stopped
            if part.quantity > parts[part.location] ?? 0 { return "\(verb) \(part.quantity) of \(what) \(id) at \(part.location)" }
            if isHold {
                change(hold: id, at: part.location, by: -part.quantity, sku)
            } else {
                change(line: id, at: part.location, by: -part.quantity, sku)
            }
        }
        if isHold { endHoldIfDone(id, "released", sku, partition) } else { endLineIfDone(id, sku, partition) }
        return fault ?? moved(quantity, entry)
    }

    /// What of an order line is on the way becomes less.
    func takeOffTransit(_ quantity: Int64, _ line: String, _ sku: SKUBooks) {
        guard quantity > 0 else { return }
        sku.lines[line]?.inTransit -= quantity
        if sku.lines[line]?.inTransit == 0 { sku.lines[line]?.transfer = "" }
    }

    /// A promise goes to another location or to another order line: as much as before is promised in all.
    func bookReassignment(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, _ partition: PartitionBooks) -> String? {
        let isHold = event.hold != nil
        let id = event.hold ?? event.orderLine ?? ""
        let key = isHold ? "hold/\(id)" : "line/\(id)"
        let life = isHold ? sku.holds[id]?.life : sku.lines[id]?.life
        guard let life, let parts = isHold ? openHold(id, entry, sku)?.parts : sku.lines[id]?.parts else {
            return "reassigns \(key), which is not open"
        }
        if !isHold, sku.lines[id]?.inTransit ?? 0 > 0 { return "reassigns \(key), which is on the way" }
        let taker = event.texts["toOrderLine"]
        let all = event.location.map { parts[$0] ?? 0 } ?? parts.values.reduce(0, +)
        let waiting = taker == nil ? sku.waiting(key) : 0
        if let fault = moved(taker == nil ? all + waiting : event.quantity ?? all, entry) { return fault }
        if entry.waiting != waiting { return "takes \(entry.waiting) along that wait, which are \(waiting)" }
        let leaving = entry.location.isEmpty ? parts : [entry.location: entry.quantity - entry.waiting]
        let coming = entry.items.contains(where: \.isPart) ? entry.parts : [(entry.toLocation, entry.quantity - entry.waiting)]
        if leaving.values.reduce(0, +) != coming.reduce(0, { $0 + $1.quantity }) { return "reassigns another quantity than there is" }
        for (location, quantity) in leaving where quantity > parts[location] ?? 0 {
            return "reassigns \(quantity) of \(key) at \(location), where \(parts[location] ?? 0) are promised"
        }
        for (location, quantity) in coming where quantity > leaving[location] ?? 0 {
            let available = sku.promisable(location, life: life, without: (leaving[location] ?? 0, life))
            if available < quantity, !mayOversell([location], coming, life: life, insteadOf: leaving, life: life, sku) {
                return "OVERSELLS: reassigns \(quantity) to \(location), where \(available) are available"
            }
        }
        func give(_ other: String?, at location: String, by quantity: Int64) {
            if isHold {
                change(hold: id, at: location, by: quantity, sku)
            } else {
                change(line: other ?? id, at: location, by: quantity, sku)
            }
        }
        for (location, quantity) in leaving where quantity > 0 { give(nil, at: location, by: -quantity) }
        if let taker {
            let term = sku.lines[id]?.confirmByMilliseconds ?? 0
            if let known = sku.lines[taker], known.life != life { return "gives units to order line \(taker), which demands another life" }
            if let known = sku.lines[taker], known.confirmByMilliseconds != term {
                return "gives units to order line \(taker), which has another time"
            }
            sku.lines[taker, default: LineBooks(ordered: 0, life: life, confirmByMilliseconds: term)].ordered += entry.quantity
        }
        for (location, quantity) in coming where quantity > 0 { give(taker, at: location, by: quantity) }
        if taker == nil, sku.waiters[key] != nil {
            _ = sku.level(entry.toLocation)
            sku.waiters[key]?.location = entry.toLocation
        }
        if !isHold { endLineIfDone(id, sku, partition) }
        return nil
    }
}
