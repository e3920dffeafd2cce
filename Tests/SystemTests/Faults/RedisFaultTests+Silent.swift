import Foundation
import RedisAdapter
import Synchronization
import Testing

/// Redis is there, but slow, or says nothing.
extension RealSystemTests.RedisFaultTests {
    /// A batch takes 0.6 s and more. One is under way at a time, transactions go on beside it, and what waits is coalesced. Where the
    /// worker waits for its batch there are no more transactions than batches.
    @Test func slow() throws {
        let stage = try RedisStage(["STOCKSTREAM_REDIS_ANSWER_TIMEOUT_MILLISECONDS": "5000"])
        stage.proxy.delayMilliseconds = 300
        try stage.keepsPace("Redis slow", looks: true)
        let batches = try stage.metric("stock_redis_batches_total")
        let transactions = try stage.metric("stock_transactions_total")
        _ = try within(seconds: 60, "batches") { try stage.metric("stock_redis_batches_total") >= batches + 3 ? true : nil }
        let slow = (try stage.metric("stock_redis_batches_total") - batches, try stage.metric("stock_transactions_total") - transactions)
        print("  \(slow.0) batches, \(slow.1) transactions meanwhile")
        #expect(slow.1 > slow.0 * 2, "transactions wait for batches")
        // Slow is not away.
        #expect(Web.get(stage.engine.port, "/readyz")?.status == 200)
        _ = try within(seconds: 60, "a lag") { try stage.metric("stock_view_lag_facts") > 0 ? true : nil }
        stage.proxy.heal()
        try stage.untilFresh()
        #expect(try stage.metric("stock_redis_reconnects_total") == 0)
        try stage.finish()
    }

    /// A stopped process takes connections and bytes. It is given up, tried again, and its late execution does no harm. Then it stops for
    /// good, no connection is ever closed, and another server, an empty one, is behind the address. Without the time-out for answers
    /// nothing shows in /readyz, and the engine never leaves it.
    @Test func frozen() throws {
        let stage = try RedisStage()
        let server = stage.installation.redis
        server.process.signal(SIGSTOP)
        try stage.untilShown("no answer within 500 ms")
        try stage.keepsPace("Redis frozen")
        #expect(try stage.metric("stock_redis_connected") == 0 && stage.metric("stock_view_lag_facts") > 0)
        server.process.signal(SIGCONT)
        try stage.untilFresh()

        server.process.signal(SIGSTOP)
        let other = try RedisServer()
        stage.installation.redis = other
        stage.proxy.upstream = other.port
        try stage.keepsPace("Redis frozen for good")
        try stage.untilFresh()
        try stage.finish()
    }

    /// The server executes a batch, and its answer never comes: the watermark tells that it was applied, and nothing is sent again. Then a
    /// batch is lost on its way: the watermark tells that as well.
    @Test func answersLostAfterExecutionAndRequestsBefore() throws {
        // So many that what was in flight hardly changes again meanwhile, which would hide what became of it.
        let stage = try RedisStage(skus: 300, skew: 0)
        stage.proxy.mode = .loseAnswers
        try stage.keepsPace("answers lost")
        try stage.untilShown("no answer within 500 ms")
        stage.proxy.cut()
        stage.proxy.heal()
        try stage.untilFresh()
        for _ in 0..<3 {
            try lose(.cutAfter, stage)
            try lose(.cutBefore, stage)
        }
        #expect(try stage.finish() == 0, "a batch that was applied was sent again")
    }

    /// Cuts the connection behind or before the execution of the next batch that has a change in it.
    private func lose(_ verdict: Proxy.Verdict, _ stage: RedisStage) throws {
        let isLost = Once()
        stage.proxy.rule = { request in
            let text = String(decoding: request.bytes, as: UTF8.self)
            let isBatch = text.contains("XADD") && text.contains("EXEC")
            return isBatch && isLost.take() ? verdict : .pass
        }
        _ = try within(seconds: 60, "a batch") { isLost.isTaken ? true : nil }
        try stage.untilFresh()
        stage.proxy.rule = nil
    }
}

/// Something that happens once.
private final class Once: Sendable {
    private let state = Atomic(false)

    var isTaken: Bool { state.load(ordering: .relaxed) }

    func take() -> Bool { !state.exchange(true, ordering: .relaxed) }
}
