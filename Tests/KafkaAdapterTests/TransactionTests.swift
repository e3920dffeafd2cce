import StockStream
import StockWire
import Testing

@testable import KafkaAdapter

extension RealBrokerTests {
    @Suite(.serialized) struct TransactionTests {
        @Test func committedIsVisibleAndAbortedIsNot() throws {
            let test = try RealTest(partitions: 2)
            let sink = try test.sink("a")
            defer { sink.close() }
            #expect(sink.begin().isDone)
            #expect(sink.put(.ledger, 0, key: "k", value: "one").isDone)
            #expect(sink.put(.ledger, 1, key: "k", value: "two").isDone)
            #expect(sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "c")]).isDone)
            #expect(sink.begin().isDone)
            #expect(sink.put(.ledger, 0, key: "k", value: "never").isDone)
            #expect(sink.abort().isDone)
            #expect(sink.begin().isDone)
            #expect(sink.put(.ledger, 0, key: "k", value: "three").isDone)
            #expect(sink.commit([OffsetCommit(partition: 0, next: 2, metadata: "c")]).isDone)
            #expect(Set(try test.read(test.ledger, committedOnly: true).map(\.value)) == ["one", "two", "three"])
            #expect(Set(try test.read(test.ledger, committedOnly: false).map(\.value)) == ["one", "two", "never", "three"])
        }

        /// librdkafka issue 4849: ending a transaction that the broker has not heard of kills the producer.
        @Test func abortsRightAfterProducingWithoutLosingTheProducer() throws {
            let test = try RealTest(partitions: 2)
            let sink = try test.sink("a")
            defer { sink.close() }
            for round in 0..<20 {
                #expect(sink.begin().isDone)
                if round % 3 != 2 { #expect(sink.put(.ledger, Int32(round % 2), key: "k", value: "never").isDone) }
                let result = sink.abort()
                #expect(result.isDone, "round \(round): \(result.label)\n\(test.log.text)")
            }
            #expect(try test.read(test.ledger, committedOnly: true).isEmpty)
        }

        @Test func offsetsCarryTheClaim() throws {
            let test = try RealTest(partitions: 2)
            let restore = try test.restore()
            defer { restore.close() }
            #expect(try restore.committedNow(0, stable: true) == .none)
            let sink = try test.sink("a")
            defer { sink.close() }
            #expect(sink.begin().isDone)
            #expect(sink.commit([OffsetCommit(partition: 0, next: 0, metadata: "claim 7 a b 12")]).isDone)
            #expect(try restore.committedNow(0, stable: true) == .at(next: 0, metadata: "claim 7 a b 12"))
            #expect(try restore.committedNow(0, stable: false) == .at(next: 0, metadata: "claim 7 a b 12"))
            #expect(try restore.committedNow(1, stable: true) == .none)
        }

        @Test func oversizedRecordsAndUnknownPartitionsAbortAndLeaveTheProducerUsable() throws {
            let test = try RealTest(partitions: 1)
            let sink = try test.sink("a")
            defer { sink.close() }
            #expect(sink.begin().isDone)
            guard case .mustAbort(let unknown) = sink.put(.ledger, 1, key: "k", value: "v") else {
                Issue.record("an unknown partition was taken")
                return
            }
            #expect(unknown.code == "_UNKNOWN_PARTITION")
            let text = String(repeating: "x", count: KafkaLimits.messageMaxBytes + 1)
            guard case .mustAbort(let tooLarge) = sink.put(.ledger, 0, key: "k", value: text) else {
                Issue.record("an oversized record was taken")
                return
            }
            #expect(tooLarge.code == "MSG_SIZE_TOO_LARGE")
            #expect(sink.abort().isDone)
            #expect(sink.begin().isDone)
            #expect(sink.put(.ledger, 0, key: "k", value: "v").isDone)
            #expect(sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "")]).isDone)
        }

        /// The figure of the settings, after a warm-up of the broker: not asserted, machines differ.
        @Test func costOfASmallTransaction() throws {
            let test = try RealTest(partitions: 8)
            let sinks = [try test.sink("a"), try test.sink("b")]
            defer { sinks.forEach { $0.close() } }
            let value = String(repeating: "x", count: 178)
            var times: [Double] = []
            for round in 0..<1_200 {
                let sink = sinks[round % 2]
                let began = ContinuousClock.now
                try #require(sink.begin().isDone)
                for number in 0..<500 {
                    let result = sink.put(.ledger, Int32(number % 8), key: "sku-\(number)", value: value, timestamp: 1_700_000_000_000)
                    try #require(result.isDone, "\(result.label)")
                }
                let offsets = (0..<8).map { OffsetCommit(partition: $0, next: Int64(round), metadata: "claim \(round)") }
                let result = sink.commit(offsets)
                try #require(result.isDone, "\(result.label)")
                times.append((ContinuousClock.now - began) / .milliseconds(1))
            }
            let sorted = times.suffix(400).sorted()
            let p50 = (sorted[sorted.count / 2] * 10).rounded() / 10
            let p99 = (sorted[sorted.count * 99 / 100] * 10).rounded() / 10
            print("a transaction of 500 events on eight partitions, two producers in turns: p50 \(p50) ms / p99 \(p99) ms")
        }
    }
}
