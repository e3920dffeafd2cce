/// Every way to be refused, those of an event type in the order in which its checks are made: the first that holds is the answer. Those
/// about lots (from 80 on) come where the quantity is looked at, before `valueMismatch`; those about units (from 130 on) come first of all
/// but for `idConflict`, except in `define`, where they come last; those about serials where the lots' would come, before them.
/// Raw values are stored in ledgers and checkpoints and never change.
public enum Rejection: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// Not refused.
    case none = 0
    /// Same id, other content.
    case idConflict = 1
    /// The event names a business id that may have been forgotten already, or an id that the window has evicted.
    case tooOld = 2
    /// `expectedVersion` is not the SKU's version.
    case versionMismatch = 3
    /// No such hold.
    case holdUnknown = 4
    /// The hold's time is over.
    case holdExpired = 5
    /// The hold was released.
    case holdReleased = 6
    /// The hold was committed in full.
    case holdCommitted = 7
    /// No such order line.
    case orderLineUnknown = 8
    /// The order line exists with other content.
    case orderLineExists = 9
    /// The order line is finished: shipped or canceled in full.
    case orderLineClosed = 10
    /// The receipt line was booked with a higher total, or elsewhere: a correction is needed.
    case receiptConflict = 11
    /// The shipment was booked with another quantity for that order line.
    case shipmentConflict = 12
    /// The return was booked with other content.
    case returnConflict = 13
    /// `expected` is not the value found.
    case valueMismatch = 14
    /// More than the hold, the commitment or what was shipped still has.
    case quantityExceeds = 15
    /// The units would have to come out of what is promised.
    case belowPromised = 16
    /// Not enough available to promise.
    case insufficientStock = 17
    /// The new expiry would be earlier than the one in force.
    case shortensHold = 18
    /// The hold would live longer than policy allows.
    case holdTooLong = 19
    /// The hold is for more than policy allows.
    case holdTooLarge = 20
    /// The scale is fixed once the SKU has stock.
    case scaleFixed = 21
    /// The SKU has as many open holds as the limit allows.
    case tooManyHolds = 22
    /// The SKU has as many locations as the limit allows.
    case tooManyLocations = 23
    /// The SKU has as many open commitments as the limit allows.
    case tooManyCommitments = 24
    /// A balance would leave the range of quantities.
    case quantityOverflow = 25
    /// No such receipt line.
    case receiptUnknown = 40
    /// No such incoming line.
    case incomingUnknown = 41
    /// More than expected of the incoming line, and its tolerance.
    case overReceipt = 42
    /// The SKU has as many open incoming lines and transfers as the limit allows.
    case tooManyDocuments = 43
    /// No such shipment of the order line.
    case shipmentUnknown = 44
    /// The shipment was taken back; its id can't be used again.
    case shipmentVoided = 45
    /// No such count is open at the location.
    case countUnknown = 46
    /// The count is closed.
    case countClosed = 47
    /// Another count is open at the location.
    case countConflict = 48
    /// It is dated before a count that is closed, and policy refuses that.
    case beforeCount = 49
    /// No such transfer.
    case transferUnknown = 50
    /// The transfer is finished: nothing of it is in transit any more.
    case transferClosed = 51
    /// The transfer was booked with a higher total or between other places.
    case transferConflict = 52
    /// Lines of the count differ by so much that policy wants them to be counted a second time.
    case recountRequired = 53
    /// Lines of the count differ by so much that policy wants somebody to approve it.
    case approvalRequired = 54
    /// Who approves the count closes it or has counted, or it is not known who did.
    case approverInvolved = 55
    /// Units of the order line are on the way to another location.
    case orderLineInTransit = 58
    /// A transfer carries all that is open of an order line, and no part of it.
    case orderLinePart = 59
    /// The units are there, at several locations together, and the request refuses that.
    case splitNeeded = 60
    /// The promise is over several locations, and the event must name the one that is meant.
    case locationRequired = 61
    /// Nothing of the promise is at that location.
    case partUnknown = 62
    /// This can't be done with a promise over several locations.
    case splitPromise = 63
    /// The promise would be over more locations than the limit allows.
    case tooManyParts = 64
    /// What waits for stock waits at one location.
    case waitsAtOneLocation = 65
    /// It occurred in a period that is closed.
    case periodClosed = 79
    /// Whether it has lots is fixed once the SKU has stock.
    case lotTrackingFixed = 80
    /// The SKU has no lots.
    case lotNotTracked = 81
    /// The SKU has lots, and it can't be told which is meant.
    case lotRequired = 82
    /// No such lot.
    case lotUnknown = 83
    /// The lot is known with another expiry.
    case lotExpiryConflict = 84
    /// The lot has expired: its units can't become sellable.
    case lotExpired = 85
    /// The SKU or its location has as many lots as the limit allows.
    case tooManyLots = 86
    /// The lot expires before the promise's units may.
    case lotTooShort = 87
    /// The lot is blocked.
    case lotBlocked = 88
    /// The lot is recalled: its units can't become sellable.
    case lotRecalled = 89
    /// The SKU has as many channels with a term of their own as the limit allows.
    case tooManyChannels = 90
    /// The SKU allows no backorders.
    case backorderDenied = 110
    /// More would be backordered than the SKU allows.
    case backorderLimit = 111
    /// The SKU allows no preorders.
    case preorderDenied = 112
    /// More would be preordered than the SKU allows.
    case preorderLimit = 113
    /// The SKU has no availability date that is still to come.
    case preorderClosed = 114
    /// The order line waits for stock: nothing of it can be shipped.
    case orderLineWaits = 115
    /// The hold waits for stock: it has no units yet.
    case holdWaits = 116
    /// The order line went to another location since the shipment.
    case orderLineMoved = 117
    /// The SKU has no such unit.
    case unitUnknown = 130
    /// The quantity is no whole number of minor units, and may not be rounded, or is nothing when it is.
    case unitInexact = 131
    /// A unit keeps its factor once the SKU has stock.
    case unitFixed = 132
    /// The SKU has as many units as the limit allows.
    case tooManyUnits = 133

    /// A used part can't become sellable.
    case coreNotSellable = 134
    /// The SKU's units have no serials.
    case serialNotTracked = 135
    /// Units of the SKU that leave name their serial.
    case serialRequired = 136
    /// The serial has not left for this order line, or not with this shipment.
    case serialUnknown = 137
    /// The serial is here already.
    case serialInStock = 138
    /// The serial has left already.
    case serialShipped = 139
    /// The serial has come back already.
    case serialReturned = 140
    /// The serial has no warranty.
    case warrantyNone = 141
    /// The serial's warranty is over.
    case warrantyExpired = 142
    /// The order line is promised at another location.
    case orderLineElsewhere = 143
    /// More serials are named than units come or go.
    case serialsExceed = 144
    /// The shipment had left with other serials.
    case serialsDiffer = 145
    /// The serial was not received with this receipt line.
    case serialNotReceived = 146
    /// The holds of that owner would have more than policy allows.
    case ownerLimit = 147
    /// The order line was not confirmed in time.
    case orderLineExpired = 148

    /// Whether it is a refusal for lack of stock: what was asked for is a lost sale.
    @inlinable public var isLackOfStock: Bool {
        switch self {
        case .insufficientStock, .splitNeeded, .backorderDenied, .backorderLimit, .preorderDenied, .preorderLimit, .preorderClosed: true
        default: false
        }
    }

    /// Whether lines of a count are the reason: how many is told, and which is the first.
    @inlinable public var isOfCountedLines: Bool { self == .recountRequired || self == .approvalRequired || self == .approverInvolved }

    /// One above the highest raw value there can be.
    public static let bound: UInt8 = 192

    /// The stable code in messages.
    public var code: StaticString {
        switch self {
        case .none: "none"
        case .idConflict: "id-conflict"
        case .tooOld: "too-old"
        case .versionMismatch: "version-mismatch"
        case .holdUnknown: "hold-unknown"
        case .holdExpired: "hold-expired"
        case .holdReleased: "hold-released"
        case .holdCommitted: "hold-committed"
        case .orderLineUnknown: "order-line-unknown"
        case .orderLineExists: "order-line-exists"
        case .orderLineClosed: "order-line-closed"
        case .receiptConflict: "receipt-conflict"
        case .shipmentConflict: "shipment-conflict"
        case .returnConflict: "return-conflict"
        case .valueMismatch: "value-mismatch"
        case .quantityExceeds: "quantity-exceeds"
        case .belowPromised: "below-promised"
        case .insufficientStock: "insufficient-stock"
        case .shortensHold: "shortens-hold"
        case .holdTooLong: "hold-too-long"
        case .holdTooLarge: "hold-too-large"
        case .ownerLimit: "owner-limit"
        case .orderLineExpired: "order-line-expired"
        case .scaleFixed: "scale-fixed"
        case .tooManyHolds: "too-many-holds"
        case .tooManyLocations: "too-many-locations"
        case .tooManyCommitments: "too-many-commitments"
        case .quantityOverflow: "quantity-overflow"
        case .receiptUnknown: "receipt-unknown"
        case .incomingUnknown: "incoming-unknown"
        case .overReceipt: "over-receipt"
        case .tooManyDocuments: "too-many-documents"
        case .shipmentUnknown: "shipment-unknown"
        case .shipmentVoided: "shipment-voided"
        case .countUnknown: "count-unknown"
        case .countClosed: "count-closed"
        case .countConflict: "count-conflict"
        case .beforeCount: "before-count"
        case .transferUnknown: "transfer-unknown"
        case .transferClosed: "transfer-closed"
        case .transferConflict: "transfer-conflict"
        case .recountRequired: "recount-required"
        case .approvalRequired: "approval-required"
        case .approverInvolved: "approver-involved"
        default: lotCode
        }
    }

    private var lotCode: StaticString {
        switch self {
        case .periodClosed: "period-closed"
        case .lotTrackingFixed: "lot-tracking-fixed"
        case .lotNotTracked: "lot-not-tracked"
        case .lotRequired: "lot-required"
        case .lotUnknown: "lot-unknown"
        case .lotExpiryConflict: "lot-expiry-conflict"
        case .lotExpired: "lot-expired"
        case .tooManyLots: "too-many-lots"
        case .lotTooShort: "lot-too-short"
        case .lotBlocked: "lot-blocked"
        case .lotRecalled: "lot-recalled"
        default: partsCode
        }
    }

    private var partsCode: StaticString {
        switch self {
        case .unitUnknown: "unit-unknown"
        case .unitInexact: "unit-inexact"
        case .unitFixed: "unit-fixed"
        case .tooManyUnits: "too-many-units"
        case .tooManyChannels: "too-many-channels"
        case .coreNotSellable: "core-not-sellable"
        case .serialNotTracked: "serial-not-tracked"
        case .serialRequired: "serial-required"
        case .serialUnknown: "serial-unknown"
        case .serialInStock: "serial-in-stock"
        case .serialShipped: "serial-shipped"
        case .serialReturned: "serial-returned"
        case .warrantyNone: "warranty-none"
        case .warrantyExpired: "warranty-expired"
        case .serialsExceed: "serials-exceed"
        case .serialsDiffer: "serials-differ"
        case .serialNotReceived: "serial-not-received"
        default: waitCode
        }
    }

    private var waitCode: StaticString {
        switch self {
        case .backorderDenied: "backorder-denied"
        case .backorderLimit: "backorder-limit"
        case .preorderDenied: "preorder-denied"
        case .preorderLimit: "preorder-limit"
        case .preorderClosed: "preorder-closed"
        case .orderLineWaits: "order-line-waits"
        case .orderLineInTransit: "order-line-in-transit"
        case .orderLinePart: "order-line-part"
        case .orderLineElsewhere: "order-line-elsewhere"
        case .holdWaits: "hold-waits"
        case .orderLineMoved: "order-line-moved"
        default: partCode
        }
    }

    private var partCode: StaticString {
        switch self {
        case .splitNeeded: "split-needed"
        case .locationRequired: "location-required"
        case .partUnknown: "part-unknown"
        case .splitPromise: "split-promise"
        case .tooManyParts: "too-many-parts"
        case .waitsAtOneLocation: "waits-at-one-location"
        default: preconditionFailure("a rejection has a code")
        }
    }
}
