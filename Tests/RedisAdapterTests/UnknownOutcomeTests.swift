import RedisAdapter
import StockCore
import StockStream
import Testing

/// A batch was sent, and its answer never came.
@Suite(.enabled(if: RedisServer.isInstalled), .serialized) struct UnknownOutcomeTests {
    private func driver(behind relay: Relay) -> Driver {
        Driver(RedisSettings(endpoint: .unix(path: relay.path), answerTimeoutMilliseconds: 200))
    }

    @Test func aBatchWhoseAnswerWasLostTurnsOutApplied() throws {
        let server = try RedisServer()
        let relay = Relay(to: server.socket, in: server.folder)
        defer { relay.set { $0.isStopped = true } }
        let driver = driver(behind: relay)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        relay.set { $0.swallowsAnswers = true }
        #expect(driver.send([SKU("A", version: 2, available: 2)], .at(2)))
        #expect(driver.wait { !driver.projector.health.isConnected })
        #expect(try eventually { try server.reader.watermark(0) == .at(2) })
        #expect(driver.events.isEmpty && !driver.projector.isReady(0))
        relay.set { $0.swallowsAnswers = false }
        #expect(driver.next() == .applied(partition: 0))
        #expect(driver.apply([SKU("A", version: 3, available: 3)], .at(3)) == .applied(partition: 0))
        #expect(driver.events.isEmpty, "nothing else was reported: the watermark was what it should be")
    }

    @Test func aBatchThatArrivesAfterItWasGivenUpIsRefused() throws {
        let server = try RedisServer()
        let relay = Relay(to: server.socket, in: server.folder)
        defer { relay.set { $0.isStopped = true } }
        let driver = driver(behind: relay)
        let reader = server.reader
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        #expect(driver.apply([SKU("A", available: 1)], .at(1)) == .applied(partition: 0))
        relay.set { $0.holdsRequests = true }
        #expect(driver.send([SKU("LATE", available: 9)], .at(2)))
        #expect(driver.wait { !driver.projector.health.isConnected })

        // Another way to the same server, while the old connection's batch is still under way.
        #expect(try reader.watermark(0) == .at(1))
        let direct = Driver(server.settings)
        #expect(direct.own(0) == .owned(partition: 0, watermark: .at(1)), "the same claim, as after a reconnect")
        relay.set { $0.holdsRequests = false }
        #expect(driver.next() == .interrupted(partition: 0))
        #expect(try reader.sku("LATE").isEmpty)
        #expect(try reader.watermark(0) == .at(1))
        #expect(driver.next() == .owned(partition: 0, watermark: .at(1)))
        #expect(driver.apply([SKU("A", version: 2, available: 2)], .at(2)) == .applied(partition: 0))
    }
}
