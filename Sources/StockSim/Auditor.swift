public import StockWire

/// Checks the engine from outside: reads the input topic and the ledger and keeps books of its own, with plain dictionaries and its own
/// reading of JSON. It shares no code with the engine's decisions, so that a fault there does not hide itself here.
///
/// It is fed by the caller with records as they come, each topic's partitions in the order of their offsets, in any order between topics;
/// what has to wait for its counterpart waits. Memory is bounded by `Auditor.Limits`. Single-threaded.
public final class Auditor {
    /// Bounds of what is remembered.
    public struct Limits: Sendable {
        /// Event ids in each partition; older ones are forgotten, and a repeat of them is not found any more.
        public var idsPerPartition = 250_000
        /// Business ids that are done, in each partition.
        public var finishedPerPartition = 250_000

        /// How long a hold may stay open after its end: the engine ends a bounded number at a time, and the rest counts as held until then.
        public static let graceMilliseconds: Int64 = 10_000

        /// The defaults.
        public init() {}
    }

    let partitions: Int32
    let limits: Limits
    var books: [PartitionBooks]
    /// What has been seen so far; `finish` completes it.
    public internal(set) var report = AuditReport()
    /// Dead letters and records sent on, of which one of two marks has been seen: each comes twice.
    var unpairedLetters: Set<String> = []
    var unpairedReroutes: Set<String> = []
    /// The same of what a SKU could not meet and was passed on to another one.
    var unpairedHops: Set<String> = []
    /// The last record of the levels topic by SKU.
    var levelRecords: [String: [UInt8]] = [:]

    /// An auditor of an input topic with so many partitions (at least 1).
    public init(partitions: Int32, limits: Limits = Limits()) {
        precondition(partitions >= 1)
        self.partitions = partitions
        self.limits = limits
        books = (0..<partitions).map { PartitionBooks(partition: $0) }
    }

    // MARK: Records

    /// Takes a record of the input topic.
    public func input(_ record: RecordView) {
        let audited = AuditedRecord(record)
        report.inputs += 1
        if SealRecord.matches(record) { report.seals += 1 }
        if let origin = audited.reroutedFrom { pair(origin, in: &unpairedReroutes) }
        if let event = audited.event, event.numbers["hop"] != nil {
            pair("\(event.id) \(event.sku) \(event.quantity ?? 0)", in: &unpairedHops)
        }
        let partition = books[Int(record.partition)]
        partition.inputs.add(audited)
        settle(partition)
    }

    /// Takes a record of the ledger.
    public func ledger(_ record: RecordView) {
        if SealRecord.matches(record) { return }
        report.ledgerRecords += 1
        let partition = books[Int(record.partition)]
        guard let value = record.value, let json = try? JSONReader.read(value), let entry = AuditedLedger(json) else {
            report.add(problem: "ledger \(record.partition)@\(record.offset): is no ledger record")
            return
        }
        partition.ledger.add(entry)
        settle(partition)
    }

    /// Takes a record of the levels topic. The last one of each SKU is compared in `finish`.
    public func level(_ record: RecordView) {
        if SealRecord.matches(record) { return }
        guard let key = record.key else {
            report.add(problem: "levels \(record.partition)@\(record.offset): has no key")
            return
        }
        levelRecords[String(decoding: key, as: UTF8.self)] = record.value.map { Array($0) } ?? []
    }

    /// Takes a record of the dead-letter topic.
    public func deadLetter(_ record: RecordView) {
        if SealRecord.matches(record) { return }
        var partition = "?"
        var offset = "?"
        for header in record.headers {
            let name = String(decoding: header.name, as: UTF8.self)
            let value = header.value.map { String(decoding: $0, as: UTF8.self) } ?? "?"
            if name == "dlq-partition" { partition = value }
            if name == "dlq-offset" { offset = value }
        }
        pair("\(partition)/\(offset)", in: &unpairedLetters)
    }

    /// Notes one of the two marks of something; the second one settles it.
    func pair(_ mark: String, in set: inout Set<String>) {
        if set.remove(mark) == nil { set.insert(mark) }
    }

    // MARK: The end

    /// Whether every input has its ledger record and every ledger record its input, and letters and records sent on have arrived.
    public var isCaughtUp: Bool {
        waitingInputs == 0 && waitingLedger == 0 && unpairedLetters.isEmpty && unpairedReroutes.isEmpty && unpairedHops.isEmpty
    }

    /// Input records that have no ledger record yet.
    public var waitingInputs: Int { books.reduce(0) { $0 + $1.inputs.count } }

    private var waitingLedger: Int { books.reduce(0) { $0 + $1.ledger.count } }

    /// Ends the audit: what is still waiting is wrong, and units and levels are compared. `hasLevels`: the engine has stopped cleanly, so
    /// the levels topic has to have the last state of every SKU.
    public func finish(hasLevels: Bool) -> AuditReport {
        for partition in books {
            if let first = partition.inputs.first {
                report.add(
                    problem: "\(partition.partition)@\(first.offset): has no ledger record, and \(partition.inputs.count - 1) after it")
            }
            if let first = partition.ledger.first {
                report.add(
                    problem: "\(partition.partition)@\(first.offset): has a ledger record (seq \(first.seq)), but was not read as input")
            }
        }
        for letter in unpairedLetters.sorted().prefix(AuditReport.maxProblems) {
            report.add(problem: "\(letter): a dead letter without its ledger record, or the other way round")
        }
        for origin in unpairedReroutes.sorted().prefix(AuditReport.maxProblems) {
            report.add(problem: "\(origin): sent on by the ledger but not found in the input topic, or the other way round")
        }
        for hop in unpairedHops.sorted().prefix(AuditReport.maxProblems) {
            report.add(problem: "\(hop): passed on by the ledger but not found in the input topic, or the other way round")
        }
        sumUp()
        if hasLevels { compareLevels() }
        return report
    }

    private func sumUp() {
        report.openHolds = 0
        report.openLines = 0
        report.unitsOnHand = 0
        report.unitsInTransit = 0
        report.unitsWaitedFor = 0
        report.skus = 0
        for partition in books {
            report.skus += partition.skus.values.count { $0.version > 0 }
            for sku in partition.skus.values {
                report.openHolds += sku.holds.count
                report.openLines += sku.lines.values.count { $0.open > 0 || $0.inTransit > 0 }
                report.unitsInTransit += sku.transfers.values.reduce(0) { $0 + $1.inTransit }
                report.unitsWaitedFor += sku.waiters.values.reduce(0) { $0 + $1.quantity }
                report.unitsOnHand += sku.levels.values.reduce(0) { $0 + $1.onHand }
            }
        }
        let sum = report.unitsReceived + report.unitsReturned + report.unitsAdjusted - report.unitsDeparted
        if sum != report.unitsOnHand + report.unitsInTransit {
            report.add(
                problem: "units do not add up: \(sum) by movements, \(report.unitsOnHand) on hand and \(report.unitsInTransit) in transit")
        }
    }
}

/// The books of one partition.
final class PartitionBooks {
    let partition: Int32
    var inputs = Queue<AuditedRecord>()
    var ledger = Queue<AuditedLedger>()
    var skus: [String: SKUBooks] = [:]
    var seq: Int64 = 0
    var next: Int64 = 0
    var timeMilliseconds = Int64.min
    /// First seen bodies by event id.
    var ids: [AuditedID: UInt64] = [:]
    var idOrder = Queue<AuditedID>()
    var finishedOrder = Queue<(sku: String, key: String)>()

    init(partition: Int32) { self.partition = partition }

    func sku(_ name: String) -> SKUBooks {
        if let sku = skus[name] { return sku }
        let sku = SKUBooks(name: name)
        skus[name] = sku
        return sku
    }
}
