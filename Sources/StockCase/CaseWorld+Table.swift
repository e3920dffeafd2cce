import StockCore
import StockWire

extension CaseWorld {
    /// The state as a table: a line for each SKU and location, then the open promises.
    func table() -> String {
        var rows = [["SKU", "location", "on hand", "sellable", "held", "committed", "shortfall", "available"]]
        var promises: [String] = []
        state.forEachSKU { sku in
            let key = "\(state.sku(sku).key)"
            var levels: [[String]] = []
            state.forEachLevel(of: sku) { slot in
                levels.append([key, "\(state.location(of: slot))"] + CaseWorld.numbers(state.level(slot).balances))
            }
            rows += levels.sorted { $0[1] < $1[1] }
            if levels.count != 1 { rows.append([key, "(all)"] + CaseWorld.numbers(state.sku(sku).totals)) }
        }
        state.forEachSKU { sku in
            state.forEachLevel(of: sku) { level in
                state.forEachLot(of: level) { slot in
                    let lot = state.lot(slot)
                    let there = Disposition.allCases.filter { lot.quantities[$0] != 0 }.map { "\(lot.quantities[$0]) \($0.wireName)" }
                    let place = "\(state.sku(sku).key) at \(state.location(of: level))"
                    let never = lot.expiresAtMilliseconds == LotTermsRecord.never
                    let expiry = never ? "no expiry" : "expires \(CaseWorld.time(lot.expiresAtMilliseconds))"
                    promises.append("lot \(state.lotTerms(lot.terms).lot) of \(place): \(there.joined(separator: ", ")), \(expiry)")
                }
            }
        }
        state.forEachHold { slot in
            let hold = state.hold(slot)
            let text = hold.waiter < 0 ? "\(state.remaining(of: hold)) of \(hold.quantity)" : "waiting for \(state.waiting(of: hold))"
            let split = splitText(RecordReference(kind: .hold, slot: slot))
            promises.append("hold \(hold.id) of \(state.sku(hold.sku).key): \(text)" + split)
        }
        state.forEachCommitment { slot in
            let line = state.commitment(slot)
            let waiting = state.waiting(of: line)
            let text = "order line \(line.orderLine) of \(state.sku(line.sku).key): \(state.open(of: line)) open of \(line.ordered)"
            let split = splitText(RecordReference(kind: .commitment, slot: slot))
            promises.append(text + split + (waiting > 0 ? ", \(waiting) waiting for stock" : ""))
        }
        state.forEachDocument { slot in
            let document = state.document(slot)
            let what = document.kind == .transfer ? "transfer" : "incoming"
            promises.append("\(what) \(document.id) of \(state.sku(document.sku).key): \(document.open) open of \(document.total)")
        }
        return (CaseWorld.aligned(rows) + promises.sorted().map { "  " + $0 }).joined(separator: "\n")
    }

    /// Where a promise is that is over several locations.
    private func splitText(_ promise: RecordReference) -> String { state.isSplit(promise) ? " at \(place(of: promise))" : "" }

    private static func numbers(_ balances: Balances) -> [String] {
        [balances.onHand, balances.sellable, balances.held, balances.committed, balances.shortfall, balances.available].map { "\($0)" }
    }

    /// Columns of text to the left, of numbers to the right.
    private static func aligned(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            "  "
                + row.indices.map { column in
                    let padding = String(repeating: " ", count: widths[column] - row[column].count)
                    return column < 2 ? row[column] + padding : padding + row[column]
                }.joined(separator: "  ")
        }
    }
}
