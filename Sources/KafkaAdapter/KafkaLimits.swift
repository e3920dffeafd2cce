/// Every time limit and size limit of the adapter, in one place. Sources: DESIGN of the engine, measurements on Apache Kafka 4.3.1 with
/// librdkafka 2.0.2.
public enum KafkaLimits {
    /// Records that a consumer takes from the library before they are asked for.
    static let readAheadRecords = 32
    /// How long the coordinator keeps a silent member, in milliseconds.
    public static let sessionTimeoutMilliseconds = 10_000
    /// How often a member reports, in milliseconds; also how soon it learns of a rebalance.
    public static let heartbeatIntervalMilliseconds = 500
    /// How long a transaction may stay open, in milliseconds. A takeover without fencing waits as long.
    public static let transactionTimeoutMilliseconds = 10_000
    /// Must stay at least 100 ms below the transaction's time, or librdkafka refuses the configuration.
    public static let producerSocketTimeoutMilliseconds = 9_000
    /// The largest record of ours, uncompressed, with room for its frame: a dead letter of 2 MiB and 64 KiB.
    public static let messageMaxBytes = 2 * 1024 * 1024 + 64 * 1024
    /// Time for `initialize` of a sink, in milliseconds.
    public static let initializeMilliseconds: Int32 = 1_000
    /// How long `produce` waits for room in the queue, in milliseconds.
    public static let queueFullMilliseconds: Int64 = 1_000
    /// Records that wait in one transactional producer.
    public static let producerQueueRecords = 500_000
    /// Kilobytes that wait in one producer.
    public static let producerQueueKilobytes = 256 * 1024
    /// Kilobytes that a consumer fetches ahead. librdkafka 2.0.2 stalls up to a second each time that the limit is reached, so it is not
    /// small.
    public static let consumerQueueKilobytes = 256 * 1024
    /// The most bytes that a batch may have when it is decompressed (zstd; of the other codecs librdkafka does not ask), as much as
    /// its producers allow for. The library's default of 100 MB is less than what a producer gets past the broker.
    public static let receiveMaxBytes = 1 << 30
    /// Kilobytes that each reader of a restore fetches ahead.
    public static let restoreQueueKilobytes = 64 * 1024
    /// Kilobytes that each reader of a standby fetches ahead; there are two for each partition that is followed.
    public static let standbyQueueKilobytes = 16 * 1024
    /// How long the broker may hold an empty fetch of a standby back, in milliseconds. Whatever is written answers it at once.
    public static let standbyFetchWaitMilliseconds = 100
    /// Records that a consumer fetches ahead in each partition; the kilobytes are the limit that counts.
    public static let consumerQueueRecords = 1_000_000
    /// Bytes that a fetch brings from one partition.
    public static let fetchPartitionBytes = 4 * 1024 * 1024
    /// Time for `start` to move a partition, in milliseconds; after that it goes on in later polls.
    public static let seekMilliseconds: Int32 = 100
    /// Records of stopped or given up partitions that one poll drops before it returns.
    public static let dropsPerPoll = 10_000
    /// Time to leave the group and to take a handle apart, in milliseconds; what takes longer goes on alone on its helper thread.
    public static let closeMilliseconds: Int64 = 5_000
    /// Time that a look-up of the restore may take, in milliseconds.
    public static let lookupMilliseconds: Int32 = 100
    /// The same where the broker was seen to take longer.
    public static let lookupMaximumMilliseconds: Int32 = 800
    /// How much longer than its own time limit a watched call may take, in milliseconds.
    public static let watchedCallGraceMilliseconds: Int64 = 1_000
    /// Between two questions for the leaders after look-ups that got no answer, in milliseconds.
    public static let leaderRefreshMilliseconds: Int64 = 500
    /// Time for each throw-away producer in turn to fence an id, in milliseconds. The first is told to ask again, the second takes 30 ms on
    /// a healthy broker near by.
    public static let fencingAttemptsMilliseconds: [Int32] = [100, 100, 200]
    /// The same for the last one, which has time for a distant broker; with a seal it has the time for that.
    public static let fencingLastMilliseconds: Int32 = 5_000
    /// Time for a seal, in milliseconds; a broker that has only just come back loads its coordinators meanwhile.
    public static let sealMilliseconds: Int64 = 20_000
    /// How long a seal's transaction may stay open, in milliseconds: not to be given up by the broker before the time for it has passed.
    public static let sealTransactionMilliseconds = 60_000
    /// Time for an administrative request, in milliseconds.
    public static let adminMilliseconds: Int32 = 15_000
    /// The same where a signal has to be heard in between.
    public static let adminGlanceMilliseconds: Int32 = 3_000
    /// How long a node may not know what others know already, in milliseconds: each reads the cluster's metadata at its own pace, one that
    /// has just started or has little of the processor seconds later. "Does not exist" is believed after that.
    public static let propagationMilliseconds: Int64 = 10_000
    /// Between two looks at what a node may not know yet, in milliseconds.
    public static let propagationGlanceMilliseconds: Int32 = 100
    /// Between attempts of one step of a transaction, in milliseconds.
    public static let retryMilliseconds: Int32 = 5
    /// How long an abort waits for the first answer of the transaction, in milliseconds: librdkafka must not end a transaction before the
    /// broker has heard of it (librdkafka issue 4849).
    public static let abortSettleMilliseconds: Int64 = 1_000
}
