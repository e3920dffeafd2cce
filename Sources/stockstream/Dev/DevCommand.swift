import CommandLineParser
import Configuration
import Foundation
import HTTPAdapter
import KafkaAdapter
import StockSim
import StockStream
import Telemetry

/// `stockstream dev`: everything at once, nothing to set up. A broker, a Redis, two workers, a marketplace's stream of events, and an
/// audit.
enum DevCommand {
    static let subcommand = Subcommand(
        name: "dev", summary: "Run everything at once: broker, Redis, engine, a marketplace's events, and an audit at the end.",
        discussion: "Without KAFKA_HOME the broker is embedded: for trying out, not for claims about exactly-once, restart or speed. "
            + "With KAFKA_HOME that Apache Kafka is started as a child. Exit code 1 where ledger, checkpoints, Redis and the audit do "
            + "not agree.",
        options: [
            CommandOption("seconds", .integer(0...86_400), help: "How long to produce; 0: until Ctrl-C (default: DEMO_SECONDS or 30)."),
            CommandOption("rate", .integer(1...1_000_000), defaultValue: "2000", help: "Events a second."),
            CommandOption("skus", .integer(1...1_000_000), defaultValue: "2000", help: "SKUs in the catalogue."),
            CommandOption("seed", .integer(0...Int64.max), defaultValue: "1", help: "From which everything is drawn."),
            CommandOption("workers", .integer(1...64), defaultValue: "2", help: "Threads of the engine."),
            CommandOption("metrics-port", .integer(0...65_535), defaultValue: "0", help: "Serve /metrics, /livez, /readyz; 0: not."),
        ],
        run: { arguments in CommandFailure.catching { try run(arguments) } })

    private static func run(_ arguments: ParsedArguments) throws -> Int32 {
        let environment = ProcessInfo.processInfo.environment
        let seconds = arguments.integer("seconds").map(Int.init) ?? environment["DEMO_SECONDS"].flatMap(Int.init) ?? 30
        let logger = Logger(level: .warning, format: .text)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let redis = try RedisChild(in: folder)
        defer { redis.stop() }
        let broker = try DevBroker(in: folder, kafkaHome: environment["KAFKA_HOME"].flatMap { $0.isEmpty ? nil : $0 }, logger: logger)
        defer { broker.stop() }
        // From here on Ctrl-C is ours; before, it ends everything at once.
        StopSignal.block()
        var settings = EngineSettings()
        settings.kafka.bootstrap = broker.bootstrap
        settings.redis.address = redis.address
        settings.engine.workers = Int(arguments.integer("workers")!)
        settings.metrics.port = Int(arguments.integer("metrics-port")!)
        let catalog = TopicCatalog(settings.topics)
        try broker.provision(catalog, connection: settings.kafkaConnection, logger: logger)
        var workload = WorkloadOptions()
        workload.seed = UInt64(arguments.integer("seed")!)
        workload.skus = Int(arguments.integer("skus")!)
        workload.partitions = catalog.declarations[0].declaration.partitions
        let heading = [
            "stockstream dev: \(broker.title)",
            "Kafka \(broker.bootstrap)    Redis 127.0.0.1:\(redis.port)",
            "kcat -b \(broker.bootstrap) -t stock.ledger.v1    redis-cli -p \(redis.port) hgetall stock:v1:counters:0",
        ]
        return try DevSession(
            settings: settings, partitions: workload.partitions, isReal: broker.isReal, workload: workload,
            rate: Double(arguments.integer("rate")!),
            seconds: seconds, heading: heading, logger: logger
        ).run()
    }
}

/// One run of `dev`, once broker and Redis stand.
struct DevSession {
    let settings: EngineSettings
    let partitions: Int32
    let isReal: Bool
    let workload: WorkloadOptions
    let rate: Double
    let seconds: Int
    let heading: [String]
    let logger: Logger

    func run() throws -> Int32 {
        let runtime = try EngineRuntime(
            settings: settings, partitionCount: partitions, assignment: isReal ? .group : .manual, logger: logger)
        let server = try EngineCommand.startServer(runtime, settings)
        defer { server?.stop() }
        let auditor = try DemoAuditor(settings: settings, partitions: partitions, logger: logger)
        auditor.start()
        try runtime.start()
        try awaitRunning(runtime)
        let producer = DemoProducer(settings: settings, workload: workload, rate: rate, logger: logger)
        producer.start()
        var view = LiveView(heading: heading)
        let isInterrupted = watch(runtime, auditor, producer, &view)
        let produced = producer.finish()
        if !isInterrupted { settle(runtime, auditor, produced, &view) }
        runtime.drain()
        for _ in 0..<1_500 where !runtime.isFinished {
            if StopSignal.wait(milliseconds: 20) { _exit(130) }
        }
        guard let verdict = auditor.finish(seconds: 60) else {
            print("The audit did not end in time.")
            return 1
        }
        return report(verdict, produced)
    }

    /// Waits until every partition is processed, up to a minute: the coordinators of a fresh broker take a while to load.
    private func awaitRunning(_ runtime: EngineRuntime) throws {
        for _ in 0..<600 {
            if runtime.board.tasks.filter({ $0.phase == .running }).count == Int(partitions) { return }
            if StopSignal.wait(milliseconds: 100) { throw CommandFailure("stopped before the engine was ready", exitCode: 130) }
        }
        throw CommandFailure("the engine did not become ready within a minute", exitCode: 69)
    }

    /// Draws until the time is over or somebody stops it; whether somebody did.
    private func watch(_ runtime: EngineRuntime, _ auditor: DemoAuditor, _ producer: DemoProducer, _ view: inout LiveView) -> Bool {
        let end = ProcessInfo.processInfo.systemUptime + Double(seconds)
        while true {
            let now = ProcessInfo.processInfo.systemUptime
            if seconds > 0 && now >= end { return false }
            if StopSignal.wait(milliseconds: 500) { return false }
            if runtime.isFinished { return false }
            view.draw(
                runtime.board, auditor.glance, produced: producer.progress.handedOver, secondsLeft: seconds > 0 ? Int(end - now) : nil)
        }
    }

    /// Lets the engine and the read model catch up, up to a minute.
    private func settle(_ runtime: EngineRuntime, _ auditor: DemoAuditor, _ produced: WorkloadProducer.Progress, _ view: inout LiveView) {
        for _ in 0..<240 {
            let tasks = runtime.board.tasks
            let isQuiet = tasks.allSatisfy { $0.lag ?? 1 == 0 && $0.unprojected == 0 && $0.phase == .running } && !tasks.isEmpty
            if isQuiet && auditor.glance.isCaughtUp { return }
            if StopSignal.wait(milliseconds: 250) { return }
            view.draw(runtime.board, auditor.glance, produced: produced.acknowledged, secondsLeft: 0)
        }
    }

    // MARK: - Report

    private func report(_ verdict: DemoAuditor.Verdict, _ produced: WorkloadProducer.Progress) -> Int32 {
        print("\nConservation report")
        print("  produced and acknowledged         \(produced.acknowledged)" + (produced.failed > 0 ? " (\(produced.failed) failed)" : ""))
        print(verdict.audit.text, terminator: "")
        print(
            "Checkpoints\n  SKUs compared with Redis           \(verdict.checkpointSKUs), \(verdict.checkpoint.count) differences"
        )
        for problem in verdict.checkpoint.prefix(20) { print("    \(problem)") }
        if let problem = verdict.redisProblem { print("  \(problem)") }
        // What the engine sent on to its right partition is in the input twice.
        let expected = produced.acknowledged + Int64(verdict.audit.rerouted)
        let isWhole = Int64(verdict.audit.inputs) == expected
        if !isWhole { print("  \(expected) input records were expected, \(verdict.audit.inputs) were found") }
        let holds = verdict.audit.holds && verdict.checkpoint.isEmpty && verdict.redisProblem == nil && isWhole && produced.failed == 0
        print(holds ? "Ledger, checkpoints, Redis and the independent sum agree." : "They do NOT agree.")
        return holds ? 0 : 1
    }
}
