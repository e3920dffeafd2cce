public import StockCore

extension Rejection {
    /// The reason as a sentence, for replies and people. Programs use `code`.
    public var sentence: StaticString {
        switch self {
        case .none: "It was not refused."
        case .idConflict: "An event with this source and id was seen before with other content."
        case .tooOld: "The event is older than what is remembered, so it can't be told whether it was applied before."
        case .versionMismatch: "The SKU's version is not the one that the event expects."
        case .holdUnknown: "There is no such hold."
        case .holdExpired: "The hold's time is over."
        case .holdReleased: "The hold was released."
        case .holdCommitted: "The hold was committed in full."
        case .orderLineUnknown: "There is no such order line."
        case .orderLineExists: "The order line exists with other content."
        case .orderLineClosed: "The order line is finished: shipped or canceled in full."
        case .receiptConflict: "The receipt line was booked with a higher total or elsewhere; a correction is needed."
        case .shipmentConflict: "The shipment was booked with another quantity for that order line."
        case .returnConflict: "The return was booked with other content."
        case .valueMismatch: "The value found is not the one that the event expects to replace."
        case .quantityExceeds: "The quantity is more than is left of the hold, the order line, the transfer or what was shipped."
        case .belowPromised: "The units are promised to holds and orders."
        case .insufficientStock: "Not enough is available to promise."
        case .shortensHold: "The new expiry would be earlier than the one in force."
        case .holdTooLong: "The hold would live longer than the SKU's policy allows."
        case .holdTooLarge: "The hold is for more than the SKU's policy allows."
        case .ownerLimit: "The owner's open holds would have more than the SKU's policy allows; ask for less, or release another."
        case .orderLineExpired: "The order line was not confirmed in time and is void; commit again, under another id."
        case .scaleFixed: "The scale can't change once the SKU has stock."
        case .tooManyHolds: "The SKU has as many open holds as the limit allows."
        case .tooManyLocations: "The SKU has as many locations as the limit allows."
        case .tooManyCommitments: "The SKU has as many open order lines as the limit allows."
        case .quantityOverflow: "A balance would leave the range of quantities."
        case .receiptUnknown: "There is no such receipt line."
        case .incomingUnknown: "There is no such incoming line; say first what is expected of it."
        case .overReceipt: "More than is expected of the incoming line and tolerated above it."
        case .shipmentUnknown: "There is no such shipment of the order line."
        case .shipmentVoided: "The shipment was taken back; ship under a new id."
        case .countUnknown: "No such count is open at the location."
        case .countClosed: "The count is closed; count again under a new id."
        case .countConflict: "Another count is open at the location; close that first."
        case .beforeCount: "It happened before a count that is closed, and the SKU's policy refuses that; correct it today."
        case .transferUnknown: "There is no such transfer."
        case .transferClosed: "The transfer is finished: nothing of it is in transit any more."
        case .transferConflict: "The transfer was booked with a higher total or between other places."
        case .recountRequired: "Lines differ by more than recountAbove of the policy; count them again, under another line id."
        case .approvalRequired: "Lines differ by more than approveAbove of the policy; close the count with approvedBy."
        case .approverInvolved: "Who approves may neither close the count nor have counted, and both must be named as actor."
        case .tooManyDocuments: "The SKU has as many open incoming lines and transfers as the limit allows."
        default: lotSentence
        }
    }

    private var lotSentence: StaticString {
        switch self {
        case .periodClosed: "It occurred in a period that is closed (closedThrough of the policy); enter it with a time after that."
        case .lotTrackingFixed: "Whether a SKU has lots can't change once it has stock."
        case .lotNotTracked: "The SKU has no lots; define it with lotTracked before its first stock, or name no lot."
        case .lotRequired: "The SKU has lots, and the event must name the one that is meant."
        case .lotUnknown: "The SKU has no such lot; a receipt, or an expiry beside the lot, makes it known."
        case .lotExpiryConflict: "The lot is known with another expiry."
        case .lotExpired: "The lot has expired: its units can't become sellable."
        case .tooManyLots: "The SKU or the location has as many lots as the limit allows."
        case .lotTooShort: "The lot expires before the day through which the units must be usable."
        case .lotBlocked: "The lot is blocked."
        case .lotRecalled: "The lot is recalled: its units can't become sellable, nor leave."
        default: partsSentence
        }
    }

    private var partsSentence: StaticString {
        switch self {
        case .unitUnknown: "The SKU has no such unit; define it with its factor first."
        case .unitInexact: "The quantity is no whole number of minor units; say how it is rounded, or give it in another unit."
        case .unitFixed: "A unit keeps its factor once the SKU has stock; define one of another name."
        case .tooManyChannels: "The SKU has as many channels with a term of their own as the limit allows; take one away with -1."
        case .tooManyUnits: "The SKU has as many units as the limit allows."
        case .coreNotSellable: "A used part that was handed in can't become sellable."
        case .serialNotTracked: "The SKU has no serials; define it with serialTracked, or name no serial."
        case .serialRequired: "Units of the SKU that leave must name their serial."
        case .serialUnknown: "The serial has not left for this order line, or not with this shipment."
        case .serialInStock: "The serial is here already."
        case .serialShipped: "The serial has left already; it comes back by a return."
        case .serialReturned: "The serial has come back already."
        case .warrantyNone: "The serial left without a warranty."
        case .warrantyExpired: "The serial's warranty is over."
        case .serialsExceed: "More serials are named than units come to the receipt line, or are taken back from it."
        case .serialsDiffer: "The shipment had left with other serials; name all of those with which it had."
        case .serialNotReceived: "The serial was not received with this receipt line."
        default: waitSentence
        }
    }

    private var waitSentence: StaticString {
        switch self {
        case .backorderDenied: "Not enough is available, and the SKU allows no backorders; define it with backorderLimit."
        case .backorderLimit: "More would be backordered than the SKU's policy allows; ask for what is still possible."
        case .preorderDenied: "The SKU allows no preorders; define it with preorderLimit and preorderUntil."
        case .preorderLimit: "More would be preordered than the SKU's policy allows; ask for what is still possible."
        case .preorderClosed: "The SKU's day has come, or it has none; ask with backorder instead of preorder."
        case .holdWaits: "The hold waits for stock and has no units yet; it can be released."
        case .orderLineMoved: "The order line went to another location since; book its goods by a return."
        case .orderLineWaits: "Nothing of the order line can be shipped: all that is open of it waits for stock."
        case .orderLineInTransit: "Units of the order line are on the way; wait until they have arrived, or close their transfer."
        case .orderLinePart: "A transfer carries all that is open of an order line; send the whole quantity."
        case .orderLineElsewhere: "The order line is promised at another location; send it from there."
        default: partSentence
        }
    }

    private var partSentence: StaticString {
        switch self {
        case .splitNeeded: "No location has all of it; several have together, but the request denies a split."
        case .locationRequired: "The promise is over several locations; name the one that is meant."
        case .partUnknown: "Nothing of the promise is at that location."
        case .splitPromise: "What is promised at several locations goes to no other order line or transfer; bring it to one location."
        case .tooManyParts: "The promise would be over more locations than the limit allows."
        case .waitsAtOneLocation: "What waits for stock waits at one location; name that with toLocation."
        default: preconditionFailure("a rejection has a sentence")
        }
    }
}
