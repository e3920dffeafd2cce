extension SettingKey {
    /// Every key, in the order of the documentation.
    public static let all: [SettingKey] = kafkaKeys + topicKeys + engineKeys + limitKeys + redisKeys + metricsKeys + logKeys

    private static let kafkaKeys: [SettingKey] = [
        .text("kafka.bootstrap", \.kafka.bootstrap, .brokers, "The brokers to begin with."),
        .text(
            "kafka.group", \.kafka.group, .name,
            "The consumer group. Engines of one group share the partitions; its offsets are the engine's place in the input."),
        .text("kafka.clientID", \.kafka.clientID, .clientID, "The name in the brokers' logs and quotas."),
        .text(
            "kafka.transactionalIDPrefix", \.kafka.transactionalIDPrefix, .name, defaultText: "the group",
            "What transactional ids begin with. Grant it as a prefixed ACL on TransactionalId (Write, Describe)."),
        .integer(
            "kafka.transactionTimeoutMilliseconds", \.kafka.transactionTimeoutMilliseconds, 1_000...900_000,
            "After it the broker gives up a transaction whose engine is silent. A takeover does not wait for it."),
        .map(
            "kafka.properties", \.kafka.properties, allowed: "properties of librdkafka; those that exactly-once depends on are refused",
            "Passed through to librdkafka: security.protocol, sasl.*, ssl.* and so on. Values are never printed."),
    ]

    private static let topicKeys: [SettingKey] = [
        .text("topics.events", \.topics.events, .topic, "The input: stock events, keyed by SKU."),
        .text("topics.ledger", \.topics.ledger, .topic, "The log of facts: one record for each consumed one."),
        .text("topics.state", \.topics.state, .topic, "Checkpoints of the state (compacted)."),
        .text("topics.levels", \.topics.levels, .topic, "Public availability of each SKU (compacted)."),
        .text("topics.alerts", \.topics.alerts, .topic, "Alerts: low, out, back and so on."),
        .text("topics.webhooks", \.topics.webhooks, .topic, "Events for webhook subscribers."),
        .text("topics.replies", \.topics.replies, .topic, "Answers to callers that asked for one."),
        .text("topics.deadLetters", \.topics.deadLetters, .topic, "Records that could not be decoded, with the reason."),
    ]

    private static let engineKeys: [SettingKey] = [
        .integer(
            "engine.workers", \.engine.workers, 1...256, defaultText: "the number of processors",
            "Threads. Each owns a consumer, so more than there are partitions stay idle."),
        .integer("engine.batchRecords", \.engine.batchRecords, 1...100_000, "Records of one turn, and so of one transaction, at most."),
        .integer(
            "engine.batchMilliseconds", \.engine.batchMilliseconds, 1...1_000,
            "How long a turn collects records at most, where more keep coming; it ends at once where nothing more is there."),
        .choice(
            "engine.standby", \.engine.standby, ["all", "none"],
            "Which partitions of other engines are followed, so that a takeover finds their state in memory: each takes as much memory as "
                + "one of this engine's. An engine that starts beside others loads the states first and joins the group then. "
                + "What it costs is in docs/operations.md."),
        .integer(
            "engine.checkpoint.intervalMilliseconds", \.engine.checkpoint.intervalMilliseconds, 10...60_000,
            "How often a partition writes changed state where there is room for it."),
        .integer(
            "engine.checkpoint.leastAgeSeconds", \.engine.checkpoint.leastAgeSeconds, 0...3_600,
            "How old a change has to be before it is written while input comes, never more than `engine.checkpoint.ageSeconds`: what "
                + "changes many times meanwhile is written once. Where nothing comes everything is written at once."),
        .integer(
            "engine.checkpoint.ageSeconds", \.engine.checkpoint.ageSeconds, 1...3_600,
            "No change stays out of the checkpoint for longer, whatever the load: it bounds what a restore replays."),
        .integer(
            "engine.checkpoint.recordsPerTransaction", \.engine.checkpoint.recordsPerTransaction, 100...200_000,
            "State records in one transaction at most. A SKU that alone has more goes alone."),
        .integer(
            "engine.idWindow.entries", \.engine.idWindow.entries, 1_000...50_000_000, "Input ids that a partition remembers at least."),
        .integer(
            "engine.idWindow.minutes", \.engine.idWindow.minutes, 1...10_080,
            "Log time that the remembered ids cover at least, as long as the cap allows it."),
        .integer(
            "engine.idWindow.cap", \.engine.idWindow.cap, 1_000...50_000_000,
            "Input ids that a partition remembers at most (40 bytes each). One that goes too young is counted and alarmed."
        ),
        .integer(
            "engine.closedRetentionDays", \.engine.closedRetentionDays, 1...3_650,
            "How long finished holds, shipments, receipts and returns are remembered by their own ids."),
        .integer(
            "engine.orderLineRetentionDays", \.engine.orderLineRetentionDays, 1...3_650,
            "How long finished order lines are remembered, so that a return finds its sale."),
    ]

    private static let limitKeys: [SettingKey] = [
        .integer(
            "engine.limits.openHoldsPerSKU", \.engine.limits.openHoldsPerSKU, 1...10_000_000, "Open holds on one SKU; more are refused."),
        .integer(
            "engine.limits.openCommitmentsPerSKU", \.engine.limits.openCommitmentsPerSKU, 1...10_000_000,
            "Open commitments on one SKU; more are refused."),
        .integer("engine.limits.locationsPerSKU", \.engine.limits.locationsPerSKU, 1...9_000, "Locations of one SKU; more are refused."),
        .integer(
            "engine.limits.openDocumentsPerSKU", \.engine.limits.openDocumentsPerSKU, 1...10_000_000,
            "Open incoming lines and transfers of one SKU; more are refused."),
        .integer(
            "engine.limits.lotsPerSKU", \.engine.limits.lotsPerSKU, 1...10_000_000,
            "Lots of one SKU that its locations have or its order lines remember; more are refused."),
        .integer(
            "engine.limits.unitsPerSKU", \.engine.limits.unitsPerSKU, 1...1_000,
            "Units of one SKU beside its minor unit; more are refused."),
        .integer(
            "engine.limits.channelsPerSKU", \.engine.limits.channelsPerSKU, 1...1_000,
            "Sales channels of one SKU that have a term of their own; more are refused."),
        .integer(
            "engine.limits.closedRecordsPerPartition", \.engine.limits.closedRecordsPerPartition, 1_000...100_000_000,
            "Finished records that a partition remembers; above it the oldest go early, counted and alarmed."),
    ]

    private static let redisKeys: [SettingKey] = [
        .text("redis.address", \.redis.address, .redisAddress, "Where Redis is. User and password in it may be percent-encoded."),
        .text(
            "redis.username", \.redis.username, .printable, defaultText: "that of the address, or none",
            "The ACL user; needs a password here or in the address."),
        .text("redis.password", \.redis.password, .password, defaultText: "that of the address, or none", "The password."),
        .integer("redis.database", \.redis.database, 0...65_535, defaultText: "that of the address, or 0", "The number of the database."),
        .text("redis.keyPrefix", \.redis.keyPrefix, .keyPrefix, "What every key begins with."),
        .choice(
            "redis.content", \.redis.content, ["all", "hashes"],
            "What is kept: all of it, or the hashes of the SKUs alone, without the sets of what is low and out and the change streams."),
        .integer(
            "redis.changeStreamLength", \.redis.changeStreamLength, 100...10_000_000,
            "About how many entries the change stream of a partition keeps."),
        .integer(
            "redis.connectTimeoutMilliseconds", \.redis.connectTimeoutMilliseconds, 10...60_000,
            "A connection that is not made by then is given up."),
        .integer(
            "redis.answerTimeoutMilliseconds", \.redis.answerTimeoutMilliseconds, 10...60_000,
            "A server that owes an answer for this time is given up; the engine goes on without it."),
        .integer(
            "redis.infoIntervalMilliseconds", \.redis.infoIntervalMilliseconds, 100...600_000,
            "How often the server is asked (INFO) for its eviction policy and for evicted keys, which are not missed before."),
    ]

    private static let metricsKeys: [SettingKey] = [
        .text("metrics.host", \.metrics.host, .name, "The address that /metrics, /livez, /readyz and /version listen on."),
        .integer("metrics.port", \.metrics.port, 0...65_535, "Their port; 0: no server."),
    ]

    private static let logKeys: [SettingKey] = [
        .choice("log.level", \.log.level, ["error", "warning", "notice", "info", "debug"], "Lines that matter less are not written."),
        .choice("log.format", \.log.format, ["text", "json"], "How lines look on standard error."),
        .choice("log.times", \.log.times, ["utc", "none"], "Whether lines begin with their time; none where the journal adds its own."),
    ]

    /// What must hold between keys: the keys, what is allowed, and whether it holds.
    static let relations: [(key: String, allowed: String, holds: @Sendable (EngineSettings) -> Bool)] = [
        ("engine.idWindow.cap", "at least engine.idWindow.entries", { $0.engine.idWindow.cap >= $0.engine.idWindow.entries }),
        (
            "engine.checkpoint.ageSeconds", "at least engine.checkpoint.intervalMilliseconds",
            { $0.engine.checkpoint.ageSeconds * 1_000 >= $0.engine.checkpoint.intervalMilliseconds }
        ),
        (
            "engine.orderLineRetentionDays", "at least engine.closedRetentionDays",
            { $0.engine.orderLineRetentionDays >= $0.engine.closedRetentionDays }
        ),
    ]
}
