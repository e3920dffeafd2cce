// Requests that name several locations.

extension Auditor {
    /// Several locations: each gives what it has, as the strategy says.
    func choiceFault(
        _ verb: String, _ event: AuditedEvent, _ entry: AuditedLedger, _ sku: SKUBooks, own: (String) -> Int64, ownLife: Int64
    ) -> String? {
        let asked = event.quantity ?? entry.quantity
        let parts = entry.parts
        let isWhole = event.texts["split"] == "deny"
        if parts.reduce(0, { $0 + $1.quantity }) != asked { return "asks for \(asked), and gets another quantity over several locations" }
        if Set(parts.map(\.location)).count != parts.count { return "names a location twice" }
        if isWhole, parts.count > 1 { return "is split although it denies that" }
        var rooms: [String: Int64] = [:]
        for location in event.locations {
            let isThere = sku.levels[location] != nil
            rooms[location] = isThere ? max(0, sku.promisable(location, life: entry.life, without: (own(location), ownLife))) : 0
        }
        let beyond = parts.filter { $0.quantity > rooms[$0.location] ?? 0 }
        if let part = beyond.first {
            let isNeeded = isWhole ? rooms.values.max() ?? 0 < asked : rooms.values.reduce(0, +) < asked
            let takesAll =
                isWhole
                || rooms.allSatisfy { room in
                    room.key == part.location || (parts.first { $0.location == room.key }?.quantity ?? 0) == room.value
                }
            let before = Dictionary(uniqueKeysWithValues: sku.levels.keys.map { ($0, own($0)) })
            let isMeant = beyond.count == 1 && isNeeded && takesAll && event.locations.contains(part.location)
            if isMeant, mayOversell([part.location], parts, life: entry.life, insteadOf: before, life: ownLife, sku) { return nil }
            let room = rooms[part.location] ?? 0
            return "OVERSELLS: \(verb) \(part.quantity) of \(sku.name) at \(part.location), where \(room) are available"
        }
        guard let expected = choose(asked, event, entry.life, rooms, sku) else { return nil }
        for location in expected.keys.sorted() {
            let found = parts.first { $0.location == location }?.quantity ?? 0
            if found != expected[location] { return "takes \(found) at \(location), where its strategy takes \(expected[location] ?? 0)" }
        }
        return nil
    }

    /// Whether these promises, in place of others, stay within the SKU's oversell limit, and nobody waits where they go beyond the shelf.
    func mayOversell(
        _ beyond: [String], _ parts: [(location: String, quantity: Int64)], life: Int64, insteadOf before: [String: Int64],
        life ownLife: Int64, _ sku: SKUBooks
    ) -> Bool {
        guard sku.oversellLimit >= 0, !beyond.contains(where: { sku.isOwed(at: $0) }) else { return false }
        return shortfall(with: parts, life: life, insteadOf: before, life: ownLife, sku) <= sku.oversellLimit
    }

    /// What promises exceed the shelves by, once these are made in place of others.
    func shortfall(
        with parts: [(location: String, quantity: Int64)], life: Int64, insteadOf before: [String: Int64], life ownLife: Int64,
        _ sku: SKUBooks
    ) -> Int64 {
        func book(_ sign: Int64) {
            for (location, quantity) in before { sku.levels[location]?.promise(-sign * quantity, isHold: true, life: ownLife) }
            for part in parts { sku.levels[part.location]?.promise(sign * part.quantity, isHold: true, life: life) }
        }
        book(1)
        defer { book(-1) }
        return sku.levels.keys.reduce(0) { $0 + sku.shortfall($1) }
    }

    /// What each location gives by the strategy; nil: which of several plans is best is not worked out here.
    private func choose(_ asked: Int64, _ event: AuditedEvent, _ life: Int64, _ rooms: [String: Int64], _ sku: SKUBooks) -> [String: Int64]?
    {
        let strategy = event.texts["strategy"] ?? "single-first"
        let order = order(strategy, event, life, rooms, sku)
        if strategy == "single-first" || event.texts["split"] == "deny" {
            return order.first { rooms[$0] ?? 0 >= asked }.map { [$0: asked] }
        }
        var given: [String: Int64] = [:]
        var left = asked
        while left > 0 {
            // One by one where that matters; otherwise all that the next one has.
            let isBalanced = strategy == "balanced"
            func rest(_ location: String) -> Int64 { (rooms[location] ?? 0) - (given[location] ?? 0) }
            let next =
                isBalanced ? order.sorted().max { rest($0) < rest($1) || rest($0) == rest($1) && $0 > $1 } : order.first { rest($0) > 0 }
            guard let next, rest(next) > 0 else { return nil }
            let units = isBalanced ? 1 : min(left, rest(next))
            given[next, default: 0] += units
            left -= units
        }
        return given
    }

    /// The order in which a strategy asks.
    private func order(
        _ strategy: String, _ event: AuditedEvent, _ life: Int64, _ rooms: [String: Int64], _ sku: SKUBooks
    ) -> [String] {
        var places: [(location: String, rank: Int64)] = []
        for (index, location) in event.locations.enumerated() where !places.contains(where: { $0.location == location }) {
            let rank: Int64
            switch strategy {
            case "nearest": rank = event.lists["distances"]?[index].integer ?? 0
            case "highest-free", "balanced": rank = -(rooms[location] ?? 0)
            case "fefo-first":
                let usable = (sku.levels[location]?.lots ?? [:]).filter {
                    $0.value.sellable > 0 && $0.value.expiresAtMilliseconds >= life && sku.lots[$0.key]?.isBlocked != true
                }
                rank = usable.values.map(\.expiresAtMilliseconds).min() ?? Int64.max
            default: rank = Int64(index)
            }
            places.append((location, rank))
        }
        return places.sorted { ($0.rank, $0.location) < ($1.rank, $1.location) }.map(\.location)
    }
}
