import StockCore

// Units, by counting: how many minor units a quantity makes is tried out, not divided.
extension ReferenceModel {
    func defineUnit(_ event: StockEvent, _ sku: SKU, isUsed: Bool) throws {
        let name = event.unit.description
        if let (numerator, denominator) = sku.units[name] {
            let isSame = numerator * event.unitDenominator == event.unitNumerator * denominator
            if isUsed && !isSame { throw Refused(.unitFixed) }
        } else if sku.units.count >= limits.unitsPerSKU {
            throw Refused(.tooManyUnits)
        }
        sku.units[name] = (event.unitNumerator, event.unitDenominator)
    }

    /// Brings the quantities of an event into minor units.
    func convert(_ event: inout StockEvent, _ sku: SKU) throws {
        guard let unit = sku.units[event.unit.description] else { throw Refused(.unitUnknown) }
        if event.quantity != Policy.absent {
            let entered = event.quantity
            event.quantity = try minor(entered, unit, event.rounding)
            if abs(event.quantity) > EventLimits.maxQuantity { throw Refused(.quantityOverflow) }
            if event.quantity == 0 && entered != 0 { throw Refused(.unitInexact) }
        }
        if event.setTo != Policy.absent { event.setTo = try minor(event.setTo, unit, .exact) }
        if event.expected != Policy.absent { event.expected = try minor(event.expected, unit, .exact) }
        if event.rejected != Policy.absent { event.rejected = try minor(event.rejected, unit, .exact) }
    }

    private func minor(_ quantity: Int64, _ unit: (Int64, Int64), _ rounding: Rounding) throws -> Int64 {
        let parts = quantity * unit.0
        var whole = parts / unit.1 - 2
        while (whole + 1) * unit.1 <= parts { whole += 1 }
        if whole * unit.1 == parts || rounding == .down { return whole }
        if rounding == .up { return whole + 1 }
        throw Refused(.unitInexact)
    }
}
