// What is available where the SKU's policy demands a life (domain: c10): what a request that says nothing is promised. Such a request wants
// units that live through a day which moves on with the calendar; what it can get changes only when a lot stays behind. So each level
// keeps the instant at which units must not have expired as it was when that made a difference last (`LevelExtras.lifeEndMilliseconds`),
// has one timer for the next lot that may stay behind, and a fact (`shelf_life`) moves the instant on.

/// What a request that says nothing demands at a location.
public struct LifeEnd: Sendable, Equatable, BitwiseCopyable {
    /// The instant at which its units must not have expired yet; 0: any will do.
    public var end: Int64
    /// The first instant from which it demands something else.
    public var until: Int64

    /// Demands that, until then.
    public init(end: Int64, until: Int64) { (self.end, self.until) = (end, until) }
}

/// Answers what it means in a zone, at an instant, to be usable for a number of days; nil: there is no such zone.
public typealias LifeInZone = @Sendable (_ zone: Key, _ days: Int64, _ atMilliseconds: Int64) -> LifeEnd?

extension PartitionState {
    private static let day: Int64 = 86_400_000

    /// A zone's days end so much earlier or later than those of UTC, and than themselves at another time of the year, at most.
    private static let zoneRange: Int64 = 2 * day

    /// For how many days units have to be usable where a request does not say; 0: any will do.
    private func lifeDays(_ sku: Int32) -> Int64 {
        let policy = skus[sku].policy
        return policy.lotTracked == 1 && policy.minShelfLifeDays > 0 ? policy.minShelfLifeDays : 0
    }

    /// What a request demands whose units have to be usable for some days from an instant on, by the days of UTC.
    static func lifeEnd(days: Int64, atMilliseconds: Int64) -> LifeEnd {
        let midnight = (atMilliseconds + day - 1) / day * day
        return LifeEnd(end: max(1, midnight + days * day), until: midnight + 1)
    }

    /// What a request that says nothing demands at a level.
    private func demandedLife(at level: Int32, _ atMilliseconds: Int64) -> LifeEnd {
        let sku = levels[level].sku
        let days = lifeDays(sku)
        if days == 0 { return LifeEnd(end: 0, until: Int64.max) }
        let zone = zone(of: sku, at: level)
        if !zone.isEmpty, let told = lifeInZone?(zone, days, atMilliseconds) { return told }
        return PartitionState.lifeEnd(days: days, atMilliseconds: atMilliseconds)
    }

    /// Available to promise to a request that says nothing, signed. O(1) where no lot of the level lives too short.
    func promisableByDefault(_ slot: Int32) -> Int64 {
        let lifeEnd = self[extras: slot].lifeEndMilliseconds
        return lifeEnd == 0 ? promisable(slot) : promisable(slot, minExpiry: lifeEnd)
    }

    /// What of a level's shelf a request that says nothing can't have, since it expires too soon. O(lots that live too short).
    public func tooShortUnits(at level: Int32) -> Int64 { unitsExpiring(at: level, before: self[extras: level].lifeEndMilliseconds) }

    private func unitsExpiring(at level: Int32, before instant: Int64) -> Int64 {
        var sum: Int64 = 0
        var slot = self[extras: level].firstLot
        while slot >= 0, lots[slot].expiresAtMilliseconds < instant {
            sum += promisable(lots[slot])
            slot = lots[slot].next
        }
        return sum
    }

    // MARK: Timers. An entry of a level has a slot below those of lots.

    private static let levelEntries: Int32 = Int32.min

    static func isOfLevel(_ entry: TimerHeap.Entry) -> Bool { entry.slot < levelEntries / 2 }

    private static func level(_ entry: TimerHeap.Entry) -> Int32 { entry.slot - levelEntries }

    /// Whether it is the timer of a level of the SKU.
    func isLifeTimer(_ entry: TimerHeap.Entry, of sku: Int32) -> Bool {
        let slot = PartitionState.level(entry)
        return levels.isLive(slot) && levels[slot].sku == sku && self[extras: slot].lifeTimerMilliseconds == entry.atMilliseconds
    }

    /// Whether at an instant other units are available than the level says. Where less life is demanded than before it has to say so
    /// also without any, since others may come. O(lots that live too short).
    func isLifeOutdated(_ entry: TimerHeap.Entry, of sku: Int32, _ atMilliseconds: Int64) -> Bool {
        guard isLifeTimer(entry, of: sku) else { return false }
        let slot = PartitionState.level(entry)
        let demanded = demandedLife(at: slot, atMilliseconds).end
        if demanded < self[extras: slot].lifeEndMilliseconds { return true }
        guard let next = firstLongEnough(slot) else { return false }
        return lots[next].expiresAtMilliseconds < demanded
    }

    /// The lot of a level that expires first of those that live long enough, and does expire.
    private func firstLongEnough(_ level: Int32) -> Int32? {
        var slot = self[extras: level].firstLot
        while slot >= 0, lots[slot].expiresAtMilliseconds < self[extras: level].lifeEndMilliseconds { slot = lots[slot].next }
        return slot >= 0 && lots[slot].expiresAtMilliseconds != LotTermsRecord.never ? slot : nil
    }

    /// An instant before which units with this expiry live long enough, whatever the zone.
    private func earliestShort(_ expiresAtMilliseconds: Int64, _ level: Int32, days: Int64) -> Int64 {
        let lastDay = expiresAtMilliseconds / PartitionState.day * PartitionState.day
        let isByZone = !zone(of: levels[level].sku, at: level).isEmpty
        return lastDay - days * PartitionState.day + 1 - (isByZone ? PartitionState.zoneRange : 0)
    }

    /// A lot has come to a level: it may live too short one day.
    mutating func noteLife(ofLot slot: Int32) {
        let lot = lots[slot]
        let days = lifeDays(lot.sku)
        guard days > 0, lot.expiresAtMilliseconds != LotTermsRecord.never else { return }
        guard lot.expiresAtMilliseconds >= self[extras: lot.level].lifeEndMilliseconds else { return }
        scheduleLife(of: lot.level, at: max(values.logTimeMilliseconds, earliestShort(lot.expiresAtMilliseconds, lot.level, days: days)))
    }

    /// A timer of the level was taken that has nothing to tell yet: looks again when that may be.
    mutating func waitForLife(_ entry: TimerHeap.Entry, of sku: Int32, _ atMilliseconds: Int64) {
        guard isLifeTimer(entry, of: sku) else { return }
        let slot = PartitionState.level(entry)
        waitForLife(of: slot, from: max(atMilliseconds + 1, demandedLife(at: slot, atMilliseconds).until))
    }

    private mutating func waitForLife(of level: Int32, from atMilliseconds: Int64) {
        self[extras: level].lifeTimerMilliseconds = 0
        let days = lifeDays(levels[level].sku)
        guard days > 0, let next = firstLongEnough(level) else { return }
        scheduleLife(of: level, at: max(atMilliseconds, earliestShort(lots[next].expiresAtMilliseconds, level, days: days)))
    }

    private mutating func scheduleLife(of level: Int32, at atMilliseconds: Int64) {
        let timer = self[extras: level].lifeTimerMilliseconds
        guard timer == 0 || atMilliseconds < timer else { return }
        self[extras: level].lifeTimerMilliseconds = atMilliseconds
        assert(level < -(PartitionState.levelEntries / 2), "entries of levels are told from those of lots")
        schedule(TimerHeap.Entry(atMilliseconds: atMilliseconds, slot: PartitionState.levelEntries + level), of: levels[level].sku)
    }

    /// What is demanded at a level, or where its days end, is another from now on: it is looked at before the next event of the SKU.
    mutating func renewLife(of level: Int32) {
        guard self[extras: level].firstLot >= 0 || self[extras: level].lifeEndMilliseconds != 0 else { return }
        self[extras: level].lifeTimerMilliseconds = 0
        scheduleLife(of: level, at: values.logTimeMilliseconds)
    }

    /// After a restore: what is demanded may have become less, and no fact has told yet.
    mutating func restoreLife(of level: Int32) {
        let end = self[extras: level].lifeEndMilliseconds
        guard end != 0 else { return }
        let sku = levels[level].sku
        let days = lifeDays(sku)
        let demanded = days == 0 ? 0 : PartitionState.lifeEnd(days: days, atMilliseconds: values.logTimeMilliseconds).end
        let isByZone = !zone(of: sku, at: level).isEmpty
        if end > demanded - (isByZone ? PartitionState.zoneRange : 0) { renewLife(of: level) }
    }

    // MARK: Facts

    /// A fact that brings lots to a level which live too short tells what is demanded there, so that they are not available for a moment.
    func tellLife(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) {
        let days = sku < 0 ? 0 : lifeDays(sku)
        guard days > 0, fact.kind.bringsLots else { return }
        let level = place(of: event, sku)
        let told = dayEnds.lifeEnd
        let demanded = told != 0 ? told : PartitionState.lifeEnd(days: days, atMilliseconds: values.logTimeMilliseconds).end
        func isShort(_ lot: Key, _ expiresAtMilliseconds: Int64) -> Bool {
            expiresAtMilliseconds < demanded && findLot(level, findLotTerms(sku, lot)) < 0
        }
        let named = fact.lotExpiresAtMilliseconds
        var tells = !fact.lot.isEmpty && named != 0 && isShort(fact.lot, named)
        for item in fact.items where !tells && item.id != fact.lot {
            let terms = findLotTerms(sku, item.id)
            guard terms >= 0 else { continue }
            tells = isShort(item.id, item.expiresAtMilliseconds != 0 ? item.expiresAtMilliseconds : lotTerms[terms].expiresAtMilliseconds)
        }
        if tells { fact.minExpiryMilliseconds = demanded }
    }

    /// Makes the fact that tells for up to `StateLimits.itemsPerFact` locations what is demanded there from now on.
    mutating func makeShelfLife(of sku: Int32, into fact: inout Fact) {
        fact.begin(.shelfLife, of: skus[sku].key)
        var last: Int32 = -1
        while fact.items.count < StateLimits.itemsPerFact, case .shelfLife(let entry) = dueTimer(of: sku) {
            popTimer(of: sku)
            let level = PartitionState.level(entry)
            // The same timer twice, next to each other, after an abort.
            if level == last { continue }
            last = level
            var item = FactItem()
            item.location = location(of: level)
            item.expiresAtMilliseconds = demandedLife(at: level, values.logTimeMilliseconds).end
            item.quantity = unitsExpiring(at: level, before: item.expiresAtMilliseconds)
            fact.items.append(item)
            fact.quantity += item.quantity
        }
        fact.items.sort { $0.location < $1.location }
        stamp(&fact, sku: sku, next: values.next)
    }

    mutating func applyShelfLife(_ fact: inout Fact, _ sku: Int32, _ transitions: inout TransitionBuffer) -> Int32? {
        for item in fact.items {
            let level = findLevel(sku, item.location)
            guard level >= 0 else { return nil }
            self[extras: level].lifeEndMilliseconds = item.expiresAtMilliseconds
            waitForLife(of: level, from: fact.timeMilliseconds + 1)
            refresh(level, was: levels[level].balances, &transitions)
        }
        return -1
    }
}

extension FactKind {
    /// Whether units of lots come to a location by it that may not have been there.
    fileprivate var bringsLots: Bool {
        switch self {
        case .receive, .receiveCorrect, .adjust, .move, .return, .unship, .countClose, .transferReceive, .transferClose: true
        default: false
        }
    }
}
