import Foundation
import KafkaAdapter
import RedisAdapter
import StockSim
import StockStream
import Testing

extension RealSystemTests {
    /// Transactions that the broker does not let through: nothing of them is left anywhere, and their input is applied once afterwards.
    @Suite struct AbortTests {
        /// One engine of one partition, whose requests the test sees.
        final class Scene {
            let installation: Installation
            let proxy: Proxy
            let shop: Shop
            var engine: Engine

            init(broker: RealBroker? = nil, _ more: [String: String] = [:]) throws {
                installation = try Installation(
                    partitions: 1, sessionMilliseconds: 1_500, broker: broker,
                    more: ["STOCKSTREAM_ENGINE_WORKERS": "1"].merging(more) { $1 })
                proxy = try #require(installation.broker.proxy)
                proxy.heal()
                shop = Shop(installation)
                engine = try installation.startEngine(awaited: 1, installation.behindProxy)
            }

            /// Waits until everything is committed, and in a checkpoint.
            func waitUntilQuiet() throws {
                try installation.waitUntilCaughtUp(engine)
                try engine.wait(for: 0, "stock_snapshot_age_seconds", "partition")
            }

            /// Waits until so many transactions more were undone.
            func waitForAborts(_ count: Int, _ body: () throws -> Void) throws {
                let before = engine.sum("stock_transactions_aborted_total") ?? 0
                try body()
                _ = try within(seconds: 60, "\(count) aborts") {
                    (engine.sum("stock_transactions_aborted_total") ?? 0) >= before + Double(count) ? true : nil
                }
            }

            /// What others see: so many records of the ledger, and so many pieces.
            func expectVisible(facts: Int, onHand: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
                #expect(try installation.count(.ledger) == facts, sourceLocation: sourceLocation)
                #expect(try installation.view.sku(Shop.sku)["onHand"] == "\(onHand)", sourceLocation: sourceLocation)
            }

            /// Ends in order; then every number has to be right, and each event applied once.
            func finish(accepted: Int, letters: [String] = []) throws {
                try installation.waitUntilCaughtUp(engine)
                proxy.heal()
                try engine.drain()
                let report = try installation.audit(hasLevels: true)
                // Nothing was wrong with a letter that was put aside for its answer.
                #expect(report.problems == letters.map { "\($0): was dead-lettered, but is an event" }, "\(report.text)")
                #expect(report.accepted == accepted, "\(report.text)")
                #expect(try installation.count(.deadLetters) == letters.count)
                try expectCheckpointsEqualLedger(installation)
            }

            func configure(_ topic: Installation.Topic, maxMessageBytes: Int) throws {
                try installation.administer("config", installation.topic(topic), "max.message.bytes", "\(maxMessageBytes)")
            }

            /// Takes the transactional ids over that stand in the last claim, as a new owner does.
            func fence() throws {
                let ids = try installation.claimedIDs(0)
                let source = try installation.restoreSource()
                defer { source.close() }
                source.beginFencing(ids, sealing: ids.map { _ in nil })
                _ = try within(seconds: 30, "fencing") { source.isFencingDone(ids) ? true : nil }
            }
        }

        /// Somebody takes the producer's id over, before its offsets and before its commit.
        ///
        /// An abort puts back what the transaction has changed in memory: without it the input is in no ledger, and Redis shows it all the
        /// same. A fenced producer is made anew: without it the worker stands still for ever.
        @Test(arguments: ["before its offsets", "before its commit"]) func fencedFromOutside(when: String) throws {
            let scene = try Scene()
            try scene.shop.receive(10)
            try scene.waitUntilQuiet()
            let gate = Gate()
            defer { gate.open() }
            scene.proxy.hold(at: gate) { when == "before its commit" ? $0.isCommit : $0.apiKey == Proxy.Request.addOffsets }
            try scene.shop.receive(5)
            try gate.waitUntilHeld("the request")
            try scene.fence()
            try scene.expectVisible(facts: 1, onHand: 10)
            try scene.waitForAborts(1) { gate.open() }
            try scene.shop.wait("onHand", "15")
            try scene.finish(accepted: 2)
        }

        /// One input is refused again and again, for its answer is too large: it is put aside, and those that came with it are applied.
        ///
        /// A turn that is refused is halved until one record is alone: without it none of them is ever applied.
        @Test func anInputWhoseAnswerIsRefused() throws {
            let scene = try Scene()
            try scene.shop.receive(10)
            try scene.waitUntilQuiet()
            try scene.configure(.replies, maxMessageBytes: 100)
            // They come in one turn.
            scene.engine.process.signal(SIGSTOP)
            for index in 1...5 { try scene.shop.receive(1, headers: index == 3 ? [("reply-key", "r")] : []) }
            scene.engine.process.signal(SIGCONT)
            try scene.shop.wait("onHand", "14")
            try scene.configure(.replies, maxMessageBytes: 1_048_588)
            try scene.shop.receive(1, headers: [("reply-key", "again")])
            try scene.finish(accepted: 6, letters: ["0@3"])
            #expect(try scene.installation.records(.replies).map(\.keyText) == ["again"])
        }

        /// Nothing fits into the ledger for a while, not even the fact that an input was put aside: everything waits, and is applied once
        /// afterwards, put aside by nobody.
        ///
        /// A letter that can't be written either is given up, and the input tried again: without it, it would stay condemned, and be put
        /// aside when the cause is gone.
        @Test func theLedgerRefusesEverything() throws {
            let scene = try Scene()
            try scene.shop.receive(10)
            try scene.waitUntilQuiet()
            try scene.configure(.ledger, maxMessageBytes: 80)
            // Two attempts at the input, then one at its letter, and so on, by now with pauses of two seconds: after the ninth there is
            // time for the change before the next letter, which would be taken.
            try scene.waitForAborts(9) { try scene.shop.receive(5) }
            try scene.expectVisible(facts: 1, onHand: 10)
            try scene.configure(.ledger, maxMessageBytes: 1_048_588)
            try scene.shop.wait("onHand", "15")
            try scene.finish(accepted: 2)
        }

        /// A public level is larger than its topic allows. The input and the checkpoints of other SKUs go on, it shows, and the refused SKU
        /// is in no checkpoint. After a crash all of it is there, from the ledger.
        ///
        /// Checkpoints that were refused go in transactions of their own: without it the input beside them is put aside as if it were to
        /// blame. What is refused alone is passed over: without it the other SKU's level is never written. And the mark's redo stays below
        /// it: where it does not, the SKU stays at version 16 after the crash.
        @Test func aLevelIsRefused() throws {
            let scene = try Scene()
            let wide = Shop(scene.installation, sku: "WIDE")
            for index in 0..<16 { try wide.receive(1, at: "warehouse-\(index * 7_919)-\(UUID().uuidString)") }
            try scene.shop.receive(10)
            try scene.waitUntilQuiet()
            try scene.configure(.levels, maxMessageBytes: 700)
            for _ in 0..<3 {
                try wide.receive(1)
                try scene.shop.receive(1)
            }
            try scene.shop.wait("onHand", "13")
            try wide.wait("onHand", "19")
            try scene.engine.wait(for: 1, "stock_checkpoint_refused_skus", "partition")
            let ready = try #require(Web.get(scene.engine.port, "/readyz"))
            #expect(ready.status == 503 && ready.body.contains("refuses the checkpoint of 1 SKUs: MSG_SIZE_TOO_LARGE"), "\(ready.body)")
            _ = try within(seconds: 60, "the other SKU's level") {
                try scene.installation.records(.levels).last { $0.keyText == Shop.sku }?.number("version") == 4 ? true : nil
            }
            #expect(try scene.installation.records(.levels).last { $0.keyText == "WIDE" }?.number("version") == 16)
            scene.engine.process.kill()
            try scene.configure(.levels, maxMessageBytes: 1_048_588)
            scene.engine = try scene.installation.startEngine(awaited: 1)
            try scene.finish(accepted: 23)
        }

        /// Nothing fits into the state topic, not even a mark: the input goes on, and when there is room all is written. Without
        /// transactions of its own for the checkpoint the input is put aside.
        @Test func theStateTopicRefusesEverything() throws {
            let scene = try Scene()
            try scene.shop.receive(10)
            try scene.waitUntilQuiet()
            try scene.configure(.state, maxMessageBytes: 80)
            for _ in 0..<5 { try scene.shop.receive(1) }
            try scene.shop.wait("onHand", "15")
            try scene.engine.wait(for: 1, "stock_checkpoint_refused_skus", "partition")
            try scene.configure(.state, maxMessageBytes: 1_048_588)
            try scene.engine.wait(for: 0, "stock_checkpoint_refused_skus", "partition")
            #expect(Web.get(scene.engine.port, "/readyz")?.status == 200)
            try scene.finish(accepted: 6)
        }
    }

    /// The same where rights are missing: a broker of its own that checks them.
    @Suite struct AuthorisationTests {
        private static let configs = [
            "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer", "allow.everyone.if.no.acl.found=true",
        ]

        /// Writing to one topic after the other is forbidden, then reading the input, which the offsets need: an event that is answered
        /// waits, or only its checkpoint does, and nothing of it is left anywhere. When the right is back it is applied, once. Rights are
        /// no fault of a record: where they count as one, the input is put aside.
        @Test func rightsAreMissing() throws {
            let broker = try RealBroker(configs: AuthorisationTests.configs, hasProxy: true)
            defer { try? broker.remove() }
            let scene = try AbortTests.Scene(broker: broker)
            try scene.shop.receive(10)
            try scene.waitUntilQuiet()
            var events = 1
            for topic in [Installation.Topic.ledger, .replies] {
                try refuse(scene, ["topic", scene.installation.topic(topic), "write"], aborts: 2, events)
                events += 1
            }
            // Without these rights nothing is fetched again either.
            for right in [["topic", scene.installation.topic(.events), "read"], ["group", scene.installation.name, "read"]] {
                try refuse(scene, right, aborts: 1, events)
                events += 1
            }
            for topic in [Installation.Topic.state, .levels] {
                try scene.installation.administer("deny", "topic", scene.installation.topic(topic), "write")
                events += 1
                try scene.shop.receive(1, headers: [("reply-key", "\(events)")])
                try scene.shop.wait("onHand", "\(9 + events)")
                try scene.engine.wait(for: 1, "stock_checkpoint_refused_skus", "partition")
                try scene.installation.administer("undeny", "topic", scene.installation.topic(topic), "write")
                try scene.engine.wait(for: 0, "stock_checkpoint_refused_skus", "partition")
            }
            try scene.finish(accepted: events)
            #expect(try scene.installation.records(.replies).map(\.keyText) == (2...events).map(String.init))
        }

        /// Takes a right away while a transaction is on its way to its offsets.
        private func refuse(_ scene: AbortTests.Scene, _ right: [String], aborts: Int, _ events: Int) throws {
            let gate = Gate()
            defer { gate.open() }
            scene.proxy.hold(at: gate) { $0.apiKey == Proxy.Request.addPartitions }
            try scene.shop.receive(1, headers: [("reply-key", "\(events + 1)")])
            try gate.waitUntilHeld("the transaction")
            try scene.installation.administer(["deny"] + right)
            try scene.waitForAborts(aborts) { gate.open() }
            try scene.expectVisible(facts: events, onHand: 9 + events)
            try scene.installation.administer(["undeny"] + right)
            try scene.shop.wait("onHand", "\(10 + events)")
            try scene.waitUntilQuiet()
        }
    }
}
