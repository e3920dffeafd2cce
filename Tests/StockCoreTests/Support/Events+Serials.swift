import StockCore

// Events that name a list of serials, `n1` to `n9`. The list goes along with the event: here it is the digits of its hash.
extension StockEvent {
    /// The serials that it names as a list.
    var serials: [Key] {
        get { serialsHash == Policy.absent ? [] : String(serialsHash).map { Key(text: "n\($0)")! } }
        set {
            serialsHash = newValue.isEmpty ? Policy.absent : newValue.reduce(0) { $0 * 10 + Int64(String("\($1)".dropFirst()))! }
            serial = Key()
        }
    }

    /// The same event about units with these serials.
    func serials(_ serials: Key...) -> StockEvent { with(\.serials, serials) }
}

extension RandomHistory {
    /// Some transfers carry an order line's promise, and some events about a unit with a serial are about several.
    mutating func addRare(_ event: inout StockEvent) {
        // Order lines are sent whole: many are of the same quantity.
        if event.type == .commit && event.hold.isEmpty && event.hop == Policy.absent && !oneIn(3) { event.quantity = 2 }
        // Some are to be confirmed, and some cancellations of these are confirmations.
        if event.orderLine == "o2" || event.orderLine == "o5" {
            if event.type == .commit { event.ttlSeconds = event.orderLine == "o2" ? 1 : 20 }
            if event.type == .release && event.quantity == Policy.absent {
                let sku = event.sku
                event = Events.confirm(event.orderLine).with(\.sku, sku)
            }
        }
        if event.type == .transferSend && !oneIn(3) {
            event.orderLine = ["o1", "o2", "o3", "o4", "o5", "o6"][below(6)]
            (event.disposition, event.quantity, event.unit) = (.sellable, 2, Key())
            return
        }
        guard !event.serial.isEmpty, event.claim.isEmpty, !oneIn(3) else { return }
        let first = 1 + below(3)
        event.serials = (0...below(3)).map { Key(text: "n\((first + $0 - 1) % 3 + 1)")! }
        let count = Int64(event.serials.count)
        switch event.type {
        case .receive, .return: event.quantity = count + Int64(below(3) / 2)
        case .receiveCorrect: event.quantity = Int64(below(4))
        case .ship, .sale: event.quantity = event.isForced ? count + 1 : count
        default: break
        }
        if event.type == .ship && oneIn(2) { event.quantity = Policy.absent }
    }
}
