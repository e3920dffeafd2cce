// How units come onto a shelf and leave it, lot by lot where the SKU has lots.

extension AuditedLedger {
    /// All that the record moves, as units of one lot.
    func whole(_ lot: String) -> Item {
        Item(
            hold: "", orderLine: "", lot: lot, location: location, quantity: abs(quantity), disposition: disposition,
            expiresAtMilliseconds: 0, isPart: false, isVariance: false, isAbsorbed: isAbsorbed, isAbsorbedTo: isAbsorbedTo)
    }
}

extension Auditor {
    /// Puts so many units (below 0: takes them) into a disposition at a location, or notes that a count has seen them already.
    func shift(
        _ quantity: Int64, _ disposition: String, at location: String, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks,
        isAbsorbed: Bool? = nil
    ) -> String? {
        if sku.hasLots { return shiftLots(quantity, disposition, location, event, entry, sku) }
        let level = sku.level(location)
        let isAbsorbed = isAbsorbed ?? entry.isAbsorbed
        let fault = quantity == 0 ? nil : lateness(isAbsorbed, disposition, level, event, entry, sku)
        if isAbsorbed {
            report.unitsAdjusted -= quantity
            return fault
        }
        level.add(quantity, disposition)
        rebase(quantity, disposition, level, entry)
        return fault
    }

    /// What happened before an open count's line was counted was seen by the counter.
    private func rebase(_ quantity: Int64, _ disposition: String, _ level: LevelBooks, _ entry: AuditedLedger) {
        guard let line = level.count?.lines[disposition], entry.occurredAtMilliseconds < line.at else { return }
        level.count?.lines[disposition]?.base += quantity
    }

    private static let latecomers: Set<String> = ["receive", "move", "ship", "sale", "return", "transfer_send", "transfer_receive"]

    /// Whether a delta is absorbed that should not be, or the other way round.
    private func lateness(
        _ isAbsorbed: Bool, _ disposition: String, _ level: LevelBooks, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks
    ) -> String? {
        let mayBe = Auditor.latecomers.contains(event.type) || event.type == "adjust" && event.quantity != nil
        let isLate = mayBe && entry.occurredAtMilliseconds < level.countedAt[disposition] ?? Int64.min
        if isLate, sku.lateDelta == "refuse", !event.isForced { return "happened before a count, which the SKU's policy refuses" }
        let isDue = isLate && sku.lateDelta != "apply"
        if isDue == isAbsorbed { return nil }
        return isDue ? "was seen by a count, and is booked again" : "is not booked, although no count has seen it"
    }

    // MARK: Lots

    private func shiftLots(
        _ quantity: Int64, _ disposition: String, _ location: String, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks
    ) -> String? {
        let level = sku.level(location)
        var items = entry.lots.filter { $0.location.isEmpty || $0.location == location }
        if items.isEmpty, !entry.lot.isEmpty {
            items = [entry.whole(entry.lot)]
            items[0].disposition = disposition
        }
        let fault = quantity < 0 ? pickedRight(items, level, event, entry, sku) : nil
        let sign: Int64 = quantity < 0 ? -1 : 1
        var rest = abs(quantity)
        for item in items {
            rest -= item.quantity
            let isSeen = item.isAbsorbed
            if isSeen { report.unitsAdjusted -= sign * item.quantity }
            let wrong = put(isSeen ? 0 : sign * item.quantity, item, into: item.disposition, location, event, entry, sku)
            if let wrong { return wrong }
        }
        if entry.isAbsorbed { report.unitsAdjusted -= sign * rest } else { level.add(sign * rest, disposition) }
        if rest < 0 { return "names more units of lots than it moves" }
        let mayBeUnknown = event.isForced || entry.isAbsorbed || event.type == "adjust" && event.lot == nil
        return fault ?? (rest > 0 && !mayBeUnknown ? "moves \(rest) of no known lot" : nil)
    }

    /// Puts units of a lot (below 0: takes them) into a disposition of a level.
    func put(
        _ quantity: Int64, _ item: AuditedLedger.Item, into disposition: String, _ location: String, _ event: AuditedEvent?,
        _ entry: AuditedLedger, _ sku: SKUBooks
    ) -> String? {
        guard quantity != 0 else { return nil }
        let level = sku.level(location)
        guard let terms = sku.lots[item.lot] else { return "moves units of lot \(item.lot), which nobody has told of" }
        let told = item.expiresAtMilliseconds != 0 ? item.expiresAtMilliseconds : item.lot == entry.lot ? entry.lotExpiresAtMilliseconds : 0
        var own = level.lots[item.lot] ?? LevelLotBooks(expiresAtMilliseconds: told != 0 ? told : terms.expiresAtMilliseconds)
        level.add(quantity, disposition)
        own.units[disposition, default: 0] += quantity
        level.lots[item.lot] = own.isEmpty ? nil : own
        // What was sold since a line was counted may be what the counter has missed.
        let mayMiss = event?.isForced == true || entry.kind == "count_close" && disposition == "sellable"
        if (own.units[disposition] ?? 0) < 0, quantity < 0, !mayMiss {
            return "takes more of lot \(item.lot) than there is at \(location)"
        }
        // What only fills up what was taken beyond the books is for nobody.
        if quantity > 0, disposition == "sellable", (own.units[disposition] ?? 0) > 0 {
            if terms.isRecalled { return "puts units of the recalled lot \(item.lot) on sale" }
            if own.expiresAtMilliseconds <= entry.timeMilliseconds { return "puts units of the expired lot \(item.lot) on sale" }
        }
        // In another zone a day ends up to 14 hours earlier or 12 later.
        let most = sku.hasZones && terms.isDay ? 14 * EventRules.day / 24 : 0
        let isRight = abs(own.expiresAtMilliseconds.subtractingReportingOverflow(terms.expiresAtMilliseconds).partialValue) <= most
        return isRight ? nil : "lot \(item.lot) expires at \(own.expiresAtMilliseconds) and not at \(terms.expiresAtMilliseconds)"
    }

    /// First expired, first out, of lots that may leave and live long enough; and none that may not.
    private func pickedRight(
        _ items: [AuditedLedger.Item], _ level: LevelBooks, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks
    ) -> String? {
        let isForCustomer = event.type == "sale" || event.type == "ship"
        guard isForCustomer, !items.contains(where: \.isAbsorbed), !entry.isAbsorbed else { return nil }
        let life = event.type == "ship" ? sku.lines[event.orderLine ?? ""]?.life ?? 0 : entry.life
        var taken: [String: Int64] = [:]
        for item in items {
            taken[item.lot, default: 0] += item.quantity
            guard let lot = level.lots[item.lot] else { continue }
            if event.isForced, event.lot != nil { continue }
            if sku.lots[item.lot]?.isBlocked == true { return "sends out units of the blocked lot \(item.lot)" }
            if lot.expiresAtMilliseconds < life { return "sends out units of lot \(item.lot), which do not live long enough" }
        }
        let wasCounted = entry.occurredAtMilliseconds < level.countedAt["lots"] ?? Int64.min
        guard event.lot == nil, !wasCounted else { return nil }
        let latest = items.compactMap { level.lots[$0.lot]?.expiresAtMilliseconds }.max() ?? Int64.min
        for (name, lot) in level.lots where lot.expiresAtMilliseconds < latest && lot.expiresAtMilliseconds >= life {
            let isLeft = lot.sellable > taken[name] ?? 0 && sku.lots[name]?.isBlocked != true
            if isLeft { return "leaves lot \(name) behind, which expires earlier" }
        }
        return nil
    }

    /// Notes what an event tells of a lot.
    func noteLot(_ event: AuditedEvent, _ sku: SKUBooks) -> String? {
        guard let name = event.lot, event.type != "lot_unblock", event.type != "unrecall" else { return nil }
        let end = event.texts["expiresOn"].flatMap { EventRules.endOfDay($0) }
        let told = end ?? event.texts["expiresAt"].flatMap { EventRules.instant($0) }
        guard let known = sku.lots[name], !known.isAnnouncedOnly else {
            var lot = sku.lots[name] ?? LotBooks()
            lot.isAnnouncedOnly = event.type == "recall"
            if let told { lot.expiresAtMilliseconds = told }
            lot.isDay = end != nil
            sku.lots[name] = lot
            return nil
        }
        guard let told, told != known.expiresAtMilliseconds else { return nil }
        // What is nowhere any more may have been forgotten.
        let isSomewhere = sku.levels.values.contains { $0.lots[name] != nil } || sku.transfers.values.contains { $0.lots[name] != nil }
        sku.lots[name]?.expiresAtMilliseconds = told
        sku.lots[name]?.isDay = end != nil
        return isSomewhere ? "tells another expiry of lot \(name) than was told before" : nil
    }

    func bookLotStop(_ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks) -> String? {
        let name = event.lot ?? ""
        guard sku.lots[name] != nil else { return "is about lot \(name), which nobody has told of" }
        switch event.type {
        case "lot_block": sku.lots[name]?.isBlocked = true
        case "lot_unblock": sku.lots[name]?.isBlocked = false
        case "recall": sku.lots[name]?.isRecalled = true
        default: sku.lots[name]?.isRecalled = false
        }
        guard event.type == "recall" || event.type == "unrecall" else { return nil }
        var sum: Int64 = 0
        for (location, level) in sku.levels {
            guard let lot = level.lots[name] else { continue }
            let isExpired = lot.expiresAtMilliseconds <= entry.timeMilliseconds
            let (from, to) = event.type == "recall" ? ("sellable", "recalled") : ("recalled", isExpired ? "expired" : "sellable")
            let quantity = max(0, lot.units[from] ?? 0)
            sum += quantity
            var item = entry.whole(name)
            item.expiresAtMilliseconds = lot.expiresAtMilliseconds
            let fault =
                put(quantity, item, into: to, location, event, entry, sku)
                ?? put(-quantity, item, into: from, location, event, entry, sku)
            if let fault { return fault }
        }
        return moved(sum, entry)
    }
}
