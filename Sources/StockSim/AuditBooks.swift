/// A level as the auditor keeps it: what the inputs that were accepted add up to.
final class LevelBooks {
    /// Units by disposition.
    var units: [String: Int64] = [:]
    var held: Int64 = 0
    var committed: Int64 = 0
    /// The location's own terms; nil: the SKU's.
    var safetyStock: Int64?
    var reorderPoint: Int64?
    var reorderHysteresis: Int64?
    /// Low is reported from the reorder point on until available is above it and its hysteresis again.
    var isLow = false

    var sellable: Int64 { units["sellable"] ?? 0 }
    var onHand: Int64 { units.values.reduce(0, +) }
    var shortfall: Int64 { max(0, held + committed - max(0, sellable)) }

    func add(_ quantity: Int64, _ disposition: String) { units[disposition, default: 0] += quantity }
}

/// A hold that is open.
struct HoldBooks {
    var location: String
    var quantity: Int64
    var remaining: Int64
    var expiresAtMilliseconds: Int64
}

/// An order line, open or done.
struct LineBooks {
    var location: String
    var ordered: Int64
    var open: Int64
    var shipped: Int64 = 0
    var returned: Int64 = 0
    var isSale = false
}

/// A business id that is done.
struct FinishedBooks {
    var quantity: Int64
    /// Where and how: what has to be the same in a repeat, or how a hold ended.
    var content: String
}

/// A SKU as the auditor keeps it.
final class SKUBooks {
    let name: String
    var version: Int64 = 0
    var levels: [String: LevelBooks] = [:]
    var safetyStock: Int64 = 0
    /// Below 0: none.
    var reorderPoint: Int64 = -1
    var reorderHysteresis: Int64 = 0
    var returnDisposition = "quarantine"
    var holds: [String: HoldBooks] = [:]
    var lines: [String: LineBooks] = [:]
    /// By kind and id, such as `receipt/4711/1`.
    var finished: [String: FinishedBooks] = [:]
    /// No open hold ends before.
    var earliestExpiry = Int64.max
    /// Something that was done has been forgotten, by the engine or here, so that its absence proves nothing.
    var hasForgotten = false

    init(name: String) { self.name = name }

    func level(_ location: String) -> LevelBooks {
        if let level = levels[location] { return level }
        let level = LevelBooks()
        levels[location] = level
        return level
    }

    /// Available to promise, signed.
    func promisable(_ location: String) -> Int64 {
        let level = levels[location]
        guard let level else { return -safetyStock }
        return max(0, level.sellable) - level.held - level.committed - (level.safetyStock ?? safetyStock)
    }

    /// Brings the low mark of a level up to date after a change.
    func noteAvailable(_ location: String) {
        guard let level = levels[location] else { return }
        let available = max(0, promisable(location))
        let point = level.reorderPoint ?? reorderPoint
        if point < 0 {
            level.isLow = false
        } else if !level.isLow {
            level.isLow = available <= point
        } else {
            level.isLow = available <= point + (level.reorderHysteresis ?? reorderHysteresis)
        }
    }

    /// An open hold that is over at that time; nil where there is none.
    func dueHold(atMilliseconds time: Int64) -> String? {
        guard earliestExpiry <= time else { return nil }
        earliestExpiry = holds.values.lazy.map(\.expiresAtMilliseconds).min() ?? Int64.max
        guard earliestExpiry <= time else { return nil }
        return holds.first { $0.value.expiresAtMilliseconds <= time }?.key
    }
}

/// First in, first out.
struct Queue<Element> {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }
    var first: Element? { head < elements.count ? elements[head] : nil }

    mutating func add(_ element: Element) { elements.append(element) }

    mutating func removeFirst() {
        head += 1
        if head > 1_024, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
    }
}
