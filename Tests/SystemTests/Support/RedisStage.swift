import Foundation
import RedisAdapter
import StockSim
import StockStream
import Testing

/// An engine under a steady load, whose Redis stands behind a proxy: where the faults of the read model are played.
///
/// Two things are looked at in every fault. Kafka's path goes on: every record that was sent while the fault lasts has its committed fact
/// while it still lasts. And the view never says more than it has: its watermarks are compared with the hashes, in one moment each, all the
/// time (`ViewSamples`).
final class RedisStage {
    let installation: Installation
    /// In front of Redis.
    let proxy: Proxy
    private(set) var engine: Engine
    private let load: Load
    private let pace: LedgerPace
    private let samples: ViewSamples

    private let settings: [String: String]

    /// `skew`: how unequal SKUs are in demand. `redis`: another server than one without a disk. `more`: for the engine.
    init(
        skus: Int = 60, skew: Double = 0.9, partitions: Int32 = 1, redis: RedisServer? = nil, _ more: [String: String] = [:]
    ) throws {
        installation = try Installation(partitions: partitions, sessionMilliseconds: 1_500, redis: redis)
        proxy = try Proxy(upstream: installation.redis.port)
        var options = WorkloadOptions()
        options.skus = skus
        options.skew = skew
        options.partitions = partitions
        settings = [
            "STOCKSTREAM_ENGINE_WORKERS": "1", "STOCKSTREAM_REDIS_ADDRESS": "redis://127.0.0.1:\(proxy.port)",
            "STOCKSTREAM_REDIS_CONNECT_TIMEOUT_MILLISECONDS": "500", "STOCKSTREAM_REDIS_ANSWER_TIMEOUT_MILLISECONDS": "500",
        ].merging(more) { $1 }
        engine = try installation.startEngine(awaited: partitions, settings)
        load = Load(installation, options, recordsPerSecond: 200, prefillsAtOnce: true)
        pace = LedgerPace(installation)
        samples = ViewSamples(installation, options)
        try keepsPace("at first")
        try untilFresh()
        try keepsPace("without a fault")
    }

    deinit { pace.stop() }

    /// Stops the engine, then does something, then starts another engine, which has its state from checkpoints and ledger.
    func restartEngine(_ between: () throws -> Void) throws {
        try engine.drain()
        try between()
        engine = try installation.startEngine(awaited: installation.partitions, settings)
    }

    // MARK: - Kafka's path

    /// Waits until everything that was sent by now, half a second's input at least, has its committed fact. The caller sees to it that the
    /// fault lasts longer. What it took is for people. `looks`: at the view as readers do meanwhile, where the server answers them.
    func keepsPace(_ fault: String, looks: Bool = false) throws {
        pace.reset()
        let before = load.delivered
        let view = try installation.view
        func look() { if looks { samples.take(view) } }
        _ = try within(seconds: 60, "input") { () -> Bool? in
            look()
            return load.delivered >= before + 100 ? true : nil
        }
        let sent = load.delivered
        do {
            _ = try within(seconds: 60, "facts") { () -> Bool? in
                look()
                return pace.inputs >= sent ? true : nil
            }
        } catch {
            throw TimedOut(description: "\(fault): \(sent) records sent, \(pace.inputs) have a fact\n\(log)")
        }
        print("\(fault): \(pace.text)")
    }

    /// The end of the engine's log.
    var log: String { String(engine.process.errors.suffix(3_000)) }

    // MARK: - What shows

    /// What a problem of the connection begins with.
    var address: String { "redis://127.0.0.1:\(proxy.port)/0: " }

    /// Waits until `/readyz` fails with such a text.
    func untilShown(_ text: String) throws {
        var last = ""
        do {
            _ = try within(seconds: 60, "/readyz") {
                let answer = Web.get(engine.port, "/readyz")
                last = answer?.body ?? ""
                return answer?.status == 503 && last.contains(text) ? true : nil
            }
        } catch {
            throw TimedOut(description: "/readyz does not say \(text): \(last)\n\(log)")
        }
    }

    /// The value of a metric of the engine's worker or its partitions, summed.
    func metric(_ name: String) throws -> Int {
        try within(seconds: 30, name) { engine.sum("\(name){").map { Int($0) } }
    }

    /// The watermarks that readers find; -1 where there is none.
    func watermarks() throws -> [Int32: Int64] {
        let view = try installation.view
        return Dictionary(uniqueKeysWithValues: try (0..<installation.partitions).map { ($0, try view.watermark($0)?.seq ?? -1) })
    }

    /// Waits until the view has everything whose fact is committed by now and `/readyz` passes, and looks at it as readers do meanwhile.
    func untilFresh() throws {
        _ = try within(seconds: 60, "facts") { pace.lastSeqs.isEmpty ? nil : true }
        let wanted = pace.lastSeqs
        let view = try installation.view
        let start = Date()
        do {
            _ = try within(seconds: 60, "the view") { () -> Bool? in
                samples.take(view)
                guard let found = try? watermarks(), wanted.allSatisfy({ found[$0.key] ?? -1 >= $0.value }) else { return nil }
                return true
            }
            _ = try within(seconds: 60, "/readyz") { Web.get(engine.port, "/readyz")?.status == 200 ? true : nil }
        } catch {
            let ready = Web.get(engine.port, "/readyz")?.body ?? ""
            throw TimedOut(description: "\(error): wanted \(wanted), found \((try? watermarks()) ?? [:])\n\(ready)\n\(log)")
        }
        print("  the view is fresh after \(milliseconds(Date().timeIntervalSince(start)))")
    }

    // MARK: - The end

    /// No more input, and the view has all of it.
    func quiet() throws {
        let sent = try load.stop()
        _ = try within(seconds: 60, "facts") { pace.inputs >= sent.records ? true : nil }
        try untilFresh()
    }

    /// Stops load and engine, and expects every number in Redis to be right, and the ledger to have each record once. Answers how often a
    /// change was announced that had been announced before.
    @discardableResult func finish(sourceLocation: SourceLocation = #_sourceLocation) throws -> Int {
        let delivered = try load.stop()
        try installation.waitUntilCaughtUp(engine, seconds: 60)
        try engine.drain()
        let report = try installation.audit(hasLevels: true)
        #expect(report.holds, "\(report.text)", sourceLocation: sourceLocation)
        #expect(delivered.matches(report), sourceLocation: sourceLocation)
        #expect(report.viewsCompared == report.skus && report.skus > 0, sourceLocation: sourceLocation)
        var ledger: [AuditedFact] = []
        try installation.read([.ledger]) { if let fact = AuditedFact($1) { ledger.append(fact) } }
        #expect(try ViewContract.problems(installation, report, ledger) == [], sourceLocation: sourceLocation)
        #expect(samples.count > 0, sourceLocation: sourceLocation)
        #expect(samples.broken(ledger).prefix(3) == [], "a watermark spoke for what was not there", sourceLocation: sourceLocation)
        try expectCheckpointsEqualLedger(installation, sourceLocation: sourceLocation)
        var announced = Set<String>()
        return try (0..<installation.partitions).flatMap { try installation.view.changes($0, prefix: installation.name) }.count {
            !announced.insert("\($0["sku"] ?? "?") \($0["version"] ?? "?")").inserted
        }
    }
}
