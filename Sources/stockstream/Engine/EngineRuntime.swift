import Configuration
import Foundation
import KafkaAdapter
import RedisAdapter
import StockCore
import StockStream
import StockWire
import Synchronization
import Telemetry
import ZoneFiles

/// The world of the real engine.
enum KafkaWorld: World {
    typealias Source = KafkaRecordSource
    typealias Sink = KafkaTransactionalSink
    typealias Restore = KafkaRestoreSource
    typealias View = RedisProjector
    typealias Clock = ComparedClock
}

/// The workers of a process on their threads.
final class EngineRuntime: Sendable {
    /// How the partitions come to the workers.
    enum Assignment: Sendable {
        /// By the consumer group.
        case group
        /// By hand: the embedded cluster has no real groups.
        case manual
    }

    let settings: EngineSettings
    let partitionCount: Int32
    let logger: Logger
    /// What each worker looks like, copied a few times a second.
    let board: StatusBoard
    /// Whether this machine's clock may say what time it is.
    let clock = ClockComparison()
    private let connection: KafkaConnection
    private let assignment: Assignment
    private let redis: RedisSettings
    /// Follows the partitions of other engines; nil: `engine.standby` says no.
    let standby: StandbyThread?
    /// Whether the workers may join the group.
    let entrance = Entrance()
    private let isDraining = Atomic(false)
    private let reason = Mutex<String?>(nil)

    init(settings: EngineSettings, partitionCount: Int32, assignment: Assignment, logger: Logger) throws {
        self.settings = settings
        self.partitionCount = partitionCount
        self.assignment = assignment
        self.logger = logger
        connection = settings.kafkaConnection
        redis = try settings.redisSettings
        board = StatusBoard(workers: settings.engine.workers)
        // The embedded cluster gives the partitions to one engine by hand.
        let standsBy = if case .group = assignment { settings.engine.standby != "none" } else { false }
        standby = standsBy ? StandbyThread(partitionCount: partitionCount, logger: logger) : nil
        try connection.validate()
    }

    /// Starts a thread for each worker.
    func start() throws {
        let process = EngineRuntime.processName()
        clock.start(connection, stateTopic: settings.topics.state, logger)
        if ZoneFiles.ofThisMachine.count == 1 {
            logger.warning("there are no time zones in \(ZoneFiles.folder): events that need one are put aside; install tzdata")
        }
        try startStandby()
        for index in 0..<settings.engine.workers {
            let worker = try makeWorker(index, process: process)
            let thread = Thread { [self] in run(worker, index) }
            thread.name = "worker-\(index)"
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    private func startStandby() throws {
        guard let standby else { return entrance.open() }
        var source = restoreSettings
        source.queueKilobytes = KafkaLimits.standbyQueueKilobytes
        source.fetchWaitMilliseconds = KafkaLimits.standbyFetchWaitMilliseconds
        standby.start(
            try KafkaRestoreSource(connection: connection, settings: source, log: logger.kafkaLog), settings.workerOptions(partitionCount))
        entrance.watch(settings, standby, logger)
    }

    /// Why the engine stops by itself; nil where it does not.
    var stopReason: String? { reason.withLock { $0 } }

    /// Ends the engine cleanly for a reason that an operator has to see.
    func stop(because message: String) {
        reason.withLock { $0 = $0 ?? message }
        drain()
    }

    /// The way out where a topic's partitions were changed.
    static func grownMessage(_ topic: String, _ what: String) -> String {
        "\(topic): \(what), but the engine started with fewer or more partitions. Counts are fixed for life, since a change sends SKUs "
            + "away from their state: make new topics with the new count and replay the input into them"
    }

    /// Asks every worker to finish: batch, commit, checkpoint, read model, leave the group.
    func drain() {
        clock.stop()
        entrance.stop()
        standby?.stop()
        isDraining.store(true, ordering: .relaxed)
    }

    /// Whether every worker has ended.
    var isFinished: Bool { board.finished == settings.engine.workers }

    private func run(_ box: WorkerBox, _ index: Int) {
        let worker = box.worker
        let clock = SystemClock()
        var published: Int64 = 0
        var running = 0
        while !entrance.isOpen, !isDraining.load(ordering: .relaxed) { usleep(10_000) }
        while !worker.isFinished {
            if isDraining.load(ordering: .relaxed) { worker.drain() }
            worker.turn()
            let now = clock.monotonicMicroseconds()
            // Who waits for a partition hears of it at once.
            let count = worker.runningCount
            if now - published >= StatusBoard.intervalMicroseconds || count != running {
                (published, running) = (now, count)
                board.publish(worker.status(), box.view.health, at: index)
            }
        }
        board.publish(worker.status(), box.view.health, at: index)
        board.finish()
    }

    /// Unique for each start of a process, so that two engines never fence each other by mistake.
    private static func processName() -> String {
        let milliseconds = UInt64(SystemClock().wallMilliseconds())
        return String(milliseconds, radix: 36) + String(UInt64.random(in: 0..<(1 << 40)), radix: 36)
    }

    private func makeWorker(_ index: Int, process: String) throws -> WorkerBox {
        let log = logger.kafkaLog
        let names = TopicCatalog.names(settings.topics)
        var mode = KafkaRecordSource.Mode.group
        if case .manual = assignment {
            mode = .manual((0..<partitionCount).filter { Int($0) % settings.engine.workers == index })
        }
        let source = try KafkaRecordSource(
            connection: connection,
            settings: .init(topic: settings.topics.events, partitionCount: partitionCount, groupID: settings.kafka.group, mode: mode),
            log: log)
        let membership: KafkaMembership
        if case .manual = assignment { membership = .standalone(groupID: settings.kafka.group) } else { membership = .member(source) }
        let sinks = try ["a", "b"].map { turn in
            var sink = KafkaTransactionalSink.Settings(
                transactionalID: "\(settings.kafka.effectiveTransactionalIDPrefix)-\(process)-\(index)-\(turn)", topics: names)
            sink.transactionTimeoutMilliseconds = settings.kafka.transactionTimeoutMilliseconds
            return try KafkaTransactionalSink(
                connection: connection, settings: sink, membership: membership, inputTopic: settings.topics.events, log: log)
        }
        let restore = try KafkaRestoreSource(connection: connection, settings: restoreSettings, log: log)
        let view = RedisProjector(settings: redis, seed: UInt64.random(in: .min ... .max))
        let reporter = WorkerReporter(
            logger: logger.adding(["worker": .integer(Int64(index))]), alert: InconsistencyAlert(settings: settings, logger: logger),
            onGrown: { [self] partition in
                stop(because: EngineRuntime.grownMessage(settings.topics.events, "partition \(partition) was assigned"))
            })
        let worker = Worker<KafkaWorld>(
            index: index, options: settings.workerOptions(partitionCount), source: source, sinks: sinks, restore: restore, view: view,
            clock: ComparedClock(comparison: clock), standby: standby, notify: reporter.report)
        return WorkerBox(worker: worker, view: view)
    }

    private var restoreSettings: KafkaRestoreSource.Settings {
        KafkaRestoreSource.Settings(
            groupID: settings.kafka.group, inputTopic: settings.topics.events, stateTopic: settings.topics.state,
            ledgerTopic: settings.topics.ledger, writtenTopics: TopicCatalog.names(settings.topics).values.sorted())
    }
}

/// Carries a worker to its thread. It is made on one and used on the other only, never at the same time.
private struct WorkerBox: @unchecked Sendable {
    let worker: Worker<KafkaWorld>
    let view: RedisProjector
}

extension EngineSettings {
    /// Where the brokers are.
    var kafkaConnection: KafkaConnection {
        KafkaConnection(bootstrapServers: kafka.bootstrap, clientID: kafka.clientID, properties: kafka.properties)
    }

    /// Where the read model is.
    var redisSettings: RedisSettings {
        get throws {
            var settings = try RedisSettings(url: redis.address)
            if let user = redis.username { settings.user = user }
            if let password = redis.password { settings.password = password }
            if let database = redis.database { settings.database = database }
            settings.prefix = redis.keyPrefix
            settings.content = RedisSettings.Content(rawValue: redis.content)!
            settings.changesKept = Int64(redis.changeStreamLength)
            settings.connectTimeoutMilliseconds = Int64(redis.connectTimeoutMilliseconds)
            settings.answerTimeoutMilliseconds = Int64(redis.answerTimeoutMilliseconds)
            settings.infoIntervalMilliseconds = Int64(redis.infoIntervalMilliseconds)
            return settings
        }
    }

    /// What the workers are told.
    func workerOptions(_ partitionCount: Int32) -> WorkerOptions {
        var options = WorkerOptions(partitionCount: partitionCount, inputTopic: topics.events)
        options.batchRecords = engine.batchRecords
        options.batchMilliseconds = Int64(engine.batchMilliseconds)
        options.checkpointIntervalMilliseconds = Int64(engine.checkpoint.intervalMilliseconds)
        options.checkpointAgeMilliseconds = Int64(engine.checkpoint.ageSeconds) * 1_000
        options.checkpointLeastAgeMilliseconds = Int64(min(engine.checkpoint.leastAgeSeconds, engine.checkpoint.ageSeconds)) * 1_000
        options.checkpointRecordsPerTransaction = engine.checkpoint.recordsPerTransaction
        options.limits = stateLimits
        options.zones = ZoneFiles.ofThisMachine
        return options
    }

    /// The bounds of a partition's state.
    var stateLimits: StateLimits {
        var limits = StateLimits()
        limits.openHoldsPerSKU = engine.limits.openHoldsPerSKU
        limits.openCommitmentsPerSKU = engine.limits.openCommitmentsPerSKU
        limits.locationsPerSKU = engine.limits.locationsPerSKU
        limits.openDocumentsPerSKU = engine.limits.openDocumentsPerSKU
        limits.lotsPerSKU = engine.limits.lotsPerSKU
        limits.unitsPerSKU = engine.limits.unitsPerSKU
        limits.channelsPerSKU = engine.limits.channelsPerSKU
        limits.closedRecordsPerPartition = engine.limits.closedRecordsPerPartition
        limits.closedRetentionMilliseconds = Int64(engine.closedRetentionDays) * 86_400_000
        limits.orderLineRetentionMilliseconds = Int64(engine.orderLineRetentionDays) * 86_400_000
        limits.idWindowEntries = engine.idWindow.entries
        limits.idWindowMilliseconds = Int64(engine.idWindow.minutes) * 60_000
        limits.idWindowCap = engine.idWindow.cap
        return limits
    }
}

extension Logger {
    /// A logger of the settings.
    init(_ settings: EngineSettings.Log) {
        self.init(
            level: LogLevel(name: settings.level) ?? .info,
            sink: .standardError(format: settings.format == "json" ? .json : .text, showsTimes: settings.times == "utc"))
    }

    /// What librdkafka has to say, at most one line of a kind a minute.
    var kafkaLog: KafkaLog {
        { level, facility, message in
            let severity: LogLevel = level <= 3 ? .warning : level <= 5 ? .notice : .debug
            log(severity, message, ["facility": .string(facility)], repeatKey: "kafka:" + facility)
        }
    }
}
