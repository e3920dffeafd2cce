import StockCore
import StockWire

/// Facts with anything that a field may hold.
enum RandomFact {
    /// A fact that was used before: a decoder must leave nothing of it.
    static var dirty: Fact {
        var generator = SeededGenerator(state: 99)
        return make(.expire, &generator).0
    }

    static func make(_ kind: FactKind, _ generator: inout SeededGenerator) -> (Fact, EventEnvelope) {
        var fact = Fact()
        fact.kind = kind
        fact.seq = number(&generator)
        fact.next = number(&generator)
        fact.offset = Bool.random(using: &generator) ? -1 : number(&generator) & Int64.max
        fact.timeMilliseconds = number(&generator)
        fact.version = number(&generator)
        fact.incarnation = number(&generator)
        fact.outcome = Outcome.allCases.randomElement(using: &generator)!
        fact.rejection = Rejection.allCases.randomElement(using: &generator)!
        fact.bodyHash = generator.next() & (Bool.random(using: &generator) ? 0 : UInt64.max)
        fact.firstSeq = number(&generator)
        fact.firstOutcome = Outcome.allCases.randomElement(using: &generator)!
        fact.firstRejection = Rejection.allCases.randomElement(using: &generator)!
        fact.occurredAtMilliseconds = number(&generator)
        fact.sku = key(&generator)
        fact.location = key(&generator)
        fact.hold = key(&generator)
        fact.orderLine = key(&generator)
        fact.document = key(&generator)
        fact.line = key(&generator)
        fact.counterpart = key(&generator)
        fact.reason = key(&generator)
        fact.actor = key(&generator)
        fact.quantity = number(&generator)
        fact.total = number(&generator)
        fact.rejected = number(&generator)
        fact.expiresAtMilliseconds = number(&generator)
        fact.disposition = Disposition.allCases.randomElement(using: &generator)!
        fact.toDisposition = Disposition.allCases.randomElement(using: &generator)!
        fact.rest = RestPolicy(rawValue: UInt8.random(in: 0...3, using: &generator))!
        fact.isForced = Bool.random(using: &generator)
        fact.isUnverified = Bool.random(using: &generator)
        fact.isAbsorbed = Bool.random(using: &generator)
        fact.isAbsorbedTo = Bool.random(using: &generator)
        fact.horizonMilliseconds = number(&generator)
        fact.isOrderLineHorizon = Bool.random(using: &generator)
        fact.earlyCount = number(&generator)
        fact.gapFrom = number(&generator)
        fact.gapTo = number(&generator)
        fact.lot = key(&generator)
        fact.minExpiryMilliseconds = number(&generator)
        fact.lotExpiresAtMilliseconds = number(&generator)
        if Bool.random(using: &generator) { fact.lotDayMilliseconds = Int64.random(in: 1...2_932_897, using: &generator) * 86_400_000 }
        fact.serial = key(&generator)
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let serial = key(&generator)
            if !serial.isEmpty { fact.serials.append(serial) }
        }
        fact.claim = key(&generator)
        fact.warrantyUntilMilliseconds = number(&generator)
        if Bool.random(using: &generator) { fact.chain = chain(&generator) }
        if Bool.random(using: &generator) { fact.unit = unit(&generator) }
        if Bool.random(using: &generator) {
            fact.wait.quantity = number(&generator)
            fact.wait.term = WaitTerm.allCases.randomElement(using: &generator)!
            fact.wait.priority = number(&generator)
            fact.wait.isPreorder = Bool.random(using: &generator)
            fact.wait.shipByMilliseconds = number(&generator)
            fact.wait.ttlSeconds = number(&generator)
        }
        if Bool.random(using: &generator) { fact.policy = policy(&generator) }
        if Bool.random(using: &generator) { fact.after = balances(&generator) }
        for _ in 0..<Int.random(in: 0...3, using: &generator) { fact.items.append(item(&generator, in: kind)) }
        if Bool.random(using: &generator) {
            var part = FactItem()
            part.kind = .part
            part.location = Key(text: "BER1")!
            part.quantity = number(&generator)
            if kind == .expire { part.id = Key(text: "h-2")! }
            fact.items.append(part)
        }
        if kind != .expire && Bool.random(using: &generator) {
            var uncovered = item(&generator, in: kind)
            (uncovered.kind, uncovered.id) = (kind == .fill ? .granted : .hold, Key(text: "h-1")!)
            fact.items.append(uncovered)
        }
        let envelope = envelope(&generator)
        if !envelope.id.isEmpty && kind != .unreadable { fact.idHash = EventDecoder.idHash(source: envelope.source, id: envelope.id) }
        return (fact, envelope)
    }

    static func number(_ generator: inout SeededGenerator) -> Int64 {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: 0
        case 1: Int64.random(in: -20...20, using: &generator)
        case 2: Int64.random(in: -2_000_000_000_000...2_000_000_000_000, using: &generator)
        case 3: Bool.random(using: &generator) ? Int64.max : Int64.min + 1
        default: Int64(bitPattern: generator.next())
        }
    }

    static func key(_ generator: inout SeededGenerator) -> Key {
        let texts = ["", "a", "BTY-001", "quote\"back\\slash/", "漢字é\u{1D11E}", "tab\tnull\u{0}", String(repeating: "x", count: 63)]
        return Key(text: texts.randomElement(using: &generator)!)!
    }

    static func policy(_ generator: inout SeededGenerator) -> Policy {
        var policy = Policy()
        func term(_ generator: inout SeededGenerator) -> Int64 { Bool.random(using: &generator) ? Policy.absent : number(&generator) }
        policy.scale = term(&generator)
        policy.safetyStock = term(&generator)
        policy.reorderPoint = term(&generator)
        policy.reorderHysteresis = term(&generator)
        if Bool.random(using: &generator) {
            policy.returnDisposition = Int64(Disposition.allCases.randomElement(using: &generator)!.rawValue)
        }
        policy.maxHoldSeconds = term(&generator)
        policy.maxHoldQuantity = term(&generator)
        policy.maxHeldPerOwner = term(&generator)
        policy.overReceiptPercent = term(&generator)
        policy.minShelfLifeDays = term(&generator)
        policy.warrantyDays = term(&generator)
        if Bool.random(using: &generator) { policy.serialTracked = Bool.random(using: &generator) ? 1 : 0 }
        policy.recountAbove = term(&generator)
        policy.approveAbove = term(&generator)
        if Bool.random(using: &generator) { policy.blindCount = Bool.random(using: &generator) ? 1 : 0 }
        if Bool.random(using: &generator) { policy.velocity = Bool.random(using: &generator) ? 1 : 0 }
        if Bool.random(using: &generator) { policy.lotTracked = Bool.random(using: &generator) ? 1 : 0 }
        if Bool.random(using: &generator) {
            let days: [[Int64]] = [[], [90], [90, 60], [36_500, 2, 1]]
            policy.expiryAlertDays = AlertDays(days.randomElement(using: &generator)!)!.packed
        }
        if Bool.random(using: &generator) { policy.lateDelta = Int64(LateDelta.allCases.randomElement(using: &generator)!.rawValue) }
        policy.oversellLimit = term(&generator)
        policy.closedThroughMilliseconds = term(&generator)
        if Bool.random(using: &generator) {
            policy.receiveDisposition = Int64(Disposition.allCases.randomElement(using: &generator)!.rawValue)
        }
        policy.backorderLimit = term(&generator)
        policy.backorderDays = term(&generator)
        policy.preorderLimit = term(&generator)
        policy.preorderUntilMilliseconds = term(&generator)
        return policy
    }

    private static func chain(_ generator: inout SeededGenerator) -> Chain {
        var chain = Chain()
        chain.hop = number(&generator)
        chain.asked = number(&generator)
        chain.met = number(&generator)
        chain.next = key(&generator)
        chain.passedOn = number(&generator)
        return chain
    }

    private static func unit(_ generator: inout SeededGenerator) -> UnitUse {
        var unit = UnitUse()
        unit.name = Key(text: ["dozen", "kg"].randomElement(using: &generator)!)!
        unit.numerator = number(&generator)
        unit.denominator = number(&generator)
        unit.entered = number(&generator)
        unit.residue = number(&generator)
        return unit
    }

    static func balances(_ generator: inout SeededGenerator) -> Balances {
        var balances = Balances()
        balances.sellable = number(&generator)
        balances.damaged = number(&generator)
        balances.quarantine = number(&generator)
        balances.qc = number(&generator)
        balances.recalled = number(&generator)
        balances.expired = number(&generator)
        balances.core = number(&generator)
        balances.held = number(&generator)
        balances.committed = number(&generator)
        balances.shortfall = number(&generator)
        balances.available = number(&generator)
        balances.incoming = number(&generator)
        balances.inTransit = number(&generator)
        balances.backordered = number(&generator)
        balances.preordered = number(&generator)
        return balances
    }

    private static func item(_ generator: inout SeededGenerator, in kind: FactKind) -> FactItem {
        var item = FactItem()
        switch Int.random(in: 0..<4, using: &generator) {
        case 3: (item.kind, item.id) = ([.absorbed, .absorbedTo, .absorbedBoth].randomElement(using: &generator)!, key(&generator))
        case 0: item.id = key(&generator)
        case 1: (item.kind, item.id) = (kind == .fill ? .filled : kind == .commitExpire ? .main : .orderLine, Key(text: "o-1")!)
        default: (item.kind, item.id) = (.variance, key(&generator))
        }
        item.location = key(&generator)
        item.quantity = number(&generator)
        item.disposition = Disposition.allCases.randomElement(using: &generator)!
        item.expiresAtMilliseconds = number(&generator)
        if Bool.random(using: &generator) { item.closed = Hash128(high: generator.next(), low: generator.next()) }
        return item
    }

    nonisolated(unsafe) private static let ids = ["", "e-1", "\"quoted\"", "\u{1}\u{7F}é漢\u{1D11E}"].map { bytes($0) }
    nonisolated(unsafe) private static let metas = ["", "{}", "{\"a\": [1.50, null, \"\\u0000\"]}"].map { bytes($0) }
    nonisolated(unsafe) private static let traces = ["", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"].map { bytes($0) }

    static func envelope(_ generator: inout SeededGenerator) -> EventEnvelope {
        var envelope = EventEnvelope()
        envelope.id = ids.randomElement(using: &generator)!
        envelope.source = ids.randomElement(using: &generator)!
        envelope.meta = metas.randomElement(using: &generator)!
        envelope.traceparent = traces.randomElement(using: &generator)!
        return envelope
    }
}
