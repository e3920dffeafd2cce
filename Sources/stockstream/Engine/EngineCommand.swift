import CommandLineParser
import Configuration
import Foundation
import HTTPAdapter
import KafkaAdapter
import StockStream
import Telemetry

/// `stockstream engine`: the engine on any Kafka and Redis.
enum EngineCommand {
    static let subcommand = Subcommand(
        name: "engine", summary: "Run the engine: stock events in; ledger, alerts, webhook events and availability out.",
        discussion:
            "Settings come from the file and from environment variables, which win (docs/configuration.md). SIGTERM drains, a second "
            + "one stops at once.",
        options: SettingsOptions.all + [
            CommandOption(
                "metrics-port", .integer(0...65_535), help: "Serve /metrics, /livez and /readyz on this port (over metrics.port).")
        ],
        run: { arguments in
            CommandFailure.catching {
                var settings = try SettingsOptions.load(arguments)
                if let port = arguments.integer("metrics-port") { settings.metrics.port = Int(port) }
                return try run(settings)
            }
        })

    static func run(_ settings: EngineSettings) throws -> Int32 {
        StopSignal.block()
        let logger = Logger(settings.log)
        let partitions = try checkTopics(settings, logger)
        let runtime = try EngineRuntime(settings: settings, partitionCount: partitions, assignment: .group, logger: logger)
        let server = try startServer(runtime, settings)
        defer { server?.stop() }
        try runtime.start()
        logger.notice(
            "engine started",
            [
                "bootstrap": .string(settings.kafka.bootstrap), "group": .string(settings.kafka.group),
                "partitions": .integer(Int64(partitions)),
                "workers": .integer(Int64(settings.engine.workers)), "metricsPort": .integer(Int64(server?.port ?? 0)),
                "librdkafka": .string(KafkaLibrary.version),
            ])
        let watch = try TopicWatch(settings, partitions, logger)
        defer { watch.close() }
        var alarms = LimitAlarms(logger: logger)
        var redisAlarms = RedisAlarms(logger: logger)
        var commits = CommitAlarm(logger: logger)
        var memory = MemoryTrim()
        while runtime.stopReason == nil && !StopSignal.wait(milliseconds: 1_000) {
            watch.check(runtime)
            alarms.check(runtime.board.tasks)
            memory.check(runtime.board.tasks, runtime.standby?.status)
            redisAlarms.check(runtime.board.snapshot)
            commits.check(runtime.board, nowMilliseconds: SystemClock().wallMilliseconds())
        }
        logger.notice("draining: finish the batch, commit, checkpoint, project, leave the group")
        runtime.drain()
        while !runtime.isFinished {
            if StopSignal.wait(milliseconds: 20) {
                logger.warning("stopped at once")
                _exit(130)
            }
        }
        if let reason = runtime.stopReason { throw CommandFailure(reason, exitCode: 78) }
        logger.notice("engine stopped")
        return 0
    }

    static func startServer(_ runtime: EngineRuntime, _ settings: EngineSettings) throws -> MetricsServer? {
        guard settings.metrics.port > 0 else { return nil }
        return try MetricsServer(
            host: settings.metrics.host, port: UInt16(settings.metrics.port), routes: EngineMetrics(runtime: runtime).routes)
    }

    /// The partition count of the topics, or why the engine can't start on them. Waits for the broker up to half a minute.
    static func checkTopics(_ settings: EngineSettings, _ logger: Logger) throws -> Int32 {
        let catalog = TopicCatalog(settings.topics)
        // Short tries: a signal is heard between them.
        let provisioner = try TopicProvisioner(
            connection: settings.kafkaConnection, waitMilliseconds: KafkaLimits.adminGlanceMilliseconds, log: logger.kafkaLog)
        defer { provisioner.close() }
        var last: PortError?
        let clock = SystemClock()
        let deadline = clock.monotonicMicroseconds() + 30_000_000
        var patienceMilliseconds = Int(KafkaLimits.propagationMilliseconds)
        repeat {
            do {
                let actual = try provisioner.describe(catalog.declarations.map(\.declaration.name))
                let problems = catalog.fatal(actual)
                if actual.count < catalog.declarations.count, patienceMilliseconds > 0 {
                    let glanceMilliseconds = Int(KafkaLimits.propagationGlanceMilliseconds)
                    patienceMilliseconds -= glanceMilliseconds
                    logger.warning("looking for topics", ["missing": .string(problems[0])], repeatKey: "topics")
                    guard StopSignal.wait(milliseconds: glanceMilliseconds) else { continue }
                    throw CommandFailure("stopped before the topics were there", exitCode: 130)
                }
                guard problems.isEmpty else { throw CommandFailure(problems.joined(separator: "\n"), exitCode: 78) }
                // A ledger that forgets is allowed, and replay begins at a checkpoint then; it has to be somebody's wish.
                for definition in catalog.definitions() {
                    for difference in TopicDifference.between(definition, actual[definition.name]) {
                        if case .config = difference { logger.warning("topic differs", ["difference": .string(difference.description)]) }
                    }
                }
                return actual[settings.topics.events]!.partitions
            } catch let error as PortError {
                last = error
                logger.warning("waiting for the broker", ["error": .string(error.description)], repeatKey: "start")
                if StopSignal.wait(milliseconds: 1_000) { throw CommandFailure("stopped before the broker answered", exitCode: 130) }
            }
        } while clock.monotonicMicroseconds() < deadline
        throw CommandFailure("no broker answers at \(settings.kafka.bootstrap): \(last?.description ?? "")", exitCode: 69)
    }
}

/// Looks every half minute whether the topics still have the partitions that the engine started with.
private final class TopicWatch {
    private static let intervalSeconds: Double = 30
    private let provisioner: TopicProvisioner
    private let names: [String]
    private let partitions: Int32
    private var last = ProcessInfo.processInfo.systemUptime

    init(_ settings: EngineSettings, _ partitions: Int32, _ logger: Logger) throws {
        provisioner = try TopicProvisioner(
            connection: settings.kafkaConnection, waitMilliseconds: KafkaLimits.adminGlanceMilliseconds, log: logger.kafkaLog)
        names = [settings.topics.events, settings.topics.ledger, settings.topics.state, settings.topics.levels]
        self.partitions = partitions
    }

    func close() { provisioner.close() }

    /// Ends the engine where a count has changed. A broker that does not answer is waited for.
    func check(_ runtime: EngineRuntime) {
        let now = ProcessInfo.processInfo.systemUptime
        guard now - last >= TopicWatch.intervalSeconds else { return }
        last = now
        guard let topics = try? provisioner.describe(names) else { return }
        for name in names {
            guard let topic = topics[name], topic.partitions != partitions else { continue }
            runtime.stop(because: EngineRuntime.grownMessage(name, "it has \(topic.partitions) partitions"))
        }
    }
}

/// Says when a partition had to forget something before its time because a limit was reached.
private struct LimitAlarms {
    let logger: Logger
    private var seen: [Int32: (ids: Int64, closed: Int64)] = [:]

    init(logger: Logger) { self.logger = logger }

    mutating func check(_ tasks: [TaskStatus]) {
        for task in tasks {
            // What this engine's own tasks have done since they began: what happened before was somebody else's alarm.
            var before = seen[task.partition] ?? (0, task.forgottenEarlyBefore)
            // It has come back to us.
            if task.idsEvictedEarly < before.ids { before = (0, task.forgottenEarlyBefore) }
            if task.idsEvictedEarly > before.ids {
                logger.error(
                    "event ids left the window younger than promised: raise engine.idWindow.cap",
                    ["partition": .integer(Int64(task.partition)), "ids": .integer(task.idsEvictedEarly)],
                    repeatKey: "ids:\(task.partition)")
            }
            if task.forgottenEarly > before.closed {
                logger.error(
                    "closed records were forgotten before their age: raise engine.limits.closedRecordsPerPartition",
                    ["partition": .integer(Int64(task.partition)), "records": .integer(task.forgottenEarly)],
                    repeatKey: "closed:\(task.partition)")
            }
            seen[task.partition] = (task.idsEvictedEarly, task.forgottenEarly)
        }
    }
}
