// Compares what readers see with the books: the levels topic and the hashes in Redis.

extension Auditor {
    /// The SKUs in the books, in no particular order.
    public var skus: [String] { books.flatMap { $0.skus.keys } }

    /// Compares a SKU's hash in Redis (docs/redis.md) with the books. `fields`: nothing where there is no hash.
    public func view(sku name: String, fields: [String: String]) {
        guard let sku = books[Int(AuditedRecord.partition(of: name, among: partitions))].skus[name] else {
            if !fields.isEmpty { report.add(problem: "Redis: \(name) is no SKU of the books") }
            return
        }
        guard sku.version > 0 else { return }
        if let fault = viewFault(sku, fields) {
            report.add(problem: "Redis: \(name): \(fault)")
        } else {
            report.viewsCompared += 1
        }
    }

    private func viewFault(_ sku: SKUBooks, _ fields: [String: String]) -> String? {
        guard !fields.isEmpty else { return "has no hash" }
        if fields["version"] != "\(sku.version)" { return "version is \(fields["version"] ?? "missing") and \(sku.version) in the books" }
        var sum = LevelFigures()
        for location in sku.levels.keys.sorted() {
            let figures = LevelFigures(sku, location)
            sum.add(figures)
            if let fault = figures.fault({ fields["\(location):\($0)"].flatMap { Int64($0) } }) { return "at \(location): \(fault)" }
            let sold = sku.level(location).sold
            if !sold.isEmpty, let fault = soldFault(sold, fields, "\(location):") { return "at \(location): \(fault)" }
        }
        if sku.hasVelocity, let fault = soldFault(sku.sold, fields, "") { return fault }
        return sum.fault { fields[$0].flatMap { Int64($0) } }
    }

    /// What was sold by day: the list, the day with which it begins, and the sums of a week, four weeks, and all.
    private func soldFault(_ sold: [Int64: Int64], _ fields: [String: String], _ prefix: String) -> String? {
        let own = SoldFigures(sold)
        if sold.isEmpty { return fields[prefix + "soldAsOf"] == "0" ? nil : "soldAsOf is not 0, and nothing was sold" }
        let list = "[" + own.days.map { "\($0)" }.joined(separator: ",") + "]"
        var expected = ["sold": list, "soldAsOf": "\(own.asOfMilliseconds)"]
        for days in [7, 28, 35] { expected["sold\(days)"] = "\(own.days.prefix(days).reduce(0, +))" }
        for (name, value) in expected.sorted(by: { $0.key < $1.key }) {
            guard let found = fields[prefix + name] else { return "\(name) is missing" }
            if found != value { return "\(name) is \(found) and \(value) in the books" }
        }
        return nil
    }

    /// Compares the last record of each SKU in the levels topic.
    func compareLevels() {
        for partition in books {
            for sku in partition.skus.values where sku.version > 0 {
                if let fault = levelFault(sku) {
                    report.add(problem: "levels: \(sku.name): \(fault)")
                } else {
                    report.levelsCompared += 1
                }
            }
        }
    }

    private func levelFault(_ sku: SKUBooks) -> String? {
        guard let bytes = levelRecords[sku.name] else { return "has no record" }
        guard let json = bytes.withUnsafeBytes({ try? JSONReader.read($0) }) else { return "its record is no JSON" }
        let version = json["version"]?.integer ?? -1
        if version != sku.version { return "version is \(version) and \(sku.version) in the books" }
        var sum = LevelFigures()
        for location in sku.levels.keys.sorted() {
            let figures = LevelFigures(sku, location)
            sum.add(figures)
            let found = json["locations"]?.elements?.first { $0["location"]?.text == location }
            guard let found else { return "has nothing at \(location)" }
            if let fault = figures.fault({ found.figure($0) }) { return "at \(location): \(fault)" }
            if let fault = soldFault(sku.level(location).sold, found) { return "at \(location): \(fault)" }
        }
        if let fault = json["totals"].flatMap({ soldFault(sku.sold, $0) }) { return fault }
        return sum.fault { json["totals"]?.figure($0) }
    }

    private func soldFault(_ sold: [Int64: Int64], _ json: JSONValue) -> String? {
        guard !sold.isEmpty else { return json["sold"] == nil ? nil : "sold is there, and nothing was sold" }
        let own = SoldFigures(sold)
        let found = json["sold"]?.elements?.compactMap(\.integer)
        if found != own.days { return "sold is \(found ?? []) and \(own.days) in the books" }
        let asOf = json["soldAsOfMilliseconds"]?.integer
        return asOf == own.asOfMilliseconds ? nil : "sold is as of \(asOf ?? 0) and of \(own.asOfMilliseconds) in the books"
    }
}

/// What was sold by day, the latest day first, up to the earliest on which anything was; 35 days are told.
private struct SoldFigures {
    var days: [Int64] = []
    var asOfMilliseconds: Int64 = 0

    init(_ sold: [Int64: Int64]) {
        guard let last = sold.keys.max() else { return }
        days = (0..<35).map { sold[last - Int64($0)] ?? 0 }
        while days.last == 0 { days.removeLast() }
        asOfMilliseconds = last * EventRules.day
    }
}

extension SKUBooks {
    /// What was sold at all locations, by day.
    fileprivate var sold: [Int64: Int64] { levels.values.reduce(into: [:]) { $0.merge($1.sold, uniquingKeysWith: +) } }
}

/// The figures that readers see of a level, or of a SKU's levels together.
private struct LevelFigures {
    private var figures: [(name: String, value: Int64)] = []

    init() {}

    init(_ sku: SKUBooks, _ location: String) {
        let level = sku.level(location)
        let available = sku.available(location)
        figures = [
            ("onHand", level.onHand), ("sellable", level.sellable), ("held", level.held), ("committed", level.committed),
            ("unavailable", level.onHand - level.sellable), ("safetyStock", level.safetyStock ?? sku.safetyStock),
            ("shortfall", sku.shortfall(location)), ("available", available), ("incoming", sku.incoming(location)),
            ("inTransit", sku.inTransit(location)), ("backordered", sku.backordered(location, isPreorder: false)),
            ("preordered", sku.backordered(location, isPreorder: true)), ("waiting", sku.waitingForHolds(location)),
            ("low", level.isLow ? 1 : 0), ("out", available == 0 ? 1 : 0),
        ]
    }

    /// Adds another level: low where any of them is, out where all of them are.
    mutating func add(_ other: LevelFigures) {
        guard !figures.isEmpty else {
            figures = other.figures
            return
        }
        for index in figures.indices {
            let value = other.figures[index].value
            switch figures[index].name {
            case "low": figures[index].value = max(figures[index].value, value)
            case "out": figures[index].value = min(figures[index].value, value)
            default: figures[index].value += value
            }
        }
    }

    /// What differs from the figures that a reader finds by name.
    func fault(_ find: (String) -> Int64?) -> String? {
        for (name, value) in figures {
            guard let found = find(name) else { return "\(name) is missing" }
            if found != value { return "\(name) is \(found) and \(value) in the books" }
        }
        return nil
    }
}

extension JSONValue {
    /// A figure of a levels record, which has flags for low and out.
    fileprivate func figure(_ name: String) -> Int64? {
        switch name {
        case "low": self["isLow"]?.flag.map { $0 ? 1 : 0 }
        case "out": self["isOut"]?.flag.map { $0 ? 1 : 0 }
        default: self[name]?.integer
        }
    }
}
