import Foundation
import RedisAdapter
import StockWire
import Testing

extension RealSystemTests {
    /// Input that retention removes before it was read.
    @Suite struct LostInputTests {
        private static func receive(_ number: Int, _ sku: String) -> String {
            #"{"id":"\#(number)","type":"receive","sku":"\#(sku)","location":"BER1","quantity":1,"receipt":"\#(number)"}"#
        }

        /// Rule: a record that is gone before it was read stops its task with `offset-lost`, and the others go on. With the check at an
        /// offset out of range taken out (`stopTasksWithLostOffsets`), the engine runs on as if the input were idle, and this waits in
        /// vain.
        @Test func removedUnderARunningEngine() throws {
            let installation = try Installation(partitions: 2)
            let skus = try installation.oneSKUPerPartition()
            let engine = try installation.startEngine(awaited: 2, ["STOCKSTREAM_ENGINE_WORKERS": "1"])
            for sku in skus { try installation.send(LostInputTests.receive(0, sku), sku: sku) }
            try installation.waitUntilCaughtUp(engine)

            engine.process.signal(SIGSTOP)
            // Some may answer the fetch that the engine has sent already; of the others only the last is left when it asks again.
            for number in 1...4 { try installation.send(LostInputTests.receive(number, skus[0]), sku: skus[0]) }
            try installation.deleteRecords(.events, partition: 0, before: 4)
            engine.process.signal(SIGCONT)
            _ = try within(seconds: 60, "the stop") { engine.sum("stock_partition_stopped{", #"partition="0""#) == 1 ? true : nil }
            #expect(engine.process.errors.contains("offset-lost"))
            let ready = try #require(Web.get(engine.port, "/readyz"))
            #expect(ready.status == 503 && ready.body.contains("records were removed before they were read"), "\(ready)")

            // The other one goes on.
            try installation.send(LostInputTests.receive(1, skus[1]), sku: skus[1])
            _ = try within(seconds: 60, "the other one") { try installation.view.sku(skus[1])["onHand"] == "2" ? true : nil }
            try engine.drain()
            let skipped = try installation.run(["state", "skip", "--partition", "0", "--to", "4", "--reason", "retention"])
            #expect(skipped.status == 0, "\(skipped)")
            let next = try installation.startEngine(awaited: 2)
            try installation.waitUntilCaughtUp(next)
            try next.drain()
            let applied = try installation.records(.ledger).filter { $0.partition == 0 && $0.text("kind") == "receive" }
            let offsets = applied.compactMap { $0.number("offset") }
            #expect(offsets.first == 0 && offsets.last == 4 && offsets.count < 5, "\(offsets)")
            #expect(try installation.view.sku(skus[0])["onHand"] == "\(offsets.count)")
            try expectCheckpointsEqualLedger(installation)
        }
    }
}

extension Installation {
    /// The name of a SKU for each partition, in their order.
    func oneSKUPerPartition() throws -> [String] {
        let names = (0..<1_000).lazy.map { "sku-\($0)" }
        return try (0..<partitions).map { partition in
            let name = names.first { name in Array(name.utf8).withUnsafeBytes { Murmur2.partition($0, of: partitions) } == partition }
            guard let name else { throw TimedOut(description: "no SKU for partition \(partition)") }
            return name
        }
    }

    /// Removes the records before an offset, as retention does.
    func deleteRecords(_ topic: Topic, partition: Int32, before offset: Int64) throws {
        let done = try ChildProcess.run(
            Project.python,
            [Project.path("Tests/SystemTests/Clients/delete_records.py"), broker.bootstrap, self.topic(topic), "\(partition)", "\(offset)"])
        guard done.status == 0 else { throw TimedOut(description: "delete_records.py: \(done)") }
    }
}
