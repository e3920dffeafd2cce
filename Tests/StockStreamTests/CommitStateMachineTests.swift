import Testing

@testable import StockStream

private let error = PortError(code: "X", reason: "a fault of the test", isFatal: false)

/// The state machine behind a reference, so that a test may ask and judge in one line.
private final class Machine {
    private var machine = CommitStateMachine()

    var state: CommitStateMachine.State { machine.state }
    var currentSink: Int { machine.currentSink }
    func begin() -> CommitStateMachine.BeginAction { machine.begin() }
    func initialized(sink: Int) { machine.initialized(sink: sink) }
    func rebuilt(sink: Int) { machine.rebuilt(sink: sink) }
    func began(sink: Int) { machine.began(sink: sink) }
    func committed(_ result: SinkResult) -> CommitStateMachine.CommitAction { machine.committed(result) }
    func produceFailed(_ result: SinkResult) -> CommitStateMachine.CommitAction { machine.produceFailed(result) }
    func aborted(_ result: SinkResult) -> CommitStateMachine.AbortAction { machine.aborted(result) }
    func abandonIfOpen() { machine.abandonIfOpen() }
    func settled() { machine.settled() }
}

/// Every path through the state machine, as a transcript.
@Suite struct CommitStateMachineTests {
    /// Both producers ready, the first one's transaction open.
    private func opened() -> Machine {
        let machine = Machine()
        machine.initialized(sink: 0)
        machine.initialized(sink: 1)
        machine.began(sink: 0)
        return machine
    }

    @Test func producersTakeTurnsAndAreInitializedFirst() {
        let machine = Machine()
        #expect(machine.begin() == .initialize(sink: 0))
        machine.initialized(sink: 0)
        #expect(machine.begin() == .begin(sink: 0))
        machine.began(sink: 0)
        #expect(machine.state == .open(sink: 0) && machine.currentSink == 0)
        #expect(machine.committed(.done) == .keep)
        #expect(machine.begin() == .initialize(sink: 1), "the other one's turn, which is not ready yet")
        machine.initialized(sink: 1)
        machine.began(sink: 1)
        #expect(machine.currentSink == 1)
        #expect(machine.committed(.done) == .keep)
        #expect(machine.begin() == .begin(sink: 0))
    }

    @Test func aRetryIsAskedAgainSoManyTimes() {
        let machine = opened()
        for _ in 0..<CommitStateMachine.retriesMaximum { #expect(machine.committed(.retry(error)) == .again) }
        #expect(machine.committed(.retry(error)) == .abortAndUndo)
        #expect(machine.state == .open(sink: 0), "the abort follows")
        #expect(machine.aborted(.done) == .nothing)
        machine.began(sink: 0)
        #expect(machine.committed(.retry(error)) == .again, "the count begins anew")
        #expect(machine.committed(.done) == .keep)
    }

    @Test(arguments: [SinkResult.mustAbort(error), .notMember(error)]) func whatCanNotBeCommittedIsAborted(result: SinkResult) {
        let machine = opened()
        #expect(machine.committed(result) == .abortAndUndo)
        #expect(machine.aborted(.done) == .nothing)
        #expect(machine.state == .idle)
        #expect(machine.begin() == .begin(sink: 0), "its turn was not used")
    }

    @Test(arguments: [
        SinkResult.retry(error), .mustAbort(error), .notMember(error), .fenced(error), .fatal(error), .unknown(error),
    ]) func anAbortThatFailsRebuilds(result: SinkResult) {
        let machine = opened()
        #expect(machine.committed(.mustAbort(error)) == .abortAndUndo)
        #expect(machine.aborted(result) == .rebuild(sink: 0))
        machine.rebuilt(sink: 0)
        #expect(machine.begin() == .initialize(sink: 0), "its initialisation ends what it left open")
    }

    @Test func aProducerThatOnlyAbortsIsRebuilt() {
        let machine = opened()
        for round in 1...CommitStateMachine.abortsBeforeRebuild {
            #expect(machine.committed(.mustAbort(error)) == .abortAndUndo)
            let isLast = round == CommitStateMachine.abortsBeforeRebuild
            #expect(machine.aborted(.done) == (isLast ? .rebuild(sink: 0) : .nothing))
            if !isLast { machine.began(sink: 0) }
        }
        machine.rebuilt(sink: 0)
        machine.initialized(sink: 0)
        machine.began(sink: 0)
        #expect(machine.committed(.done) == .keep)
        machine.initialized(sink: 1)
        machine.began(sink: 1)
        #expect(machine.committed(.mustAbort(error)) == .abortAndUndo)
        #expect(machine.aborted(.done) == .nothing, "the count begins anew")
    }

    @Test(arguments: [SinkResult.fenced(error), .fatal(error)]) func aDeadProducerIsRebuilt(result: SinkResult) {
        let machine = opened()
        #expect(machine.committed(result) == .rebuildAndUndo(sink: 0))
        machine.abandonIfOpen()
        #expect(machine.state == .idle)
        machine.rebuilt(sink: 0)
        #expect(machine.begin() == .initialize(sink: 0))
    }

    @Test func anUnknownOutcomeHoldsEverythingBackUntilItIsSettled() {
        let machine = opened()
        #expect(machine.committed(.unknown(error)) == .rebuildAndSettle(sink: 0))
        machine.rebuilt(sink: 0)
        #expect(machine.state == .settling(sink: 0) && machine.currentSink == 0)
        #expect(machine.begin() == .settle)
        machine.abandonIfOpen()
        #expect(machine.begin() == .settle, "nothing but the claim ends it")
        machine.initialized(sink: 0)
        #expect(machine.begin() == .settle)
        machine.settled()
        #expect(machine.begin() == .begin(sink: 0), "the one that was initialised just now")
    }

    @Test func aRecordThatCanNotBeProducedEndsTheTransaction() {
        let machine = opened()
        for result in [SinkResult.retry(error), .mustAbort(error), .notMember(error)] {
            #expect(machine.produceFailed(result) == .abortAndUndo)
        }
        for result in [SinkResult.fenced(error), .fatal(error), .unknown(error)] {
            #expect(machine.produceFailed(result) == .rebuildAndUndo(sink: 0), "nothing was asked to be committed, so nothing is unknown")
        }
        machine.abandonIfOpen()
        #expect(machine.state == .idle)
    }
}
