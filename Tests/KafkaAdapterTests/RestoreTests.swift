import Foundation
import StockStream
import StockWire
import Testing

@testable import KafkaAdapter

extension RealBrokerTests {
    @Suite(.serialized) struct RestoreTests {
        /// Markers and aborted records take offsets; the end must be met all the same.
        @Test func readersStepOverMarkersAndAbortedRecords() throws {
            let test = try RealTest(partitions: 2)
            let sink = try test.sink("a")
            defer { sink.close() }
            for (value, commits) in [("one", true), ("never", false), ("two", true), ("never", false)] {
                #expect(sink.begin().isDone)
                #expect(sink.put(.ledger, 0, key: "k", value: value).isDone)
                #expect((commits ? sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "")]) : sink.abort()).isDone)
            }
            let restore = try test.restore()
            defer { restore.close() }
            // The last end may be on its way still.
            try within(seconds: 20, "range") { restore.range(.ledger, 0) == 0..<8 ? true : nil }.expectTrue()
            #expect(try within(seconds: 20, "stable end") { restore.stableEnd(.ledger, 0) } == 8)
            #expect(try within(seconds: 20, "input") { restore.inputRange(1) } == 0..<0)
            restore.open(.ledger, 0, from: 0)
            restore.open(.state, 1, from: 0)
            let (values, end) = try read(restore, .ledger, 0)
            #expect(values == ["one", "two"])
            #expect(end == 8)
            let (none, empty) = try read(restore, .state, 1)
            #expect(none.isEmpty && empty == 0)
            restore.close(.ledger, 0)
            restore.open(.ledger, 0, from: 1)
            #expect(try read(restore, .ledger, 0).0 == ["two"])
            restore.close(.ledger, 0)
            restore.close(.state, 1)
        }

        private func read(_ restore: KafkaRestoreSource, _ topic: RestoreTopic, _ partition: Int32) throws -> ([String], Int64) {
            var values: [String] = []
            let end = try within(seconds: 20, "end of \(topic)") { () -> Int64? in
                switch restore.read(topic, partition, waitMilliseconds: 50) {
                case .record(let view): values.append(CopiedRecord(view).value ?? "")
                case .endOfPartition(_, let offset): return offset
                case .failed(let error): throw error
                default: break
                }
                return nil
            }
            return (values, end)
        }

        @Test func findsTheLedgerByTimeAboveTheLastStableOffsetToo() throws {
            let test = try RealTest(partitions: 1)
            let sink = try test.sink("a")
            defer { sink.close() }
            #expect(sink.begin().isDone)
            for step in 0..<5 {
                #expect(sink.put(.ledger, 0, key: "k", value: "\(step)", timestamp: 1_700_000_000_000 + Int64(step) * 1000).isDone)
            }
            #expect(sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "")]).isDone)
            #expect(sink.begin().isDone)
            let ahead = Int64(Date().timeIntervalSince1970 * 1000) + 60_000
            #expect(sink.put(.ledger, 0, key: "k", value: "open", timestamp: ahead).isDone)
            #expect(sink.settle())
            let restore = try test.restore()
            defer { restore.close() }
            func find(_ time: Int64) throws -> Int64? {
                try within(seconds: 20, "by time") { restore.ledgerOffset(0, atOrAfterMilliseconds: time) }
            }
            #expect(try find(1_700_000_001_500) == 2)
            // The transaction's marker is stamped by the wall clock: an answer may be early, never late.
            #expect(try find(1_700_000_800_000) == 5)
            #expect(try find(ahead - 1000) == 6)
            #expect(try find(ahead + 1) == nil)
            #expect(try within(seconds: 20, "stable end") { restore.stableEnd(.ledger, 0) } == 6)
            #expect(sink.abort().isDone)
        }
    }
}
