import StockCore

/// Why an event has no effect.
struct Refused: Error {
    var rejection: Rejection
    var isRepeat = false
    /// What is short is asked of another SKU.
    var isPassedOn = false

    init(_ rejection: Rejection) { self.rejection = rejection }

    static var repeated: Refused {
        var repeated = Refused(.none)
        repeated.isRepeat = true
        return repeated
    }
}

extension ReferenceModel {
    /// Takes an event, after the due holds of its SKU. How many facts timers make, and so the version, is the engine's own business.
    func take(_ event: StockEvent, version: Int64) -> Answer {
        let name = event.sku.description
        _ = expire(name)
        if let known = ids[event.idHash] {
            return known.body == event.bodyHash ? Answer(outcome: .duplicate) : Answer(outcome: .rejected, rejection: .idConflict)
        }
        ids[event.idHash] = KnownID(body: event.bodyHash, at: now)
        idOrder.append(event.idHash)
        let isNew = skus[name] == nil
        let sku = sku(name)
        let before = sku.levels.keys.reduce(into: [:]) { $0[$1] = sku.available($1) }
        let total = sku.total
        var event = event
        do {
            if event.type != .define && !event.unit.isEmpty { try convert(&event, sku) }
            if event.expectedVersion == Policy.absent && isBefore(event, evictedThrough) {
                let isPart = event.type == .release && event.quantity != Policy.absent
                if [.define, .adjust, .move, .extend, .expect, .receiveCorrect].contains(event.type) || isPart { throw Refused(.tooOld) }
            }
            if event.expectedVersion != Policy.absent && event.expectedVersion != version { throw Refused(.versionMismatch) }
            if !event.serial.isEmpty && sku.policy["serials"] != 1 { throw Refused(.serialNotTracked) }
            let quantity = try rule(event, name, sku)
            if isNew {
                skus[name] = sku
                order.append(name)
            }
            return Answer(outcome: .accepted, quantity: quantity, alerts: alerts(sku, before: before, total: total))
        } catch let refused as Refused where refused.isRepeat {
            return Answer(outcome: .duplicate)
        } catch let refused as Refused {
            if refused.rejection == .insufficientStock && !refused.isPassedOn && [.hold, .commit, .sale].contains(event.type) {
                refusedUnits += event.quantity
            }
            return Answer(outcome: .rejected, rejection: refused.rejection)
        } catch {
            preconditionFailure("only refusals are thrown")
        }
    }

    func isBefore(_ event: StockEvent, _ instant: Int64?) -> Bool {
        guard let instant else { return false }
        return event.occurredAtMilliseconds <= instant
    }

    private func rule(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        switch event.type {
        case .define: try define(event, sku)
        case .receive: try receive(event, name, sku)
        case .adjust: try adjust(event, sku)
        case .move: try move(event, sku)
        case .hold: try hold(event, sku)
        case .extend: try extend(event, sku)
        case .commit: try commit(event, name, sku)
        case .release: try release(event, name, sku)
        case .ship: try ship(event, name, sku)
        case .sale: try sale(event, name, sku)
        case .return: try giveBack(event, name, sku)
        case .expect: try expect(event, name, sku)
        case .receiveCorrect: try correct(event, name, sku)
        case .lotBlock, .lotUnblock, .recall, .unrecall: preconditionFailure("the model knows no lots")
        case .confirm: preconditionFailure("the model knows no payments")
        case .reassign: preconditionFailure("the model knows nobody who waits")
        case .unship: try unship(event, name, sku)
        case .countOpen: try countOpen(event, sku)
        case .countLine: try countLine(event, sku)
        case .countClose: try countClose(event, name, sku)
        case .transferSend: try send(event, name, sku)
        case .transferReceive: try arriveTransfer(event, name, sku)
        case .transferClose: try closeTransfer(event, name, sku)
        }
    }

    func openLevel(_ location: String, _ sku: SKU) throws {
        guard sku.levels[location] == nil else { return }
        guard sku.levels.count < limits.locationsPerSKU else { throw Refused(.tooManyLocations) }
    }

    func add(_ quantity: Int64, _ disposition: Disposition, _ location: String, _ sku: SKU) throws {
        var level = sku.levels[location] ?? Level()
        let sum = (level.units[disposition] ?? 0) + quantity
        guard abs(sum) <= EventLimits.maxBalance else { throw Refused(.quantityOverflow) }
        level.units[disposition] = sum
        sku.levels[location] = level
    }

    private func define(_ event: StockEvent, _ sku: SKU) throws -> Int64 {
        func given(_ term: Int64) -> Int64? { term == Policy.absent ? nil : term }
        let terms = event.policy
        let isUsed = sku.received != 0 || sku.found != 0 || sku.gone != 0 || !sku.holds.isEmpty || sku.documents > 0
        if let scale = given(terms.scale), scale != sku.policy["scale"] ?? 1, isUsed { throw Refused(.scaleFixed) }
        if !event.unit.isEmpty { try defineUnit(event, sku, isUsed: isUsed) }
        if !event.location.isEmpty {
            let location = event.location.description
            try openLevel(location, sku)
            var level = sku.levels[location] ?? Level()
            level.safetyStock = given(terms.safetyStock) ?? level.safetyStock
            level.reorderPoint = given(terms.reorderPoint) ?? level.reorderPoint
            level.hysteresis = given(terms.reorderHysteresis) ?? level.hysteresis
            sku.levels[location] = level
            return 0
        }
        let all = [
            "scale": terms.scale, "safetyStock": terms.safetyStock, "reorderPoint": terms.reorderPoint,
            "hysteresis": terms.reorderHysteresis,
            "overReceipt": terms.overReceiptPercent, "late": terms.lateDelta, "return": terms.returnDisposition,
            "maxSeconds": terms.maxHoldSeconds,
            "maxQuantity": terms.maxHoldQuantity, "serials": terms.serialTracked, "warranty": terms.warrantyDays,
            "recount": terms.recountAbove, "approve": terms.approveAbove, "perOwner": terms.maxHeldPerOwner,
        ]
        for (term, value) in all where value != Policy.absent { sku.policy[term] = value }
        return 0
    }

    private func receive(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let location = event.location.description
        let record = "receipt \(event.document) \(event.line)\(event.serialSuffix)"
        let content = "\(location) \(event.disposition) \(event.counterpart)"
        let booked = sku.closed[record]
        if let booked {
            if booked.content == content && booked.quantity == event.quantity { throw Refused.repeated }
            if booked.content != content || booked.quantity > event.quantity { throw Refused(.receiptConflict) }
        } else if isBefore(event, horizon) {
            throw Refused(.tooOld)
        }
        try checkSerialArrival(event, sku)
        let difference = event.quantity - (booked?.quantity ?? 0)
        try checkLate(event, event.disposition, location, sku)
        try checkArrival(difference, event, sku)
        try openLevel(location, sku)
        try delta(event, difference, event.disposition, location, sku)
        sku.received += difference
        arrive(difference, event, name, sku)
        close(name, sku, record, Closed(status: "done", quantity: event.quantity, content: content, at: now))
        bookSerial(event, name, sku, "in stock")
        return difference
    }

    private func adjust(_ event: StockEvent, _ sku: SKU) throws -> Int64 {
        let location = event.location.description
        let current = sku.levels[location]?.units[event.disposition] ?? 0
        var quantity = event.quantity
        if event.setTo != Policy.absent {
            guard event.expected == current else { throw Refused(.valueMismatch) }
            quantity = event.setTo - current
        } else {
            try checkLate(event, event.disposition, location, sku)
            if isAbsorbed(event, event.disposition, location, sku) { return quantity }
        }
        if quantity < 0 {
            if current + quantity < 0 { throw Refused(.insufficientStock) }
            let isPromised = event.disposition == .sellable && current + quantity < sku.promised(location)
            if isPromised && !event.isForced { throw Refused(.belowPromised) }
        }
        try openLevel(location, sku)
        try add(quantity, event.disposition, location, sku)
        rebase(event, quantity, event.disposition, location, sku)
        sku.found += quantity
        return quantity
    }

    private func move(_ event: StockEvent, _ sku: SKU) throws -> Int64 {
        let location = event.location.description
        if event.disposition == .core && event.toDisposition == .sellable { throw Refused(.coreNotSellable) }
        try checkLate(event, event.disposition, location, sku)
        try checkLate(event, event.toDisposition, location, sku)
        var left = (sku.levels[location]?.units[event.disposition] ?? 0) - event.quantity
        if isAbsorbed(event, event.disposition, location, sku) { left = Int64.max }
        if left < 0 { throw Refused(.insufficientStock) }
        if event.disposition == .sellable && left < sku.promised(location) && !event.isForced { throw Refused(.belowPromised) }
        try delta(event, event.quantity, event.toDisposition, location, sku)
        try delta(event, -event.quantity, event.disposition, location, sku)
        return event.quantity
    }

    private func longest(_ sku: SKU) -> Int64 { sku.policy["maxSeconds"] ?? EventLimits.maxHoldSeconds }

    private func hold(_ event: StockEvent, _ sku: SKU) throws -> Int64 {
        let id = event.hold.description
        let location = event.location.description
        let most = sku.policy["maxQuantity"] ?? Int64.max
        if let own = sku.holds[id] {
            let owner = event.document.isEmpty ? own.owner : event.document.description
            if own.location == location && own.quantity == event.quantity && own.owner == owner { throw Refused.repeated }
            if event.expectedVersion == Policy.absent && isBefore(event, evictedThrough) { throw Refused(.tooOld) }
            let free = sku.free(location) + (own.location == location ? own.remaining : 0)
            if free < event.quantity { throw Refused(.insufficientStock) }
            if event.quantity > most { throw Refused(.holdTooLarge) }
            try checkOwner(owner, event.quantity, without: id, sku)
            sku.holds[id] = Hold(
                location: location, quantity: event.quantity, remaining: event.quantity, placed: own.placed, expires: own.expires,
                owner: owner)
            return event.quantity
        }
        if let status = sku.closed["hold \(id)"]?.status { throw Refused(holdStatus(status)) }
        if isBefore(event, horizon) { throw Refused(.tooOld) }
        let quantity = try share(of: event, sku.free(location))
        if event.ttlSeconds > longest(sku) { throw Refused(.holdTooLong) }
        if quantity > most { throw Refused(.holdTooLarge) }
        let owner = event.document.description
        try checkOwner(owner, quantity, without: id, sku)
        if sku.holds.count >= limits.openHoldsPerSKU { throw Refused(.tooManyHolds) }
        let expires = now + event.ttlSeconds * 1_000
        sku.holds[id] = Hold(location: location, quantity: quantity, remaining: quantity, placed: now, expires: expires, owner: owner)
        return quantity
    }

    private func checkOwner(_ owner: String, _ quantity: Int64, without id: String, _ sku: SKU) throws {
        let limit = sku.policy["perOwner"] ?? -1
        let others = sku.holds.filter { $0.key != id && $0.value.owner == owner }.reduce(0) { $0 + $1.value.remaining }
        if limit >= 0 && !owner.isEmpty && others + quantity > limit { throw Refused(.ownerLimit) }
    }

    /// All that is asked for, or of a request for several SKUs what there is.
    private func share(of event: StockEvent, _ free: Int64) throws -> Int64 {
        if free >= event.quantity { return event.quantity }
        if event.isOfChain && free > 0 { return free }
        var refused = Refused(.insufficientStock)
        refused.isPassedOn = !event.nextSKU.isEmpty
        throw refused
    }

    private func holdStatus(_ status: String) -> Rejection {
        status == "expired" ? .holdExpired : status == "released" ? .holdReleased : .holdCommitted
    }

    private func open(_ event: StockEvent, _ sku: SKU) throws -> Hold {
        if let hold = sku.holds[event.hold.description] { return hold }
        if let status = sku.closed["hold \(event.hold)"]?.status { throw Refused(holdStatus(status)) }
        throw Refused(isBefore(event, horizon) ? .tooOld : .holdUnknown)
    }

    private func extend(_ event: StockEvent, _ sku: SKU) throws -> Int64 {
        let hold = try open(event, sku)
        let expires = now + event.ttlSeconds * 1_000
        if expires < hold.expires { throw Refused(.shortensHold) }
        if expires > hold.placed + longest(sku) * 1_000 { throw Refused(.holdTooLong) }
        sku.holds[event.hold.description]!.expires = expires
        return 0
    }

    private func commit(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let id = event.orderLine.description
        let source = event.hold.isEmpty ? nil : event.hold.description
        let asked = event.quantity == Policy.absent ? nil : event.quantity
        if let line = sku.lines[id] {
            let isSamePlace = source != nil || line.location == event.location.description
            let isSame = line.hold == source && isSamePlace && (asked == nil || asked == line.ordered)
            throw isSame ? Refused.repeated : Refused(.orderLineExists)
        }
        if let line = sku.closed["line \(id)"] {
            let content = source.map { "hold \($0)" } ?? "at \(event.location)"
            let isSame = line.status == "done" && line.content == content && (asked == nil || asked == line.quantity)
            throw isSame ? Refused.repeated : Refused(.orderLineClosed)
        }
        if isBefore(event, lineHorizon) { throw Refused(.tooOld) }
        var location = event.location.description
        var quantity = asked ?? 0
        if source != nil {
            let hold = try open(event, sku)
            location = hold.location
            quantity = asked ?? hold.remaining
            if quantity > hold.remaining { throw Refused(.quantityExceeds) }
        } else {
            quantity = try share(of: event, sku.free(location))
        }
        if sku.lines.count >= limits.openCommitmentsPerSKU { throw Refused(.tooManyCommitments) }
        sku.lines[id] = Line(location: location, ordered: quantity, open: quantity, hold: source)
        if let source { take(event.rest == .release ? nil : quantity, of: source, "committed", name, sku) }
        return quantity
    }

    /// Takes units out of a hold, nil: all.
    private func take(_ quantity: Int64?, of id: String, _ status: String, _ name: String, _ sku: SKU) {
        sku.holds[id]!.remaining -= quantity ?? sku.holds[id]!.remaining
        guard let hold = sku.holds[id], hold.remaining == 0 else { return }
        sku.holds[id] = nil
        close(name, sku, "hold \(id)", Closed(status: status, quantity: hold.quantity, content: "", at: now))
    }

    private func endLine(_ id: String, _ name: String, _ sku: SKU) {
        guard let line = sku.lines[id], line.open == 0 else { return }
        sku.lines[id] = nil
        let content = line.hold.map { "hold \($0)" } ?? "at \(line.location)"
        let closed = Closed(
            status: "done", quantity: line.ordered, shipped: line.shipped, returned: line.returned, cores: line.cores, content: content,
            at: now)
        close(name, sku, "line \(id)", closed)
    }

    private func release(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let asked = event.quantity == Policy.absent ? nil : event.quantity
        if !event.hold.isEmpty {
            let id = event.hold.description
            if asked == nil && sku.holds[id] == nil && sku.closed["hold \(id)"]?.status == "released" { throw Refused.repeated }
            let hold = try open(event, sku)
            let quantity = asked ?? hold.remaining
            if quantity > hold.remaining { throw Refused(.quantityExceeds) }
            take(quantity, of: id, "released", name, sku)
            return quantity
        }
        let id = event.orderLine.description
        if asked == nil, sku.lines[id] == nil, let done = sku.closed["line \(id)"], done.shipped < done.quantity { throw Refused.repeated }
        let line = try openLine(event, sku)
        let quantity = asked ?? line.open
        if quantity > line.open { throw Refused(.quantityExceeds) }
        sku.lines[id]!.open -= quantity
        endLine(id, name, sku)
        return quantity
    }

    private func openLine(_ event: StockEvent, _ sku: SKU) throws -> Line {
        if let line = sku.lines[event.orderLine.description] { return line }
        if sku.closed["line \(event.orderLine)"] != nil { throw Refused(.orderLineClosed) }
        throw Refused(isBefore(event, lineHorizon) ? .tooOld : .orderLineUnknown)
    }

    private func ship(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let id = event.orderLine.description
        let record = "shipment \(event.document) \(id)\(event.serialSuffix)"
        let asked = event.quantity == Policy.absent ? nil : event.quantity
        if let before = sku.closed[record] {
            if before.status == "voided" { throw Refused(.shipmentVoided) }
            throw asked == nil || asked == before.quantity ? Refused.repeated : Refused(.shipmentConflict)
        }
        if isBefore(event, horizon) { throw Refused(.tooOld) }
        let line = try openLine(event, sku)
        let quantity = asked ?? (event.serial.isEmpty ? line.open : 1)
        if quantity > line.open { throw Refused(.quantityExceeds) }
        try checkSerialDeparture(event, sku)
        try checkLate(event, .sellable, line.location, sku)
        let isAbsorbed = isAbsorbed(event, .sellable, line.location, sku)
        if !isAbsorbed && sku.levels[line.location]!.sellable < quantity { throw Refused(.insufficientStock) }
        try delta(event, -quantity, .sellable, line.location, sku)
        sku.gone += quantity
        sku.lines[id]!.open -= quantity
        sku.lines[id]!.shipped += quantity
        close(name, sku, record, Closed(status: "done", quantity: quantity, content: line.location, at: now))
        bookSerial(event, name, sku, "shipped")
        endLine(id, name, sku)
        return quantity
    }

    private func sale(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let id = event.orderLine.description
        let location = event.location.description
        if sku.lines[id] != nil { throw Refused(.orderLineExists) }
        if let sold = sku.closed["line \(id)"] {
            let isSame = sold.status == "sold" && sold.quantity == event.quantity && sold.content == "at \(location)\(event.serialSuffix)"
            throw isSame ? Refused.repeated : Refused(.orderLineClosed)
        }
        if isBefore(event, lineHorizon) { throw Refused(.tooOld) }
        try checkSerialDeparture(event, sku)
        try checkLate(event, .sellable, location, sku)
        if isAbsorbed(event, .sellable, location, sku) {
            // It had gone when the shelf was counted.
        } else if event.isForced {
            try openLevel(location, sku)
        } else if sku.free(location) < event.quantity {
            throw Refused(.insufficientStock)
        }
        try delta(event, -event.quantity, .sellable, location, sku)
        sku.gone += event.quantity
        let sold = Closed(
            status: "sold", quantity: event.quantity, shipped: event.quantity, content: "at \(location)\(event.serialSuffix)",
            at: now)
        close(name, sku, "line \(id)", sold)
        bookSerial(event, name, sku, "shipped")
        return event.quantity
    }

    private func giveBack(_ event: StockEvent, _ name: String, _ sku: SKU) throws -> Int64 {
        let id = event.orderLine.description
        let location = event.location.description
        let record = "return \(event.document)"
        let content = "\(id) \(location)\(event.serialSuffix)"
        if let before = sku.closed[record] {
            throw before.quantity == event.quantity && before.content == content ? Refused.repeated : Refused(.returnConflict)
        }
        if isBefore(event, horizon) { throw Refused(.tooOld) }
        let usual = sku.policy["return"].flatMap { Disposition(rawValue: UInt8($0)) } ?? .quarantine
        var disposition = event.hasDisposition ? event.disposition : usual
        if !event.claim.isEmpty { disposition = .qc }
        try checkSerialReturn(event, sku)
        if let line = sku.lines[id] {
            if (disposition == .core ? line.cores : line.returned) + event.quantity > line.shipped { throw Refused(.quantityExceeds) }
        } else if let line = sku.closed["line \(id)"] {
            if (disposition == .core ? line.cores : line.returned) + event.quantity > line.shipped { throw Refused(.quantityExceeds) }
        } else if lineHorizon == nil {
            throw Refused(.orderLineUnknown)
        } else if disposition != .qc && disposition != .core {
            disposition = .quarantine
        }
        try checkLate(event, disposition, location, sku)
        try openLevel(location, sku)
        try delta(event, event.quantity, disposition, location, sku)
        sku.gone -= event.quantity
        if disposition == .core {
            sku.lines[id]?.cores += event.quantity
            sku.closed["line \(id)"]?.cores += event.quantity
        } else {
            sku.lines[id]?.returned += event.quantity
            sku.closed["line \(id)"]?.returned += event.quantity
        }
        close(name, sku, record, Closed(status: "done", quantity: event.quantity, content: content, at: now))
        bookSerial(event, name, sku, "returned")
        return event.quantity
    }
}
