public import StockCore

/// The time zones of this machine, by name. `UTC` is always there.
public final class ZoneTable: Sendable {
    private let rules: [Key: ZoneRules]

    /// A table of these zones, and `UTC`.
    public init(_ rules: [Key: ZoneRules] = [:]) {
        var all = rules
        all[Key("UTC")] = ZoneRules.utc
        self.rules = all
    }

    /// The number of zones.
    public var count: Int { rules.count }

    /// The zone of that name in the IANA database, such as `Europe/Berlin`; nil where there is none.
    public subscript(name: Key) -> ZoneRules? { rules[name] }

    /// What it means in these zones to be usable for some days: for `PartitionState.lifeInZone`.
    public var lives: LifeInZone {
        { [rules] name, days, atMilliseconds in rules[name]?.life(days: days, at: atMilliseconds) }
    }
}

extension EventDecoder {
    /// The step between decoding and deciding that knows zones: tells the state when the days end that may matter to the event decoded
    /// last, which is not changed: as `inout` it is not copied. `sku` is the slot of its SKU, -1 where the state has none. O(1) where
    /// neither the event nor the SKU has a zone.
    ///
    /// Errors: `unknownValue` where the event, or the location where it takes place, has a zone that the table does not have.
    @inline(__always)
    public func tellDayEnds(
        of event: inout StockEvent, sku: Int32, _ zones: ZoneTable, to state: inout PartitionState
    ) throws(WireError) {
        if state.dayEnds.areTold { state.dayEnds.forget() }
        if seen.contains(.zone) { return try checkZone(&event, zones) }
        if state.usesZones(sku) { try tell(&event, sku, zones, &state) }
    }

    private func checkZone(_ event: inout StockEvent, _ zones: ZoneTable) throws(WireError) {
        guard zones[event.document] == nil else { return }
        throw WireError(
            .unknownValue, field: Key("zone"), offset: offset(.zone),
            detail: "a time zone of the IANA database, such as Europe/Berlin, that this engine has (package tzdata)")
    }

    @inline(never)
    private func tell(
        _ event: inout StockEvent, _ sku: Int32, _ zones: ZoneTable, _ state: inout PartitionState
    ) throws(WireError) {
        let event = event
        let name = state.zone(of: event, sku)
        guard !name.isEmpty else { return }
        guard let rules = zones[name] else {
            let field: EventField = seen.contains(.location) ? .location : .sku
            throw WireError(
                .unknownValue, field: Key(field.name), offset: offset(field),
                detail: "this engine does not have the time zone that is defined for it (package tzdata)")
        }
        var ends = DayEnds()
        // Its memory is used again.
        swap(&ends, &state.dayEnds)
        ends.begin()
        let day: Int64 = 86_400_000
        state.forEachDay(of: event, sku) { ends.tell($0, ends: rules.end(ofDay: ZoneRules.floor($0 - 1, day))) }
        let isPromise = event.type == .hold || event.type == .commit || event.type == .sale
        let policy = state.sku(sku).policy
        let days = isPromise ? state.shelfLifeDays(of: event, policy) : policy.minShelfLifeDays
        if days > 0 { ends.lifeEnd = rules.life(days: days, at: state.values.logTimeMilliseconds).end }
        state.dayEnds = ends
    }
}
