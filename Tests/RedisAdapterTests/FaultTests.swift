import RedisAdapter
import StockCore
import StockStream
import Testing

/// What happens when Redis, the network or another worker does what it should not.
@Suite(.enabled(if: RedisServer.isInstalled), .serialized) struct FaultTests {
    static let durable = ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]

    @Test func aZombiesBatchIsRefusedWhole() throws {
        let server = try RedisServer()
        let zombie = Driver(server.settings)
        let reader = server.reader
        #expect(zombie.own(0, claim: 1) == .owned(partition: 0, watermark: nil))
        #expect(zombie.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        let owner = Driver(server.settings)
        #expect(owner.own(0, claim: 2) == .owned(partition: 0, watermark: .at(1, claim: 2)))
        #expect(owner.apply([SKU("A", version: 2, available: 2)], .at(2, claim: 2)) == .applied(partition: 0))

        // No poll in between: the zombie still believes that it is ready.
        #expect(zombie.projector.isReady(0))
        #expect(zombie.send([SKU("A", version: 9, available: 9), SKU("Z", available: 9)], .at(2)))
        #expect(zombie.next() == .interrupted(partition: 0))
        #expect(zombie.next() == .superseded(partition: 0))
        #expect(!zombie.projector.isReady(0))
        #expect(try reader.sku("A")["available"] == "2")
        #expect(try reader.sku("Z").isEmpty && reader.skus(0) == ["A"])
        #expect(try reader.watermark(0) == .at(2, claim: 2))
        #expect(owner.apply([SKU("A", version: 3, available: 3)], .at(3, claim: 2)) == .applied(partition: 0))
    }

    @Test func anotherPartitionsNewOwnerOnlyInterrupts() throws {
        let server = try RedisServer()
        let first = Driver(server.settings)
        #expect(first.own(0) == .owned(partition: 0, watermark: nil))
        #expect(first.own(1) == .owned(partition: 1, watermark: nil))
        #expect(first.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        let second = Driver(server.settings)
        #expect(second.own(1, claim: 2) == .owned(partition: 1, watermark: nil))
        #expect(first.send([SKU("A", version: 2, available: 2)], .at(2)))
        #expect(first.wait { first.events.count >= 3 })
        #expect(first.events.contains(.interrupted(partition: 0)) && first.events.contains(.superseded(partition: 1)))
        #expect(first.next { $0 == .owned(partition: 0, watermark: .at(1)) } != nil)
        #expect(first.apply([SKU("A", version: 2, available: 2)], .at(2)) == .applied(partition: 0))
    }

    @Test func aFlushedRedisIsSeenWithoutABatch() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        try server.reader.flushAll()
        #expect(driver.next() == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        #expect(try server.reader.sku("A")["available"] == "1")
    }

    @Test func aFlushInFrontOfABatchInterruptsIt() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        try server.reader.flushAll()
        #expect(driver.projector.isReady(0))
        #expect(driver.send([SKU("B", available: 1)], .at(2)))
        #expect(driver.next() == .interrupted(partition: 0))
        #expect(driver.next() == .owned(partition: 0, watermark: nil))
        #expect(try server.reader.skus(0).isEmpty)
    }

    @Test func aRestartWithoutDataIsProjectedWhole() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        server.kill()
        #expect(driver.wait { !driver.projector.health.isConnected })
        #expect(!driver.projector.health.problems.isEmpty && !driver.projector.isReady(0))
        try server.start()
        #expect(driver.next() == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        #expect(driver.projector.health.serverRestarts == 1 && driver.projector.health.reconnects == 1)
        #expect(driver.projector.health.isHealthy)
    }

    @Test func aRestartWithAllDataGoesOnSilently() throws {
        let server = try RedisServer(options: Self.durable)
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        server.kill()
        #expect(driver.wait { !driver.projector.health.isConnected })
        try server.start()
        #expect(driver.apply([SKU("A", version: 2, available: 2)], .at(2)) == .applied(partition: 0))
        #expect(try server.reader.watermark(0) == .at(2))
    }

    @Test func aBatchThatTheServerNeverSawIsInterrupted() throws {
        let server = try RedisServer(options: Self.durable)
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        server.freeze()
        #expect(driver.send([SKU("A", version: 2, available: 2)], .at(2)))
        server.kill()
        #expect(driver.wait { !driver.projector.health.isConnected })
        #expect(driver.events.isEmpty, "unknown until the watermark was read")
        try server.start()
        #expect(driver.next() == .interrupted(partition: 0))
        #expect(driver.next() == .owned(partition: 0, watermark: .at(1)))
        #expect(driver.apply([SKU("A", version: 2, available: 2)], .at(2)) == .applied(partition: 0))
    }

    @Test func aFrozenServerHoldsUpNoCallAndItsLateExecutionDoesNoHarm() throws {
        let server = try RedisServer()
        var settings = server.settings
        settings.answerTimeoutMilliseconds = 200
        let driver = Driver(settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        server.freeze()
        // More than a socket takes, so that writing is cut short as well.
        let many = (0..<512).map { SKU("S\($0)", available: 1, at: ["W1", "W2", "W3"]) }
        #expect(driver.send(many, .at(2)))
        var slowest: Int64 = 0
        let isNoticed = driver.wait {
            let before = Driver.nowMilliseconds
            driver.poll()
            slowest = max(slowest, Driver.nowMilliseconds - before)
            return driver.projector.health.problems.contains { $0.contains("no answer within 200 ms") }
        }
        #expect(isNoticed && !driver.projector.isReady(0))
        print("frozen Redis: the slowest poll took \(slowest) ms")
        // The kernel takes connections for it, but nobody answers.
        let connections = driver.projector.health.connections
        let isSeenConnected = driver.wait { driver.projector.health.isConnected || driver.projector.health.connections > connections }
        #expect(isSeenConnected && !driver.projector.health.isConnected)
        server.thaw()
        let outcome = driver.next()
        if outcome == .interrupted(partition: 0) {
            #expect(driver.next() == .owned(partition: 0, watermark: .at(1)))
            #expect(driver.apply(many, .at(2)) == .applied(partition: 0))
        } else {
            #expect(outcome == .applied(partition: 0))
        }
        #expect(driver.apply([SKU("A", version: 2, available: 2)], .at(3)) == .applied(partition: 0))
        #expect(try server.reader.watermark(0) == .at(3))
        #expect(try server.reader.skus(0).count == 513)
    }

    @Test func aPolicyThatEvictsIsAProblemAndAnEvictionProjectsEverything() throws {
        let server = try RedisServer()
        let reader = server.reader
        _ = try reader.command(["CONFIG", "SET", "maxmemory-policy", "allkeys-random"])
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        #expect(driver.projector.health.problems.contains { $0.contains("allkeys-random") })

        // Evict: fill, then allow less than is used.
        for index in 0..<200 { _ = try reader.command(["SET", "other:\(index)", String(repeating: "x", count: 10_000)]) }
        _ = try reader.command(["CONFIG", "SET", "maxmemory", "1"])
        #expect(try eventually { (Int64(try reader.info()["evicted_keys"] ?? "0") ?? 0) > 0 })
        _ = try reader.command(["CONFIG", "SET", "maxmemory", "0"])
        _ = try reader.command(["CONFIG", "SET", "maxmemory-policy", "noeviction"])
        let next = Driver(server.settings)
        #expect(next.own(0, claim: 2) == .owned(partition: 0, watermark: nil), "a watermark of before the eviction is not to be trusted")
        #expect(next.apply([SKU("A", available: 1)], .at(1, claim: 2)) == .applied(partition: 0))
        let third = Driver(server.settings)
        #expect(third.own(0, claim: 3) == .owned(partition: 0, watermark: .at(1, claim: 3)), "it was projected since the eviction")
        #expect(third.projector.health.isHealthy)
    }

    @Test func aServerThatRefusesToWriteIsTriedAgain() throws {
        let server = try RedisServer()
        let reader = server.reader
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        _ = try reader.command(["CONFIG", "SET", "maxmemory", "1"])
        #expect(driver.send([SKU("A", available: 1)], .at(1)))
        #expect(driver.wait { driver.projector.health.problems.contains { $0.contains("OOM") } })
        _ = try reader.command(["CONFIG", "SET", "maxmemory", "0"])
        #expect(driver.next() == .interrupted(partition: 0))
        #expect(driver.next() == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        #expect(driver.projector.health.isHealthy)
    }

    @Test func aKeyOfAForeignTypeLeavesTheViewDistrusted() throws {
        let server = try RedisServer()
        let reader = server.reader
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        _ = try reader.command(["SET", "stock:v1:sku:B", "mine"])
        #expect(driver.send([SKU("B", available: 1)], .at(2)))
        #expect(driver.next() == .interrupted(partition: 0))
        #expect(driver.next() == .owned(partition: 0, watermark: nil))
        #expect(driver.projector.health.problems.contains { $0.contains("WRONGTYPE") })
        _ = try reader.command(["DEL", "stock:v1:sku:B"])
        #expect(driver.apply([SKU("A", available: 1), SKU("B", available: 1)], .at(1)) == .applied(partition: 0))
        #expect(driver.projector.health.isHealthy)
    }

    @Test func aClockThatStepsBackHoldsNothingUp() throws {
        let server = try RedisServer()
        let projector = RedisProjector(settings: server.settings, seed: 1)
        projector.own(0, incarnation: 100, claim: 1)
        let start = Driver.nowMilliseconds
        #expect(eventually { projector.poll(nowMilliseconds: Driver.nowMilliseconds) == .owned(partition: 0, watermark: nil) })
        server.kill()
        #expect(eventually { projector.poll(nowMilliseconds: Driver.nowMilliseconds) == nil && !projector.health.isConnected })
        try server.start()
        let hour: Int64 = 3_600_000
        #expect(eventually { projector.poll(nowMilliseconds: Driver.nowMilliseconds - hour) == .owned(partition: 0, watermark: nil) })
        #expect(projector.health.lastAppliedMilliseconds == 0)
        #expect(eventually { projector.poll(nowMilliseconds: Driver.nowMilliseconds - hour) == nil && projector.isReady(0) })
        projector.beginBatch(0, .at(1), counters: ProjectedCounters())
        projector.endBatch()
        projector.sendBatches()
        #expect(eventually { projector.poll(nowMilliseconds: Driver.nowMilliseconds - hour) == .applied(partition: 0) })
        #expect(projector.health.lastAppliedMilliseconds >= start - hour && projector.health.lastAppliedMilliseconds < start)
    }

    @Test func anUnreachableServerIsAProblemThatNamesTheAddress() throws {
        let driver = Driver(RedisSettings(endpoint: .unix(path: "/tmp/there/is/no/such.sock")))
        driver.projector.own(0, incarnation: 1, claim: 1)
        #expect(driver.wait { driver.projector.health.problems.contains { $0.contains("/tmp/there/is/no/such.sock") } })
        let named = Driver(RedisSettings(endpoint: .tcp(host: "no-such-host.invalid", port: 1)))
        named.projector.own(0, incarnation: 1, claim: 1)
        #expect(named.wait { named.projector.health.problems.contains { $0.contains("no-such-host.invalid") } })
    }

    @Test func aHostNameIsLookedUp() throws {
        let server = try RedisServer(tcp: true)
        let driver = Driver(RedisSettings(endpoint: .tcp(host: "localhost", port: server.port!)))
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
    }
}
