// The explanation for people.
extension Explanation {
    /// Lines of text; holds and order lines up to `limit` of each.
    func text(limit: Int) -> [String] {
        var lines = [
            "SKU \(sku): \(available) available",
            "partition \(partition), version \(version), last change \(timeText(lastTimeMilliseconds)) (seq \(lastSeq))",
            "as of seq \(seq), log time \(timeText(logTimeMilliseconds)); input records not yet processed: \(lag)",
            "policy: " + policy.text,
        ]
        if let sold { lines.append("sold at all locations: " + sold.text) }
        if !units.isEmpty { lines.append("units: " + units.map(\.text).joined(separator: ", ")) }
        for (channel, days) in minShelfLifeDaysOfChannels.sorted(by: { $0.key < $1.key }) {
            lines.append("channel \(channel): usable for \(days) days at least")
        }
        for level in levels { lines += ["", "at \(level.location)" + (level.zone.map { ", days of \($0)" } ?? "")] + level.text }
        lines += [""] + promiseText(limit)
        lines += ["", facts.isEmpty ? "no facts found" : "last facts"] + facts.map { "  " + $0.text }
        lines += [""] + sumText
        return lines
    }

    private func promiseText(_ limit: Int) -> [String] {
        var lines = ["open holds: \(holds.count)"]
        for hold in holds.prefix(limit) {
            let end = timeText(hold.expiresAtMilliseconds) + (hold.expiresAtMilliseconds <= logTimeMilliseconds ? " (due)" : "")
            let waits = hold.waiting > 0 ? "  waiting for \(hold.waiting) until then" : ""
            lines.append(
                "  \(hold.remaining) of \(hold.quantity) at \(hold.location)  hold \(hold.hold)  "
                    + "placed \(timeText(hold.placedAtMilliseconds))  expires \(end)" + waits + lifeText(hold.minExpiryMilliseconds))
        }
        if holds.count > limit {
            lines.append("  and \(holds.count - limit) more, of \(holds.dropFirst(limit).reduce(0) { $0 + $1.remaining }) together")
        }
        lines.append("open order lines: \(orderLines.count)")
        for line in orderLines.prefix(limit) {
            lines.append(
                "  \(line.open) of \(line.ordered) at \(line.location)  order line \(line.orderLine)  shipped \(line.shipped)  "
                    + "canceled \(line.canceled)  returned \(line.returned)  since \(timeText(line.committedAtMilliseconds))"
                    + waitText(line) + lifeText(line.minExpiryMilliseconds))
        }
        if orderLines.count > limit {
            lines.append("  and \(orderLines.count - limit) more, of \(orderLines.dropFirst(limit).reduce(0) { $0 + $1.open }) together")
        }
        if !incoming.isEmpty { lines.append("open incoming lines: \(incoming.count)") }
        for line in incoming.prefix(limit) {
            lines.append("  \(line.open) of \(line.expected) at \(line.location)  incoming \(line.incoming)  arrived \(line.arrived)")
        }
        if !transfers.isEmpty { lines.append("transfers in transit: \(transfers.count)") }
        for line in transfers.prefix(limit) {
            lines.append(
                "  \(line.inTransit) of \(line.sent) from \(line.from) to \(line.to)  transfer \(line.transfer)  "
                    + "accepted \(line.accepted)  rejected \(line.rejected)")
        }
        return lines
    }

    private func waitText(_ line: OrderLine) -> String {
        let onTheWay = line.inTransit.map { "  \($0) on the way" } ?? ""
        guard line.waiting > 0 else { return onTheWay }
        return onTheWay + "  waiting for \(line.waiting)" + (line.shipByMilliseconds.map { ", to leave by \(timeText($0))" } ?? "")
    }

    private func lifeText(_ minExpiryMilliseconds: Int64?) -> String {
        minExpiryMilliseconds.map { "  of lots that expire at \(timeText($0)) or later" } ?? ""
    }

    private var sumText: [String] {
        let parts = levels.map { "\($0.available)" }
        let sum = parts.isEmpty ? "nothing" : parts.joined(separator: " + ")
        guard problems.isEmpty else { return ["DOES NOT ADD UP:"] + problems.map { "  " + $0 } }
        return ["sum over the locations: \(sum) = \(available): adds up"]
    }
}

extension Explanation.Level {
    fileprivate var text: [String] {
        var lines = [
            row("sellable", sellable, sellable < 0 ? "more has left than was there; counts as 0" : ""),
            row("- held", held, "\(openHolds) open holds"), row("- committed", committed, "\(openOrderLines) open order lines"),
            row("- safety stock", safetyStock, ""),
        ]
        if owed > 0 { lines.append(row("- owed", owed, "kept for order lines that wait")) }
        let rest = cover - held - committed - safetyStock - owed
        let short = tooShort > 0 ? "\(tooShort) of what is sellable expire too soon for the SKU's policy" : ""
        lines.append(row("= available", available, rest < 0 ? "\(rest), never below 0" : short))
        if shortfall > 0 { lines.append(row("shortfall", shortfall, "promised, but not on the shelf")) }
        let others = [
            ("damaged", damaged), ("quarantine", quarantine), ("qc", qc), ("recalled", recalled), ("expired", expired), ("core", core),
        ]
        let there = others.filter { $0.1 != 0 }.map { "\($0.0) \($0.1)" }
        lines.append(row("on hand", onHand, there.isEmpty ? "" : "not for sale: " + there.joined(separator: ", ")))
        if incoming > 0 { lines.append(row("incoming", incoming, "expected, not here yet")) }
        if backordered > 0 { lines.append(row("backordered", backordered, "order lines wait for as much")) }
        if preordered > 0 { lines.append(row("preordered", preordered, "order lines wait for their day")) }
        if inTransit > 0 { lines.append(row("in transit", inTransit, "on its way here")) }
        if let sold { lines.append("  sold " + sold.text) }
        if let openCount { lines.append("  count \(openCount) is open") }
        if let reorderPoint {
            lines.append(row("reorder point", reorderPoint, isLow ? "low" : "not low"))
        }
        for lot in lots {
            let expiry = lot.expiresAtMilliseconds.map { "expires \(timeText($0))" } ?? "no expiry"
            let there = lot.quantities.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
            let state = (lot.isBlocked ? "  blocked" : "") + (lot.isRecalled ? "  recalled" : "")
            lines.append("  lot \(lot.lot)  \(there)  \(expiry)\(state)")
        }
        return lines
    }

    private func row(_ name: String, _ value: Int64, _ note: String) -> String {
        let label = name.padding(to: 16)
        let number = String(value)
        return "  " + label + String(repeating: " ", count: max(0, 14 - number.utf8.count)) + number + (note.isEmpty ? "" : "  " + note)
    }
}

extension Explanation.Sold {
    fileprivate var text: String {
        "\(days.first ?? 0) on \(asOf), \(last7) in 7 days up to it, \(last28) in 28 days, \(last35) in 35 days"
    }
}

extension Explanation.Unit {
    fileprivate var text: String { "\(unit) = \(numerator)" + (denominator == 1 ? "" : "/\(denominator)") }
}

extension Explanation.Terms {
    fileprivate var text: String {
        var words = [scale == 1 ? "pieces" : "\(scale) minor units in a unit, all quantities in minor units"]
        if let safetyStock { words.append("safety stock \(safetyStock)") }
        if let reorderPoint { words.append("reorder point \(reorderPoint)") }
        if let reorderHysteresis { words.append("hysteresis \(reorderHysteresis)") }
        if let receiveDisposition { words.append("receipts to \(receiveDisposition)") }
        if let closedThroughMilliseconds { words.append("periods through \(timeText(closedThroughMilliseconds)) are closed") }
        if let returnDisposition { words.append("returns to \(returnDisposition)") }
        if let maxHoldSeconds { words.append("holds of at most \(maxHoldSeconds) s") }
        if let expiryAlertDays {
            let days = expiryAlertDays.map { "\($0)" }.joined(separator: ", ")
            words.append(expiryAlertDays.isEmpty ? "no reports before the expiry" : "reported \(days) days before the expiry")
        }
        if let lateDelta { words.append("what is dated before a closed count: \(lateDelta)") }
        if let overReceiptPercent { words.append("\(overReceiptPercent) % more than expected may arrive") }
        if let oversellLimit { words.append("promises may exceed the shelves by \(oversellLimit)") }
        if let backorderLimit { words.append("up to \(backorderLimit) backordered") }
        if let backorderDays { words.append("backorders leave within \(backorderDays) days") }
        if let preorderLimit { words.append("up to \(preorderLimit) preordered") }
        if let preorderUntilMilliseconds { words.append("preorders until \(timeText(preorderUntilMilliseconds))") }
        if lotTracked == true { words.append("lots") }
        if serialTracked == true { words.append("serials") }
        if let warrantyDays { words.append("\(warrantyDays) days of warranty") }
        if let recountAbove { words.append("counted again where a count differs by more than \(recountAbove)") }
        if let approveAbove { words.append("counts that differ by more than \(approveAbove) are approved by another person") }
        if blindCount == true { words.append("counters don't see the books") }
        if velocity == true { words.append("sales are kept by day") }
        if let minShelfLifeDays { words.append("usable for \(minShelfLifeDays) days at least") }
        if let maxHoldQuantity { words.append("holds of at most \(maxHoldQuantity) units") }
        if let maxHeldPerOwner { words.append("at most \(maxHeldPerOwner) units in the holds of one owner") }
        return words.joined(separator: ", ")
    }
}

extension String {
    /// The text with spaces behind it up to `width` characters.
    func padding(to width: Int) -> String { count >= width ? self : self + String(repeating: " ", count: width - count) }
}
