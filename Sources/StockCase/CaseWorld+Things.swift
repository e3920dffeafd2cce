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
        }
    }

    /// What has never been heard of has nothing of anything.
    private func stock(_ sku: Int32, _ location: String?) -> [String: String] {
        var balances = Balances()
        var safetyStock: Int64 = 0
        var isLow = false
        var isOut = true
        if let location {
            let slot = Key(text: location).map { state.findLevel(sku, $0) } ?? -1
            if slot >= 0 {
                let level = state.level(slot)
                balances = level.balances
                safetyStock = level.effectiveSafetyStock(state.sku(sku).policy)
                (isLow, isOut) = (level.isLow, level.isOut)
            }
        } else if sku >= 0 {
            let record = state.sku(sku)
            balances = record.totals
            isOut = record.isOut
            state.forEachLevel(of: sku) { slot in
                safetyStock += state.level(slot).effectiveSafetyStock(record.policy)
                isLow = isLow || state.level(slot).isLow
            }
        }
        var values: [String: Int64] = [
            "onHand": balances.onHand, "held": balances.held, "committed": balances.committed, "safetyStock": safetyStock,
            "shortfall": balances.shortfall, "available": balances.available, "incoming": balances.incoming,
        ]
        for disposition in Disposition.allCases { values["\(disposition.wireName)"] = balances[disposition] }
        return values.mapValues { "\($0)" }.merging(["low": "\(isLow)", "out": "\(isOut)"]) { $1 }
    }

    private func hold(_ sku: Int32, _ name: String) -> [String: String] {
        guard sku >= 0, let id = Key(text: name) else { return ["status": "none"] }
        let slot = state.findHold(sku, id)
        if slot >= 0 {
            let hold = state.hold(slot)
            var expires = ByteBuffer(capacity: 32)
            expires.append(timestamp: hold.expiresAtMilliseconds)
            return [
                "status": "open", "quantity": "\(hold.quantity)", "remaining": "\(hold.remaining)",
                "at": "\(state.level(hold.level).location)", "expires": String(decoding: expires.bytes, as: UTF8.self),
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
            return [
                "status": "open", "ordered": "\(line.ordered)", "open": "\(line.open)", "shipped": "\(line.shipped)",
                "canceled": "\(line.canceled)", "returned": "\(line.returned)", "at": "\(state.level(line.level).location)",
            ]
        }
        let closed = state.findClosed(sku, PartitionState.closedID(.orderLine, id))
        guard closed >= 0 else { return ["status": "none"] }
        let line = state.closedRecord(closed)
        return [
            "status": "closed", "ordered": "\(line.quantity)", "open": "0", "shipped": "\(line.shipped)",
            "canceled": "\(line.quantity - line.shipped)", "returned": "\(line.returned)",
        ]
    }

    private func incoming(_ sku: Int32, _ name: String) -> [String: String] {
        guard sku >= 0, let id = Key(text: name) else { return ["status": "none"] }
        let slot = state.findDocument(sku, .incoming, id)
        if slot >= 0 {
            let line = state.document(slot)
            return [
                "status": "open", "expected": "\(line.total)", "arrived": "\(line.arrived)", "open": "\(line.open)",
                "at": "\(state.level(line.level).location)",
            ]
        }
        let closed = state.findClosed(sku, PartitionState.closedID(.incoming, id))
        guard closed >= 0 else { return ["status": "none"] }
        let line = state.closedRecord(closed)
        return ["status": "closed", "expected": "\(line.quantity)", "arrived": "\(line.shipped)", "open": "0"]
    }

    private func status(_ outcome: ClosedOutcome) -> String {
        switch outcome {
        case .expired: "expired"
        case .committed: "committed"
        case .released: "released"
        case .done, .sold, .voided: "closed"
        }
    }
}
