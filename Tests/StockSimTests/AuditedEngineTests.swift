import StockCore
import StockWire
import Testing

@testable import StockSim

/// The auditor beside the real kernel, on every mix: it has to agree, and to see each fault that is planted.
@Suite struct AuditedEngineTests {
    private func run(
        _ mix: WorkloadMix, seed: UInt64 = 42, records: Int = 10_000, limits: StateLimits = StateLimits(),
        audit: Auditor.Limits = Auditor.Limits(), every milliseconds: Int64 = 3, tamper: @escaping (String) -> String = { $0 }
    ) -> TestEngine {
        var options = WorkloadOptions()
        options.seed = seed
        options.mix = mix
        options.skus = 60
        options.partitions = 4
        options.duplicates = 0.02
        options.conflicts = 0.002
        options.malformed = 0.005
        options.misrouted = 0.005
        options.cloudEvents = 0.3
        let engine = TestEngine(partitions: 4, limits: limits, audit: audit)
        engine.tamper = tamper
        var workload = Workload(options: options)
        for index in 0..<records {
            engine.take(workload.next(atMilliseconds: engine.time), after: milliseconds)
            if index % 50 == 0 { engine.deliverReroutes() }
            if index % 20 == 0 { engine.settleDue() }
        }
        engine.deliverReroutes()
        return engine
    }

    @Test(arguments: WorkloadMix.allCases) func agreesWithTheEngine(mix: WorkloadMix) {
        let engine = run(mix)
        engine.writeLevels()
        #expect(engine.auditor.isCaughtUp)
        for sku in engine.auditor.skus { engine.auditor.view(sku: sku, fields: engine.redisFields(sku)) }
        let report = engine.auditor.finish(hasLevels: true)
        #expect(report.holds, "\(report.text)")
        #expect(report.accepted > 4_000)
        #expect(report.duplicates > 100)
        #expect(report.deadLettered > 20)
        #expect(report.rerouted > 20)
        #expect(report.refused["id-conflict", default: 0] > 4)
        #expect(report.levelsCompared == report.skus && report.viewsCompared == report.skus)
        if mix == .marketplace || mix == .flashSale || mix == .domain {
            #expect(report.expiredHolds > 20)
            #expect(report.refused["insufficient-stock", default: 0] > 10, "\(report.text)")
        }
    }

    /// Lots, counts, transfers, who waits and everything else, in many histories: each fact, refusals included, and what is left then.
    @Test(arguments: 1...8) func agreesOnTheWholeDomain(seed: UInt64) {
        var left: Set<String> = [#""serials":"#, #""owner":"#, #""order-line-in-transit""#]
        let engine = run(.domain, seed: seed, records: 4_000) { record in
            left = left.filter { !record.contains($0) }
            return record
        }
        engine.writeLevels()
        for sku in engine.auditor.skus { engine.auditor.view(sku: sku, fields: engine.redisFields(sku)) }
        let report = engine.auditor.finish(hasLevels: true)
        #expect(report.holds, "\(report.text)")
        #expect(left.isEmpty, "\(left)")
        #expect(report.linesVoided > 0 && report.unitsFilled > 0 && report.unitsInTransit > 0 && report.unitsWaitedFor > 0)
        #expect(report.levelsCompared == report.skus && report.viewsCompared == report.skus)
    }

    /// Days go by: lots come to live too short for what policy demands, and nothing that does is available.
    @Test(arguments: 1...4) func agreesWhileDaysGoBy(seed: UInt64) {
        var moved = 0
        let engine = run(.domain, seed: seed, records: 2_500, every: 200_000) { record in
            if record.contains("\"kind\":\"shelf_life\"") { moved += 1 }
            return record
        }
        engine.writeLevels()
        for sku in engine.auditor.skus { engine.auditor.view(sku: sku, fields: engine.redisFields(sku)) }
        let report = engine.auditor.finish(hasLevels: true)
        #expect(report.holds, "\(report.text)")
        #expect(moved > 0)
    }

    /// An engine that has to forget what is done long before its age answers otherwise (too old, unverified returns), and is right to.
    @Test func agreesWithAnEngineThatForgets() {
        var limits = StateLimits()
        limits.closedRecordsPerPartition = 300
        let report = run(.marketplace, limits: limits).auditor.finish(hasLevels: false)
        #expect(report.holds, "\(report.text)")
        #expect(report.refused["too-old", default: 0] > 0, "\(report.text)")
    }

    /// What the auditor has forgotten itself is no fault of the engine.
    @Test func agreesWithLittleMemory() {
        var audit = Auditor.Limits()
        audit.idsPerPartition = 200
        audit.finishedPerPartition = 100
        let report = run(.marketplace, audit: audit).auditor.finish(hasLevels: false)
        #expect(report.holds, "\(report.text)")
    }

    /// Most of what the mixes ask for can be done: they are no heap of refusals.
    @Test func mostOfTheMarketplaceIsAccepted() {
        let report = run(.marketplace).auditor.finish(hasLevels: false)
        #expect(Double(report.refusedCount) < 0.25 * Double(report.inputs), "\(report.text)")
    }

    @Test func aBalanceThatIsWrongIsSeen() {
        var left = 1_000
        let engine = run(.marketplace, records: 2_000) { record in
            guard record.contains("\"sellable\":") else { return record }
            left -= 1
            return left == 0 ? record.replacing("\"sellable\":", with: "\"sellable\":1", maxReplacements: 1) : record
        }
        let report = engine.auditor.finish(hasLevels: false)
        #expect(report.problemCount == 1)
        #expect(report.problems.first?.contains("sellable is") == true, "\(report.text)")
    }

    @Test func aLedgerRecordThatIsMissingIsSeen() {
        var left = 1_000
        let engine = run(.marketplace, records: 2_000) { record in
            left -= 1
            return left == 0 ? "" : record
        }
        let report = engine.auditor.finish(hasLevels: false)
        #expect(report.problems.contains { $0.contains("has no ledger record") }, "\(report.text)")
        #expect(report.problems.contains { $0.contains("follows") }, "\(report.text)")
    }

    @Test func aViewThatIsWrongIsSeen() {
        let engine = run(.receiving, records: 1_000)
        let sku = engine.auditor.skus.sorted()[0]
        var fields = engine.redisFields(sku)
        fields["available"] = "-1"
        engine.auditor.view(sku: sku, fields: fields)
        fields = engine.redisFields(sku)
        fields["BER1:low"] = fields["BER1:low"] == "1" ? "0" : "1"
        engine.auditor.view(sku: sku, fields: fields)
        engine.auditor.view(sku: sku, fields: [:])
        let report = engine.auditor.finish(hasLevels: true)
        #expect(report.problems.contains { $0.contains("available is -1") })
        #expect(report.problems.contains { $0.contains("at BER1: low is") })
        #expect(report.problems.contains { $0.contains("has no hash") })
        #expect(report.problems.contains { $0.hasPrefix("levels:") && $0.contains("has no record") })
    }
}
