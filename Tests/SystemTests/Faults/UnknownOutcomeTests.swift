import Foundation
import RedisAdapter
import StockSim
import StockStream
import Synchronization
import Testing

extension RealSystemTests {
    /// The connection is cut between the request to commit and its answer, by a proxy that reads the requests.
    @Suite struct UnknownOutcomeTests {
        /// What the transaction holds whose outcome is not known.
        enum Content: CaseIterable { case input, timers, checkpoint }

        private static func receive(_ id: String, _ sku: String) -> String {
            #"{"id":"\#(id)","type":"receive","sku":"\#(sku)","location":"BER1","quantity":5,"receipt":"\#(id)"}"#
        }

        private static func hold(_ id: String, _ sku: String) -> String {
            #"{"id":"\#(id)","type":"hold","sku":"\#(sku)","location":"BER1","hold":"\#(id)","quantity":2,"ttlSeconds":1}"#
        }

        /// The broker has committed, or has never heard of it and aborts; the client does not learn which, since its producer is kept away
        /// until its time is over. Rules: such an outcome is unknown, not failed; the commit number of the claim decides; until then the
        /// undo log is kept. Without them (each taken out once): "failed" or "always aborted" applies the input and the timer of the
        /// first round twice, "always committed" loses those of the second and the SKUs of its checkpoint, and so does deciding by `seq`
        /// with the checkpoint, which leaves it where it was; without the undo log the second round's input is gone.
        @Test(arguments: Content.allCases) func theClaimDecides(content: Content) throws {
            let installation = try Installation(
                partitions: 1,
                more: [
                    "STOCKSTREAM_ENGINE_WORKERS": "1", "STOCKSTREAM_KAFKA_TRANSACTION_TIMEOUT_MILLISECONDS": "2000",
                    // One transaction, one content.
                    "STOCKSTREAM_ENGINE_CHECKPOINT_INTERVAL_MILLISECONDS": content == .checkpoint ? "1000" : "30000",
                ])
            let proxy = try #require(installation.broker.proxy)
            defer { proxy.heal() }
            let engine = try installation.startEngine(awaited: 1, installation.behindProxy)
            try installation.send(UnknownOutcomeTests.receive("first", "A"), sku: "A")
            try installation.waitUntilCaughtUp(engine)
            for (round, isCommitted) in [true, false].enumerated() {
                let skips = content == .timers ? 1 : 0
                let cut = CommitCut(
                    installation, content == .checkpoint ? .checkpointOnly : .facts, isCommitted ? .cutAfter : .cutBefore, skips: skips)
                proxy.rule = { cut.verdict($0) }
                let before = engine.sum("stock_transactions_unknown_total{") ?? -1
                let watermark = try installation.view.watermark(0)?.seq ?? -1
                try provoke(content, "\(isCommitted)", installation, cut)
                try cut.waitForRefusals(3)
                #expect(engine.sum("stock_transactions_unknown_total{") == before + 1, "\(content) \(isCommitted)")
                // The hold was committed before its end.
                let seen = watermark + (content == .timers ? 1 : 0)
                #expect(try content == .checkpoint || installation.view.watermark(0)?.seq == seen, "\(content) \(isCommitted)")
                #expect(settled(engine) == round)
                cut.release()
                _ = try? within(seconds: 20, "the outcome") { settled(engine) == round + 1 ? true : nil }
                #expect(settled(engine, "committed=\(isCommitted)") == 1, "\(content) \(isCommitted)")
                proxy.rule = nil
                try installation.send(UnknownOutcomeTests.receive("after \(isCommitted)", "A"), sku: "A")
                try installation.waitUntilCaughtUp(engine, seconds: 60)
            }
            try engine.drain()
            try check(content, installation)
        }

        /// How often the engine has told an outcome.
        private func settled(_ engine: Engine, _ what: String = "committed=") -> Int {
            engine.process.errors.split(separator: "\n").count { $0.contains("the outcome of a commit is known") && $0.contains(what) }
        }

        /// Makes a transaction of the content that is meant.
        private func provoke(_ content: Content, _ name: String, _ installation: Installation, _ cut: CommitCut) throws {
            switch content {
            case .input: try installation.send(UnknownOutcomeTests.receive("cut \(name)", "A"), sku: "A")
            case .timers: try installation.send(UnknownOutcomeTests.hold("cut-\(name)", "A"), sku: "A")
            case .checkpoint:
                // An event takes a checkpoint that is due along; the one after it leaves its own for later. SKUs that nothing touches
                // again: what is missing of them stays missing.
                var count = 0
                _ = try within(seconds: 60, "a checkpoint of its own") {
                    for _ in 0..<2 {
                        let sku = "\(name)-\(count)"
                        try installation.send(UnknownOutcomeTests.receive(sku, sku), sku: sku)
                        count += 1
                    }
                    return try? within(seconds: 3, "cut") { cut.hasCut ? true : nil }
                }
            }
        }

        private func check(_ content: Content, _ installation: Installation) throws {
            let facts = try installation.records(.ledger)
            #expect(facts.compactMap { $0.number("seq") } == (1...Int64(facts.count)).map { $0 })
            switch content {
            case .input: #expect(facts.compactMap { $0.text("id") } == ["first", "cut true", "after true", "cut false", "after false"])
            case .timers: #expect(facts.count { $0.text("kind") == "expire" } == 2 && facts.count == 7)
            case .checkpoint: #expect(facts.allSatisfy { $0.text("outcome") == "accepted" })
            }
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
            #expect(report.viewsCompared == report.skus && report.levelsCompared == report.skus)
            try expectCheckpointsEqualLedger(installation)
        }

        /// A connection that comes back at once: librdkafka asks again by itself, the broker knows what it has done, and nobody notices.
        /// Rule: a commit has what is left of its transaction's time. Without it (1 ms) the outcomes are unknown.
        @Test func aShortCutIsNotNoticed() throws {
            let installation = try Installation(partitions: 1, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"])
            let proxy = try #require(installation.broker.proxy)
            defer { proxy.heal() }
            let engine = try installation.startEngine(awaited: 1, installation.behindProxy)
            let cuts = Atomic(0)
            for verdict in [Proxy.Verdict.cutAfter, .cutBefore] {
                let isArmed = Atomic(true)
                proxy.rule = { request in
                    guard request.isCommit, isArmed.exchange(false, ordering: .relaxed) else { return .pass }
                    cuts.add(1, ordering: .relaxed)
                    return verdict
                }
                try installation.send(UnknownOutcomeTests.receive("\(verdict)", "A"), sku: "A")
                try installation.waitUntilCaughtUp(engine)
            }
            #expect(cuts.load(ordering: .relaxed) == 2)
            // Both are committed, and so the numbers of both are there.
            try engine.wait(for: 2, "stock_events_total{", "\"accepted\"")
            for name in ["unknown", "aborted"] { #expect(engine.sum("stock_transactions_\(name)_total{") == 0, "\(name)") }
            try engine.drain()
            #expect(try installation.records(.ledger).compactMap { $0.text("id") } == ["cutAfter", "cutBefore"])
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
        }
    }
}
