import Foundation
import RedisAdapter
import Testing

/// Redis has no memory left.
extension RealSystemTests.RedisFaultTests {
    /// With `noeviction` it refuses to write: nothing is lost, and it is tried until it takes the rest. Without another try the view stays
    /// where it was.
    @Test func outOfMemory() throws {
        let stage = try RedisStage()
        let used = try #require(try stage.installation.view.info()["used_memory"])
        try stage.installation.redis.command("CONFIG", "SET", "maxmemory", used)
        try stage.untilShown("OOM")
        try stage.keepsPace("Redis full")
        try stage.untilShown("OOM")
        #expect(try stage.metric("stock_view_lag_facts") > 0)
        try stage.installation.redis.command("CONFIG", "SET", "maxmemory", "0")
        try stage.untilFresh()
        try stage.finish()
    }

    /// A policy that evicts our keys is an error as long as it is there: without INFO nothing shows. When `evicted_keys` has risen,
    /// everything is projected again, also where nothing changes any more: without that 60 of 100 SKUs have no hash in the end.
    @Test func setToEvictKeys() throws {
        let stage = try RedisStage(skus: 100, ["STOCKSTREAM_REDIS_INFO_INTERVAL_MILLISECONDS": "300"])
        try stage.installation.redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        try stage.untilShown("maxmemory_policy is allkeys-lru")
        try evict(stage)
        try stage.keepsPace("Redis evicts")
        try relieve(stage)
        try stage.quiet()

        try stage.installation.redis.command("CONFIG", "SET", "maxmemory-policy", "allkeys-random")
        try evict(stage)
        try relieve(stage)
        try stage.finish()
    }

    /// Less memory than is used, until keys are gone and it shows.
    private func evict(_ stage: RedisStage) throws {
        let view = try stage.installation.view
        let before = try view.info()["evicted_keys"]
        let used = try #require(try view.info()["used_memory"].flatMap { Int($0) })
        try stage.installation.redis.command("CONFIG", "SET", "maxmemory", "\(used - 50_000)")
        _ = try within(seconds: 60, "evictions") { try view.info()["evicted_keys"] != before ? true : nil }
        try stage.untilShown("evicted_keys rose")
    }

    /// Memory again, and a policy that evicts nothing: well as soon as INFO has said so.
    private func relieve(_ stage: RedisStage) throws {
        let redis = stage.installation.redis
        try redis.command("CONFIG", "SET", "maxmemory", "0")
        try redis.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
        _ = try within(seconds: 60, "/readyz") { Web.get(stage.engine.port, "/readyz")?.status == 200 ? true : nil }
        try stage.untilFresh()
    }
}
