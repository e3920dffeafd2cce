/// How a quantity that is no whole number of minor units is rounded. Raw values are stored and never change.
public enum Rounding: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// Not at all: it is refused.
    case exact = 0
    /// To the next lower whole number of minor units.
    case down = 1
    /// To the next higher one.
    case up = 2
}

/// A unit in which an event gives its quantities, and what came of the conversion. Factors are exact: no floating point, no tolerance.
public struct UnitUse: Sendable, Equatable, BitwiseCopyable {
    /// The unit's name; empty: the quantities are in minor units.
    public var name = Key()
    /// One of it is `numerator / denominator` minor units; 0 where the unit is not known.
    public var numerator: Int64 = 0
    /// See `numerator`.
    public var denominator: Int64 = 0
    /// The quantity as it was given, in this unit.
    public var entered: Int64 = 0
    /// What was given less what was booked, in parts of a minor unit (`1 / denominator`): 0 where it came out even.
    public var residue: Int64 = 0

    /// Minor units.
    public init() {}
}

/// A unit of a SKU beside its minor unit. Once defined it stays.
public struct UnitRecord: Sendable, BitwiseCopyable {
    /// Where it stands between memory and checkpoint.
    public var status = RecordStatus()
    /// Its SKU's slot.
    public var sku: Int32 = -1
    /// The SKU's next unit; -1: none.
    public var next: Int32 = -1
    /// Its name.
    public var name = Key()
    /// One of it is `numerator / denominator` minor units, both at least 1.
    public var numerator: Int64 = 1
    /// See `numerator`.
    public var denominator: Int64 = 1

    /// A unit that is the minor unit.
    public init() {}

    /// Whether one of it is this many minor units, reduced or not.
    func isSameFactor(_ numerator: Int64, _ denominator: Int64) -> Bool {
        // Factors have at most ten digits, so neither product leaves Int64.
        self.numerator * denominator == numerator * self.denominator
    }

    /// A quantity of this unit in minor units, with what was left out (negative: added) in parts of `1 / denominator`. Nil: it does not
    /// come out even and may not be rounded.
    func convert(_ quantity: Int64, _ rounding: Rounding) -> (quantity: Int128, residue: Int64)? {
        let product = Int128(quantity) * Int128(numerator)
        let denominator = Int128(denominator)
        var (whole, rest) = product.quotientAndRemainder(dividingBy: denominator)
        guard rest != 0 else { return (whole, 0) }
        switch rounding {
        case .exact: return nil
        case .down where rest < 0:
            whole -= 1
            rest += denominator
        case .up where rest > 0:
            whole += 1
            rest -= denominator
        default: break
        }
        return (whole, Int64(rest))
    }
}

extension PartitionState {
    /// The slot of a SKU's unit; -1 where it has none of that name. O(its units).
    public func findUnit(_ sku: Int32, _ name: Key) -> Int32 {
        var slot = sku >= 0 ? skus[sku].firstUnit : -1
        while slot >= 0 && units[slot].name != name { slot = units[slot].next }
        return slot
    }

    /// Visits the units of a SKU.
    public func forEachUnit(of sku: Int32, _ body: (UnitRecord) -> Void) {
        var slot = skus[sku].firstUnit
        while slot >= 0 {
            body(units[slot])
            slot = units[slot].next
        }
    }

    // MARK: Decide

    /// Decides an event whose quantities are in a unit of the SKU: in minor units it is like any other.
    @inline(never)
    func decideInUnit(_ event: StockEvent, _ sku: Int32, _ fact: inout Fact) -> Rejection {
        fact.unit.name = event.unit
        fact.unit.entered = fact.quantity
        // Nothing was asked for in minor units before it is converted.
        fact.quantity = 0
        let slot = findUnit(sku, event.unit)
        guard slot >= 0 else { return .unitUnknown }
        let unit = units[slot]
        (fact.unit.numerator, fact.unit.denominator) = (unit.numerator, unit.denominator)
        var event = event
        if event.quantity != Policy.absent {
            guard let quantity = unit.convert(event.quantity, event.rounding) else { return .unitInexact }
            guard let whole = Int64(exactly: quantity.quantity), abs(whole) <= EventLimits.maxQuantity else { return .quantityOverflow }
            // Rounded away: there is nothing to book.
            if whole == 0 && event.quantity != 0 { return .unitInexact }
            event.quantity = whole
            fact.unit.residue = quantity.residue
            fact.quantity = whole
        }
        for number in [\StockEvent.setTo, \.expected, \.rejected] {
            let refusal = convertExactly(&event[keyPath: number], unit)
            if refusal != .none { return refusal }
        }
        return decideNew(event, sku, &fact)
    }

    /// What is compared, or stands beside the quantity, is not rounded: one figure is rounded once.
    private func convertExactly(_ number: inout Int64, _ unit: UnitRecord) -> Rejection {
        guard number != Policy.absent else { return .none }
        guard let converted = unit.convert(number, .exact) else { return .unitInexact }
        guard let whole = Int64(exactly: converted.quantity), abs(whole) <= EventLimits.maxQuantity else { return .quantityOverflow }
        number = whole
        return .none
    }

    /// A unit keeps its factor once the SKU has stock: what was booked in it would read differently.
    func decideUnit(_ event: StockEvent, _ sku: Int32, isUsed: Bool, _ fact: inout Fact) -> Rejection {
        fact.unit.name = event.unit
        (fact.unit.numerator, fact.unit.denominator) = (event.unitNumerator, event.unitDenominator)
        let slot = findUnit(sku, event.unit)
        if slot >= 0 { return isUsed && !units[slot].isSameFactor(event.unitNumerator, event.unitDenominator) ? .unitFixed : .none }
        var count = 0
        if sku >= 0 { forEachUnit(of: sku) { _ in count += 1 } }
        return count < limits.unitsPerSKU ? .none : .tooManyUnits
    }

    // MARK: Apply

    mutating func applyUnit(_ fact: inout Fact, _ sku: Int32) {
        let found = findUnit(sku, fact.unit.name)
        let slot = found >= 0 ? found : insertUnit(fact.unit.name, of: sku)
        units[slot].numerator = fact.unit.numerator
        units[slot].denominator = fact.unit.denominator
        markDirty(.unit, slot, of: sku)
    }

    private mutating func insertUnit(_ name: Key, of sku: Int32) -> Int32 {
        var record = UnitRecord()
        record.sku = sku
        record.name = name
        record.next = skus[sku].firstUnit
        let slot = units.insert(record)
        skus[sku].firstUnit = slot
        return slot
    }

    // MARK: Restore

    /// Takes a unit.
    public mutating func restore(unit: UnitRecord, sku key: Key, hash: UInt64) {
        let sku = findOrInsertSKU(key)
        let found = findUnit(sku, unit.name)
        let slot = found >= 0 ? found : insertUnit(unit.name, of: sku)
        units[slot].numerator = unit.numerator
        units[slot].denominator = unit.denominator
        units[slot].status.writtenHash = hash
    }
}
