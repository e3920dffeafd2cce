import StockCore

/// An event before it is written: numbers only, so that it can be remembered and written again, in another form too.
struct EventDraft: BitwiseCopyable {
    /// The number in its id.
    var number: UInt64 = 0
    var type = EventType.define
    var sku: Int32 = 0
    /// An index in `SampleCatalogue.locations`; -1: none.
    var location: Int8 = -1
    var source = Source.shop
    var reason = Reason.none
    /// Numbers in business ids; 0: none.
    var hold: UInt64 = 0
    var orderLine: UInt64 = 0
    var document: UInt64 = 0
    /// The receipt's line, from 1; 0: none.
    var line: UInt8 = 0
    /// 0: none. `define` with a location: the reorder point.
    var quantity: Int64 = 0
    var ttlSeconds: Int64 = 0
    var disposition = Disposition.sellable
    var to = Disposition.sellable
    var isForced = false
    var releasesRest = false
    /// Milliseconds since 1970; 0: the record's time.
    var occurredAtMilliseconds: Int64 = 0
    /// What only the mix `domain` uses.
    var domain = DomainDraft()

    /// Who sends.
    enum Source: UInt8, BitwiseCopyable {
        case shop, market, warehouse, till, planning

        var name: StaticString {
            switch self {
            case .shop: "shop-eu"
            case .market: "market-de"
            case .warehouse: "wms-central"
            case .till: "pos"
            case .planning: "planning"
            }
        }
    }

    enum Reason: UInt8, BitwiseCopyable {
        case none, damaged, found, theft, shrinkage, inspection, amended, miscounted, complaint, notice, checked, lost, rerouted, voided

        var name: StaticString {
            switch self {
            case .none: ""
            case .damaged: "damaged"
            case .found: "found"
            case .theft: "theft"
            case .shrinkage: "shrinkage"
            case .inspection: "inspection-passed"
            case .amended: "amended"
            case .miscounted: "miscounted"
            case .complaint: "complaint"
            case .notice: "maker-notice"
            case .checked: "checked"
            case .lost: "lost-in-transit"
            case .rerouted: "rerouted"
            case .voided: "label-voided"
            }
        }
    }
}

/// A bounded memory of what later events refer to. Its array never grows beyond the capacity, which is reserved.
struct Ring<Element: BitwiseCopyable> {
    private var elements: [Element] = []
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        elements.reserveCapacity(capacity)
    }

    var isEmpty: Bool { elements.isEmpty }

    /// Remembers an element; a full ring forgets any other.
    mutating func add(_ element: Element, _ random: inout WorkloadRandom) {
        if elements.count < capacity {
            elements.append(element)
        } else {
            elements[random.below(capacity)] = element
        }
    }

    /// Any element; nil where there is none.
    func peek(_ random: inout WorkloadRandom) -> Element? { isEmpty ? nil : elements[random.below(elements.count)] }

    /// Any element, which is forgotten.
    mutating func take(_ random: inout WorkloadRandom) -> Element? {
        guard !isEmpty else { return nil }
        elements.swapAt(random.below(elements.count), elements.count - 1)
        return elements.removeLast()
    }

    /// Any element, changed by `body` where it is.
    mutating func change(_ random: inout WorkloadRandom, _ body: (inout Element) -> Void) -> Element? {
        guard !isEmpty else { return nil }
        let index = random.below(elements.count)
        body(&elements[index])
        return elements[index]
    }
}
