public import StockCore

// Requests that name several locations to be chosen from.
extension EventDecoder {
    /// Reads a member about them.
    mutating func readCandidates(_ field: EventField, into event: inout StockEvent) throws(WireError) {
        let start = scanner.position
        switch field {
        case .locations:
            try readList(atMost: EventLimits.maxCandidates) { decoder throws(WireError) in
                decoder.candidates.append(Candidate(try decoder.readKey()))
            }
        case .distances:
            try readList(atMost: EventLimits.maxCandidates) { decoder throws(WireError) in
                decoder.distances.append(try decoder.readInteger(0, EventLimits.maxDistance))
            }
        case .strategy:
            guard let strategy = Strategy(wireName: scanner.contents(try scanner.readText())) else {
                throw WireError(
                    .unknownValue, offset: start, detail: "single-first, priority, nearest, highest-free, fefo-first or balanced")
            }
            event.strategy = strategy
        default:
            let text = scanner.contents(try scanner.readText())
            guard text.equals("allow") || text.equals("deny") else {
                throw WireError(.unknownValue, offset: start, detail: "allow or deny")
            }
            event.deniesSplit = text.equals("deny")
        }
    }

    /// Reads the serials of several units.
    mutating func readSerials() throws(WireError) {
        try readList(atMost: EventLimits.maxSerials) { decoder throws(WireError) in decoder.serials.append(try decoder.readKey()) }
    }

    /// Reads a list that has an element at least.
    private mutating func readList(
        atMost limit: Int, _ element: (inout EventDecoder) throws(WireError) -> Void
    ) throws(WireError) {
        let start = scanner.position
        var count = 0
        var isMore = try scanner.openArray()
        while isMore {
            scanner.skipSpace()
            count += 1
            guard count <= limit else { break }
            try element(&self)
            isMore = try scanner.anotherElement()
        }
        guard count >= 1 && count <= limit else {
            throw WireError(.outOfRange, offset: start, detail: "elements of the list", low: 1, high: Int64(limit))
        }
    }

    /// A request names one location, or several and how to choose. What waits, goes on to another SKU, or has gone already is at one.
    func checkCandidates(_ event: inout StockEvent) throws(WireError) {
        guard seen.contains(.locations) else {
            for field in [EventField.strategy, .distances, .split] where seen.contains(field) { throw unused(field, "without locations") }
            if event.type == .hold || event.type == .sale {
                guard seen.contains(.location) else { throw missing(.location) }
            }
            return
        }
        // There, location is the part that is planned anew.
        if event.type != .reassign && seen.contains(.location) { throw either("location or locations", .locations) }
        let ofOne: [EventField] = [
            .waitSeconds, .backorder, .preorder, .alternatives, .hop, .lot, .serial, .serials, .toLocation, .toOrderLine,
        ]
        if let field = ofOne.first(where: seen.contains) { throw unused(field, "with locations: it needs one location") }
        if event.isForced { throw unused(.locations, "with forced: the goods have left one location") }
        if event.type == .commit && seen.contains(.hold) { throw unused(.locations, "with hold: its units are there") }
        if event.strategy == .nearest {
            guard seen.contains(.distances) else { throw missing(.distances) }
            guard distances.count == candidates.count else {
                throw WireError(
                    .outOfRange, field: Key("distances"), offset: offset(.distances), detail: "one for each of locations",
                    low: Int64(candidates.count), high: Int64(candidates.count))
            }
        } else if seen.contains(.distances) {
            throw unused(.distances, "without strategy nearest")
        }
    }

    /// What the event itself has to know of the locations that its request names.
    mutating func noteCandidates(_ event: inout StockEvent) {
        if event.strategy == .nearest {
            for index in candidates.indices { candidates[index].distance = distances[index] }
        }
        var hasher = Hasher128(seed: UInt64(candidates.count))
        for candidate in candidates {
            hasher.combine(candidate.location)
            hasher.combine(candidate.distance)
        }
        event.candidatesHash = Int64(bitPattern: hasher.finish().high)
        if event.candidatesHash == Policy.absent { event.candidatesHash = 0 }
    }
}

extension Strategy {
    /// The name in messages.
    public var wireName: StaticString {
        switch self {
        case .singleFirst: "single-first"
        case .priority: "priority"
        case .nearest: "nearest"
        case .highestFree: "highest-free"
        case .fefoFirst: "fefo-first"
        case .balanced: "balanced"
        }
    }

    /// The strategy of that name; nil where there is none.
    public init?(wireName name: UnsafeRawBufferPointer) {
        guard let found = Strategy.allCases.first(where: { name.equals($0.wireName) }) else { return nil }
        self = found
    }
}
