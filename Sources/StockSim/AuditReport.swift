/// What the auditor has seen, and whether it agrees.
public struct AuditReport: Sendable {
    /// Records of the input topic, those included that the engine sent on to their right partition.
    public var inputs = 0
    /// Inputs that the engine wrote to end a transaction for the broker, which it dead-letters.
    public var seals = 0
    /// Records of the ledger.
    public var ledgerRecords = 0
    /// Inputs that the ledger says were accepted.
    public var accepted = 0
    /// Inputs that had no effect because they came before.
    public var duplicates = 0
    /// Inputs that could not be read or applied.
    public var deadLettered = 0
    /// Inputs that were sent on to the partition where their SKU lives.
    public var rerouted = 0
    /// Refused inputs by the reason's code.
    public var refused: [String: Int] = [:]
    /// Holds whose time was over.
    public var expiredHolds = 0
    /// Holds that are open at the end.
    public var openHolds = 0
    /// Order lines that are still owed something at the end.
    public var openLines = 0
    /// SKUs in the books with a version: one that has only met refusals is shown nowhere.
    public var skus = 0
    /// SKUs whose last record in the levels topic is equal.
    public var levelsCompared = 0
    /// SKUs whose hash in Redis is equal.
    public var viewsCompared = 0
    /// Order lines that were not confirmed in time.
    public var linesVoided = 0
    /// Units that came in by receipts.
    public var unitsReceived: Int64 = 0
    /// Units that came back.
    public var unitsReturned: Int64 = 0
    /// Units found less units lost.
    public var unitsAdjusted: Int64 = 0
    /// Units shipped and sold.
    public var unitsDeparted: Int64 = 0
    /// Units that are there at the end, of any disposition; below zero where tills sold what was not there.
    public var unitsOnHand: Int64 = 0
    /// Units that are on their way between locations at the end.
    public var unitsInTransit: Int64 = 0
    /// Units that those who waited have got.
    public var unitsFilled: Int64 = 0
    /// Units that are waited for at the end.
    public var unitsWaitedFor: Int64 = 0
    /// The first things that are wrong, each with its partition and offset or its SKU.
    public var problems: [String] = []
    /// How many things are wrong.
    public var problemCount = 0

    /// The most problems that are told in full.
    public static let maxProblems = 20

    /// Nothing seen.
    public init() {}

    /// How many inputs were refused.
    public var refusedCount: Int { refused.values.reduce(0, +) }

    /// Whether everything agrees.
    public var holds: Bool { problemCount == 0 }

    /// The report for people, several lines, each with its end.
    public var text: String {
        var text = "Audit\n"
        func line(_ name: String, _ value: some CustomStringConvertible) {
            text += "  \(name)\(String(repeating: " ", count: max(1, 34 - name.count)))\(value)\n"
        }
        line("input records", inputs)
        line("  accepted", accepted)
        line("  refused", refusedCount)
        for (reason, count) in refused.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) { line("    \(reason)", count) }
        line("  duplicates without effect", duplicates)
        line("  dead-lettered", deadLettered)
        line("  sent on to their partition", rerouted)
        line("ledger records", ledgerRecords)
        line("holds expired / open", "\(expiredHolds) / \(openHolds)")
        line("order lines open", openLines)
        if linesVoided != 0 { line("  not confirmed in time", linesVoided) }
        line("units received", unitsReceived)
        line("  + returned", unitsReturned)
        line("  + adjusted", unitsAdjusted)
        line("  - shipped and sold", unitsDeparted)
        line("  = on hand", unitsOnHand)
        if unitsInTransit != 0 { line("  + in transit", unitsInTransit) }
        if unitsFilled + unitsWaitedFor != 0 { line("units waited for: filled / open", "\(unitsFilled) / \(unitsWaitedFor)") }
        line("SKUs", skus)
        line("  equal in the levels topic", levelsCompared)
        line("  equal in Redis", viewsCompared)
        if holds { return text + "  Everything agrees.\n" }
        text += "  \(problemCount) \(problemCount == 1 ? "thing does" : "things do") not agree:\n"
        for problem in problems { text += "    \(problem)\n" }
        if problemCount > problems.count { text += "    and \(problemCount - problems.count) more\n" }
        return text
    }

    mutating func add(problem: String) {
        problemCount += 1
        if problems.count < AuditReport.maxProblems { problems.append(problem) }
    }
}
