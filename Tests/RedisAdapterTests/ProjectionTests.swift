import RedisAdapter
import StockCore
import StockStream
import Testing

/// What is in a real Redis after batches.
@Suite(.enabled(if: RedisServer.isInstalled), .serialized) struct ProjectionTests {
    @Test func firstBatchWritesEveryKeyOfTheContract() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        let reader = server.reader
        #expect(driver.own(3, claim: 7) == .owned(partition: 3, watermark: nil))
        #expect(try reader.watermark(3) == nil, "nothing can be relied on before the first batch")

        var sku = SKU("LIP-01", version: 5, seq: 9, available: 4, at: ["W1", "W2"])
        sku.totals.held = -0
        sku.totals.shortfall = Int64.max
        sku.isLow = true
        sku.locations[1].quantities.available = -2
        sku.locations[1].isLow = true
        sku.locations[1].isOut = true
        var counters = ProjectedCounters()
        counters.accepted = 12
        counters.oversellRefused = 3
        let mark = Watermark.at(1, claim: 7)
        #expect(driver.apply([sku], mark, partition: 3, counters: counters) == .applied(partition: 3))

        let hash = try reader.sku("LIP-01")
        #expect(hash.count == 22 + 2 * 15)
        #expect(hash["available"] == "8" && hash["shortfall"] == "9223372036854775807" && hash["version"] == "5")
        #expect(hash["incarnation"] == "100" && hash["partition"] == "3" && hash["seq"] == "9" && hash["time"] == "1700000000000")
        #expect(hash["locations"] == "[\"W1\",\"W2\"]" && hash["W1:onHand"] == "4" && hash["W2:available"] == "-2")
        #expect(hash["low"] == "1" && hash["out"] == "0" && hash["W2:out"] == "1" && hash["W1:low"] == "0")
        #expect(try reader.sortedSet("stock:v1:low").map(\.member) == ["LIP-01"])
        #expect(try reader.sortedSet("stock:v1:low:W2").first?.score == -2)
        #expect(try reader.sortedSet("stock:v1:low:W1").isEmpty)
        #expect(try reader.smembers("stock:v1:out").isEmpty)
        #expect(try reader.smembers("stock:v1:out:W2") == ["LIP-01"])
        #expect(try reader.smembers("stock:v1:locations") == ["W1", "W2"])
        #expect(try reader.smembers("stock:v1:partitions") == ["3"])
        #expect(try reader.skus(3) == ["LIP-01"])
        #expect(try reader.counters(3)["accepted"] == 12)
        #expect(try reader.counters(3)["oversellRefused"] == 3)
        #expect(try reader.watermark(3) == mark)
        #expect(driver.projector.health.skusProjected == 1 && driver.projector.health.isHealthy)
    }

    @Test func setsFollowTheFlagsAndTheChangeStreamGoesUp() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        let reader = server.reader
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 0), SKU("B", available: 5)], .at(1)) == .applied(partition: 0))
        #expect(try reader.smembers("stock:v1:out") == ["A"])
        // Older by time than the last entry: its id must rise nevertheless.
        var late = SKU("B", version: 2, seq: 3, available: 0)
        late.time = 5
        #expect(driver.apply([SKU("A", version: 2, seq: 2, available: 1), late], .at(2)) == .applied(partition: 0))
        #expect(try reader.smembers("stock:v1:out") == ["B"])
        #expect(try reader.smembers("stock:v1:out:W1") == ["B"])
        guard case .array(let entries) = try reader.command(["XRANGE", "stock:v1:changes:0", "-", "+"]) else {
            Issue.record("no stream")
            return
        }
        let ids = entries.map { entry in if case .array(let parts) = entry { parts[0].text ?? "" } else { "" } }
        #expect(ids == (1...4).map { "1700000000000-\($0)" })
    }

    /// Batches of two partitions in one transaction: each is checked by itself, and another owner of one keeps both out.
    @Test func batchesOfSeveralPartitionsGoTogether() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        let reader = server.reader
        for partition: Int32 in [0, 1] { #expect(driver.own(partition) == .owned(partition: partition, watermark: nil)) }
        func apply(_ number: Int64) -> [ProjectionEvent?] {
            guard driver.wait(until: { driver.projector.isReady(0) && driver.projector.isReady(1) }) else { return [] }
            let more = SKU("C", version: number, seq: number, available: 0)
            driver.add([SKU("A", version: number, seq: number, available: 1), more], .at(number), partition: 0)
            #expect(!driver.projector.isReady(0) && driver.projector.isReady(1))
            driver.add([SKU("B", version: number, seq: number, available: 2, at: ["W1", "W2"])], .at(number), partition: 1)
            driver.projector.sendBatches()
            return [driver.next(), driver.next()]
        }
        #expect(apply(1) == [.applied(partition: 0), .applied(partition: 1)])
        #expect(try reader.sku("A")["available"] == "1" && reader.sku("B")["W2:available"] == "2")
        #expect(try reader.skus(0) == ["A", "C"] && reader.skus(1) == ["B"])
        #expect(try reader.watermark(0) == .at(1) && reader.watermark(1) == .at(1))
        #expect(try reader.smembers("stock:v1:out") == ["C"])
        // A location of B is named as unchanged, and somebody has removed its fields.
        _ = try reader.command(["DEL", "stock:v1:sku:B"])
        guard driver.wait(until: { driver.projector.isReady(0) && driver.projector.isReady(1) }) else { return }
        var lost = SKU("B", version: 2, seq: 2, available: 2, at: ["W1", "W2"])
        lost.locations[1].isUnchanged = true
        driver.add([SKU("A", version: 2, seq: 2, available: 5)], .at(2), partition: 0)
        driver.add([lost], .at(2), partition: 1)
        driver.projector.sendBatches()
        #expect([driver.next(), driver.next()] == [.interrupted(partition: 1), .applied(partition: 0)])
        #expect(driver.next() == .owned(partition: 1, watermark: nil))
        let other = Driver(server.settings)
        guard case .owned = other.own(1, claim: 2) else {
            Issue.record("the next owner takes it over")
            return
        }
        #expect(!apply(3).contains(.applied(partition: 0)))
        #expect(try reader.sku("A")["version"] == "2")
    }

    /// More than a socket takes at once is written, and its answer read, by `pump` alone; what it means comes with the next poll.
    @Test func aLargeBatchIsPumpedThrough() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.wait { driver.projector.isReady(0) })
        driver.add((0..<3_000).map { SKU("S-\($0)", available: 1, at: ["W1", "W2", "W3"]) }, .at(1), partition: 0)
        driver.projector.sendBatches()
        #expect(eventually { !driver.projector.pump(nowMilliseconds: Driver.nowMilliseconds) })
        #expect(try server.reader.watermark(0) == .at(1) && server.reader.skus(0).count == 3_000)
        #expect(!driver.projector.isReady(0))
        #expect(driver.projector.poll(nowMilliseconds: Driver.nowMilliseconds) == .applied(partition: 0))
    }

    /// Hashes alone are fenced and cleaned up as all is.
    @Test func hashesAloneLeaveSetsAndStreamsOut() throws {
        let server = try RedisServer()
        var settings = server.settings
        settings.content = .hashes
        let driver = Driver(settings)
        let reader = server.reader
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        var sku = SKU("A", available: 0, at: ["W1", "W2"])
        sku.isLow = true
        sku.locations[0].isLow = true
        #expect(driver.apply([sku], .at(1)) == .applied(partition: 0))
        #expect(driver.apply([SKU("A", version: 2, seq: 2, available: 0, at: ["W2"])], .at(2)) == .applied(partition: 0))
        #expect(try driver.wait { try reader.sku("A").count == 22 + 15 })
        guard case .array(let keys) = try reader.command(["KEYS", "*"]) else {
            Issue.record("no keys")
            return
        }
        let kept = ["counters:0", "locations", "partitions", "sku:A", "skus:0", "watermark:0"]
        #expect(keys.compactMap(\.text).sorted() == kept.map { "stock:v1:\($0)" })
        let next = Driver(server.settings)
        guard case .owned = next.own(0, claim: 99) else {
            Issue.record("the next owner takes it over")
            return
        }
        #expect(driver.apply([SKU("A", version: 3, seq: 3, available: 1)], .at(3)) != .applied(partition: 0))
        #expect(try reader.sku("A")["version"] == "2")
    }

    @Test func anEmptyBatchMovesTheWatermark() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([], .at(1)) == .applied(partition: 0))
        #expect(try server.reader.watermark(0) == .at(1))
    }

    @Test func keysMayHoldAnyBytesOfText() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        let name = "crème \"x\" \r\n:*"
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU(name, available: 2, at: ["a:b", "\u{1}\\"])], .at(1)) == .applied(partition: 0))
        let hash = try server.reader.sku(name)
        #expect(hash["a:b:available"] == "2")
        #expect(hash["locations"] == #"["a:b","\u0001\\"]"#)
    }

    @Test func fieldsAndMembershipsOfAVanishedLocationGo() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        let reader = server.reader
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        var sku = SKU("A", available: 0, at: ["W1", "a:b", "W3"])
        sku.locations[1].isLow = true
        #expect(driver.apply([sku], .at(1)) == .applied(partition: 0))
        #expect(try reader.smembers("stock:v1:out:a:b") == ["A"])
        #expect(driver.apply([SKU("A", version: 2, seq: 2, available: 0, at: ["W3"])], .at(2)) == .applied(partition: 0))
        #expect(try driver.wait { try reader.sku("A").count == 22 + 15 })
        #expect(try reader.smembers("stock:v1:out:a:b").isEmpty && reader.smembers("stock:v1:out:W1").isEmpty)
        #expect(try reader.sortedSet("stock:v1:low:a:b").isEmpty)
        #expect(try reader.smembers("stock:v1:out:W3") == ["A"])
        #expect(driver.apply([SKU("B", available: 1)], .at(3)) == .applied(partition: 0), "the fence has survived the clean-up")
    }

    private func sold(_ days: [(day: Int32, quantity: Int64)]) -> SoldDays {
        var sold = SoldDays()
        for (day, quantity) in days {
            var record = VelocityRecord(lastDay: day)
            record[0] = quantity
            sold.add(record)
        }
        return sold
    }

    @Test func whatWasSoldIsTold() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        let reader = server.reader
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        var sku = SKU("A", available: 5, at: ["W1", "a:b", "W3"])
        sku.sold = sold([])
        #expect(driver.apply([sku], .at(1)) == .applied(partition: 0))
        #expect(try reader.sku("A")["soldAsOf"] == "0" && reader.sku("A").count == 22 + 3 * 15 + 1)
        sku.version = 2
        sku.sold = sold([(20_000, 9), (19_998, 4), (19_980, 1)])
        sku.locations[1].sold = sold([(19_998, 4), (19_980, 1)])
        #expect(driver.apply([sku], .at(2)) == .applied(partition: 0))
        var hash = try reader.sku("A")
        #expect(hash["sold"] == "[9,0,4,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]" && hash["soldAsOf"] == "1728000000000")
        #expect(hash["sold7"] == "13" && hash["sold28"] == "14" && hash["sold35"] == "14" && hash["W1:sold"] == nil)
        #expect(hash["a:b:sold"] == "[4,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]" && hash["a:b:soldAsOf"] == "1727827200000")
        #expect(hash["a:b:sold7"] == "4" && hash["a:b:sold28"] == "5" && hash["a:b:sold35"] == "5" && hash.count == 22 + 3 * 15 + 10)
        // A location that did not change keeps what it has; one that goes takes it along.
        sku.version = 3
        sku.locations[1].isUnchanged = true
        sku.locations.removeFirst()
        #expect(driver.apply([sku], .at(3)) == .applied(partition: 0))
        #expect(try driver.wait { try reader.sku("A").count == 22 + 2 * 15 + 10 })
        #expect(try reader.sku("A")["a:b:sold7"] == "4")
        sku.version = 4
        sku.locations.removeFirst()
        sku.sold = sold([(20_000, 9)])
        #expect(driver.apply([sku], .at(4)) == .applied(partition: 0))
        #expect(try driver.wait { try reader.sku("A").count == 22 + 15 + 5 })
        hash = try reader.sku("A")
        #expect(hash["sold"] == "[9]" && hash["a:b:sold"] == nil)
        // Kept no longer, and the others stay.
        #expect(driver.apply([sku, SKU("B", available: 1)], .at(5)) == .applied(partition: 0))
        sku.version = 5
        sku.sold = sold([])
        #expect(driver.apply([sku], .at(6)) == .applied(partition: 0))
        #expect(try driver.wait { try reader.sku("A").count == 22 + 15 + 1 })
        #expect(try reader.sku("A")["soldAsOf"] == "0" && reader.sku("B").count == 22 + 15)
        sku.version = 6
        sku.sold = nil
        #expect(driver.apply([sku], .at(7)) == .applied(partition: 0))
        #expect(try driver.wait { try reader.sku("A").count == 22 + 15 })
    }

    @Test func whatIsExpectedAndAwaitedIsTold() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        var sku = SKU("A", available: 5)
        (sku.totals.incoming, sku.totals.inTransit, sku.totals.backordered) = (1, 2, 3)
        (sku.totals.preordered, sku.totals.waiting) = (4, 5)
        let own = sku.totals
        sku.locations[0].quantities = own
        #expect(driver.apply([sku], .at(1)) == .applied(partition: 0))
        let hash = try server.reader.sku("A")
        for place in ["", "W1:"] {
            #expect(hash[place + "incoming"] == "1" && hash[place + "inTransit"] == "2" && hash[place + "backordered"] == "3")
            #expect(hash[place + "preordered"] == "4" && hash[place + "waiting"] == "5")
        }
    }

    @Test func locationsThatDidNotChangeKeepWhatTheyHave() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        let reader = server.reader
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 0, at: ["W1", "W2"])], .at(1)) == .applied(partition: 0))
        var next = SKU("A", version: 2, seq: 2, available: 6, at: ["W1", "W2", "W3"])
        next.locations[0].isUnchanged = true
        #expect(driver.apply([next], .at(2)) == .applied(partition: 0))
        let hash = try reader.sku("A")
        #expect(hash.count == 22 + 3 * 15)
        #expect(hash["W1:available"] == "0" && hash["W2:available"] == "6" && hash["W3:available"] == "6")
        #expect(hash["locations"] == #"["W1","W2","W3"]"#)
        #expect(try reader.smembers("stock:v1:out:W1") == ["A"] && reader.smembers("stock:v1:out:W2").isEmpty)
    }

    @Test func aHashThatSomebodyRemovedIsProjectedAgain() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 0, at: ["W1", "W2"])], .at(1)) == .applied(partition: 0))
        _ = try server.reader.command(["DEL", "stock:v1:sku:A"])
        var next = SKU("A", version: 2, seq: 2, available: 6, at: ["W1", "W2"])
        next.locations[0].isUnchanged = true
        #expect(driver.send([next], .at(2)))
        #expect(driver.next() == .interrupted(partition: 0))
        #expect(driver.next() == .owned(partition: 0, watermark: nil))
        #expect(try server.reader.watermark(0) == nil)
        next.locations[0].isUnchanged = false
        #expect(driver.apply([next], .at(1)) == .applied(partition: 0))
        #expect(driver.projector.health.isHealthy && driver.projector.health.connections == 1)
    }

    @Test func aHigherIncarnationReplacesAndSweepsALowerOneIsRefused() throws {
        let server = try RedisServer()
        let reader = server.reader
        let old = Driver(server.settings)
        #expect(old.own(0, incarnation: 100, claim: 50) == .owned(partition: 0, watermark: nil))
        let left = (0..<300).map { SKU("OLD-\($0)", available: 0, at: ["W9"]) }
        #expect(old.apply(left + [SKU("BOTH", available: 1)], .at(1, claim: 50)) == .applied(partition: 0))

        let new = Driver(server.settings)
        #expect(new.own(0, incarnation: 200, claim: 1) == .owned(partition: 0, watermark: nil))
        let mark = Watermark.at(1, incarnation: 200, claim: 1)
        #expect(new.apply([SKU("BOTH", available: 2), SKU("NEW", available: 3)], mark) == .applied(partition: 0))
        new.projector.sweep(0, incarnation: 200)
        #expect(new.wait { new.projector.health.sweeps == 1 })
        #expect(try reader.skus(0) == ["BOTH", "NEW"])
        #expect(try reader.sku("OLD-7").isEmpty)
        #expect(try reader.smembers("stock:v1:out").isEmpty && reader.smembers("stock:v1:out:W9").isEmpty)
        #expect(try reader.sku("BOTH")["available"] == "2")
        #expect(new.projector.health.skusRemoved == 300)

        #expect(old.send([SKU("BOTH", available: 9)], .at(2, claim: 50)))
        #expect(old.next { $0 == .superseded(partition: 0) } != nil)
        let again = Driver(server.settings)
        #expect(again.own(0, incarnation: 100, claim: 9_999) == .superseded(partition: 0))
        #expect(try reader.watermark(0) == mark)
    }

    @Test func aRestartedWorkerGoesOnFromTheWatermark() throws {
        let server = try RedisServer()
        let first = Driver(server.settings)
        #expect(first.own(0) == .owned(partition: 0, watermark: nil))
        #expect(first.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        let second = Driver(server.settings)
        #expect(second.own(0, claim: 2) == .owned(partition: 0, watermark: .at(1, claim: 2)))
        #expect(second.apply([SKU("A", version: 2, available: 2)], .at(2, claim: 2)) == .applied(partition: 0))
        #expect(try server.reader.sku("A")["available"] == "2")
    }

    @Test func partitionsAreIndependentOnOneConnection() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        for partition in [Int32(2), 0, 1] { driver.projector.own(partition, incarnation: 100, claim: 1) }
        #expect(driver.wait { driver.events.count == 3 })
        while driver.events.count > 0 { _ = driver.next() }
        for batch in 1...3 {
            for partition in Int32(0)..<3 {
                let sku = SKU("P\(partition)", version: Int64(batch), available: Int64(batch))
                #expect(driver.apply([sku], .at(Int64(batch)), partition: partition) == .applied(partition: partition))
            }
        }
        driver.projector.release(1)
        #expect(!driver.projector.isReady(1))
        #expect(driver.apply([SKU("P0", version: 4, available: 4)], .at(4)) == .applied(partition: 0))
        #expect(try server.reader.watermark(1) == .at(3))
    }

    @Test func userPasswordAndDatabaseAreUsed() throws {
        let server = try RedisServer(tcp: true)
        _ = try server.reader.command(["ACL", "SETUSER", "engine", "on", ">s3cret", "~stock:*", "+@all"])
        _ = try server.reader.command(["CONFIG", "SET", "requirepass", "other"])
        var settings = server.settings
        settings.user = "engine"
        settings.password = "s3cret"
        settings.database = 2
        let driver = Driver(settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        #expect(try RedisReader(settings: settings).sku("A")["available"] == "1")

        settings.password = "wrong"
        let refused = Driver(settings)
        refused.projector.own(1, incarnation: 100, claim: 1)
        #expect(refused.wait { refused.projector.health.problems.contains { $0.contains("WRONGPASS") } })
        #expect(refused.events.isEmpty)
    }
}
