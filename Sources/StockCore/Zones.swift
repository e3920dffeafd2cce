// Days (domain: c10). What is told as a day ends with that day in the zone of the location. Zones and calendars stay at the edge: the
// state keeps a zone's name beside the location and does not understand it. Before an event is decided, whoever has a time zone database
// asks which zone counts (`zone(of:)`) and which days may matter (`forEachDay(of:)`), and tells when those end there (`DayEnds`). The
// facts carry instants, so applying them needs none of this.
//
// A day is written as the instant at which it ends in UTC.

/// The name of the zone of a location, or of all locations of a SKU that have none of their own. Once defined it stays, or another
/// replaces it.
public struct ZoneRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// Its level's slot; -1: it is the SKU's, for all locations that have none.
    public var level: Int32 = -1
    /// The name in the IANA database.
    public var name = Key()

    /// A zone without a name.
    public init() {}
}

/// When days end at the location of the event that is decided next. Empty: days are those of UTC.
public struct DayEnds: Sendable {
    private var days: [(day: Int64, end: Int64)] = []
    /// Whether the location has a zone, so that every day that matters is told.
    public private(set) var areTold = false
    /// The instant at which the last of the days from now ends for which units have to be usable that are promised, or (an event that
    /// promises none) that are available; 0: not told.
    public var lifeEnd: Int64 = 0

    /// Nothing is told.
    public init() {}

    /// Nothing is told yet.
    public mutating func begin() {
        forget()
        areTold = true
    }

    /// Days are those of UTC again.
    public mutating func forget() {
        days.removeAll(keepingCapacity: true)
        areTold = false
        lifeEnd = 0
    }

    /// Tells when a day ends.
    public mutating func tell(_ day: Int64, ends end: Int64) {
        // Lots come in the order of their days, more or less.
        if let last = days.last, last.day >= day {
            let place = index(of: day)
            if days[place].day != day { days.insert((day, end), at: place) }
        } else {
            days.append((day, end))
        }
    }

    /// The first place whose day is not earlier.
    private func index(of day: Int64) -> Int {
        var (low, high) = (0, days.count)
        while low < high {
            let middle = (low + high) / 2
            if days[middle].day < day { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The instant at which a day ends.
    func end(of day: Int64) -> Int64 {
        guard areTold else { return day }
        let place = index(of: day)
        if place < days.count && days[place].day == day { return days[place].end }
        assertionFailure("every day that matters is told")
        return day
    }
}

extension PartitionState {
    /// Whether a location of the SKU has a zone, and its units have days.
    public func usesZones(_ sku: Int32) -> Bool { sku >= 0 && skus[sku].zones > 0 && skus[sku].policy.lotTracked == 1 }

    /// The zone of a level, or (-1) of a location that the SKU does not have yet; empty: UTC.
    public func zone(of sku: Int32, at level: Int32) -> Key {
        let slot = level >= 0 && self[extras: level].zone >= 0 ? self[extras: level].zone : skus[sku].zone
        return slot >= 0 ? zones[slot].name : Key()
    }

    // MARK: What the edge asks

    /// The zone of the location at which units come or are promised by an event; empty: UTC, or it makes no difference.
    public func zone(of event: StockEvent, _ sku: Int32) -> Key { zone(of: sku, at: place(of: event, sku)) }

    /// The level at which units of an event come to lie or are promised; -1: the SKU has none there yet, or there is none.
    func place(of event: StockEvent, _ sku: Int32) -> Int32 {
        switch event.type {
        case .transferReceive:
            let open = findDocument(sku, .transfer, event.document)
            return open >= 0 ? documents[open].toLevel : -1
        case .transferClose:
            let open = findDocument(sku, .transfer, event.document)
            return open >= 0 ? documents[open].level : -1
        case .ship where event.location.isEmpty:
            let line = findCommitment(sku, event.orderLine)
            return line >= 0 ? commitments[line].level : -1
        case .unship:
            let from = levelOfShipment(event, sku)
            let line = from < 0 ? findCommitment(sku, event.orderLine) : -1
            return line >= 0 ? commitments[line].level : from
        default: return findLevel(sku, event.location)
        }
    }

    /// Visits every day that may matter to an event, some perhaps twice. O(lots that may come).
    public func forEachDay(of event: StockEvent, _ sku: Int32, _ body: (Int64) -> Void) {
        func visit(_ terms: Int32) {
            if terms >= 0 && lotTerms[terms].isDay { body(lotTerms[terms].expiresAtMilliseconds) }
        }
        func visitShipped(_ id: Hash128) { forEachShippedLot(sku, id) { visit(shippedLots[$0].terms) } }
        if event.isLotExpiryDay { body(event.lotExpiresAtMilliseconds) }
        if event.minExpiryMilliseconds != Policy.absent { body(event.minExpiryMilliseconds) }
        if !event.lot.isEmpty { return visit(findLotTerms(sku, event.lot)) }
        forEachCountedLot(at: place(of: event, sku), visit)
        switch event.type {
        case .transferReceive, .transferClose: visitShipped(PartitionState.closedID(.transfer, event.document))
        case .return: visitShipped(PartitionState.closedID(.orderLine, event.orderLine))
        case .unship: visitShipped(PartitionState.closedID(.shipment, event.document, event.orderLine, serial: event.serial))
        case .countClose:
            let level = findLevel(sku, event.location)
            guard level >= 0, self[extras: level].count >= 0 else { return }
            var slot = counts[self[extras: level].count].firstLot
            while slot >= 0 {
                visit(lotCounts[slot].terms)
                slot = lotCounts[slot].next
            }
        default: break
        }
    }

    /// Visits the terms of the lots that were counted at a level: late deltas are decided as if they were there.
    private func forEachCountedLot(at level: Int32, _ body: (Int32) -> Void) {
        var slot = level >= 0 && self[extras: level].count >= 0 ? counts[self[extras: level].count].firstCountedLot : -1
        while slot >= 0 {
            body(countedLots[slot].terms)
            slot = countedLots[slot].next
        }
    }

    // MARK: Decide

    /// The instant from which units of a lot are expired at a level: what is there of it says so; otherwise what would come.
    func expiry(of terms: Int32, at level: Int32) -> Int64 {
        let slot = findLot(level, terms)
        if slot >= 0 { return lots[slot].expiresAtMilliseconds }
        let record = lotTerms[terms]
        return record.isDay ? dayEnds.end(of: record.expiresAtMilliseconds) : record.expiresAtMilliseconds
    }

    /// An item of a fact by which units of a lot come to a level. It tells their expiry there where that is not the lot's own.
    func arrivingItem(_ terms: Int32, _ quantity: Int64, _ disposition: Disposition, at level: Int32) -> FactItem {
        var item = PartitionState.lotItem(lotTerms[terms].lot, quantity, disposition)
        let expiry = expiry(of: terms, at: level)
        if expiry != lotTerms[terms].expiresAtMilliseconds { item.expiresAtMilliseconds = expiry }
        return item
    }

    /// Whether an event tells the expiry of a lot as it is known. Days are compared as days, so that one day in two zones is one expiry.
    func isSameExpiry(_ event: StockEvent, _ terms: LotTermsRecord, here: Int64) -> Bool {
        let told = max(1, event.lotExpiresAtMilliseconds)
        if told == terms.expiresAtMilliseconds || event.isLotExpiryDay && terms.isDay { return told == terms.expiresAtMilliseconds }
        return here == (event.isLotExpiryDay ? dayEnds.end(of: event.lotExpiresAtMilliseconds) : told)
    }

    // MARK: Apply

    /// What comes from now on has the zone's days; what is there keeps its instants.
    mutating func applyZone(_ name: Key, _ sku: Int32, level: Int32) {
        let found = level >= 0 ? self[extras: level].zone : skus[sku].zone
        let slot = found >= 0 ? found : insertZone(sku, level)
        zones[slot].name = name
        markDirty(.zone, slot, of: sku)
    }

    private mutating func insertZone(_ sku: Int32, _ level: Int32) -> Int32 {
        var record = ZoneRecord()
        (record.sku, record.level) = (sku, level)
        let slot = zones.insert(record)
        if level >= 0 { self[extras: level].zone = slot } else { skus[sku].zone = slot }
        skus[sku].zones += 1
        return slot
    }

    // MARK: Restore

    /// Takes a zone; of all locations of a SKU where `location` is empty.
    public mutating func restore(zone: ZoneRecord, sku key: Key, location: Key, hash: UInt64) {
        let sku = findOrInsertSKU(key)
        let level = location.isEmpty ? -1 : findOrInsertLevel(sku, location)
        let found = level >= 0 ? self[extras: level].zone : skus[sku].zone
        let slot = found >= 0 ? found : insertZone(sku, level)
        zones[slot].name = zone.name
        zones[slot].status.writtenHash = hash
    }

    // MARK: Invariants

    /// Whether every zone is that of its level or SKU. O(all zones and SKUs).
    func checkZones() -> BrokenIdentity? {
        guard zones.count > 0 else { return nil }
        var counts = [Int32](repeating: 0, count: Int(skus.slotBound))
        var broken: BrokenIdentity?
        for slot in 0..<zones.slotBound where zones.isLive(slot) {
            let zone = zones[slot]
            let isOfLevel = zone.level >= 0 && levels[zone.level].sku == zone.sku && self[extras: zone.level].zone == slot
            let isLinked = isOfLevel || zone.level < 0 && skus[zone.sku].zone == slot
            counts[Int(zone.sku)] += 1
            if !isLinked || zone.name.isEmpty { broken = .counts(sku: skus[zone.sku].key) }
        }
        forEachSKU { if skus[$0].zones != counts[Int($0)] { broken = .counts(sku: skus[$0].key) } }
        return broken
    }
}
