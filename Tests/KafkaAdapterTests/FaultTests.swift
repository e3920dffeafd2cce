import StockStream
import StockWire
import Testing

@testable import KafkaAdapter

extension RealBrokerTests {
    @Suite(.serialized) struct FaultTests {
        /// What a worker does after a transaction that did not end well. Returns once a transaction can be begun.
        private func recover(_ sink: KafkaTransactionalSink, from result: SinkResult) throws {
            switch result {
            case .done: return
            case .mustAbort, .notMember: if sink.abort().isDone { return }
            default: break
            }
            try within(seconds: 60, "recovery from \(result.label)") { () -> Bool? in
                sink.rebuild()
                for _ in 0..<10 {
                    switch sink.initialize() {
                    case .done: return true
                    case .retry: continue
                    default: return nil
                    }
                }
                return nil
            }
            .expectTrue()
        }

        private func transact(_ sink: KafkaTransactionalSink, _ value: String, next: Int64) -> SinkResult {
            let begun = sink.begin()
            guard begun.isDone else { return begun }
            let put = sink.put(.ledger, 0, key: "k", value: value)
            guard put.isDone else { return put }
            return sink.commit([OffsetCommit(partition: 0, next: next, metadata: value)])
        }

        @Test func aPausedBrokerFencesNobody() throws {
            let test = try RealTest(partitions: 1)
            let sinks = [try test.sink("a"), try test.sink("b")]
            defer { sinks.forEach { $0.close() } }
            var longest = 0.0
            for round in 0..<40 {
                if round == 20 { RealBroker.shared?.pause(seconds: 2) }
                let began = ContinuousClock.now
                let result = transact(sinks[round % 2], "\(round)", next: Int64(round))
                longest = max(longest, (ContinuousClock.now - began) / .milliseconds(1))
                #expect(result.isDone, "round \(round): \(result.label)")
            }
            print("a broker paused for 2 s: the longest transaction took \(Int(longest)) ms")
            #expect(try test.read(test.ledger, committedOnly: true).map(\.value) == (0..<40).map { "\($0)" })
        }

        /// Every transaction that answered `done` is there once, every other one not at all, but for `unknown`, where the stable claim
        /// tells.
        @Test func aCrashedBrokerLosesAndDoublesNothing() throws {
            let test = try RealTest(partitions: 1)
            let sink = try test.sink("a")
            defer { sink.close() }
            let restore = try test.restore()
            defer { restore.close() }
            var expected: [String] = []
            var outcomes: [String] = []
            for round in 0..<30 {
                if round == 15 { try RealBroker.shared?.crash() }
                let value = "\(round)"
                let result = transact(sink, value, next: Int64(round))
                if !result.isDone { outcomes.append(result.label) }
                try recover(sink, from: result)
                switch result {
                case .done: expected.append(value)
                case .unknown:
                    if case .at(_, value) = try restore.committedNow(0, stable: true) { expected.append(value) }
                default: break
                }
            }
            print("a crash of the broker: \(outcomes.isEmpty ? "every transaction went through" : outcomes.joined(separator: "; "))")
            #expect(expected.count >= 25)
            #expect(try test.read(test.ledger, committedOnly: true).map(\.value) == expected)
        }

        /// The broker takes the commit, but its answer does not come in time: `unknown`, and the stable claim tells that it was committed.
        @Test func anUnansweredCommitIsSettledByTheStableClaim() throws {
            let test = try RealTest(partitions: 1)
            let sink = try test.sink("a", timeoutMilliseconds: 2_000)
            defer { sink.close() }
            // A fresh broker is still loading its coordinators.
            _ = try within(seconds: 60, "first transaction") { () -> Bool? in
                let result = transact(sink, "first", next: 1)
                try recover(sink, from: result)
                return result.isDone ? true : nil
            }
            #expect(sink.begin().isDone)
            #expect(sink.put(.ledger, 0, key: "k", value: "second").isDone)
            #expect(sink.settle())
            let deadline = monotonicMilliseconds() + 2_000
            #expect(sink.send([OffsetCommit(partition: 0, next: 2, metadata: "second")], until: deadline).isDone)
            RealBroker.shared?.pause(seconds: 5)
            let result = sink.finish(until: deadline)
            guard case .unknown = result else {
                Issue.record("\(result.label)")
                return
            }
            try recover(sink, from: result)
            let restore = try test.restore()
            defer { restore.close() }
            let claim = try restore.committedNow(0, stable: true)
            print("an unanswered commit: \(result.label); the stable claim is \(claim)")
            let isCommitted = claim == .at(next: 2, metadata: "second")
            #expect(isCommitted || claim == .at(next: 1, metadata: "first"))
            #expect(try test.read(test.ledger, committedOnly: true).map(\.value) == (isCommitted ? ["first", "second"] : ["first"]))
            #expect(transact(sink, "third", next: 3).isDone)
        }
    }
}
