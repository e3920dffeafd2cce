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
            if let fault = figures.fault({ found[$0]?.integer }) { return "at \(location): \(fault)" }
        }
        return sum.fault { json["totals"]?[$0]?.integer }
    }
}

/// The figures that readers see of a level, or of a SKU's levels together.
private struct LevelFigures {
    private var figures: [(name: String, value: Int64)] = []

    init() {}

    init(_ sku: SKUBooks, _ location: String) {
        let level = sku.level(location)
        figures = [
            ("onHand", level.onHand), ("sellable", level.sellable), ("held", level.held), ("committed", level.committed),
            ("unavailable", level.onHand - level.sellable), ("shortfall", level.shortfall), ("available", max(0, sku.promisable(location))),
        ]
    }

    mutating func add(_ other: LevelFigures) {
        if figures.isEmpty {
            figures = other.figures
        } else {
            for index in figures.indices { figures[index].value += other.figures[index].value }
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
