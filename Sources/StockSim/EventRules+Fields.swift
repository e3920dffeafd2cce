// The fields of docs/events.md, and which type has which.

extension EventRules {
    static let rules: [String: Rule] = [
        "id": .id, "source": .source, "type": .type, "sku": .key, "occurredAt": .time, "expectedVersion": .number(0...Int64.max),
        "reason": .key, "actor": .key, "meta": .meta, "location": .key, "hold": .key, "orderLine": .key, "receipt": .key, "shipment": .key,
        "return": .key, "line": .key, "quantity": .number(-most...most), "setTo": .number(0...most), "expected": .number(-most...most),
        "ttlSeconds": .number(1...longest), "disposition": .disposition, "from": .disposition, "to": .disposition,
        "rest": .word(["keep", "release", "return", "write-off"]), "forced": .flag, "scale": .number(1...1_000_000_000),
        "safetyStock": .number(0...most), "reorderPoint": .number(-1...most), "reorderHysteresis": .number(0...most),
        "returnDisposition": .disposition, "maxHoldSeconds": .number(1...longest), "maxHoldQuantity": .number(1...most),
        "overReceiptPercent": .number(0...10_000), "lotTracked": .flag, "minShelfLifeDays": .number(-1...36_500), "channel": .key,
        "zone": .key, "expiryAlertDays": .numbers(0...36_500), "lateDelta": .word(["absorb", "apply", "refuse"]), "serialTracked": .flag,
        "warrantyDays": .number(0...36_500), "recountAbove": .number(-1...most), "approveAbove": .number(-1...most), "blindCount": .flag,
        "velocity": .flag, "unit": .key, "numerator": .number(1...1_000_000_000), "denominator": .number(1...1_000_000_000),
        "rounding": .word(["exact", "down", "up"]), "oversellLimit": .number(-1...most), "backorderLimit": .number(-1...most),
        "backorderDays": .number(0...36_500), "preorderLimit": .number(-1...most), "preorderUntil": .time, "lot": .key, "expiresOn": .day,
        "expiresAt": .time, "incoming": .key, "serial": .key, "count": .key, "approvedBy": .key, "transfer": .key, "toLocation": .key,
        "rejected": .number(0...most), "rejectedTo": .disposition, "minExpiry": .day, "waitSeconds": .number(1...longest),
        "priority": .number(0...9), "alternatives": .keys(16), "visited": .keys(16), "hop": .number(2...8), "asked": .number(1...most),
        "met": .number(0...most), "locations": .keys(16), "distances": .numbers(0...most), "split": .word(["allow", "deny"]),
        "strategy": .word(["single-first", "priority", "nearest", "highest-free", "fefo-first", "balanced"]),
        "backorder": .word(["partial", "whole"]), "preorder": .word(["partial", "whole"]), "claim": .key, "ofShipment": .key,
        "toOrderLine": .key, "serials": .keys(100), "receiveDisposition": .disposition, "closedThrough": .time, "lenient": .flag,
        "useSafetyStock": .flag, "owner": .key, "maxHeldPerOwner": .number(-1...most),
    ]

    private static let expiry = ["lot", "expiresOn", "expiresAt"]
    private static let life = ["minExpiry", "minShelfLifeDays", "channel"]
    private static let choice = ["locations", "strategy", "distances", "split"]
    private static let serials = ["serial", "serials"]
    private static let chain = ["alternatives", "hop", "asked", "met", "visited"]

    static let typeFields: [String: (required: [String], optional: [String])] = [
        "define": (
            [],
            [
                "location", "scale", "safetyStock", "reorderPoint", "reorderHysteresis", "returnDisposition", "maxHoldSeconds",
                "maxHoldQuantity", "overReceiptPercent", "lotTracked", "minShelfLifeDays", "channel", "zone", "expiryAlertDays",
                "lateDelta", "serialTracked", "warrantyDays", "recountAbove", "approveAbove", "blindCount", "velocity", "unit",
                "numerator", "denominator", "oversellLimit", "backorderLimit", "backorderDays", "preorderLimit", "preorderUntil",
                "receiveDisposition", "closedThrough", "maxHeldPerOwner",
            ]
        ),
        "receive": (["location", "quantity", "receipt"], ["line", "disposition", "incoming"] + serials + expiry),
        "receive_correct": (
            ["location", "quantity", "receipt", "reason"], ["line", "disposition", "incoming", "lot"] + serials
        ),
        "expect": (["incoming", "location", "quantity"], []),
        "adjust": (["location", "reason"], ["quantity", "setTo", "expected", "disposition", "forced"] + expiry),
        "move": (["location", "quantity", "from", "to", "reason"], ["forced", "lot"]),
        "hold": (
            ["hold", "quantity", "ttlSeconds"], ["location", "waitSeconds", "priority", "useSafetyStock", "owner"] + life + choice + chain
        ),
        "extend": (["hold", "ttlSeconds"], []),
        "commit": (
            ["orderLine"],
            ["hold", "location", "quantity", "rest", "backorder", "preorder", "priority", "claim", "useSafetyStock", "ttlSeconds"] + life
                + choice + chain
        ),
        "confirm": (["orderLine"], []),
        "release": ([], ["hold", "orderLine", "quantity", "location", "lenient"]),
        "reassign": ([], ["hold", "orderLine", "toLocation", "toOrderLine", "quantity", "location"] + choice),
        "ship": (["shipment", "orderLine"], ["quantity", "location", "lot"] + serials),
        "unship": (["shipment", "orderLine", "reason"], serials),
        "sale": (["orderLine", "quantity"], ["location", "forced", "lot", "useSafetyStock"] + serials + life + choice),
        "return": (
            ["return", "orderLine", "location", "quantity"], ["disposition", "ofShipment", "claim"] + serials + expiry
        ),
        "lot_block": (["lot", "reason"], []), "lot_unblock": (["lot", "reason"], []), "recall": (["lot", "reason"], []),
        "unrecall": (["lot", "reason"], []), "count_open": (["count", "location"], ["rest", "disposition"]),
        "count_line": (["count", "location", "quantity"], ["disposition", "line"] + expiry),
        "count_close": (["count", "location"], ["approvedBy"]),
        "transfer_send": (["transfer", "location", "toLocation", "quantity"], ["disposition", "lot", "orderLine"]),
        "transfer_receive": (["transfer", "quantity"], ["disposition", "rejected", "rejectedTo", "lot"]),
        "transfer_close": (["transfer", "rest", "reason"], []),
    ]

    // MARK: Days

    static let day: Int64 = 86_400_000

    /// The end in UTC of a day such as `2027-03-31`; nil where it is none.
    static func endOfDay(_ text: String) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { Int64($0) }
        guard text.utf8.count == 10, parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
            (1...12).contains(month)
        else { return nil }
        let first = daysBefore(year, month)
        let length = (month == 12 ? daysBefore(year + 1, 1) : daysBefore(year, month + 1)) - first
        guard (0...length).contains(day) else { return nil }
        return (first + (day == 0 ? length : day)) * EventRules.day
    }

    /// The days from 1970 to the first of a month, counted one by one.
    private static func daysBefore(_ year: Int64, _ month: Int64) -> Int64 {
        func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        var days: Int64 = 0
        for other in min(year, 1970)..<max(year, 1970) { days += (isLeap(other) ? 366 : 365) * (year < 1970 ? -1 : 1) }
        let lengths: [Int64] = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return days + lengths.prefix(Int(month) - 1).reduce(0, +)
    }

    /// The instant of a time in UTC as the workload writes it; nil where it has another form.
    static func instant(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, bytes[23] == 90, let end = endOfDay(String(text.prefix(10))) else { return nil }
        func number(_ at: Int, _ count: Int) -> Int64 { bytes[at..<at + count].reduce(0) { $0 * 10 + Int64($1) - 48 } }
        return end - day + ((number(11, 2) * 60 + number(14, 2)) * 60 + number(17, 2)) * 1_000 + number(20, 3)
    }
}
