import StockStream
import StockWire
import Testing

@testable import KafkaAdapter

extension RealBrokerTests {
    @Suite(.serialized) struct FencingTests {
        /// An owner that dies in mid-transaction: its transaction pins the partition until somebody takes its id over.
        @Test func fencingEndsADeadOwnersTransaction() throws {
            let test = try RealTest(partitions: 1)
            let dead = try test.sink("dead", timeoutMilliseconds: 60_000)
            #expect(dead.begin().isDone)
            #expect(dead.put(.ledger, 0, key: "k", value: "settled").isDone)
            #expect(dead.commit([OffsetCommit(partition: 0, next: 5, metadata: "claim")]).isDone)
            try leaveOpen(dead)
            let restore = try test.restore()
            defer { restore.close() }
            let open = try within(seconds: 20, "open transaction") { () -> Bool? in
                guard let end = restore.range(.ledger, 0)?.upperBound, let stable = restore.stableEnd(.ledger, 0) else { return nil }
                return stable < end ? true : nil
            }
            #expect(open)
            #expect(try restore.committedNow(0, stable: false) == .at(next: 5, metadata: "claim"))

            let id = dead.transactionalID
            let began = ContinuousClock.now
            restore.beginFencing([id], sealing: [nil])
            #expect(!restore.isFencingDone([id]))
            _ = try within(seconds: 20, "fencing") { restore.isFencingDone([id]) ? true : nil }
            let fenced = ContinuousClock.now - began
            _ = try within(seconds: 20, "stable end") { () -> Bool? in
                guard let end = restore.range(.ledger, 0)?.upperBound, let stable = restore.stableEnd(.ledger, 0) else { return nil }
                return stable == end ? true : nil
            }
            let readable = ContinuousClock.now - began
            print("fencing by init_transactions: \(fenced / .milliseconds(1)) ms, stable end after \(readable / .milliseconds(1)) ms")
            #expect(try restore.committedNow(0, stable: true) == .at(next: 5, metadata: "claim"))

            // The owner was not dead after all: its commit fails, and it can rebuild.
            let result = dead.commit([OffsetCommit(partition: 0, next: 6, metadata: "zombie")])
            #expect(result.isFenced, "\(result.label)")
            #expect(try test.read(test.ledger, committedOnly: true).map(\.value) == ["settled"])
            dead.rebuild()
            try dead.initializeNow()
            #expect(dead.begin().isDone)
            #expect(dead.commit([OffsetCommit(partition: 0, next: 6, metadata: "back")]).isDone)
            #expect(try restore.committedNow(0, stable: true) == .at(next: 6, metadata: "back"))
            dead.close()
        }

        /// A seal is seen by nobody: neither its records nor its offset, whether the id's owner makes it or the next one does.
        @Test func aSealLeavesNoTrace() throws {
            let test = try RealTest(partitions: 2)
            let owner = try test.sink("owner")
            let restore = try test.restore()
            defer { restore.close() }
            for number: Int64 in 1...3 {
                #expect(owner.seal(.abort(offset: number > 1 ? OffsetCommit(partition: 1, next: 77, metadata: "sealed") : nil)).isDone)
                try owner.initializeNow()
                #expect(owner.begin().isDone)
                #expect(owner.put(.ledger, 1, key: "k", value: "\(number)").isDone)
                #expect(owner.commit([OffsetCommit(partition: 0, next: number, metadata: "claim")]).isDone)
            }
            try leaveOpen(owner)
            let seal = Seal.abort(offset: OffsetCommit(partition: 1, next: 78, metadata: "sealed"))
            restore.beginFencing([owner.transactionalID], sealing: [seal])
            _ = try within(seconds: 20, "fencing") { restore.isFencingDone([owner.transactionalID]) ? true : nil }
            for partition: Int32 in [0, 1] {
                let end = try within(seconds: 20, "stable end") { () -> Int64? in
                    guard let end = restore.range(.ledger, partition)?.upperBound, let stable = restore.stableEnd(.ledger, partition)
                    else { return nil }
                    return stable == end ? end : nil
                }
                #expect(end >= 6, "two seals of the owner and their ends, at least")
            }
            #expect(try test.read(test.ledger, committedOnly: true).map(\.value) == ["1", "2", "3"])
            let seals = try test.read(test.ledger, committedOnly: false).filter { $0.key == "seal" }
            #expect(seals.count == 8, "four seals, two partitions: \(test.log.text)")
            #expect(try restore.committedNow(0, stable: true) == .at(next: 3, metadata: "claim"))
            #expect(try restore.committedNow(1, stable: true) == .none)
            owner.close()
        }

        /// A seal that commits is a record that readers pass over, only where it is needed, and the offset that its owner knows.
        @Test func aSealThatCommits() throws {
            let test = try RealTest(partitions: 2)
            let owner = try test.sink("owner")
            let restore = try test.restore()
            defer { restore.close() }
            try leaveOpen(owner)
            let open = try within(seconds: 20, "what is open") { () -> [OpenPartition]? in
                guard let open = restore.openPartitions(owned: [0, 1]), !open.isEmpty else { return nil }
                return open
            }
            #expect(open == [OpenPartition(place: TopicPartition(topic: test.ledger, partition: 0), stableEnd: 0)])
            #expect(try within(seconds: 20, "nothing of others") { restore.openPartitions(owned: [1]) }.isEmpty)
            let first = try within(seconds: 20, "a record") {
                restore.firstLedgerRecord(0, from: 0)?.value.map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(first == "never")
            #expect(restore.firstLedgerRecord(0, from: 1) == nil)
            let another = try test.sink("another")
            let elsewhere = [TopicPartition(topic: test.ledger, partition: 1)]
            #expect(another.seal(.commit(elsewhere, offset: OffsetCommit(partition: 1, next: 5, metadata: "known"))).isDone)
            #expect(try restore.committedNow(1, stable: true) == .at(next: 5, metadata: "known"))
            restore.beginFencing([owner.transactionalID], sealing: [.commit(open.map(\.place), offset: nil)])
            _ = try within(seconds: 20, "fencing") { restore.isFencingDone([owner.transactionalID]) ? true : nil }
            let seals = try test.read(test.ledger, committedOnly: true)
            #expect(seals.map(\.key) == ["seal", "seal"] && seals.map(\.partition).sorted() == [0, 1], "\(test.log.text)")
            owner.close()
            another.close()
        }

        /// A seal that ends what was committed must not be given up half-way: what it has touched would be aborted, a claim say, whose
        /// ledger has its end already. With the time limits of the owner's transactions it failed where the broker had only just come back.
        @Test func aSealWaitsForABrokerThatStandsStill() throws {
            let test = try RealTest(partitions: 1)
            let broker = try #require(RealBroker.shared)
            let owner = try test.sink("owner", timeoutMilliseconds: 1_000)
            defer { owner.close() }
            let restore = try test.restore()
            defer { restore.close() }
            // Before it, or somewhere in the middle.
            for (number, delay) in [0, 0.02, 0.05, 0.1].enumerated() {
                let next = Int64(number) + 1
                broker.pause(seconds: 3, after: delay)
                let offset = OffsetCommit(partition: 0, next: next, metadata: "known")
                let result = owner.seal(.commit([TopicPartition(topic: test.ledger, partition: 0)], offset: offset))
                #expect(result.isDone, "\(result.label)")
                #expect(try restore.committedNow(0, stable: true) == .at(next: next, metadata: "known"))
            }
            #expect(try test.read(test.ledger, committedOnly: true).map(\.key) == Array(repeating: "seal", count: 4))
        }

        private func leaveOpen(_ sink: KafkaTransactionalSink) throws {
            try #require(sink.begin().isDone)
            try #require(sink.put(.ledger, 0, key: "k", value: "never").isDone)
            // The record must have reached the broker, so that the transaction is open there.
            #expect(sink.settle())
        }
    }
}
