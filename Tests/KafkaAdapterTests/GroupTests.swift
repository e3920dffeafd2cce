import StockStream
import StockWire
import Testing

@testable import KafkaAdapter

extension RealBrokerTests {
    @Suite(.serialized) struct GroupTests {
        /// Polls a source until `wanted` answers.
        private func poll<Value>(
            _ source: KafkaRecordSource, seconds: Double = 30, _ what: String, _ wanted: (SourceEvent) throws -> Value?
        ) throws -> Value {
            try within(seconds: seconds, what) { try wanted(source.poll(waitMilliseconds: 50)) }
        }

        private func assigned(_ event: SourceEvent) throws -> [Int32]? {
            switch event {
            case .assigned(let partitions): return partitions.sorted()
            case .failed(let error): throw error
            default: return nil
            }
        }

        @Test func acceptedPartitionsDeliverNothingUntilStartAndThenFromThere() throws {
            let test = try RealTest(partitions: 2)
            try test.fill(partitions: 2, count: 50)
            let source = try test.source(partitions: 2)
            defer { source.close() }
            #expect(!source.isMember)
            let partitions = try poll(source, "assignment", assigned)
            #expect(partitions == [0, 1])
            source.accept(partitions)
            for _ in 0..<10 {
                if case .record = source.poll(waitMilliseconds: 20) { Issue.record("delivered before start") }
            }
            #expect(source.isMember)
            source.start(0, at: 40)
            var offsets: [Int64] = []
            let end = try poll(source, "end of partition") { event -> Int64? in
                if case .record(let view) = event { offsets.append(view.offset) }
                if case .endOfPartition(0, let offset) = event { return offset }
                return nil
            }
            #expect(offsets == Array(40..<50))
            #expect(end == 50)
            #expect(source.highWatermark(0) == 50)
            #expect(source.lastStableOffset(0) == 50)
        }

        @Test func commitOfANonMemberIsRefused() throws {
            let test = try RealTest(partitions: 1)
            let source = try test.source(partitions: 1)
            let sink = try test.sink("a", membership: .member(source))
            defer { sink.close() }
            let restore = try test.restore()
            defer { restore.close() }
            // Not joined yet: the broker would let generation -1 pass.
            #expect(sink.begin().isDone)
            let early = sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "early")])
            #expect(early.isNotMember, "\(early.label)")
            #expect(sink.abort().isDone)
            let partitions = try poll(source, "assignment", assigned)
            source.accept(partitions)
            #expect(sink.begin().isDone)
            let member = sink.commit([OffsetCommit(partition: 0, next: 1, metadata: "member")])
            #expect(member.isDone, "\(member.label)")
            #expect(try restore.committedNow(0, stable: true) == .at(next: 1, metadata: "member"))
        }

        @Test func describesGroups() throws {
            let test = try RealTest(partitions: 1)
            let source = try test.source(partitions: 1)
            defer { source.close() }
            source.accept(try poll(source, "assignment", assigned))
            let provisioner = try TopicProvisioner(connection: test.connection, log: test.log.closure)
            defer { provisioner.close() }
            #expect(try provisioner.describeGroup(test.group).members.map(\.clientID) == ["tests"])
            #expect(try provisioner.groups().contains(test.group))
            #expect(try provisioner.describeGroup("never-seen-\(test.name)").members.isEmpty)
        }

        /// The owner commits before it gives partitions up; the newcomer gets them only then.
        @Test func revocationWaitsForTheWorkersAnswer() throws {
            let test = try RealTest(partitions: 4)
            try test.fill(partitions: 4, count: 10)
            let first = try test.source(partitions: 4)
            defer { first.close() }
            let sink = try test.sink("first", membership: .member(first))
            defer { sink.close() }
            let all = try poll(first, "first assignment", assigned)
            #expect(all == [0, 1, 2, 3])
            first.accept(all)
            all.forEach { first.start($0, at: 0) }
            #expect(sink.begin().isDone)

            let second = try test.source(partitions: 4)
            defer { second.close() }
            var early: [Int32] = []
            let revoked = try poll(first, "revocation") { event -> [Int32]? in
                if case .assigned(let partitions) = second.poll(waitMilliseconds: 0) { early += partitions }
                if case .revoked(let partitions) = event { return partitions }
                if case .lost = event { throw TestFailure(description: "lost") }
                return nil
            }
            #expect(revoked.count == 2)
            // The group waits: nobody else gets them, and the owner still commits.
            for _ in 0..<20 {
                if case .assigned(let partitions) = second.poll(waitMilliseconds: 50) { early += partitions }
                _ = first.poll(waitMilliseconds: 50)
            }
            #expect(early.isEmpty)
            let offsets = all.map { OffsetCommit(partition: $0, next: 3, metadata: "first") }
            let result = sink.commit(offsets)
            #expect(result.isDone, "\(result.label)")
            first.giveUp(revoked)
            let taken = try poll(second, "assignment of the second") { event -> [Int32]? in
                if case .record(let view) = first.poll(waitMilliseconds: 0) { #expect(!revoked.contains(view.partition)) }
                return try assigned(event)
            }
            #expect(taken == revoked.sorted())
            second.accept(taken)
            let restore = try test.restore()
            defer { restore.close() }
            for partition in taken {
                #expect(try restore.committedNow(partition, stable: true) == .at(next: 3, metadata: "first"))
                second.start(partition, at: 3)
            }
            let record = try poll(second, "record of the second") { event -> CopiedRecord? in
                if case .record(let view) = event { return CopiedRecord(view) }
                return nil
            }
            #expect(record.offset == 3)
            #expect(second.isMember && first.isMember)
        }

        /// A worker that stops polling loses its membership; what it had prepared can't be committed any more, though the new owner has not
        /// committed anything yet.
        @Test func commitOfAStalledWorkerIsRefused() throws {
            let test = try RealTest(partitions: 1)
            var connection = test.connection
            connection.properties["session.timeout.ms"] = "6000"
            connection.properties["max.poll.interval.ms"] = "6000"
            let settings = KafkaRecordSource.Settings(topic: test.input, partitionCount: 1, groupID: test.group)
            let stalled = try KafkaRecordSource(connection: connection, settings: settings, log: test.log.closure)
            defer { stalled.close() }
            stalled.accept(try poll(stalled, "assignment", assigned))
            let sink = try test.sink("stalled", membership: .member(stalled))
            defer { sink.close() }
            let second = try test.source(partitions: 1)
            defer { second.close() }
            #expect(sink.begin().isDone)
            second.accept(try poll(second, "takeover", assigned))
            let result = sink.commit([OffsetCommit(partition: 0, next: 9, metadata: "zombie")])
            #expect(result.isNotMember, "\(result.label)")
            #expect(!stalled.isMember)
            #expect(sink.abort().isDone)
            let restore = try test.restore()
            defer { restore.close() }
            #expect(try restore.committedNow(0, stable: true) == .none)
            // Back in the loop it hears of it, and joins anew once it has answered.
            let lost = try poll(stalled, "loss") { event -> [Int32]? in
                _ = second.poll(waitMilliseconds: 0)
                switch event {
                case .lost(let partitions), .revoked(let partitions): return partitions
                default: return nil
                }
            }
            #expect(lost == [0])
            stalled.giveUp(lost)
            second.close()
            let again = try poll(stalled, "second assignment", assigned)
            stalled.accept(again)
            #expect(again == [0])
            #expect(stalled.isMember)
        }

        @Test func closingLeavesTheGroupAtOnceEvenWithAnAnswerOwed() throws {
            let test = try RealTest(partitions: 2)
            let provisioner = try TopicProvisioner(connection: test.connection, log: test.log.closure)
            defer { provisioner.close() }
            for accepts in [true, false] {
                let source = try test.source(partitions: 2)
                let partitions = try poll(source, "assignment", assigned)
                if accepts { source.accept(partitions) }
                #expect(try provisioner.describeGroup(test.group).members.count == 1)
                source.close()
                #expect(try provisioner.describeGroup(test.group) == GroupDescription(state: "Empty", members: []))
            }
        }

        /// A newcomer that goes again while the others still give up what it shall have: librdkafka 2.0.2 aborts the process over such a
        /// one (issue 4312), unless it is closed with care. Its word of leaving stands behind its unanswered word of joining, so that the
        /// others get their partitions back at the latest when its session ends.
        @Test func closingBeforeTheFirstAssignmentHarmsNobody() throws {
            let test = try RealTest(partitions: 2)
            let first = try test.source(partitions: 2)
            defer { first.close() }
            first.accept(try poll(first, "assignment", assigned))
            let second = try test.source(partitions: 2)
            let revoked = try poll(first, "revocation") { event -> [Int32]? in
                _ = second.poll(waitMilliseconds: 0)
                if case .revoked(let partitions) = event { return partitions }
                return nil
            }
            second.close()
            first.giveUp(revoked)
            let again = try poll(first, seconds: 60, "what was given up", assigned)
            #expect(again == revoked)
            first.accept(again)
            let provisioner = try TopicProvisioner(connection: test.connection, log: test.log.closure)
            defer { provisioner.close() }
            #expect(try provisioner.describeGroup(test.group).members.count == 1)
        }
    }
}
