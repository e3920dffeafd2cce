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
        }
        return sum.fault { fields[$0].flatMap { Int64($0) } }
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
        }
        return sum.fault { json["totals"]?.figure($0) }
    }
}

/// The figures that readers see of a level, or of a SKU's levels together.
private struct LevelFigures {
    private var figures: [(name: String, value: Int64)] = []

    init() {}

    init(_ sku: SKUBooks, _ location: String) {
        let level = sku.level(location)
        let available = max(0, sku.promisable(location))
        figures = [
            ("onHand", level.onHand), ("sellable", level.sellable), ("held", level.held), ("committed", level.committed),
            ("unavailable", level.onHand - level.sellable), ("safetyStock", level.safetyStock ?? sku.safetyStock),
            ("shortfall", level.shortfall), ("available", available), ("low", level.isLow ? 1 : 0), ("out", available == 0 ? 1 : 0),
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
