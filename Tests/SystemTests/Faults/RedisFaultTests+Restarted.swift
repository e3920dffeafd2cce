import Foundation
import RedisAdapter
import StockStream
import Testing

/// Redis comes back with its data, or with most of it.
extension RealSystemTests.RedisFaultTests {
    /// The view is caught up from its watermark: what changed while the server was away, and nothing twice. Where the watermark is not
    /// trusted, everything is announced again.
    @Test func restartedWithItsData() throws {
        let stage = try RedisStage(skus: 300, redis: RedisServer(["--appendonly", "yes"]))
        let before = try stage.watermarks()[0]!
        stage.installation.redis.process.kill()
        try stage.untilShown(stage.address)
        try stage.keepsPace("Redis away")
        #expect(try stage.metric("stock_redis_connected") == 0 && stage.metric("stock_view_lag_facts") > 0)
        try stage.installation.redis.restart()
        #expect(try stage.watermarks()[0]! >= before, "the data is there")
        try stage.untilFresh()
        #expect(try stage.finish() == 0, "changes were projected that the view had")
    }

    /// Replication stands still for a second and more, then the master is gone for good and the replica becomes one. The view falls back
    /// and says so, since its watermark falls with it; the engine sees that it is not the one that it wrote, and catches it up from there.
    /// Where it takes any watermark of its own for right, SKUs stay old and the watermark speaks for them.
    @Test func failedOverToAReplicaThatLacksTheLastSecond() throws {
        let stage = try RedisStage(skus: 100, partitions: 2)
        let master = stage.installation.redis
        try master.command("CONFIG", "SET", "repl-diskless-sync-delay", "0")
        let replication = try Proxy(upstream: master.port)
        let replica = try RedisServer(["--replicaof", "127.0.0.1", "\(replication.port)"])
        let behind = try replica.reader(prefix: stage.installation.name)
        _ = try within(seconds: 60, "replication") { (try behind.watermark(0) != nil && behind.watermark(1) != nil) ? true : nil }
        replication.mode = .freeze
        try stage.keepsPace("replication stands still")
        usleep(1_000_000)
        try stage.untilFresh()
        let lost = try stage.watermarks()
        master.process.kill()
        try replica.command("REPLICAOF", "NO", "ONE")
        replication.mode = .refuse
        let kept = try (0..<2).map { try behind.watermark($0)?.seq ?? -1 }
        #expect(zip(kept, [lost[0]!, lost[1]!]).allSatisfy { $0 >= 0 && $0 < $1 }, "the replica lacks \(lost), has \(kept)")
        stage.installation.redis = replica
        stage.proxy.delayMilliseconds = 20
        stage.proxy.upstream = replica.port
        try stage.keepsPace("failed over", looks: true)
        try stage.untilFresh()
        stage.proxy.heal()
        #expect(try stage.metric("stock_redis_server_restarts_total") == 1)
        #expect(try stage.finish() == 0, "changes were projected that the replica had")
    }
}
