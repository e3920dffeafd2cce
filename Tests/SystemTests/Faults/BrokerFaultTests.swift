import Foundation
import KafkaAdapter
import RedisAdapter
import StockSim
import StockWire
import Testing

extension RealSystemTests {
    /// The broker goes away, comes back, and forgets.
    @Suite struct BrokerFaultTests {
        /// What was in flight is undone, and its input read again. Without the undo, the next checkpoint knows facts that the ledger does
        /// not, and the partition stops with `ledger-gap`.
        @Test func stoppedAndStartedUnderLoad() throws {
            let site = try Site()
            defer { try? site.broker.act("start") }
            try site.engine.waitForProgress(100)
            try site.broker.act("stop")
            try site.broker.act("start")
            try site.engine.waitForProgress(150)
            try site.finish("the broker was stopped and started")
        }

        /// The second time it stays away for longer than a transaction may live, so that transactions are given up and their producers are
        /// of no use any more. Without making them anew, nothing is committed after that. Apache Kafka 4.3 forgets to end what was open
        /// when it died (KAFKA-20734): on a busy machine, without the look at the claims, the ledger had what was given up twice each time.
        @Test func killedUnderLoad() throws {
            let site = try Site()
            defer { try? site.broker.act("start") }
            try site.engine.waitForProgress(100)
            for round in 1...2 {
                try site.broker.act("kill")
                if round == 2 {
                    // Away for longer than a transaction may live.
                    _ = try within(seconds: 60, "a producer made anew") {
                        (site.engine.sum("stock_producers_rebuilt_total") ?? 0) > 0 ? true : nil
                    }
                }
                try site.broker.act("start")
                try site.engine.waitForProgress(150)
            }
            try site.finish("the broker was killed twice")
        }

        /// The engine waits for the broker, whose coordinators of groups and transactions are still loading when it first answers. Without
        /// the wait, the engine ends with exit code 69.
        @Test func engineStartsAtTheSameMomentAsTheBroker() throws {
            let site = try Site(sessionMilliseconds: 1_500)
            defer { try? site.broker.act("start") }
            try site.engine.waitForProgress(100)
            site.engine.process.kill()
            try site.broker.act("kill")
            let engine = try site.installation.startEngine()
            _ = try within(seconds: 60, "waiting") { engine.process.errors.contains("waiting for the broker") ? true : nil }
            try site.broker.act("start")
            try engine.waitForProgress(100)
            try site.finish("engine and broker started at the same moment", engine)
        }

        /// A producer that the broker has forgotten is made anew. Without that, librdkafka 2.0.2 goes on with the dead id where its first
        /// request is for offsets alone, as the claim of a standby is: every transaction is aborted, and the partition never runs.
        @Test func idleLongerThanTheBrokerRemembersItsProducers() throws {
            let broker = try RealBroker(configs: [
                "transactional.id.expiration.ms=1500", "transaction.remove.expired.transaction.cleanup.interval.ms=300",
                "producer.id.expiration.ms=1500", "producer.id.expiration.check.interval.ms=300",
            ])
            defer { try? broker.remove() }
            let installation = try Installation(partitions: 1, broker: broker, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"])
            let first = try installation.startEngine(awaited: 1)
            try send(1, installation, first)
            let standby = try installation.startEngine()
            try waitUntilForgotten(installation, ids: 3)
            try first.drain()
            try standby.waitUntilRunning(1)
            // One after the other: each of the two producers has its turn.
            for number in 2...3 { try send(number, installation, standby) }
            try waitUntilForgotten(installation, ids: 4)
            for number in 4...5 { try send(number, installation, standby) }
            print("producers forgotten twice: \(standby.troubles)")
            try standby.drain()
            #expect(try installation.records(.ledger).compactMap { $0.number("offset") } == Array(0..<5))
            #expect(try installation.view.sku("A")["onHand"] == "5")
            try expectCheckpointsEqualLedger(installation)
        }

        private func send(_ number: Int, _ installation: Installation, _ engine: Engine) throws {
            try installation.send(
                #"{"id":"\#(number)","type":"receive","sku":"A","location":"BER1","quantity":1,"receipt":"\#(number)"}"#, sku: "A")
            try installation.waitUntilCaughtUp(engine)
        }

        /// Waits until the transaction coordinator has known so many transactional ids of the engines, and has removed them all.
        private func waitUntilForgotten(_ installation: Installation, ids: Int) throws {
            let reader = try KafkaReader(connection: installation.connection, settings: .init(topics: ["__transaction_state"])) { _, _, _ in
            }
            defer { reader.close() }
            _ = try within(seconds: 30, "connection") { reader.connect(waitMilliseconds: 2_000) == nil ? true : nil }
            var known: Set<String> = []
            var seen: Set<String> = []
            _ = try within(seconds: 60, "the ids of its producers expire") { () -> Bool? in
                if case .record(_, let record) = reader.poll(waitMilliseconds: 50), let key = record.key {
                    let id = String(decoding: key, as: UTF8.self)
                    guard id.contains(installation.name) else { return nil }
                    seen.insert(id)
                    if record.value == nil { known.remove(id) } else { known.insert(id) }
                    return nil
                }
                return seen.count >= ids && known.isEmpty ? true : nil
            }
        }
    }
}

/// An installation with an engine under load.
private struct Site {
    let installation: Installation
    let engine: Engine
    let load: Load
    var broker: RealBroker { installation.broker }

    /// `sessionMilliseconds`: longer than the broker is away, so that the tasks live on and have to find their way by themselves.
    init(sessionMilliseconds: Int = 20_000) throws {
        installation = try Installation(
            partitions: 2, sessionMilliseconds: sessionMilliseconds,
            more: ["STOCKSTREAM_ENGINE_WORKERS": "1", "STOCKSTREAM_KAFKA_TRANSACTION_TIMEOUT_MILLISECONDS": "1000"])
        var options = WorkloadOptions()
        options.skus = 100
        options.partitions = 2
        engine = try installation.startEngine(awaited: 2)
        load = Load(installation, options, recordsPerSecond: 200)
    }

    /// No loss, no double; prints what the engine has been through.
    func finish(_ what: String, _ another: Engine? = nil) throws {
        let engine = another ?? engine
        let delivered = try load.stop()
        try installation.waitUntilCaughtUp(engine)
        print("\(what), \(delivered.records) records delivered, \(delivered.sentAgain) of them sent again: \(engine.troubles)")
        try engine.drain()
        try expectNothingLost(installation, delivered: delivered)
    }
}

/// Every record that was delivered counts once: in the ledger, in the levels and in Redis.
func expectNothingLost(_ installation: Installation, delivered: Delivered, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let report = try installation.audit(hasLevels: true)
    #expect(report.holds, "\(report.text)", sourceLocation: sourceLocation)
    #expect(delivered.matches(report), sourceLocation: sourceLocation)
    #expect(
        report.viewsCompared == report.skus && report.levelsCompared == report.skus && report.skus > 0, "\(report.text)",
        sourceLocation: sourceLocation)
    try expectCheckpointsEqualLedger(installation, sourceLocation: sourceLocation)
}
