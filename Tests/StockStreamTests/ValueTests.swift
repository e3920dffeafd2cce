import Testing

@testable import StockStream

@Suite struct ClaimTests {
    @Test func textGoesThereAndBack() {
        let claims = [
            Claim(number: 1, seq: 0, commit: 0, transactionalIDs: ["a", "b"]),
            Claim(number: 1_772_442_000_000, seq: 99, commit: 7, transactionalIDs: ["stock-x1-0-a", "stock-x1-0-b"], previousSeq: 90),
            Claim(number: .max, seq: .max, commit: .max, transactionalIDs: ["", ""]),
        ]
        for claim in claims { #expect(Claim(metadata: claim.metadata) == claim) }
        #expect(claims[1].metadata == "stock1;1772442000000;99;7;stock-x1-0-a;stock-x1-0-b;90", "the text is part of the contract")
    }

    /// Whoever wrote one of these is no engine, and its offset is not trusted.
    @Test(arguments: [
        "", "stock1", "stock1;1;2;3;a;b", "stock1;1;2;3;a;b;1;c", "stock2;1;2;3;a;b;1", "stock1;0;2;3;a;b;1", "stock1;-1;2;3;a;b;1",
        "stock1;1;-2;3;a;b;1", "stock1;1;2;3;a;b;3", "stock1;1;2;3;a;b;-1", "stock1;1;2;3;a;b;", "stock1;1;2;-3;a;b;1",
        "stock1;x;2;3;a;b;1",
        "stock1;1;;3;a;b;1", "stock1;9223372036854775808;2;3;a;b;1", " stock1;1;2;3;a;b;1", "committed by hand",
    ]) func somebodyElsesTextIsNoClaim(text: String) {
        #expect(Claim(metadata: text) == nil)
    }
}

@Suite struct CommitHistoryTests {
    private func history(_ seqs: some Sequence<Int64>) -> CommitHistory {
        var history = CommitHistory()
        for seq in seqs {
            history.append(CommitHistory.Point(seq: seq, next: seq * 10, timeMilliseconds: seq * 100))
        }
        return history
    }

    @Test func findsTheNewestPointAtOrBelow() {
        let history = history([3, 5, 5, 9])
        #expect(history.point(atOrBelow: 2) == nil)
        #expect(history.point(atOrBelow: 3)?.next == 30)
        #expect(history.point(atOrBelow: 8)?.seq == 5)
        #expect(history.point(atOrBelow: 1_000)?.timeMilliseconds == 900)
        #expect(CommitHistory().point(atOrBelow: 1_000) == nil)
    }

    /// The ring is full and has gone round: the oldest are gone, every other is found.
    @Test func aFullRingForgetsTheOldest() {
        let count = Int64(CommitHistory.capacity)
        let history = history((1...count + 100).map { $0 * 2 })
        #expect(history.point(atOrBelow: 200) == nil)
        for seq in stride(from: Int64(202), through: 2 * count + 200, by: 2) {
            #expect(history.point(atOrBelow: seq)?.seq == seq)
            #expect(history.point(atOrBelow: seq + 1)?.seq == seq)
        }
    }
}

@Suite struct SeqAgesTests {
    @Test func findsWhereThePartitionStood() {
        var ages = SeqAges()
        #expect(ages.seq(atOrBefore: .max) == 0)
        for (seq, now) in [(3, 100), (4, 149), (5, 150), (9, 400)] as [(Int64, Int64)] {
            ages.note(seq: seq, nowMonotonic: now, intervalMilliseconds: 50)
        }
        // The second one came too soon after the first.
        #expect([99, 100, 149, 150, 399, 400, .max].map { ages.seq(atOrBefore: $0) } == [0, 3, 3, 5, 5, 9, 9])
    }

    /// The ring has gone round, and still reaches back as far as the age that it was made for.
    @Test func reachesBackFarEnough() {
        var ages = SeqAges()
        let interval = SeqAges.interval(forAge: 30_000)
        for now: Int64 in 1...200_000 { ages.note(seq: now, nowMonotonic: now, intervalMilliseconds: interval) }
        let found = ages.seq(atOrBefore: 170_000)
        #expect(found <= 170_000 && found > 170_000 - interval)
        #expect(ages.seq(atOrBefore: 100_000) == 0, "forgotten")
    }
}

@Suite struct FenceWatchTests {
    @Test func stuckOnlyAfterTheTimeAtOnePosition() {
        var watch = FenceWatch()
        func answers(_ readings: [(position: Int64, now: Int64)]) -> [Bool] {
            readings.map { watch.isStuck(at: $0.position, nowMonotonic: $0.now, afterMilliseconds: 500) }
        }
        // Another position begins anew.
        #expect(answers([(7, 1_000), (7, 1_499), (7, 1_500), (8, 1_600)]) == [false, false, true, false])
        watch.reset()
        #expect(answers([(8, 9_000), (8, 9_500)]) == [false, true], "so does a reset")
    }
}

@Suite struct StreamFaultTests {
    @Test(arguments: ["MSG_SIZE_TOO_LARGE", "INVALID_RECORD", "_INVALID_ARG"]) func liesInTheRecord(code: String) {
        #expect(StreamFault.isInContent(code))
    }

    /// A broker that is away, or a right that is missing, is no reason to dead-letter what is good.
    @Test(arguments: [
        "_TIMED_OUT", "INVALID_TIMESTAMP", "NOT_ENOUGH_REPLICAS", "TOPIC_AUTHORIZATION_FAILED", "PRODUCER_FENCED", "_TRANSPORT", "",
    ])
    func liesElsewhere(code: String) {
        #expect(!StreamFault.isInContent(code))
    }
}
