/// What an engine is told. The initial values are the defaults; keys, ranges and meaning are in `SettingKey.all`, from which
/// docs/configuration.md is made.
public struct EngineSettings: Sendable, Equatable {
    /// Kafka: where it is and who we are there.
    public var kafka = Kafka()
    /// The names of the topics.
    public var topics = Topics()
    /// The engine itself.
    public var engine = Engine()
    /// Redis, the read model.
    public var redis = Redis()
    /// Metrics and health over HTTP.
    public var metrics = Metrics()
    /// The log.
    public var log = Log()

    /// The defaults.
    public init() {}

    /// Kafka: where it is and who we are there.
    public struct Kafka: Sendable, Equatable {
        /// `kafka.bootstrap`: brokers as `host:port`, separated by commas.
        public var bootstrap = "localhost:9092"
        /// `kafka.group`: the consumer group.
        public var group = "stockstream"
        /// `kafka.clientID`: shows in the broker's logs and quotas.
        public var clientID = "stockstream"
        /// `kafka.transactionalIDPrefix`: what transactional ids begin with; nil: the group.
        public var transactionalIDPrefix: String?
        /// `kafka.transactionTimeoutMilliseconds`: how long a transaction may stay open, milliseconds.
        public var transactionTimeoutMilliseconds = 10_000
        /// `kafka.properties`: librdkafka properties that are passed through.
        public var properties: [String: String] = [:]

        /// What transactional ids begin with.
        public var effectiveTransactionalIDPrefix: String { transactionalIDPrefix ?? group }
    }

    /// The names of the topics.
    public struct Topics: Sendable, Equatable {
        /// `topics.events`: the input.
        public var events = "stock.events.v1"
        /// `topics.ledger`: the log of facts.
        public var ledger = "stock.ledger.v1"
        /// `topics.state`: checkpoints.
        public var state = "stock.state.v1"
        /// `topics.levels`: public availability.
        public var levels = "stock.levels.v1"
        /// `topics.alerts`: alerts.
        public var alerts = "stock.alerts.v1"
        /// `topics.webhooks`: events for subscribers.
        public var webhooks = "stock.webhooks.v1"
        /// `topics.replies`: answers to callers.
        public var replies = "stock.replies.v1"
        /// `topics.deadLetters`: what could not be decoded.
        public var deadLetters = "stock.dead-letters.v1"
    }

    /// The engine itself.
    public struct Engine: Sendable, Equatable {
        /// `engine.workers`: threads.
        public var workers = availableProcessors()
        /// `engine.batchRecords`: records of one turn at most.
        public var batchRecords = 10_000
        /// `engine.batchMilliseconds`: how long a turn collects records at most, milliseconds.
        public var batchMilliseconds = 100
        /// `engine.closedRetentionDays`: how long closed records are kept, days of log time.
        public var closedRetentionDays = 30
        /// `engine.orderLineRetentionDays`: the same of order lines, days of log time.
        public var orderLineRetentionDays = 400
        /// `engine.standby`: which partitions of other engines are followed: `all` or `none`.
        public var standby = "none"
        /// Checkpoints.
        public var checkpoint = Checkpoint()
        /// The id window.
        public var idWindow = IDWindow()
        /// Limits.
        public var limits = Limits()
    }

    /// Checkpoints of the state.
    public struct Checkpoint: Sendable, Equatable {
        /// `engine.checkpoint.intervalMilliseconds`: the aim where there is room, milliseconds.
        public var intervalMilliseconds = 200
        /// `engine.checkpoint.leastAgeSeconds`: no younger change is written while input comes, seconds; at most `ageSeconds`.
        public var leastAgeSeconds = 10
        /// `engine.checkpoint.ageSeconds`: no change stays unwritten for longer, seconds.
        public var ageSeconds = 30
        /// `engine.checkpoint.recordsPerTransaction`: state records in one transaction at most.
        public var recordsPerTransaction = 5_000
    }

    /// The window of input ids in which a repeat is recognised.
    public struct IDWindow: Sendable, Equatable {
        /// `engine.idWindow.entries`: ids kept at least, a partition.
        public var entries = 1_000_000
        /// `engine.idWindow.minutes`: log time covered at least, minutes, up to the cap.
        public var minutes = 15
        /// `engine.idWindow.cap`: ids kept at most, a partition.
        public var cap = 4_000_000
    }

    /// Bounds of what outsiders can make large.
    public struct Limits: Sendable, Equatable {
        /// `engine.limits.openHoldsPerSKU`.
        public var openHoldsPerSKU = 200_000
        /// `engine.limits.openCommitmentsPerSKU`.
        public var openCommitmentsPerSKU = 200_000
        /// `engine.limits.locationsPerSKU`.
        public var locationsPerSKU = 1_000
        /// `engine.limits.openDocumentsPerSKU`.
        public var openDocumentsPerSKU = 100_000
        /// `engine.limits.lotsPerSKU`.
        public var lotsPerSKU = 100_000
        /// `engine.limits.unitsPerSKU`.
        public var unitsPerSKU = 32
        /// `engine.limits.channelsPerSKU`.
        public var channelsPerSKU = 32
        /// `engine.limits.closedRecordsPerPartition`.
        public var closedRecordsPerPartition = 4_000_000
    }

    /// Redis, the read model.
    public struct Redis: Sendable, Equatable {
        /// `redis.address`: a `redis://` or `unix://` address.
        public var address = "redis://localhost:6379/0"
        /// `redis.username`: the ACL user; nil: that of the address, or `default`.
        public var username: String?
        /// `redis.password`: nil: that of the address, or none.
        public var password: String?
        /// `redis.database`: nil: that of the address, or 0.
        public var database: Int?
        /// `redis.keyPrefix`: what every key begins with.
        public var keyPrefix = "stock:v1"
        /// `redis.content`: `all`, or `hashes` alone.
        public var content = "all"
        /// `redis.changeStreamLength`: about how many entries a partition's change stream keeps.
        public var changeStreamLength = 100_000
        /// `redis.connectTimeoutMilliseconds`.
        public var connectTimeoutMilliseconds = 2_000
        /// `redis.answerTimeoutMilliseconds`.
        public var answerTimeoutMilliseconds = 5_000
        /// `redis.infoIntervalMilliseconds`.
        public var infoIntervalMilliseconds = 10_000
    }

    /// Metrics and health over HTTP.
    public struct Metrics: Sendable, Equatable {
        /// `metrics.host`: the address to listen on.
        public var host = "127.0.0.1"
        /// `metrics.port`: the port; 0: no server.
        public var port = 0
    }

    /// The log.
    public struct Log: Sendable, Equatable {
        /// `log.level`: error, warning, notice, info or debug.
        public var level = "info"
        /// `log.format`: text or json.
        public var format = "text"
        /// `log.times`: utc or none.
        public var times = "utc"
    }
}
