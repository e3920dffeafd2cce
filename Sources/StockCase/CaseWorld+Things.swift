import StockCore
import StockWire

extension CaseWorld {
    /// The values of a thing by name; nil where the state has no such thing.
    func values(of thing: ExpectedThing) -> [String: String] {
        let sku = Key(text: thing.sku).map { state.findSKU($0) } ?? -1
        switch thing.kind {
        case .stock: return stock(sku, thing.name)
        case .holds: return hold(sku, thing.name ?? "")
        case .orderLines: return orderLine(sku, thing.name ?? "")
        case .incoming: return incoming(sku, thing.name ?? "")
        case .availability: return availability(sku, thing.name ?? "", minExpiry: thing.place)
        case .lots: return lot(sku, thing.name ?? "", at: thing.place)
        case .transfers: return transfer(sku, thing.name ?? "")
        case .serials: return serial(sku, thing.name ?? "")
        case .owners: return ["held": "\(Key(text: thing.name ?? "").map { state.held(by: $0, of: sku) } ?? 0)"]
        }
    }

    /// What has never been heard of has nothing of anything.
    private func stock(_ sku: Int32, _ location: String?) -> [String: String] {
        var balances = Balances()
        var safetyStock: Int64 = 0
        var isLow = false
        var isOut = true
        var count = "none"
        var sold = SoldDays()
        if let location {
            let slot = Key(text: location).map { state.findLevel(sku, $0) } ?? -1
            if slot >= 0 {
                let level = state.level(slot)
                balances = level.balances
                if let velocity = state.velocity(ofLevel: slot) { sold.add(velocity) }
                safetyStock = level.effectiveSafetyStock(state.sku(sku).policy)
                (isLow, isOut) = (level.isLow, level.isOut)
                if let open = state.count(ofLevel: slot), !open.id.isEmpty { count = "\(open.id)" }
            }
        } else if sku >= 0 {
            let record = state.sku(sku)
            balances = record.totals
            state.addSold(of: sku, to: &sold)
            isOut = record.isOut
            state.forEachLevel(of: sku) { slot in
                safetyStock += state.level(slot).effectiveSafetyStock(record.policy)
                isLow = isLow || state.level(slot).isLow
            }
        }
        var values: [String: Int64] = [
            "onHand": balances.onHand, "held": balances.held, "committed": balances.committed, "safetyStock": safetyStock,
            "shortfall": balances.shortfall, "available": balances.available, "incoming": balances.incoming,
            "inTransit": balances.inTransit, "backordered": balances.backordered, "preordered": balances.preordered,
        ]
        for disposition in Disposition.allCases { values["\(disposition.wireName)"] = balances[disposition] }
        return values.mapValues { "\($0)" }.merging(["low": "\(isLow)", "out": "\(isOut)", "count": count]) { $1 }
            .merging(CaseWorld.values(of: sold)) { $1 }
    }

    /// What was sold on the last days: `3, 0, 5`, the latest first.
    private static func values(of sold: SoldDays) -> [String: String] {
        [
            "sold": sold.told.isEmpty ? "none" : sold.told.map { "\($0)" }.joined(separator: ", "),
            "soldAsOf": sold.lastDay == nil ? "none" : String(time(sold.lastDayMilliseconds).prefix(10)),
            "sold7": "\(sold.sum(ofDays: 7))", "sold28": "\(sold.sum(ofDays: 28))", "sold35": "\(sold.sum(ofDays: 35))",
        ]
    }

    /// What one location has of a lot, or all of them.
    private func lot(_ sku: Int32, _ name: String, at place: String?) -> [String: String] {
        let terms = Key(text: name).map { state.findLotTerms(sku, $0) } ?? -1
        var sums = DispositionValues()
        var expiry = terms >= 0 ? state.lotTerms(terms).expiresAtMilliseconds : LotTermsRecord.never
        if terms >= 0 {
            state.forEachLevel(of: sku) { level in
                let slot = state.findLot(level, terms)
                guard slot >= 0, place == nil || place == "\(state.location(of: level))" else { return }
                for disposition in Disposition.allCases { sums[disposition] += state.lot(slot).quantities[disposition] }
                if place != nil { expiry = state.lot(slot).expiresAtMilliseconds }
            }
        }
        var values = ["status": "none", "expires": "never"]
        if terms >= 0 {
            let record = state.lotTerms(terms)
            values["status"] = record.isRecalled ? "recalled" : record.isBlocked ? "blocked" : "known"
        }
        if terms >= 0 && state.lotTerms(terms).isAnnounced { values["expires"] = "unknown" }
        if expiry != LotTermsRecord.never { values["expires"] = CaseWorld.time(expiry) }
        for disposition in Disposition.allCases { values["\(disposition.wireName)"] = "\(sums[disposition])" }
        values["inTransit"] = "\(inTransit(sku, terms, to: place))"
        return values
    }

    /// What of a lot is on its way to a location, or anywhere.
    private func inTransit(_ sku: Int32, _ terms: Int32, to place: String?) -> Int64 {
        var sum: Int64 = 0
        state.forEachDocument { slot in
            let line = state.document(slot)
            guard line.kind == .transfer, line.sku == sku else { return }
            guard place == nil || place == "\(state.location(of: line.toLevel))" else { return }
            sum += state.inTransit(sku, transfer: line.id, terms: terms)
        }
        return sum
    }

    private func availability(_ sku: Int32, _ location: String, minExpiry: String?) -> [String: String] {
        let level = Key(text: location).map { state.findLevel(sku, $0) } ?? -1
        guard level >= 0 else { return ["available": "0"] }
        guard let minExpiry else { return ["available": "\(state.available(at: level, minExpiry: 0))"] }
        var day = minExpiry
        guard let number = day.withUTF8({ Timestamp.parseDay(UnsafeRawBufferPointer($0)) }) else {
            return ["available": "\(minExpiry) is no day such as 2027-03-31"]
        }
        let zone = state.zone(of: sku, at: level)
        let end = (zones[zone] ?? ZoneRules.utc).end(ofDay: number)
        return ["available": "\(state.available(at: level, minExpiry: end))"]
    }

    /// A minimum expiry as a time.
    private static func life(_ minExpiryMilliseconds: Int64) -> String {
        minExpiryMilliseconds == 0 ? "none" : time(minExpiryMilliseconds)
    }

    /// What of which lots has left for an order line and not come back: `A 3, B 2`.
    private func lots(ofLine line: Key, _ sku: Int32) -> String {
        lots(of: PartitionState.closedID(.orderLine, line), sku, isOrderLine: true)
    }

    private func lots(of identity: Hash128, _ sku: Int32, isOrderLine: Bool) -> String {
        var parts: [String] = []
        state.forEachShippedLot(sku, identity) { slot in
            let shipped = state.shippedLot(slot)
            // Nothing is in transit of what has arrived; of an order line it tells that all came back.
            guard isOrderLine || shipped.shipped > shipped.returned else { return }
            parts.append("\(state.lotTerms(shipped.terms).lot) \(shipped.shipped - shipped.returned)")
        }
        return parts.isEmpty ? "none" : parts.sorted().joined(separator: ", ")
    }

    static func time(_ milliseconds: Int64) -> String {
        var text = ByteBuffer(capacity: 32)
        text.append(timestamp: milliseconds)
        return String(decoding: text.bytes, as: UTF8.self)
    }

    /// Where a promise is: its location, or by location what of it is there: `BER1 3, HAM1 2`.
    func place(of promise: RecordReference) -> String {
        var parts: [(location: String, quantity: Int64)] = []
        state.forEachPart(of: promise) { parts.append(("\(state.location(of: $0))", $1)) }
        if parts.count == 1 { return parts[0].location }
        return parts.sorted { $0.location < $1.location }.map { "\($0.location) \($0.quantity)" }.joined(separator: ", ")
    }

    private func hold(_ sku: Int32, _ name: String) -> [String: String] {
        guard sku >= 0, let id = Key(text: name) else { return ["status": "none"] }
        let slot = state.findHold(sku, id)
        if slot >= 0 {
            let hold = state.hold(slot)
            return [
                "status": hold.waiter < 0 ? "open" : "waiting", "quantity": "\(hold.quantity)", "remaining": "\(state.remaining(of: hold))",
                "at": place(of: RecordReference(kind: .hold, slot: slot)), "expires": CaseWorld.time(hold.expiresAtMilliseconds),
                "minExpiry": CaseWorld.life(hold.minExpiryMilliseconds),
            ]
        }
        let closed = state.findClosed(sku, PartitionState.closedID(.hold, id))
        guard closed >= 0 else { return ["status": "none"] }
        return [
            "status": status(state.closedRecord(closed).outcome), "quantity": "\(state.closedRecord(closed).quantity)", "remaining": "0",
        ]
    }

    private func orderLine(_ sku: Int32, _ name: String) -> [String: String] {
        guard sku >= 0, let id = Key(text: name) else { return ["status": "none"] }
        let slot = state.findCommitment(sku, id)
        if slot >= 0 {
            let line = state.commitment(slot)
            let values = [
                "status": "open", "ordered": "\(line.ordered)", "open": "\(state.open(of: line))", "shipped": "\(line.shipped)",
                "canceled": "\(line.canceled)", "returned": "\(line.returned)", "cores": "\(line.cores)",
                "at": place(of: RecordReference(kind: .commitment, slot: slot)),
                "lots": lots(ofLine: id, sku), "minExpiry": CaseWorld.life(line.minExpiryMilliseconds),
                "inTransit": "\(line.inTransit)",
                "expires": line.expiresAtMilliseconds == 0 ? "none" : CaseWorld.time(line.expiresAtMilliseconds),
            ]
            return values.merging(waiting(line, sku)) { $1 }
        }
        let closed = state.findClosed(sku, PartitionState.closedID(.orderLine, id))
        guard closed >= 0 else { return ["status": "none"] }
        let line = state.closedRecord(closed)
        return [
            "status": line.outcome == .expired ? "expired" : "closed", "ordered": "\(line.quantity)", "open": "0",
            "shipped": "\(line.shipped)",
            "canceled": "\(line.quantity - line.shipped)", "returned": "\(line.returned)", "cores": "\(line.cores)",
            "lots": lots(ofLine: id, sku),
            "backordered": "0", "preordered": "0", "inTransit": "0",
        ]
    }

    /// What of an order line waits for stock.
    private func waiting(_ line: CommitmentRecord, _ sku: Int32) -> [String: String] {
        guard line.waiter >= 0 else { return ["backordered": "0", "preordered": "0", "shipBy": "none"] }
        let waiter = state.waiter(line.waiter)
        let isPreorder = waiter.release > state.sku(sku).releases
        return [
            "backordered": isPreorder ? "0" : "\(waiter.quantity)", "preordered": isPreorder ? "\(waiter.quantity)" : "0",
            "shipBy": waiter.shipByMilliseconds == 0 ? "none" : CaseWorld.time(waiter.shipByMilliseconds),
        ]
    }

    private func incoming(_ sku: Int32, _ name: String) -> [String: String] {
        guard sku >= 0, let id = Key(text: name) else { return ["status": "none"] }
        let slot = state.findDocument(sku, .incoming, id)
        if slot >= 0 {
            let line = state.document(slot)
            return [
                "status": "open", "expected": "\(line.total)", "arrived": "\(line.arrived)", "open": "\(line.open)",
                "at": "\(state.location(of: line.level))",
            ]
        }
        let closed = state.findClosed(sku, PartitionState.closedID(.incoming, id))
        guard closed >= 0 else { return ["status": "none"] }
        let line = state.closedRecord(closed)
        return ["status": "closed", "expected": "\(line.quantity)", "arrived": "\(line.shipped)", "open": "0"]
    }

    private func serial(_ sku: Int32, _ name: String) -> [String: String] {
        let slot = Key(text: name).map { state.findSerial(sku, $0) } ?? -1
        guard slot >= 0 else { return ["status": "none", "warrantyUntil": "none"] }
        let record = state.closedRecord(slot)
        let status = record.outcome == .shipped ? "shipped" : record.outcome == .returned ? "returned" : "in-stock"
        return ["status": status, "warrantyUntil": record.quantity == 0 ? "none" : CaseWorld.time(record.quantity)]
    }

    private func transfer(_ sku: Int32, _ name: String) -> [String: String] {
        guard sku >= 0, let id = Key(text: name) else { return ["status": "none"] }
        let slot = state.findDocument(sku, .transfer, id)
        if slot >= 0 {
            let line = state.document(slot)
            return [
                "status": "open", "sent": "\(line.total)", "accepted": "\(line.arrived)", "rejected": "\(line.rejected)",
                "arrived": "\(line.arrived + line.rejected)", "inTransit": "\(line.open)", "returned": "0", "writtenOff": "0",
                "from": "\(state.location(of: line.level))", "to": "\(state.location(of: line.toLevel))",
                "lots": lots(of: PartitionState.closedID(.transfer, id), sku, isOrderLine: false),
            ]
        }
        let closed = state.findClosed(sku, PartitionState.closedID(.transfer, id))
        guard closed >= 0 else { return ["status": "none"] }
        let line = state.closedRecord(closed)
        return [
            "lots": "none", "status": "closed", "sent": "\(line.quantity)", "arrived": "\(line.shipped)", "inTransit": "0",
            "returned": "\(line.returned)", "writtenOff": "\(line.quantity - line.shipped - line.returned)",
        ]
    }

    private func status(_ outcome: ClosedOutcome) -> String {
        switch outcome {
        case .expired: "expired"
        case .committed: "committed"
        case .released: "released"
        default: "closed"
        }
    }
}
