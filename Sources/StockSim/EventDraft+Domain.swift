import StockCore
import StockWire

/// What an event of the mix `domain` says beside the fields of `EventDraft`: numbers only, too. Numbers of ids are 0 where there is none.
struct DomainDraft: BitwiseCopyable {
    var lot: UInt64 = 0
    /// When the lot expires: an instant, or the end of a day in UTC; 0: not told.
    var lotExpiresAtMilliseconds: Int64 = 0
    var isLotDay = false
    /// Of one unit, or the first of a list.
    var serial: UInt64 = 0
    /// How many there are in the list; 0: none, or the serial of one unit.
    var serialCount: UInt8 = 0
    var incoming: UInt64 = 0
    var claim: UInt64 = 0
    var ofShipment: UInt64 = 0
    var toOrderLine: UInt64 = 0
    /// Indexes in `SampleCatalogue.locations`; -1: none.
    var toLocation: Int8 = -1
    /// The locations to be chosen from, a bit for each; 0: none.
    var locations: UInt8 = 0
    var strategy = Strategy.singleFirst
    var deniesSplit = false
    /// How many other SKUs will do.
    var alternatives: Int8 = 0
    var backorder = WaitTerm.none
    var preorder = WaitTerm.none
    var waitSeconds: Int64 = 0
    /// -1: none is told.
    var priority: Int64 = -1
    var shelfLifeDays: Int64 = -1
    /// The end of a day in UTC; 0: none is told.
    var minExpiryMilliseconds: Int64 = 0
    var channel = Channel.none
    var unit = PackUnit.none
    var rounding = Rounding.exact
    /// What a count or a transfer does with the rest.
    var rest = RestPolicy.keep
    /// Whether a quantity of 0 is told, too.
    var tellsZero = false
    var tellsDisposition = false
    /// The running total of what was not taken; -1: none is told.
    var rejected: Int64 = -1
    /// Where that is; sellable: not told.
    var rejectedTo = Disposition.sellable
    /// The value to set; -1: none.
    var setTo: Int64 = -1
    var expected: Int64 = -1
    /// The customer whose a hold is; 0: nobody's.
    var owner: UInt8 = 0
    var isLenient = false
    var usesSafetyStock = false
    var actor = Person.nobody
    var approvedBy = Person.nobody
    /// `define`: what is defined.
    var definition = Definition.trade

    /// Sales channels.
    enum Channel: UInt8, BitwiseCopyable {
        case none, marketplace, salon

        var name: StaticString {
            switch self {
            case .none: ""
            case .marketplace: "marketplace"
            case .salon: "salon"
            }
        }
    }

    /// Units in which quantities are given.
    enum PackUnit: UInt8, BitwiseCopyable {
        case none, pair
        /// Half of a pack of five: no whole number of pieces, so that it has to be rounded.
        case halfPack

        var name: StaticString {
            switch self {
            case .none: ""
            case .pair: "pair"
            case .halfPack: "half-pack"
            }
        }
    }

    /// Who counts, closes and approves.
    enum Person: UInt8, BitwiseCopyable {
        case nobody, anna, ben, eva

        var name: StaticString {
            switch self {
            case .nobody: ""
            case .anna: "anna"
            case .ben: "ben"
            case .eva: "eva"
            }
        }
    }

    /// The definitions of a SKU. The first three come with the opening stock.
    enum Definition: UInt8, BitwiseCopyable {
        /// Everything that holds for the SKU as a whole and is no list.
        case trade
        case pair
        case halfPack
        /// A channel's shelf life.
        case channel
        /// A location's zone and own terms.
        case location
        case expiryAlerts
        case preorderDay
        case safetyStock
        case shelfLife
        case closedPeriod
    }
}

/// How a SKU of the mix `domain` is traded; from its number alone, so that a repeat is the same.
struct DomainProfile {
    /// 0 to 7: even numbers are beauty products, which have lots.
    let kind: Int
    private let index: Int

    init(_ index: Int) {
        self.index = index
        kind = index & 7
    }

    var hasLots: Bool { kind & 1 == 0 }
    var hasSerials: Bool { kind == 1 }
    var hasUnits: Bool { kind == 3 || kind == 5 }
    var mayBackorder: Bool { kind == 0 || kind == 3 || kind == 6 }
    var mayPreorder: Bool { kind == 3 }
    var mayOversell: Bool { kind == 5 }
    var takesCores: Bool { kind == 5 || kind == 1 }
    var hasZone: Bool { kind == 2 }
    /// Its receipts are looked at first, where they do not say otherwise.
    var isInspected: Bool { kind == 7 }
    var isCountedTwice: Bool { kind == 4 }
    var isCountedBlindly: Bool { kind == 6 }
    var sharesOut: Bool { kind == 1 || kind == 6 }
    var hasVelocity: Bool { index % 3 == 0 || kind == 1 }
    /// What becomes of a delta that is dated before a count.
    var lateDelta: LateDelta { kind == 4 ? .apply : kind == 7 ? .refuse : .absorb }
}
