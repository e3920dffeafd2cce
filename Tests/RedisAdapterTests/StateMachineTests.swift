import StockCore
import StockStream
import Testing

@testable import RedisAdapter

/// Transcripts of the projection's state machine: what is told to it, what it asks for. No socket, no clock.
@Suite struct StateMachineTests {
    typealias Machine = ProjectionStateMachine

    static func machine() -> Machine {
        Machine(connectTimeoutMilliseconds: 2_000, answerTimeoutMilliseconds: 5_000, infoIntervalMilliseconds: 10_000, seed: 1)
    }

    static func facts(run: String = "run-1", evicted: Int64 = 0) -> ServerFacts {
        var facts = ServerFacts()
        facts.runID = run
        facts.evictedKeys = evicted
        return facts
    }

    static func stored(_ watermark: Watermark, run: String = "run-1", evicted: Int64 = 0) -> Machine.Stored {
        Machine.Stored(watermark: watermark, runID: run, evictedKeys: evicted)
    }

    static let nothingKnown = Watermark(incarnation: 100, claim: 1, batch: 0, seq: -1, next: -1, timeMilliseconds: 0)

    /// Connects, greets, and answers the first round with what Redis holds for partition 0.
    static func connected(_ machine: inout Machine, now: Int64, facts: ServerFacts = facts(), holding: Machine.Stored?) {
        #expect(machine.next(now: now) == .connect)
        #expect(machine.connected(now: now) == .greet)
        machine.infoAnswered(facts)
        #expect(machine.greeted(now: now) == .read(info: false, streams: [0]))
        machine.streamAnswered(0, StreamID())
        machine.watermarkAnswered(0, holding)
        machine.roundAnswered(now: now)
    }

    /// Expects a claim, answers that it was executed, and that Redis holds it now.
    static func claimed(_ machine: inout Machine, now: Int64) -> Watermark? {
        guard case .claim(let claims) = machine.next(now: now), let claim = claims.first else { return nil }
        machine.executed(true, now: now)
        machine.watermarkAnswered(0, stored(claim.watermark, run: claim.runID, evicted: claim.evictedKeys))
        machine.roundAnswered(now: now)
        return claim.watermark
    }

    static func owned(now: Int64 = 0) -> Machine {
        var machine = machine()
        machine.own(0, incarnation: 100, claim: 1)
        connected(&machine, now: now, holding: nil)
        #expect(claimed(&machine, now: now) == nothingKnown)
        #expect(machine.nextEvent() == .owned(partition: 0, watermark: nil))
        #expect(machine.isReady(0))
        return machine
    }

    /// Sends a batch and answers that it was executed.
    static func applied(_ machine: inout Machine, _ watermark: Watermark, now: Int64) {
        machine.sent([.init(partition: 0, watermark: watermark, stream: StreamID())], now: now)
        machine.executed(true, now: now)
        machine.watermarkAnswered(0, stored(watermark))
        machine.roundAnswered(now: now)
        #expect(machine.nextEvent() == .applied(partition: 0))
    }

    // MARK: - Ownership

    @Test func anEmptyRedisIsClaimedAndProjectedWhole() {
        var machine = Self.owned()
        #expect(machine.next(now: 1) == .nothing)
        Self.applied(&machine, .at(1), now: 2)
        #expect(machine.isReady(0) && machine.nextEvent() == nil)
    }

    struct Meeting: Sendable {
        var found: Watermark
        /// What taking ownership writes; nil: superseded.
        var written: Watermark?
        var isKnown: Bool
    }

    /// We are incarnation 100, claim 5.
    @Test(arguments: [
        Meeting(found: .at(7, claim: 4), written: .at(7, claim: 5), isKnown: true),
        Meeting(found: .at(7, claim: 5), written: .at(7, claim: 5), isKnown: true),
        Meeting(found: .at(7, claim: 6), written: nil, isKnown: false),
        Meeting(
            found: .at(7, incarnation: 99, claim: 9_999),
            written: Watermark(incarnation: 100, claim: 5, batch: 0, seq: -1, next: -1, timeMilliseconds: 0), isKnown: false),
        Meeting(found: .at(7, incarnation: 101, claim: 1), written: nil, isKnown: false),
        Meeting(
            found: Watermark(incarnation: 100, claim: 4, batch: 0, seq: -1, next: -1, timeMilliseconds: 0),
            written: Watermark(incarnation: 100, claim: 5, batch: 0, seq: -1, next: -1, timeMilliseconds: 0), isKnown: false),
    ]) func claimsGoUpwardsOnly(meeting: Meeting) {
        var machine = Self.machine()
        machine.own(0, incarnation: 100, claim: 5)
        Self.connected(&machine, now: 0, holding: Self.stored(meeting.found))
        guard let written = meeting.written else {
            #expect(machine.nextEvent() == .superseded(partition: 0))
            #expect(machine.next(now: 1) == .nothing && !machine.isReady(0))
            return
        }
        #expect(Self.claimed(&machine, now: 1) == written)
        #expect(machine.nextEvent() == .owned(partition: 0, watermark: meeting.isKnown ? written : nil))
    }

    @Test func aClaimThatMetAnotherIsDecidedAnew() {
        var machine = Self.machine()
        machine.own(0, incarnation: 100, claim: 5)
        Self.connected(&machine, now: 0, holding: Self.stored(.at(1, claim: 4)))
        guard case .claim = machine.next(now: 1) else {
            Issue.record("no claim")
            return
        }
        machine.executed(false, now: 2)
        machine.watermarkAnswered(0, Self.stored(.at(1, claim: 6)))
        machine.roundAnswered(now: 2)
        #expect(machine.nextEvent() == .superseded(partition: 0))
    }

    @Test func ownershipOfAnotherAssignmentIsNotMixedWithTheFirst() {
        var machine = Self.owned()
        machine.sent([.init(partition: 0, watermark: .at(1), stream: StreamID())], now: 1)
        machine.release(0)
        machine.own(0, incarnation: 100, claim: 2)
        machine.executed(true, now: 2)
        machine.watermarkAnswered(0, Self.stored(.at(1)))
        machine.roundAnswered(now: 2)
        #expect(machine.nextEvent() == nil, "the batch of the assignment before is nobody's")
        #expect(machine.next(now: 3) == .read(info: false, streams: [0]), "the end of the change stream is not known yet")
        machine.streamAnswered(0, StreamID(milliseconds: 9, counter: 9))
        machine.watermarkAnswered(0, Self.stored(.at(1)))
        machine.roundAnswered(now: 3)
        #expect(Self.claimed(&machine, now: 4) == .at(1, claim: 2))
        #expect(machine.nextEvent() == .owned(partition: 0, watermark: .at(1, claim: 2)))
    }

    // MARK: - Unknown outcomes

    @Test(arguments: [true, false]) func anUnknownOutcomeIsSettledByTheWatermark(wasApplied: Bool) {
        var machine = Self.owned()
        Self.applied(&machine, .at(1), now: 1)
        machine.sent([.init(partition: 0, watermark: .at(2), stream: StreamID())], now: 2)
        #expect(machine.lost("reset by peer", now: 3) == .disconnect(reason: "reset by peer"))
        #expect(machine.nextEvent() == nil && !machine.isReady(0))
        Self.connected(&machine, now: 1_000, holding: Self.stored(.at(wasApplied ? 2 : 1)))
        #expect(machine.nextEvent() == nil, "not before the claim is written again: the batch may still be under way")
        #expect(Self.claimed(&machine, now: 1_001) == .at(wasApplied ? 2 : 1))
        if wasApplied {
            #expect(machine.nextEvent() == .applied(partition: 0))
        } else {
            #expect(machine.nextEvent() == .interrupted(partition: 0))
            #expect(machine.nextEvent() == .owned(partition: 0, watermark: .at(1)))
        }
        #expect(machine.nextEvent() == nil && machine.isReady(0))
    }

    @Test func aBatchThatArrivesBetweenReadAndClaimIsFoundByTheNextRead() {
        var machine = Self.owned()
        Self.applied(&machine, .at(1), now: 1)
        machine.sent([.init(partition: 0, watermark: .at(2), stream: StreamID())], now: 2)
        _ = machine.lost("no answer", now: 3)
        Self.connected(&machine, now: 1_000, holding: Self.stored(.at(1)))
        guard case .claim = machine.next(now: 1_001) else {
            Issue.record("no claim")
            return
        }
        machine.executed(false, now: 1_002)
        machine.watermarkAnswered(0, Self.stored(.at(2)))
        machine.roundAnswered(now: 1_002)
        #expect(Self.claimed(&machine, now: 1_003) == .at(2))
        #expect(machine.nextEvent() == .applied(partition: 0))
        #expect(machine.nextEvent() == nil)
    }

    @Test func aFailoverThatLostWritesIsCaughtUpFromWhatItHas() {
        var machine = Self.owned()
        for batch in Int64(1)...3 { Self.applied(&machine, .at(batch), now: batch) }
        _ = machine.lost("closed", now: 10)
        Self.connected(&machine, now: 1_000, facts: Self.facts(run: "run-2"), holding: Self.stored(.at(2)))
        #expect(Self.claimed(&machine, now: 1_001) == .at(2))
        #expect(machine.nextEvent() == .owned(partition: 0, watermark: .at(2)))
        #expect(machine.health.serverRestarts == 1)
    }

    @Test func aRefusedExecutionInterruptsAndOwnsAgain() {
        var machine = Self.owned()
        machine.sent([.init(partition: 0, watermark: .at(1), stream: StreamID())], now: 1)
        machine.executed(false, now: 2)
        machine.watermarkAnswered(0, Self.stored(Self.nothingKnown))
        machine.roundAnswered(now: 2)
        #expect(machine.nextEvent() == .interrupted(partition: 0))
        #expect(Self.claimed(&machine, now: 3) == Self.nothingKnown)
        #expect(machine.nextEvent() == .owned(partition: 0, watermark: nil))
    }

    // MARK: - INFO

    @Test func aRiseOfEvictedKeysProjectsEverythingAgain() {
        var machine = Self.owned()
        Self.applied(&machine, .at(1), now: 1)
        #expect(machine.next(now: 10_001) == .read(info: true, streams: []))
        machine.infoAnswered(Self.facts(evicted: 3))
        machine.watermarkAnswered(0, Self.stored(.at(1)))
        machine.roundAnswered(now: 10_002)
        #expect(Self.claimed(&machine, now: 10_003) == Self.nothingKnown)
        #expect(machine.nextEvent() == .owned(partition: 0, watermark: nil))
        #expect(machine.evictionProblem != nil)
        Self.applied(&machine, .at(1), now: 10_004)
        #expect(machine.next(now: 20_005) == .read(info: true, streams: []))
        machine.infoAnswered(Self.facts(evicted: 3))
        machine.watermarkAnswered(0, Self.stored(.at(1), evicted: 3))
        machine.roundAnswered(now: 20_006)
        #expect(machine.evictionProblem == nil && machine.isReady(0))
    }

    struct Baseline: Sendable {
        var storedRun: String
        var storedEvicted: Int64
        var evicted: Int64
        var isTrusted: Bool
    }

    /// The server is run-1; what was noted with the claim says whether keys may have been evicted since.
    @Test(arguments: [
        Baseline(storedRun: "run-1", storedEvicted: 5, evicted: 5, isTrusted: true),
        Baseline(storedRun: "run-1", storedEvicted: 5, evicted: 6, isTrusted: false),
        Baseline(storedRun: "run-0", storedEvicted: 5, evicted: 0, isTrusted: true),
        Baseline(storedRun: "run-0", storedEvicted: 5, evicted: 1, isTrusted: false),
    ]) func evictionsWhileNobodyWatchedAreSeen(baseline: Baseline) {
        var machine = Self.machine()
        machine.own(0, incarnation: 100, claim: 2)
        Self.connected(
            &machine, now: 0, facts: Self.facts(evicted: baseline.evicted),
            holding: Self.stored(.at(4), run: baseline.storedRun, evicted: baseline.storedEvicted))
        #expect(Self.claimed(&machine, now: 1)?.seq == (baseline.isTrusted ? 40 : -1))
        #expect(machine.nextEvent() == .owned(partition: 0, watermark: baseline.isTrusted ? .at(4, claim: 2) : nil))
    }

    /// A server that evicts was replaced: what it has evicted since the last INFO nobody knows, and the new run counts from zero.
    @Test(arguments: [(true, false), (false, true), (false, false)])
    func anotherRunBehindAPolicyThatEvictsIsProjectedWhole(before: Bool, after: Bool) {
        func facts(_ run: String, _ evicts: Bool) -> ServerFacts {
            var facts = Self.facts(run: run)
            facts.policy = evicts ? "allkeys-lru" : "noeviction"
            return facts
        }
        var machine = Self.machine()
        machine.own(0, incarnation: 100, claim: 1)
        Self.connected(&machine, now: 0, facts: facts("run-1", before), holding: nil)
        #expect(Self.claimed(&machine, now: 0) == Self.nothingKnown)
        #expect(machine.nextEvent() == .owned(partition: 0, watermark: nil))
        Self.applied(&machine, .at(1), now: 1)
        _ = machine.lost("closed", now: 2)
        Self.connected(&machine, now: 1_000, facts: facts("run-2", after), holding: Self.stored(.at(1)))
        let isTrusted = !before && !after
        #expect(Self.claimed(&machine, now: 1_001) == (isTrusted ? .at(1) : Self.nothingKnown))
        #expect(machine.nextEvent() == (isTrusted ? nil : .owned(partition: 0, watermark: nil)))
    }

    @Test func aRefusedInfoIsAProblemAndNoMore() {
        var machine = Self.owned()
        _ = machine.next(now: 10_001)
        machine.infoAnswered(nil, refusal: "NOPERM")
        machine.watermarkAnswered(0, Self.stored(Self.nothingKnown))
        machine.roundAnswered(now: 10_002)
        #expect(machine.infoProblem?.contains("NOPERM") == true && machine.isReady(0))
    }

    // MARK: - Time

    @Test func aServerThatDoesNotAnswerIsGivenUpAndASlowOneIsNot() {
        var machine = Self.owned(now: 1_000)
        machine.sent([.init(partition: 0, watermark: .at(1), stream: StreamID())], now: 1_000)
        #expect(machine.next(now: 6_000) == .nothing)
        machine.progressed(now: 6_000)
        #expect(machine.next(now: 11_000) == .nothing)
        #expect(machine.next(now: 11_001) == .disconnect(reason: "no answer within 5000 ms"))
        #expect(machine.nextEvent() == nil)
    }

    @Test func attemptsToConnectComeLessAndLessOften() {
        var machine = Self.machine()
        machine.own(0, incarnation: 100, claim: 1)
        var now: Int64 = 0
        var waits: [Int64] = []
        for _ in 0..<12 {
            #expect(machine.next(now: now) == .connect)
            _ = machine.lost("refused", now: now)
            let before = now
            while machine.next(now: now) == .nothing { now += 1 }
            _ = machine.lost("refused", now: now)
            guard case .disconnected(let until) = machine.phase else { return }
            waits.append(now - before)
            now = until
        }
        #expect(waits.allSatisfy { $0 >= 1 && $0 <= RedisLimits.backoffMaximumMilliseconds })
        #expect(waits[0] <= 50 && waits[11] >= RedisLimits.backoffMaximumMilliseconds / 2)
    }

    @Test func aConnectionThatIsNotMadeInTimeIsGivenUp() {
        var machine = Self.machine()
        #expect(machine.next(now: 0) == .connect)
        #expect(machine.next(now: 2_000) == .nothing)
        #expect(machine.next(now: 2_001) == .disconnect(reason: "no connection within 2000 ms"))
    }

    // MARK: - Sweep

    @Test func aSweepGoesOnlyForwardAndOnlyWhenItsRemovalWasExecuted() {
        var machine = Self.owned()
        Self.applied(&machine, .at(1), now: 1)
        machine.sweep(0, incarnation: 99)
        #expect(machine.next(now: 20) == .nothing, "of another incarnation")
        machine.sweep(0, incarnation: 100)
        let start = Machine.View.sweepStart
        let old = Key("OLD")
        for isExecuted in [false, true] {
            let now: Int64 = isExecuted ? 40 : 30
            #expect(machine.next(now: now) == .scan(0, cursor: start))
            #expect(!machine.isReady(0), "no batch between the look and the removal")
            #expect(machine.scanned(0, next: [55], members: [old], now: now) == .examine(0, keys: [old]))
            #expect(machine.examined(0, removes: true, now: now) == true)
            machine.executed(isExecuted, now: now)
            machine.watermarkAnswered(0, Self.stored(.at(1)))
            machine.roundAnswered(now: now)
            #expect(machine.isReady(0))
        }
        #expect(machine.next(now: 44) == .nothing, "batches come between the steps")
        #expect(machine.next(now: 50) == .scan(0, cursor: [55]))
        #expect(machine.scanned(0, next: start, members: [], now: 50) == .nothing)
        #expect(machine.health.sweeps == 1)
        #expect(machine.next(now: 60) == .nothing)
    }

    @Test func remnantsAreBoundedAndCleanedUpOnce() {
        var machine = Self.owned()
        Self.applied(&machine, .at(1), now: 1)
        machine.remnantsFound(0, [Remnant](repeating: Remnant(sku: Key("A"), version: 1), count: RedisLimits.remnantsRemembered + 10))
        #expect(machine.views[0].remnants.count == RedisLimits.remnantsRemembered)
        machine.views[0].remnants = [Remnant(sku: Key("A"), version: 1), Remnant(sku: Key("B"), version: 1)]
        #expect(machine.next(now: 20) == .examine(0, keys: [Key("A"), Key("B")]))
        #expect(machine.examined(0, removes: false, now: 20) == false)
        #expect(machine.isReady(0))
        #expect(machine.next(now: 40) == .nothing)
    }
}
