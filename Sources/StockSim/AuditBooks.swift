/// A level as the auditor keeps it: what the inputs that were accepted add up to.
final class LevelBooks {
    /// Units by disposition.
    var units: [String: Int64] = [:]
    /// What of them belongs to which lot.
    var lots: [String: LevelLotBooks] = [:]
    var held: Int64 = 0
    var committed: Int64 = 0
    /// What of both has to live until an instant, by that instant.
    var demands: [Int64: Int64] = [:]
    /// The instant at which units must not have expired yet to be available to a request that says nothing; 0: any are.
    var lifeEnd: Int64 = 0
    /// The location's own terms; nil: the SKU's.
    var safetyStock: Int64?
    var reorderPoint: Int64?
    var reorderHysteresis: Int64?
    /// Low is reported from the reorder point on until available is above it and its hysteresis again.
    var isLow = false
    /// The count that is open.
    var count: CountBooks?
    /// When each disposition was counted by a count that is closed.
    var countedAt: [String: Int64] = [:]
    /// What was sold by day (UTC), where that is kept.
    var sold: [Int64: Int64] = [:]

    var sellable: Int64 { units["sellable"] ?? 0 }
    var onHand: Int64 { units.values.reduce(0, +) }
    var promised: Int64 { held + committed }

    func add(_ quantity: Int64, _ disposition: String) { units[disposition, default: 0] += quantity }

    /// Changes what is promised here.
    func promise(_ quantity: Int64, isHold: Bool, life: Int64) {
        if isHold { held += quantity } else { committed += quantity }
        guard life != 0 else { return }
        let demand = (demands[life] ?? 0) + quantity
        demands[life] = demand == 0 ? nil : demand
    }
}

/// What a level has of a lot.
struct LevelLotBooks {
    var units: [String: Int64] = [:]
    var expiresAtMilliseconds: Int64
    var isEmpty: Bool { units.values.allSatisfy { $0 == 0 } }
    var sellable: Int64 { units["sellable"] ?? 0 }
}

/// What all units of a lot share.
struct LotBooks {
    static let never = Int64.max
    /// By an instant, or the end of a day in UTC.
    var expiresAtMilliseconds = LotBooks.never
    /// Days end elsewhere at another instant.
    var isDay = false
    var isBlocked = false
    var isRecalled = false
    /// A recall may be before the goods.
    var isAnnouncedOnly = false
}

/// A count that is open.
struct CountBooks {
    struct Line {
        var found: Int64
        var base: Int64
        var at: Int64
    }
    var id: String
    /// Of a SKU without lots, by disposition.
    var lines: [String: Line] = [:]
    /// Of one with lots: which were listed, and whether all were to be.
    var listed: Set<String> = []
    var isOfAll = false
}

/// A hold that is open.
struct HoldBooks {
    var quantity: Int64
    var expiresAtMilliseconds: Int64
    var life: Int64 = 0
    /// Whose it is; empty: nobody's.
    var owner = ""
    /// What is held by location.
    var parts: [String: Int64] = [:]
    var remaining: Int64 { parts.values.reduce(0, +) }
}

/// An order line, open or done.
struct LineBooks {
    var ordered: Int64
    var life: Int64 = 0
    /// What is owed by location.
    var parts: [String: Int64] = [:]
    var shipped: Int64 = 0
    var returned: Int64 = 0
    var cores: Int64 = 0
    var isSale = false
    /// What of it a transfer has on the way, and which transfer that is.
    var inTransit: Int64 = 0
    var transfer = ""
    /// The instant by which it is to be confirmed; 0: it needs no confirmation.
    var confirmByMilliseconds: Int64 = 0
    /// It was not.
    var isVoid = false
    /// What is promised.
    var open: Int64 { parts.values.reduce(0, +) }
}

/// What of a hold or an order line waits for units.
struct WaiterBooks {
    var quantity: Int64
    var location: String
    var isHold: Bool
    var priority: Int64
    var seq: Int64
    var life: Int64
    var isWhole: Bool
    var isPreorder: Bool
    var ttlSeconds: Int64

    /// Whether it is served before another one.
    func isBefore(_ other: WaiterBooks) -> Bool {
        if isHold != other.isHold { return other.isHold }
        return priority != other.priority ? priority > other.priority : seq < other.seq
    }
}

/// An incoming line.
struct IncomingBooks {
    var location: String
    var total: Int64
    var arrived: Int64 = 0
    var open: Int64 { max(0, total - arrived) }
}

/// A transfer that is under way.
struct TransferBooks {
    var from: String
    var to: String
    var disposition: String
    var sent: Int64 = 0
    var taken: Int64 = 0
    var rejected: Int64 = 0
    var lots: [String: Int64] = [:]
    /// The order line whose promise goes along; empty: none.
    var orderLine = ""
    var inTransit: Int64 { sent - taken - rejected }
}

/// A business id that is done.
struct FinishedBooks {
    var quantity: Int64
    /// Where and how: what has to be the same in a repeat, or how it ended.
    var content: String
    /// The day on which a shipment was counted as sold; -1: it was not.
    var soldDay: Int64 = -1
    /// The list of serials with which a shipment left.
    var serials: Set<String> = []
}

/// A serial.
struct SerialBooks {
    enum Place { case here, gone, back }
    var place = Place.here
    /// For which order line and with which shipment it left last.
    var orderLine = ""
    var shipment = ""
    /// With which receipt line it came as one of a list; empty: that is not known, or it has been away since.
    var receipt = ""
    /// Until when its warranty runs; 0: it has none.
    var warrantyUntilMilliseconds: Int64 = 0
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
