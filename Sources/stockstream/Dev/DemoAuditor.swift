import Configuration
import Foundation
import KafkaAdapter
import RedisAdapter
import StockSim
import StockStream
import StockWire
import Synchronization
import Telemetry

/// Reads every topic as it grows, on a thread of its own, and keeps books that share no code with the engine.
final class DemoAuditor: Sendable {
    /// What the live view shows of it.
    struct Glance: Sendable {
        var alerts: [String] = []
        var isCaughtUp = false
        var problems = 0
        var firstProblem: String?
        /// SKUs whose last alert says low, and out.
        var low: Set<String> = []
        var out: Set<String> = []
    }

    /// What it found.
    struct Verdict: Sendable {
        var audit: AuditReport
        var checkpoint: [String]
        var checkpointSKUs: Int
        var redisProblem: String?
    }

    private let connection: KafkaConnection
    private let topics: EngineSettings.Topics
    private let redis: RedisSettings
    private let partitions: Int32
    private let logger: Logger
    private let glanced = Mutex(Glance())
    private let verdict = Mutex<Verdict?>(nil)
    private let isEnding = Atomic(false)

    init(settings: EngineSettings, partitions: Int32, logger: Logger) throws {
        connection = settings.kafkaConnection
        topics = settings.topics
        redis = try settings.redisSettings
        self.partitions = partitions
        self.logger = logger
    }

    var glance: Glance { glanced.withLock { $0 } }

    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "auditor"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// The engine has stopped cleanly: reads what is left and compares everything. Waits for that up to `seconds`.
    func finish(seconds: Int) -> Verdict? {
        isEnding.store(true, ordering: .releasing)
        for _ in 0..<(seconds * 50) {
            if let verdict = verdict.withLock({ $0 }) { return verdict }
            usleep(20_000)
        }
        return nil
    }

    // MARK: - The thread

    private func run() {
        let auditor = Auditor(partitions: partitions)
        let checkpoints = CheckpointAudit(partitions: partitions)
        var settings = KafkaReader.Settings(
            topics: [topics.events, topics.ledger, topics.levels, topics.deadLetters, topics.state, topics.alerts])
        settings.fetchWaitMilliseconds = 20
        guard let reader = try? KafkaReader(connection: connection, settings: settings, log: logger.kafkaLog) else { return }
        defer { reader.close() }
        for _ in 0..<20 where reader.connect(waitMilliseconds: 1_000) == nil { break }
        var quiet = 0
        var lastGlance = 0
        var records = 0
        // After the end a second without anything new from any topic means that everything was read.
        while !isEnding.load(ordering: .acquiring) || quiet < 20 || (!auditor.isCaughtUp && quiet < 200) {
            switch reader.poll(waitMilliseconds: 50) {
            case .record(let topic, let record):
                quiet = 0
                records += 1
                take(topic, record, auditor, checkpoints)
            case .end: break
            case .none: quiet += 1
            case .failed(let error): logger.warning("auditor", ["error": .string(error.description)], repeatKey: "auditor")
            }
            if records - lastGlance >= 512 || quiet > 0 {
                lastGlance = records
                glanced.withLock {
                    $0.isCaughtUp = auditor.isCaughtUp
                    $0.problems = auditor.report.problemCount
                    $0.firstProblem = auditor.report.problems.first
                }
            }
        }
        conclude(auditor, checkpoints)
    }

    private func take(_ topic: Int, _ record: RecordView, _ auditor: Auditor, _ checkpoints: CheckpointAudit) {
        switch topic {
        case 0: auditor.input(record)
        case 1: auditor.ledger(record)
        case 2: auditor.level(record)
        case 3: auditor.deadLetter(record)
        case 4: checkpoints.take(record)
        default: note(alert: record)
        }
    }

    private func note(alert record: RecordView) {
        guard let value = record.value, let object = try? JSONSerialization.jsonObject(with: Data(value)) as? [String: Any] else { return }
        let sku = object["sku"] as? String ?? ""
        let kind = object["kind"] as? String ?? ""
        let location = object["location"] as? String ?? "total"
        glanced.withLock { glance in
            glance.alerts.append(
                "\(kind.padding(toLength: 9, withPad: " ", startingAt: 0)) \(sku) at \(location): \(object["available"] ?? "") available")
            if glance.alerts.count > 8 { glance.alerts.removeFirst() }
            let place = "\(sku)@\(location)"
            switch kind {
            case "low": glance.low.insert(place)
            case "recovered": glance.low.remove(place)
            case "out": if location == "total" { glance.out.insert(sku) }
            case "back": if location == "total" { glance.out.remove(sku) }
            default: break
            }
        }
    }

    private func conclude(_ auditor: Auditor, _ checkpoints: CheckpointAudit) {
        let reader = RedisReader(settings: redis)
        var problem: String?
        var views: [String: [String: String]] = [:]
        func view(_ sku: String) -> [String: String] {
            if let known = views[sku] { return known }
            do {
                let fields = try reader.sku(sku)
                views[sku] = fields
                return fields
            } catch {
                problem = "Redis: \(error)"
                return [:]
            }
        }
        for sku in auditor.skus { auditor.view(sku: sku, fields: view(sku)) }
        let report = auditor.finish(hasLevels: true)
        let differences = checkpoints.finish(view: view)
        let found = Verdict(audit: report, checkpoint: differences, checkpointSKUs: checkpoints.compared, redisProblem: problem)
        verdict.withLock { $0 = found }
    }
}
