import Foundation
import Synchronization
import Testing

@testable import HTTPAdapter

/// Clients that take their time, and the end of the server.
@Suite struct LifetimeTests {
    private static func limits(deadlineMilliseconds: Int64, connections: Int = 64) -> MetricsServer.Limits {
        var limits = MetricsServer.Limits()
        limits.deadlineMilliseconds = deadlineMilliseconds
        limits.connections = connections
        return limits
    }

    /// Waits up to 10 s for a condition.
    private static func eventually(_ condition: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            if condition() { return true }
            usleep(1_000)
        }
        return condition()
    }

    @Test func aByteNowAndThenDoesNotHoldAConnection() throws {
        try withServer(limits: Self.limits(deadlineMilliseconds: 1_500)) { server in
            let slow = try RawClient(port: server.port)
            slow.send("GET /metrics HTTP/1.1\r\nX: ")
            var isEnded = false
            for round in 0..<1_000 {
                if round == 5 {
                    let other = try RawClient(port: server.port)
                    other.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
                    #expect(other.readAnswer()?.status == 200, "others are served meanwhile")
                }
                if slow.waitReadable(milliseconds: 10) {
                    isEnded = slow.readToEnd() == ""
                    break
                }
                slow.send("y")
            }
            #expect(isEnded)
            #expect(Self.eventually { server.openConnections == 0 })
        }
    }

    @Test func clientsThatLeaveAtOnceLeaveNothingBehind() throws {
        try withServer(limits: Self.limits(deadlineMilliseconds: 60_000, connections: 4)) { server in
            for part in [
                "", "\n", "GET", "GET /metrics HTTP/1.1\r\n", "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\nContent-Le",
            ] {
                for _ in 0..<8 { try RawClient(port: server.port).send(part) }
            }
            let client = try RawClient(port: server.port)
            client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.readAnswer()?.status == 200, "the others' places are free")
            #expect(Self.eventually { server.openConnections == 1 })
        }
    }

    @Test func aClientThatReadsNothingIsLetGo() throws {
        try withServer(limits: Self.limits(deadlineMilliseconds: 300), metrics: String(repeating: "x", count: 32 << 20)) { server in
            let slow = try RawClient(port: server.port, receiveBufferBytes: 4_096)
            slow.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(slow.waitReadable(milliseconds: 10_000))
            #expect(Self.eventually { server.openConnections == 0 })
        }
    }

    @Test func idleConnectionsEndAndUsedOnesStay() throws {
        try withServer(limits: Self.limits(deadlineMilliseconds: 2_000)) { server in
            let idle = try RawClient(port: server.port)
            let used = try RawClient(port: server.port)
            var rounds = 0
            while !idle.waitReadable(milliseconds: 50), rounds < 200 {
                used.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(used.readAnswer()?.status == 200)
                rounds += 1
            }
            #expect(idle.readToEnd() == "")
            used.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(used.readAnswer()?.status == 200, "each answer starts its deadline anew")
        }
    }

    @Test func connectionsAboveTheLimitWaitTheirTurn() throws {
        try withServer(limits: Self.limits(deadlineMilliseconds: 60_000, connections: 2)) { server in
            var first: RawClient? = try RawClient(port: server.port)
            let second = try RawClient(port: server.port)
            for client in [first, second] {
                client?.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(client?.readAnswer()?.status == 200)
            }
            let third = try RawClient(port: server.port)
            third.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(!third.waitReadable(milliseconds: 100))
            first = nil
            #expect(third.readAnswer()?.status == 200)
        }
    }

    @Test func stopEndsEverythingAndFreesThePort() throws {
        let port = try withServer { server in
            let client = try RawClient(port: server.port)
            client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.readAnswer()?.status == 200)
            let halfway = try RawClient(port: server.port)
            halfway.send("GET /live")
            server.stop()
            server.stop()
            #expect(client.readToEnd() == "" && halfway.readToEnd() == "")
            return server.port
        }
        #expect(throws: (any Error).self) { try RawClient(port: port) }
        let again = try MetricsServer(
            host: "127.0.0.1", port: port,
            routes: .init(metrics: { .text("") }, live: { .text("") }, ready: { .text("") }, version: { .text("") }))
        #expect(again.port == port)
    }

    @Test func aServerThatIsLetGoStops() throws {
        var server: MetricsServer? = try MetricsServer(
            host: "localhost", port: 0,
            routes: .init(metrics: { .text("") }, live: { .text("") }, ready: { .text("") }, version: { .text("") }))
        let port = try #require(server?.port)
        #expect(port != 0)
        server = nil
        #expect(throws: (any Error).self) { try RawClient(port: port) }
    }

    @Test func addressesThatCannotBeUsedAreNamed() throws {
        try withServer { server in
            let routes = MetricsServer.Routes(metrics: { .text("") }, live: { .text("") }, ready: { .text("") }, version: { .text("") })
            let busy = #expect(throws: HTTPServerError.self) { try MetricsServer(host: "127.0.0.1", port: server.port, routes: routes) }
            #expect(busy?.description == "can't listen on 127.0.0.1 port \(server.port): Address already in use")
            let foreign = #expect(throws: HTTPServerError.self) { try MetricsServer(host: "192.0.2.1", port: 0, routes: routes) }
            #expect(foreign?.description.hasPrefix("can't listen on 192.0.2.1 port 0: ") == true)
            let wrong = #expect(throws: HTTPServerError.self) { try MetricsServer(host: "300.0.0.1.invalid", port: 0, routes: routes) }
            #expect(wrong?.description.hasPrefix("can't listen on 300.0.0.1.invalid: ") == true)
        }
    }

    @Test func deadlinesAreThoseOfTheOpenConnections() {
        var deadlines = ConnectionDeadlines(limitMilliseconds: 100)
        deadlines.start(3, now: 0)
        deadlines.start(4, now: 50)
        #expect(deadlines.overdue(now: 99) == [])
        #expect(deadlines.overdue(now: 100) == [3])
        deadlines.restart(3, now: 100)
        #expect(deadlines.overdue(now: 150) == [4])
        deadlines.end(4)
        deadlines.restart(4, now: 150)
        #expect(deadlines.count == 1, "what is closed does not come back")
        #expect(Set(deadlines.overdue(now: 1_000)) == [3])
    }
}
