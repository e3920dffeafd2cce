public import StockCore

// The texts of enumerations in messages. They are part of the contract and never change.

extension EventType {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .define: "define"
        case .receive: "receive"
        case .adjust: "adjust"
        case .move: "move"
        case .hold: "hold"
        case .extend: "extend"
        case .commit: "commit"
        case .release: "release"
        case .ship: "ship"
        case .sale: "sale"
        case .return: "return"
        case .lotBlock: "lot_block"
        case .lotUnblock: "lot_unblock"
        case .recall: "recall"
        case .unrecall: "unrecall"
        case .expect: "expect"
        case .receiveCorrect: "receive_correct"
        case .unship: "unship"
        case .countOpen: "count_open"
        case .countLine: "count_line"
        case .countClose: "count_close"
        case .transferSend: "transfer_send"
        case .transferReceive: "transfer_receive"
        case .transferClose: "transfer_close"
        case .confirm: "confirm"
        case .reassign: "reassign"
        }
    }

    /// The type of that name; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        guard let kind = FactKind(wireName: name), let type = EventType(rawValue: kind.rawValue) else { return nil }
        self = type
    }
}

extension FactKind {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .unreadable: "unreadable"
        case .expire: "expire"
        case .commitExpire: "commit_expire"
        case .forget: "forget"
        case .gap: "gap"
        case .lotExpire: "lot_expire"
        case .fill: "fill"
        case .preorderRelease: "preorder_release"
        case .uncovered: "uncovered"
        case .lotExpiring: "lot_expiring"
        case .shelfLife: "shelf_life"
        default: EventType(rawValue: rawValue)?.wireName ?? "unreadable"
        }
    }

    /// The kind of that name; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        guard let first = name.first else { return nil }
        let candidates: (FactKind, FactKind, FactKind)
        switch first {
        case UInt8(ascii: "d"): candidates = (.define, .define, .define)
        case UInt8(ascii: "r"): candidates = (.receive, .release, .return)
        case UInt8(ascii: "a"): candidates = (.adjust, .adjust, .adjust)
        case UInt8(ascii: "m"): candidates = (.move, .move, .move)
        case UInt8(ascii: "h"): candidates = (.hold, .hold, .hold)
        case UInt8(ascii: "e"): candidates = (.extend, .expire, .expire)
        case UInt8(ascii: "c"): candidates = (.commit, .commit, .commit)
        case UInt8(ascii: "s"): candidates = (.sale, .ship, .ship)
        case UInt8(ascii: "f"): candidates = (.forget, .forget, .forget)
        case UInt8(ascii: "l"): candidates = (.lotExpire, .lotExpire, .lotExpire)
        case UInt8(ascii: "g"): candidates = (.gap, .gap, .gap)
        default: candidates = (.unreadable, .unreadable, .unreadable)
        }
        if name.equals(candidates.0.wireName) {
            self = candidates.0
        } else if name.equals(candidates.1.wireName) {
            self = candidates.1
        } else if name.equals(candidates.2.wireName) {
            self = candidates.2
        } else {
            var raw: UInt8 = 12
            while raw < FactKind.rawBound {
                if let kind = FactKind(rawValue: raw), name.equals(kind.wireName) {
                    self = kind
                    return
                }
                raw += 1
            }
            return nil
        }
    }

    /// Above every raw value.
    private static var rawBound: UInt8 { 64 }
}

extension Disposition {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .sellable: "sellable"
        case .damaged: "damaged"
        case .quarantine: "quarantine"
        case .qc: "qc"
        case .recalled: "recalled"
        case .expired: "expired"
        case .core: "core"
        }
    }

    /// The disposition of that name; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        var raw: UInt8 = 0
        while let candidate = Disposition(rawValue: raw) {
            if name.equals(candidate.wireName) {
                self = candidate
                return
            }
            raw += 1
        }
        return nil
    }
}

extension Outcome {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .accepted: "accepted"
        case .rejected: "rejected"
        case .duplicate: "duplicate"
        case .deadLettered: "dead-lettered"
        case .rerouted: "rerouted"
        case .internalFact: "internal"
        }
    }

    /// The outcome of that name; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        var raw: UInt8 = 1
        while let candidate = Outcome(rawValue: raw) {
            if name.equals(candidate.wireName) {
                self = candidate
                return
            }
            raw += 1
        }
        return nil
    }
}

extension Rejection {
    /// The rejection of that code; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        // Their numbers have gaps.
        for raw in 0..<Rejection.bound {
            if let candidate = Rejection(rawValue: raw), name.equals(candidate.code) {
                self = candidate
                return
            }
        }
        return nil
    }
}

extension LateDelta {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .absorb: "absorb"
        case .apply: "apply"
        case .refuse: "refuse"
        }
    }

    /// The policy of that name; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        guard let found = LateDelta.allCases.first(where: { name.equals($0.wireName) }) else { return nil }
        self = found
    }
}

extension WaitTerm {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .none: "none"
        case .partial: "partial"
        case .whole: "whole"
        }
    }

    /// The term of that name; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        guard let found = WaitTerm.allCases.first(where: { name.equals($0.wireName) }) else { return nil }
        self = found
    }
}

extension Rounding {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .exact: "exact"
        case .down: "down"
        case .up: "up"
        }
    }

    /// The mode of that name; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        guard let found = Rounding.allCases.first(where: { name.equals($0.wireName) }) else { return nil }
        self = found
    }
}

extension RestPolicy {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .keep: "keep"
        case .release: "release"
        case .back: "return"
        case .writeOff: "write-off"
        }
    }

    /// The policy of that name; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        if name.equals("keep") {
            self = .keep
        } else if name.equals("release") {
            self = .release
        } else if name.equals("return") {
            self = .back
        } else if name.equals("write-off") {
            self = .writeOff
        } else {
            return nil
        }
    }
}

extension TransitionKind {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .low: "low"
        case .recovered: "recovered"
        case .out: "out"
        case .back: "back"
        case .oversold: "oversold"
        case .covered: "covered"
        case .expiring: "expiring"
        case .filled: "filled"
        }
    }
}
