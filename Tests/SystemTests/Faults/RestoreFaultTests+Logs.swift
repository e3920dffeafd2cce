import Foundation
import KafkaAdapter
import RedisAdapter
import StockCore
import StockSim
import StockWire
import Testing

// Logs that look odd and are right: the next engine is ready, and nothing is lost or counted twice.
extension RealSystemTests.RestoreFaultTests {
    private static let oneWorker = ["STOCKSTREAM_ENGINE_WORKERS": "1"]
    private static let sku = "BRK-1"

    // MARK: - A dead owner's transaction

    /// Rules: a new owner fences the one whose transaction holds the ends back, whatever `transaction.timeout.ms`; so does `state rebuild`;
    /// and `state verify`, which fences nobody, waits for the end of such a transaction where the group is empty. Without the fencing
    /// nothing runs for the 60 s of the time-out. Without the wait the damage behind the transaction is not seen and `verify` answers
    /// "agree".
    @Test func anOpenTransactionOfADeadOwner() throws {
        let installation = try Installation(partitions: 1, sessionMilliseconds: 1_500, more: Self.oneWorker)
        defer { installation.broker.proxy?.heal() }
        let sku = Self.sku
        try leaveOpen(installation, "first", timeoutMilliseconds: 60_000)
        let began = Date()
        let second = try installation.startEngine(awaited: 1)
        let took = Date().timeIntervalSince(began)
        #expect(second.sum("stock_fencings_total") == 1)
        try installation.waitUntilCaughtUp(second)
        second.process.kill()
        print("restore behind a dead owner's transaction (time-out 60 s): running \(milliseconds(took)) after the start")

        try leaveOpen(installation, "second", timeoutMilliseconds: 60_000)
        let rebuilt = try installation.run(["state", "rebuild", "--partition", "0"])
        #expect(rebuilt.status == 0, "\(rebuilt)")
        let verified = try installation.run(["state", "verify"])
        #expect(verified.status == 0 && verified.output.contains("1 partitions: 1 agree"), "\(verified)")

        try leaveOpen(installation, "third", timeoutMilliseconds: 3_000)
        // No engine removes a level.
        let level = try #require(try installation.records(.state).last { $0.key?.first == RecordKind.level.rawValue }?.key)
        try installation.append(.state, partition: 0, [PlantedRecord(key: level)])
        let damaged = try installation.run(["state", "verify"])
        #expect(damaged.status == 1 && damaged.output.contains("state-damaged"), "\(damaged)")
        #expect(try installation.run(["state", "rebuild", "--partition", "0"]).status == 0)

        let last = try installation.startEngine(awaited: 1)
        try installation.waitUntilCaughtUp(last)
        try last.drain()
        #expect(try installation.view.sku(sku)["onHand"] == "6")
        let report = try installation.audit(hasLevels: true)
        #expect(report.holds && report.accepted == 6, "\(report.text)")
        try expectCheckpointsEqualLedger(installation)
    }

    /// Two more events, of which the second is in a transaction that nobody will end: its owner is killed before the broker hears of the
    /// commit.
    private func leaveOpen(_ installation: Installation, _ name: String, timeoutMilliseconds: Int) throws {
        let proxy = try #require(installation.broker.proxy)
        let settings = [
            "STOCKSTREAM_KAFKA_TRANSACTION_TIMEOUT_MILLISECONDS": "\(timeoutMilliseconds)",
            "STOCKSTREAM_ENGINE_CHECKPOINT_INTERVAL_MILLISECONDS": "10", "STOCKSTREAM_ENGINE_CHECKPOINT_LEAST_AGE_SECONDS": "0",
        ]
        let engine = try installation.startEngine(awaited: 1, installation.behindProxy.merging(settings) { $1 })
        try installation.send(lines: [Self.receive("\(name)-1", Self.sku)])
        try installation.waitUntilCaughtUp(engine)
        _ = try within(seconds: 30, "the checkpoint") { engine.sum("stock_snapshot_age_seconds") == 0 ? true : nil }
        proxy.rule = { $0.isCommit ? .cutBefore : .pass }
        let watcher = try TopicWatcher(installation, .state)
        defer { watcher.close() }
        watcher.skip()
        try installation.send(lines: [Self.receive("\(name)-2", Self.sku)])
        // The checkpoint's record comes after the ledger's.
        try watcher.wait(records: 1)
        engine.process.kill()
        proxy.heal()
        try installation.waitUntilGroupIsEmpty()
        #expect(try installation.count(.ledger, committedOnly: false) > installation.count(.ledger))
    }

    // MARK: - Checkpoints

    /// Rule: a checkpoint may end anywhere: its mark names the fact from which the ledger is needed, the one before the oldest change that
    /// is not written. With the mark naming its own last fact instead, most SKUs are missing after the restore.
    @Test func aCheckpointCutInTheMiddle() throws {
        let skus = 1_500
        let settings = Self.noCheckpoints.merging(["STOCKSTREAM_ENGINE_CHECKPOINT_RECORDS_PER_TRANSACTION": "100"]) { $1 }
        let installation = try Installation(
            partitions: 1, sessionMilliseconds: 1_500, more: Self.oneWorker.merging(settings) { $1 })
        let first = try installation.startEngine(awaited: 1)
        try installation.send(lines: (0..<skus).map { Self.receive("r\($0)", "SKU-\($0)", 2) })
        let holds = (0..<skus).map { number in
            #"SKU-\#(number)|{"id":"h\#(number)","type":"hold","sku":"SKU-\#(number)","location":"BER1","hold":"h","quantity":1,"#
                + #""ttlSeconds":3600}"#
        }
        try installation.send(lines: holds)
        try installation.waitUntilCaughtUp(first)
        // Nothing but the tombstones that ask for the broker's time.
        #expect(try installation.records(.state).allSatisfy { $0.key == [RecordKind.stamp.rawValue] })
        // Its last checkpoint takes about fifty transactions.
        let watcher = try TopicWatcher(installation, .state)
        defer { watcher.close() }
        watcher.skip()
        first.process.signal(SIGTERM)
        try watcher.wait(records: 1_000)
        first.process.kill()
        try installation.waitUntilGroupIsEmpty()
        let written = Set(try installation.records(.state).compactMap(\.key).filter { $0.first == RecordKind.sku.rawValue }).count
        #expect(written > 0 && written < skus, "the checkpoint was not cut in the middle")

        try installation.view.flushAll()
        let verified = try installation.run(["state", "verify"])
        #expect(verified.status == 0 && verified.output.contains("1 agree"), "\(verified)")
        let second = try installation.startEngine(awaited: 1)
        try installation.send(lines: (0..<skus).filter { $0 % 10 == 0 }.map { Self.receive("s\($0)", "SKU-\($0)") })
        try installation.waitUntilCaughtUp(second)
        try second.drain()
        let report = try installation.audit(hasLevels: true)
        #expect(report.holds && report.skus == skus && report.viewsCompared == skus, "\(report.text)")
        try expectCheckpointsEqualLedger(installation)
        try installation.waitUntilGroupIsEmpty()
        #expect(try installation.run(["state", "rebuild", "--partition", "0"]).status == 0)
        #expect(try installation.run(["state", "verify"]).status == 0)
        print("a checkpoint cut in the middle: \(written) of \(skus) SKUs were in it")
    }

    /// Rule: of a compacted state topic the last record of each key is enough, wherever the cleaner has been, also while the engine writes;
    /// and what is gone has its tombstone, which may be gone as well. Without tombstones of ended holds, the records that the cleaner
    /// leaves are more than the headers count, and the restore stops with `state-damaged`.
    @Test func aCompactedStateTopic() throws {
        let installation = try Installation(
            partitions: 1, sessionMilliseconds: 1_500,
            more: Self.oneWorker.merging([
                "STOCKSTREAM_ENGINE_CHECKPOINT_INTERVAL_MILLISECONDS": "20", "STOCKSTREAM_ENGINE_CHECKPOINT_LEAST_AGE_SECONDS": "0",
            ]) { $1 })
        try compactOften(installation)
        let engine = try installation.startEngine(awaited: 1)
        var options = WorkloadOptions()
        options.skus = 40
        options.partitions = 1
        let load = Load(installation, options, recordsPerSecond: 300)
        _ = try within(seconds: 60, "a checkpoint of some size") {
            (engine.sum("stock_checkpoint_records_total") ?? 0) > 2_500 ? true : nil
        }
        let delivered = try load.stop()
        try installation.waitUntilCaughtUp(engine)
        let written = Int(engine.sum("stock_checkpoint_records_total") ?? 0)
        let beside = try installation.run(["state", "verify"])
        #expect(beside.status == 0, "\(beside)")
        engine.process.kill()
        try installation.waitUntilGroupIsEmpty()
        // The cleaner leaves the segment alone that is written to; a copy of the last mark begins a new one.
        let mark = try #require(try installation.records(.state).last { $0.key?.first == RecordKind.mark.rawValue })
        try installation.append(.state, partition: 0, [PlantedRecord(key: mark.key!, value: mark.value)])
        let left = try within(seconds: 60, "the log cleaner") {
            let records = try installation.records(.state)
            // All keys are there once, but for that last segment.
            return records.count <= Set(records.map(\.key)).count + 1 ? records.count : nil
        }
        #expect(left < written * 9 / 10)

        try installation.view.flushAll()
        let verified = try installation.run(["state", "verify"])
        #expect(verified.status == 0 && verified.output.contains("1 agree"), "\(verified)")
        let second = try installation.startEngine(awaited: 1)
        try installation.waitUntilCaughtUp(second)
        try second.drain()
        let report = try installation.audit(hasLevels: true)
        #expect(report.holds && delivered.matches(report) && report.viewsCompared == report.skus, "\(report.text)")
        try expectCheckpointsEqualLedger(installation)
        print("a compacted state topic: \(left) of \(written) records were left")
    }

    /// The smallest segments that the broker allows, and no waiting.
    private func compactOften(_ installation: Installation) throws {
        let settings = ["segment.ms=300", "min.cleanable.dirty.ratio=0.001", "delete.retention.ms=0", "min.compaction.lag.ms=0"]
        let done = try ChildProcess.run(
            Project.kafka("kafka-configs.sh"),
            [
                "--bootstrap-server", installation.broker.bootstrap, "--alter", "--entity-type", "topics", "--entity-name",
                installation.topic(.state), "--add-config", settings.joined(separator: ","),
            ])
        try #require(done.status == 0, "\(done)")
    }

    // MARK: - Offsets

    /// Rule: where the group's offsets are gone (they expire with a group that is away for a week), the ledger's `next` is the start.
    /// With the input's start taken instead, everything is read again: the repeats are in the ledger, and without the id window
    /// they would count twice.
    @Test func expiredOffsets() throws {
        let installation = try Installation(partitions: 2, sessionMilliseconds: 1_500, more: Self.oneWorker)
        let skus = try installation.oneSKUPerPartition()
        let expire = {
            try installation.waitUntilGroupIsEmpty()
            try installation.consumerGroups("--delete-offsets", "--topic", installation.topic(.events))
        }
        let first = try installation.startEngine(awaited: 2)
        try installation.send(lines: skus.flatMap { sku in (0..<5).map { Self.receive("a\($0)", sku) } })
        try installation.waitUntilCaughtUp(first)
        try first.drain()
        try expire()
        try installation.send(lines: skus.map { Self.receive("b", $0) })
        let verified = try installation.run(["state", "verify"])
        #expect(verified.status == 0 && verified.output.contains("2 partitions: 2 agree, 0 differ"), "\(verified)")
        let rebuilt = try installation.run(["state", "rebuild", "--partition", "0"])
        #expect(rebuilt.status == 0 && rebuilt.output.contains("input offset 5"), "\(rebuilt)")
        let second = try installation.startEngine(awaited: 2)
        try installation.waitUntilCaughtUp(second)
        // Killed, so that this time the ledger's tail has to tell.
        second.process.kill()
        try expire()
        try installation.send(lines: skus.map { Self.receive("c", $0) })
        let third = try installation.startEngine(awaited: 2)
        try installation.waitUntilCaughtUp(third)
        try third.drain()
        for sku in skus { #expect(try installation.view.sku(sku)["onHand"] == "7") }
        let report = try installation.audit(hasLevels: true)
        #expect(report.holds && report.accepted == 14 && report.duplicates == 0 && report.ledgerRecords == 14, "\(report.text)")
        try expectCheckpointsEqualLedger(installation)
    }

    // MARK: - Size

    /// Rule: a restore reads the checkpoint, and of the ledger only what that lacks. With the state topic left out, every fact is replayed.
    @Test func aMillionSKUsAreReadyInSeconds() throws {
        let skus = Project.releaseProgram == nil ? 20_000 : 1_000_000
        if Project.releaseProgram == nil {
            print("restore: \(skus) SKUs only, in a debug build; TEST_RELEASE_PROGRAM names no release build")
        }
        let settings = [
            "STOCKSTREAM_ENGINE_WORKERS": "2", "STOCKSTREAM_ENGINE_CHECKPOINT_RECORDS_PER_TRANSACTION": "100000",
            "STOCKSTREAM_ENGINE_CHECKPOINT_INTERVAL_MILLISECONDS": "10", "STOCKSTREAM_ENGINE_CHECKPOINT_LEAST_AGE_SECONDS": "0",
            // Nobody is there: this is not about the read model, and Redis needs a gigabyte for it.
            "STOCKSTREAM_REDIS_ADDRESS": "redis://127.0.0.1:\(Web.freePort())",
        ]
        let installation = try Installation(
            partitions: 4, sessionMilliseconds: 1_500, program: Project.releaseProgram ?? Project.program, more: settings)
        try produce(installation, skus)
        let first = try installation.startEngine(awaited: 4)
        _ = try within(seconds: 300, "\(skus) SKUs in the checkpoint") {
            first.sum("stock_skus{") == Double(skus) && (first.sum("stock_snapshot_age_seconds") ?? 0) == 0 ? true : nil
        }
        first.process.kill()
        try installation.waitUntilGroupIsEmpty()

        let began = Date()
        let second = try installation.startEngine(awaited: 4)
        let took = Date().timeIntervalSince(began)
        #expect(second.sum("stock_skus{") == Double(skus))
        let replayed = second.process.errors.split(whereSeparator: { $0 == " " || $0.isNewline }).filter { $0.hasPrefix("replayed=") }
        #expect(replayed.count >= 4 && replayed.allSatisfy { Int($0.dropFirst(9)).map { $0 < skus / 40 } ?? false }, "\(replayed)")
        let longest = second.samples("stock_restore_duration_seconds").max() ?? 0
        print("restore of \(skus) SKUs: running \(milliseconds(took)) after the start, of it \(milliseconds(longest)) for the restore")
        try installation.send(lines: [Self.receive("last", "SKU-1")])
        try second.wait(for: 1, "stock_events_total{", "\"accepted\"")
        try second.drain()
    }

    /// Faster than this process could: one receipt for each SKU.
    private func produce(_ installation: Installation, _ skus: Int) throws {
        let event =
            #"SKU-%d|{\"id\":\"%d\",\"type\":\"receive\",\"sku\":\"SKU-%d\",\"location\":\"BER1\","#
            + #"\"quantity\":5,\"receipt\":\"1\"}\n"#
        let topic = "-b \(installation.broker.bootstrap) -t \(installation.topic(.events))"
        let kcat = "kcat -P \(topic) -K '|' -X topic.partitioner=murmur2_random"
        let line = "set -o pipefail; seq 1 \(skus) | awk '{ printf \"\(event)\", $1, $1, $1 }' | \(kcat) -X linger.ms=50"
        let done = try ChildProcess.run("/bin/bash", ["-c", line])
        guard done.status == 0 else { throw TimedOut(description: "\(line): \(done)") }
    }
}

extension Engine {
    /// The values of the samples of /metrics whose name and labels hold `part`.
    func samples(_ part: String) -> [Double] {
        let lines = Web.get(port, "/metrics")?.body.split(separator: "\n") ?? []
        return lines.filter { !$0.hasPrefix("#") && $0.contains(part) }.compactMap { Double($0.split(separator: " ").last ?? "") }
    }
}
