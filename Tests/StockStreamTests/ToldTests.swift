import StockCore
import Testing

@testable import StockStream

/// What is told beside the ledger: who has got units that he waited for, and what counters are not told.
@Suite struct ToldTests {
    private func texts(_ world: StreamWorld, _ topic: OutputTopic) -> [String] {
        (0..<world.kafka.partitions).flatMap { world.kafka.log(topic, $0).committedRecords.map { $0.record.text } }
    }

    /// Fails where a fill tells nothing, tells it twice, or leaves somebody out.
    @Test func whoHasWaitedIsToldOnce() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        let sku = world.sku(0)
        world.send("define", sku, "\"backorderLimit\":50")
        world.send("commit", sku, "\"orderLine\":\"o-1\",\"location\":\"W1\",\"quantity\":3,\"backorder\":\"partial\"")
        world.send(
            "hold", sku, "\"hold\":\"h-1\",\"location\":\"W1\",\"quantity\":2,\"ttlSeconds\":60,\"waitSeconds\":600")
        world.settle(engine)
        let before = texts(world, .alerts).count
        world.receive(sku, 5)
        world.settle(engine)
        world.send("extend", sku, "\"hold\":\"h-1\",\"ttlSeconds\":90")
        world.settle(engine)
        let items = "\"items\":[{\"orderLine\":\"o-1\",\"quantity\":3},{\"hold\":\"h-1\",\"quantity\":2}]"
        let alerts = texts(world, .alerts).dropFirst(before).filter { $0.contains("\"kind\":\"filled\"") }
        #expect(alerts.count == 1 && alerts.first?.contains("\"quantity\":5,\(items)") == true, "\(alerts)")
        let webhooks = texts(world, .webhooks).filter { $0.contains("\"type\":\"stock.filled\"") }
        #expect(webhooks.count == 1 && webhooks.first?.contains(items) == true, "\(webhooks)")
        for topic in [OutputTopic.alerts, .webhooks] {
            let ids = (0..<world.kafka.partitions).flatMap { partition in
                world.kafka.log(topic, partition).committedRecords.compactMap { $0.record.header("ce_id") }
            }
            #expect(Set(ids).count == ids.count, "an id comes once in a topic")
        }
    }

    @Test func countersAreNotToldTheBooks() {
        let world = StreamWorld()
        let engine = world.engine("one", [0])
        let sku = world.sku(0)
        func ask(_ id: String, _ type: String, _ fields: String) {
            let value = "{\"id\":\"\(id)\",\"type\":\"\(type)\",\"sku\":\"\(sku)\",\"count\":\"c\",\"location\":\"W1\"\(fields)}"
            world.kafka.produce(0, key: sku, value: value, headers: [("reply-key", id)])
        }
        world.send("define", sku, "\"blindCount\":true,\"recountAbove\":5")
        world.receive(sku, 50)
        ask("open", "count_open", "")
        ask("line", "count_line", ",\"quantity\":40")
        ask("early", "count_close", "")
        ask("second", "count_line", ",\"quantity\":45,\"line\":\"2\"")
        ask("close", "count_close", "")
        world.settle(engine)
        let replies = texts(world, .replies)
        #expect(replies.count == 5)
        for reply in replies where !reply.contains("\"id\":\"close\"") {
            #expect(!reply.contains("\"base\"") && !reply.contains("\"after\""), "\(reply)")
        }
        let early = replies.first { $0.contains("\"id\":\"early\"") }
        #expect(early?.contains("\"rejection\":\"recount-required\"") == true && early?.contains("\"lines\":1") == true)
        #expect(replies.first { $0.contains("\"id\":\"close\"") }?.contains("\"onHand\":45") == true)
    }
}
