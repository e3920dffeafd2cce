import Glibc
import CLibrdkafka
import StockStream
import StockWire
import Synchronization
import Testing

@testable import KafkaAdapter

/// The adapter against librdkafka's own mock cluster: client code and error paths, nothing about exactly-once.
@Suite(.serialized) struct EmbeddedClusterTests {
    let log = TestLog()

    private func makeCluster(_ topics: [String: Int32]) throws -> EmbeddedCluster {
        let cluster = try EmbeddedCluster(log: log.closure)
        for (name, partitions) in topics { try cluster.createTopic(name, partitions: partitions) }
        return cluster
    }

    private func connection(_ cluster: EmbeddedCluster) -> KafkaConnection {
        KafkaConnection(bootstrapServers: cluster.bootstrapServers, clientID: "mock")
    }

    private func makeSink(_ cluster: EmbeddedCluster, _ settings: KafkaTransactionalSink.Settings) throws -> KafkaTransactionalSink {
        try KafkaTransactionalSink(
            connection: connection(cluster), settings: settings, membership: .standalone(groupID: "g"), inputTopic: "in", log: log.closure)
    }

    @Test func producerReportsEveryDeliveryWithItsNumber() throws {
        let cluster = try makeCluster(["in": 4])
        let producer = try KafkaProducer(connection: connection(cluster), settings: .init(topics: ["in"]), log: log.closure)
        defer { producer.close() }
        try producer.connectNow()
        #expect(producer.partitionCount(0) == 4)
        for number in 1...100 {
            guard case .queued = producer.put(0, key: "sku-\(number % 7)", value: "v\(number)", number: UInt64(number)) else {
                Issue.record("not queued")
                return
            }
        }
        var numbers: Set<UInt64> = []
        let isComplete = producer.flush(waitMilliseconds: 10_000) { delivery in
            #expect(delivery.error == nil)
            #expect(delivery.offset >= 0)
            numbers.insert(delivery.number)
        }
        #expect(isComplete)
        #expect(numbers == Set(1...100))
        guard case .failed(let error) = producer.put(0, 4, key: "k", value: "v") else {
            Issue.record("a partition that does not exist was taken")
            return
        }
        #expect(error.code == "_UNKNOWN_PARTITION")
    }

    /// A broker refuses the first batch of a producer, since it does not lead the partition yet, and takes the second: librdkafka counts
    /// both as acknowledged. The first one is not there, and must not count. On a busy machine both may come to be one batch, so there is
    /// more than one attempt.
    @Test func aFirstBatchThatWasRefusedDoesNotCount() throws {
        let cluster = try makeCluster(["in": 4])
        var connection = connection(cluster)
        // The first batch is sent again only when the second has been answered.
        connection.properties["retry.backoff.ms"] = "4000"
        let producer = try KafkaProducer(connection: connection, settings: .init(topics: ["in"]), log: log.closure)
        defer { producer.close() }
        try producer.connectNow()
        // It gets its id here.
        #expect(try outcomes(of: producer, partition: 3, [9]) == [9: "delivered"])
        cluster.setRoundTrip(milliseconds: 2_000)
        var found: [UInt64: String] = [:]
        for partition: Int32 in 0..<3 where found[1] != "_UNCONFIRMED" {
            // Produce (0) answers NOT_LEADER_OR_FOLLOWER (6).
            cluster.failNext(apiKey: 0, codes: [6])
            found = try outcomes(of: producer, partition: partition, [1, 2])
        }
        #expect(found == [1: "_UNCONFIRMED", 2: "delivered"])
    }

    /// Hands over records a second apart; what became of each.
    private func outcomes(of producer: KafkaProducer, partition: Int32, _ numbers: [UInt64]) throws -> [UInt64: String] {
        for number in numbers {
            guard case .queued = producer.put(0, partition, key: "k", value: "v\(number)", number: number) else {
                throw TestFailure(description: "not queued")
            }
            if number != numbers.last { usleep(1_000_000) }
        }
        var found: [UInt64: String] = [:]
        guard producer.flush(waitMilliseconds: 30_000, { found[$0.number] = $0.error?.code ?? "delivered" }) else {
            throw TestFailure(description: "not reported: \(found)")
        }
        return found
    }

    /// In a transaction nobody reports what was delivered. The embedded cluster, unlike a real one, refuses a second batch after a refused
    /// first one; that the broker has the batch already (DUPLICATE_SEQUENCE_NUMBER, 46) is told without an offset too.
    @Test func aTransactionWithARecordThatIsNotConfirmedIsNotCommitted() throws {
        let cluster = try makeCluster(["in": 1, "out": 1])
        let sink = try makeSink(cluster, .init(transactionalID: "t-e", topics: [.ledger: "out"]))
        defer { sink.close() }
        try sink.initializeNow()
        #expect(sink.begin().isDone)
        cluster.failNext(apiKey: 0, codes: [46])
        #expect(sink.put(.ledger, 0, key: "k", value: "v1").isDone)
        let result = sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "")])
        guard case .mustAbort(let error) = result else {
            Issue.record("\(result.label)")
            return
        }
        #expect(error.code == "_UNCONFIRMED")
        // Here nothing was written, so the sequence numbers go on from a gap: only a new client can.
        sink.rebuild()
        try sink.initializeNow()
        #expect(sink.begin().isDone)
        #expect(sink.put(.ledger, 0, key: "k", value: "v1").isDone)
        #expect(sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "")]).isDone)
    }

    /// A node is killed and its partitions move a moment later. Without the question for the leaders after a failed look-up, nothing is
    /// found for five minutes, and a restore stands still as long.
    @Test func lookupsFollowTheLeader() throws {
        let cluster = try EmbeddedCluster(brokers: 2, log: log.closure)
        let topics = ["in", "state", "ledger"]
        for topic in topics {
            try cluster.createTopic(topic, partitions: 1)
            cluster.setLeader(topic, 0, broker: 1)
        }
        let source = try KafkaRestoreSource(
            connection: connection(cluster), settings: .init(groupID: "g", inputTopic: "in", stateTopic: "state", ledgerTopic: "ledger"),
            log: log.closure)
        defer { source.close() }
        let find = { source.inputRange(0) == 0..<0 && source.range(.state, 0) == 0..<0 && source.range(.ledger, 0) == 0..<0 ? true : nil }
        try within(seconds: 20, "a look-up", find).expectTrue()
        cluster.setBroker(1, isUp: false)
        for _ in 0..<10 { #expect(source.inputRange(0) == nil) }
        for topic in topics { cluster.setLeader(topic, 0, broker: 2) }
        try within(seconds: 20, "a look-up at the new leader", find).expectTrue()
    }

    /// A call of the library that does not come back is left alone, and its client is not taken apart under it. Without the latch, the
    /// client is gone while the call still uses it.
    @Test func aCallThatForgetsItsTimeIsLeftAlone() throws {
        let handle = try RDKafkaHandle(.producer, .bare, log: log.closure)
        let gate = Latch()
        let answer = handle.watched(waitMilliseconds: 50) { _ in
            _ = gate.wait(milliseconds: 60_000)
            return nil
        }
        if case .some = answer { Issue.record("the call came back") }
        #expect(!handle.destroy(waitMilliseconds: 300, leavesGroup: false), "taken apart under the call")
        gate.open()
        let other = try RDKafkaHandle(.producer, .bare, log: log.closure)
        guard case .some(.some(let error)) = other.watched(waitMilliseconds: 10_000, { _ in RDKafkaError(code: RD_KAFKA_RESP_ERR__STATE) })
        else {
            Issue.record("no answer")
            return
        }
        #expect(error.code == RD_KAFKA_RESP_ERR__STATE)
        #expect(other.destroy(waitMilliseconds: 10_000, leavesGroup: false))
    }

    @Test func readerBringsKeysTombstonesAndHeaders() throws {
        let cluster = try makeCluster(["in": 1, "out": 2])
        let connection = connection(cluster)
        let sink = try makeSink(cluster, .init(transactionalID: "t-a", topics: [.ledger: "out"]))
        defer { sink.close() }
        try sink.initializeNow()
        #expect(sink.begin().isDone)
        #expect(sink.put(.ledger, 0, key: "k", value: "v", timestamp: 1_700_000_000_123).isDone)
        #expect(sink.put(.ledger, 0, key: "k", value: nil, timestamp: 1_700_000_000_124).isDone)
        withBytes("ce_id") { name in
            withBytes("7") { value in
                let headers = [RecordHeader(name: name!, value: value), RecordHeader(name: name!, value: nil)]
                headers.withUnsafeBufferPointer { #expect(sink.put(.ledger, 1, key: nil, value: "", headers: $0).isDone) }
            }
        }
        var turns = 0
        let result = sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "claim")]) {
            turns += 1
            usleep(100)
            return turns < 5
        }
        #expect(result.isDone && (1...5).contains(turns))

        let reader = try KafkaReader(connection: connection, settings: .init(topics: ["out"]), log: log.closure)
        defer { reader.close() }
        try reader.connectNow()
        let records = try reader.readToEnds().sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        #expect(records.count == 3)
        #expect(records[0].value == "v" && records[0].timestamp == 1_700_000_000_123)
        #expect(records[1].key == "k" && records[1].value == nil)
        #expect(records[2].key == nil && records[2].headers == ["ce_id=7", "ce_id=(null)"])
    }

    @Test func manualSourceStartsStopsAndMoves() throws {
        let cluster = try makeCluster(["in": 2])
        let connection = connection(cluster)
        let producer = try KafkaProducer(connection: connection, settings: .init(topics: ["in"]), log: log.closure)
        defer { producer.close() }
        try producer.connectNow()
        for number in 0..<20 { _ = producer.put(0, Int32(number % 2), key: "k", value: "\(number)") }
        #expect(producer.flush(waitMilliseconds: 10_000) { _ in })

        let settings = KafkaRecordSource.Settings(topic: "in", partitionCount: 2, groupID: "g", mode: .manual([0, 1]))
        let source = try KafkaRecordSource(connection: connection, settings: settings, log: log.closure)
        defer { source.close() }
        guard case .assigned(let partitions) = source.poll(waitMilliseconds: 0) else {
            Issue.record("nothing announced")
            return
        }
        #expect(partitions == [0, 1])
        #expect(source.isMember)
        source.accept(partitions)
        #expect(try collect(source, polls: 20).isEmpty)
        source.start(1, at: 4)
        #expect(try collect(source, until: 9).map(\.offset) == [4, 5, 6, 7, 8, 9])
        #expect(source.lastStableOffset(1) == 10 || source.lastStableOffset(1) == nil)
        #expect(source.highWatermark(1) == 10)
        // Back, as after an abort, while it delivers.
        source.start(1, at: 2)
        #expect(try collect(source, until: 4).map(\.offset) == [2, 3, 4])
        source.stop(1)
        #expect(try collect(source, polls: 20).isEmpty)
        source.start(1, at: 5)
        source.start(0, at: 9)
        #expect(Set(try collect(source, count: 6).map { "\($0.partition):\($0.offset)" }) == ["1:5", "1:6", "1:7", "1:8", "1:9", "0:9"])
    }

    private func collect(_ source: KafkaRecordSource, polls: Int) throws -> [CopiedRecord] {
        try (0..<polls).compactMap { _ in try next(source, waitMilliseconds: 10) }
    }

    private func collect(_ source: KafkaRecordSource, until offset: Int64) throws -> [CopiedRecord] {
        var records: [CopiedRecord] = []
        return try within(seconds: 15, "offset \(offset) after \(records.map(\.offset))\n\(log.text)") {
            if let record = try next(source, waitMilliseconds: 50) { records.append(record) }
            return records.last?.offset == offset ? records : nil
        }
    }

    private func collect(_ source: KafkaRecordSource, count: Int) throws -> [CopiedRecord] {
        var records: [CopiedRecord] = []
        return try within(seconds: 15, "\(count) records") {
            if let record = try next(source, waitMilliseconds: 50) { records.append(record) }
            return records.count == count ? records : nil
        }
    }

    private func next(_ source: KafkaRecordSource, waitMilliseconds: Int32) throws -> CopiedRecord? {
        switch source.poll(waitMilliseconds: waitMilliseconds) {
        case .record(let view): return CopiedRecord(view)
        case .failed(let error): throw error
        default: return nil
        }
    }

    @Test func membershipErrorsOfTheBrokerAreToldApart() throws {
        let cluster = try makeCluster(["in": 1, "out": 1])
        let sink = try makeSink(cluster, .init(transactionalID: "t-b", topics: [.ledger: "out"]))
        defer { sink.close() }
        try sink.initializeNow()
        #expect(sink.begin().isDone)
        #expect(sink.put(.ledger, 0, key: "k", value: "v").isDone)
        // TxnOffsetCommit (28) answers ILLEGAL_GENERATION (22).
        cluster.failNext(apiKey: 28, codes: [22])
        let result = sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "")])
        #expect(result.isNotMember, "\(result.label)")
        #expect(sink.abort().isDone)
        // EndTxn (26) answers INVALID_PRODUCER_EPOCH (47): nobody can say what became of the commit.
        #expect(sink.begin().isDone)
        #expect(sink.put(.ledger, 0, key: "k", value: "v").isDone)
        cluster.failNext(apiKey: 26, codes: [47])
        let unknown = sink.commit([OffsetCommit(partition: 0, next: 2, metadata: "")])
        guard case .unknown = unknown else {
            Issue.record("\(unknown.label)")
            return
        }
        sink.rebuild()
        try sink.initializeNow()
        #expect(sink.begin().isDone)
        #expect(sink.put(.ledger, 0, key: "k", value: "v").isDone)
        #expect(sink.commit([OffsetCommit(partition: 0, next: 3, metadata: "")]).isDone)
    }

    /// A broker that goes away in mid-transaction: nothing hangs, and the rebuilt producer works when it is back.
    @Test func rebuildsAfterTheBrokerWentAway() throws {
        let cluster = try makeCluster(["in": 1, "out": 1])
        var settings = KafkaTransactionalSink.Settings(transactionalID: "t-c", topics: [.ledger: "out"])
        settings.transactionTimeoutMilliseconds = 2_000
        let sink = try makeSink(cluster, settings)
        defer { sink.close() }
        try sink.initializeNow()
        #expect(sink.begin().isDone)
        #expect(sink.put(.ledger, 0, key: "k", value: "v").isDone)
        cluster.setBroker(1, isUp: false)
        #expect(!sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "")]).isDone)
        sink.rebuild()
        #expect(!sink.initialize().isDone)
        cluster.setBroker(1, isUp: true)
        try sink.initializeNow()
        #expect(sink.begin().isDone)
        #expect(sink.put(.ledger, 0, key: "k", value: "v").isDone)
        #expect(sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "")]).isDone)
    }

    /// Java's producers must send a SKU to the same partition. Hashes from Apache Kafka's own tests of murmur2.
    @Test func partitionsAreThoseOfJava() throws {
        let hashes: [(String, Int32)] = [
            ("21", -973_932_308), ("foobar", -790_332_482), ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829), ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ]
        let cluster = try makeCluster(["in": 7])
        let producer = try KafkaProducer(connection: connection(cluster), settings: .init(topics: ["in"]), log: log.closure)
        defer { producer.close() }
        try producer.connectNow()
        for (index, (key, _)) in hashes.enumerated() { _ = producer.put(0, key: key, value: "v", number: UInt64(index)) }
        var partitions: [UInt64: Int32] = [:]
        #expect(producer.flush(waitMilliseconds: 10_000) { partitions[$0.number] = $0.partition })
        for (index, (key, hash)) in hashes.enumerated() { #expect(partitions[UInt64(index)] == (hash & 0x7FFF_FFFF) % 7, "\(key)") }
    }

    @Test func givesManualPartitionsUpOneByOne() throws {
        let cluster = try makeCluster(["in": 2])
        let producer = try KafkaProducer(connection: connection(cluster), settings: .init(topics: ["in"]), log: log.closure)
        defer { producer.close() }
        try producer.connectNow()
        let settings = KafkaRecordSource.Settings(topic: "in", partitionCount: 2, groupID: "g", mode: .manual([0, 1]))
        let source = try KafkaRecordSource(connection: connection(cluster), settings: settings, log: log.closure)
        defer { source.close() }
        guard case .assigned(let partitions) = source.poll(waitMilliseconds: 0) else {
            Issue.record("nothing announced")
            return
        }
        source.accept(partitions)
        source.start(0, at: 0)
        source.start(1, at: 0)
        for number in 0..<4 { _ = producer.put(0, Int32(number % 2), key: "k", value: "\(number)") }
        #expect(producer.flush(waitMilliseconds: 10_000) { _ in })
        #expect(Set(try collect(source, count: 4).map(\.value)) == ["0", "1", "2", "3"])
        source.giveUp([0])
        for number in 4..<8 { _ = producer.put(0, Int32(number % 2), key: "k", value: "\(number)") }
        #expect(producer.flush(waitMilliseconds: 10_000) { _ in })
        #expect(try collect(source, count: 2).map(\.value) == ["5", "7"])
        #expect(try collect(source, polls: 10).isEmpty)
    }

    @Test func closesBeforeAnythingWasAssigned() throws {
        let cluster = try makeCluster(["in": 2])
        let settings = KafkaRecordSource.Settings(topic: "in", partitionCount: 2, groupID: "g")
        for polls in [0, 1, 5] {
            let source = try KafkaRecordSource(connection: connection(cluster), settings: settings, log: log.closure)
            for _ in 0..<polls { _ = source.poll(waitMilliseconds: 20) }
            source.close()
        }
        _ = try within(seconds: 20, "clients taken apart") { RDKafkaHandle.beingDestroyed.load(ordering: .relaxed) == 0 ? true : nil }
    }

    /// What a worker on the embedded cluster sees: no committed offset ever, nothing by time, but ranges and records.
    @Test func restoresWhatTheEmbeddedClusterKeeps() throws {
        let cluster = try makeCluster(["in": 1, "ledger": 1, "state": 1])
        let sink = try makeSink(cluster, .init(transactionalID: "t-d", topics: [.ledger: "ledger"]))
        defer { sink.close() }
        try sink.initializeNow()
        #expect(sink.begin().isDone)
        #expect(sink.commit([OffsetCommit(partition: 0, next: 0, metadata: "claim")]).isDone)
        #expect(sink.begin().isDone)
        #expect(sink.put(.ledger, 0, key: "k", value: "v").isDone)
        #expect(sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "claim")]).isDone)
        let settings = KafkaRestoreSource.Settings(groupID: "g", inputTopic: "in", stateTopic: "state", ledgerTopic: "ledger")
        let restore = try KafkaRestoreSource(connection: connection(cluster), settings: settings, log: log.closure)
        defer { restore.close() }
        #expect(try restore.committedNow(0, stable: true) == .none)
        #expect(try within(seconds: 10, "range") { restore.range(.ledger, 0) } == 0..<1)
        #expect(try within(seconds: 10, "stable end") { restore.stableEnd(.ledger, 0) } == 1)
        #expect(try within(seconds: 10, "by time") { restore.ledgerOffset(0, atOrAfterMilliseconds: 1) } == Int64?.none)
        restore.open(.ledger, 0, from: 0)
        var values: [String?] = []
        let end = try within(seconds: 10, "end") { () -> Int64? in
            switch restore.read(.ledger, 0, waitMilliseconds: 50) {
            case .record(let view): values.append(CopiedRecord(view).value)
            case .endOfPartition(_, let offset): return offset
            default: break
            }
            return nil
        }
        #expect(values == ["v"] && end == 1)
    }

    /// A broker that is slower than a look-up waits: the next ones wait longer, and it is answered. Fails where each waits 100 ms.
    @Test func aDistantBrokerIsWaitedForLonger() throws {
        let cluster = try makeCluster(["in": 1, "ledger": 1, "state": 1])
        let settings = KafkaRestoreSource.Settings(groupID: "g", inputTopic: "in", stateTopic: "state", ledgerTopic: "ledger")
        let restore = try KafkaRestoreSource(connection: connection(cluster), settings: settings, log: log.closure)
        defer { restore.close() }
        cluster.setRoundTrip(milliseconds: 400)
        #expect(try within(seconds: 20, "committed offset") { restore.committed(0, stable: true) == .none ? true : nil })
        #expect(try within(seconds: 20, "range") { restore.range(.ledger, 0) } == 0..<0)
    }
}
