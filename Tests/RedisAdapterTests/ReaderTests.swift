import RedisAdapter
import StockCore
import StockStream
import Testing

/// The small client for tools.
@Suite(.enabled(if: RedisServer.isInstalled), .serialized) struct ReaderTests {
    @Test func answersOfEveryKindComeBack() throws {
        let server = try RedisServer()
        let reader = server.reader
        #expect(try reader.command(["SET", "k", ""]) == .status("OK"))
        #expect(try reader.command(["GET", "k"]) == .bulk([]))
        #expect(try reader.command(["GET", "none"]) == .null)
        #expect(try reader.command(["INCR", "n"]) == .integer(1))
        #expect(try reader.command(["MGET", "n", "none"]) == .array([.bulk(Array("1".utf8)), .null]))
        #expect(try reader.hgetall("none").isEmpty && reader.smembers("none").isEmpty)
        #expect(try reader.info()["redis_version"] != nil)
    }

    @Test func aRefusalIsAnErrorAndTheConnectionGoesOn() throws {
        let server = try RedisServer()
        let reader = server.reader
        _ = try reader.command(["SET", "k", "text"])
        let error = #expect(throws: RedisError.self) { try reader.hgetall("k") }
        if case .refused(let reason) = error {
            #expect(reason.hasPrefix("WRONGTYPE"))
        } else {
            Issue.record("\(String(describing: error))")
        }
        let replies = try reader.pipeline([["PING"], ["HGET", "k", "f"], ["GET", "k"]])
        #expect(replies.count == 3 && replies[0] == .status("PONG") && replies[2] == .bulk(Array("text".utf8)))
        if case .error = replies[1] {} else { Issue.record("\(replies[1])") }
    }

    @Test func aFrozenServerIsAnErrorAndALateAnswerIsNotTheNextOnes() throws {
        let server = try RedisServer()
        var settings = server.settings
        settings.answerTimeoutMilliseconds = 50
        let reader = RedisReader(settings: settings)
        try reader.ping()
        server.freeze()
        #expect(throws: RedisError.self) { try reader.command(["SET", "k", "1"]) }
        server.thaw()
        #expect(eventually { (try? reader.command(["GET", "k"])) == .bulk([UInt8(ascii: "1")]) })
        server.kill()
        #expect(throws: RedisError.self) { try reader.ping() }
        try server.start()
        try reader.ping()
    }

    @Test func manySKUsAreReadAtOnce() throws {
        let server = try RedisServer()
        let driver = Driver(server.settings)
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        let skus = (0..<100).map { SKU("S\($0)", available: Int64($0)) }
        #expect(driver.apply(skus, .at(1)) == .applied(partition: 0))
        let hashes = try server.reader.skus((0..<100).map { "S\($0)" } + ["none"])
        #expect(hashes.count == 101 && hashes[42]["available"] == "42" && hashes[100].isEmpty)
    }
}
