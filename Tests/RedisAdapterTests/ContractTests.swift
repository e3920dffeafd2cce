import Foundation
import RedisAdapter
import StockCore
import StockStream
import Testing

/// What is written is what `docs/redis.md` says, by name.
@Suite(.enabled(if: RedisServer.isInstalled), .serialized) struct ContractTests {
    static let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../docs/redis.md")

    @Test func everyKeyAndFieldIsDocumented() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let server = try RedisServer()
        let driver = Driver(server.settings)
        let reader = server.reader
        #expect(driver.own(0) == .owned(partition: 0, watermark: nil))
        var sku = SKU("S", available: 0)
        sku.isLow = true
        sku.locations[0].isLow = true
        #expect(driver.apply([sku], .at(1)) == .applied(partition: 0))
        guard case .array(let keys) = try reader.command(["KEYS", "*"]) else {
            Issue.record("no keys")
            return
        }
        let names = keys.compactMap(\.text).sorted()
        #expect(names.count == 11)
        for name in names {
            let documented = name.replacingOccurrences(of: ":W1", with: ":<location>").replacingOccurrences(
                of: ":sku:S", with: ":sku:<sku>"
            )
            .replacingOccurrences(of: ":0", with: ":<partition>")
            let type = try reader.command(["TYPE", name]).text ?? ""
            let wanted = ["zset": "sorted set"][type] ?? type
            #expect(text.contains("| `\(documented)` | \(wanted) |"), "\(name) is a \(type)")
            guard type == "hash" else { continue }
            for field in try reader.hgetall(name).keys where !field.contains(":") {
                #expect(text.contains("`\(field)`"), "\(field) of \(name)")
            }
        }
    }

    /// The commands in the page's ACL are enough for everything that the engine does, sweep and clean-up included.
    @Test func theDocumentedRightsAreEnough() throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.contains("ACL SETUSER stock-engine") })
        let server = try RedisServer()
        _ = try server.reader.command(line.split(separator: " ").map(String.init))
        var settings = server.settings
        settings.user = "stock-engine"
        settings.password = "PASSWORD"
        settings.database = 1
        let old = Driver(settings)
        #expect(old.own(0) == .owned(partition: 0, watermark: nil))
        #expect(old.apply([SKU("OLD", available: 0)], .at(1)) == .applied(partition: 0))
        let driver = Driver(settings)
        #expect(driver.own(0, incarnation: 101) == .owned(partition: 0, watermark: nil))
        let sku = SKU("A", available: 1, at: ["W1", "W2"])
        #expect(driver.apply([sku], .at(1, incarnation: 101)) == .applied(partition: 0))
        #expect(driver.apply([SKU("A", version: 2, available: 1)], .at(2, incarnation: 101)) == .applied(partition: 0))
        driver.projector.sweep(0, incarnation: 101)
        #expect(driver.wait { driver.projector.health.sweeps == 1 && driver.projector.health.skusRemoved == 1 })
        let reader = server.reader
        _ = try reader.command(["SELECT", "1"])
        #expect(try driver.wait { try reader.sku("A").count == 37 })
        #expect(driver.projector.health.isHealthy && driver.projector.health.connections == 1)
    }
}
