import Foundation
import RedisAdapter
import Testing

extension RealSystemTests {
    /// Single faults of Redis under load. Kafka's path goes on, what is stale shows, and afterwards every number is right.
    @Suite struct RedisFaultTests {}
}

/// Redis loses everything, or was never there.
extension RealSystemTests.RedisFaultTests {
    /// A view that does not match is projected whole. Without that only what changes again comes back: SKUs have no hash, and watermarks
    /// speak for them.
    @Test func killedAndStartedAgainEmpty() throws {
        let stage = try RedisStage()
        stage.installation.redis.process.kill()
        try stage.untilShown(stage.address)
        #expect(try stage.metric("stock_redis_connected") == 0)
        try stage.keepsPace("Redis killed")
        #expect(try stage.metric("stock_redis_connected") == 0 && stage.metric("stock_view_lag_facts") > 0)
        try stage.installation.redis.restart()
        try stage.untilFresh()
        #expect(try stage.metric("stock_redis_server_restarts_total") == 1)
        try stage.finish()
    }

    /// An engine with a restored state starts first, an empty Redis comes later. Without the projection of everything SKUs have no hash.
    @Test func startedEmptyAfterTheEngine() throws {
        let stage = try RedisStage()
        try stage.restartEngine { stage.installation.redis.process.kill() }
        try stage.untilShown(stage.address)
        try stage.keepsPace("no Redis yet")
        try stage.untilShown(stage.address)
        #expect(try stage.metric("stock_redis_connected") == 0 && stage.metric("stock_redis_batches_total") == 0)
        try stage.installation.redis.restart()
        try stage.untilFresh()
        try stage.finish()
    }

    /// The fence: a batch behind a flush is refused, since the watermark that it was made for is gone. Without WATCH the batch writes the
    /// watermark again, which speaks for 570 SKUs that are missing. While the view is filled, in several batches of a slow connection, the
    /// watermark says that nothing can be relied on: where it kept its offset instead, it spoke for the SKUs of the batches to come.
    @Test func flushedUnderLoad() throws {
        let stage = try RedisStage(skus: 600)
        stage.proxy.delayMilliseconds = 20
        let (batches, view) = (try stage.metric("stock_redis_batches_total"), try stage.installation.view)
        try view.flushAll()
        try stage.keepsPace("Redis flushed", looks: true)
        try stage.untilFresh()
        stage.proxy.heal()
        #expect(try stage.metric("stock_redis_batches_total") > batches)
        try stage.quiet()
        try view.flushAll()
        try stage.untilFresh()
        try stage.finish()
    }
}
