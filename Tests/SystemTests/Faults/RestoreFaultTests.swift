import Foundation
import RedisAdapter
import StockCore
import StockWire
import Testing

extension RealSystemTests {
    /// Logs that a restore must not trust, and logs that look odd and are right.
    @Suite struct RestoreFaultTests {
        static func receive(_ id: String, _ sku: String, _ quantity: Int = 1, location: String = "BER1") -> String {
            #"\#(sku)|{"id":"\#(id)","type":"receive","sku":"\#(sku)","location":"\#(location)","#
                + #""quantity":\#(quantity),"receipt":"\#(id)"}"#
        }

        /// For an engine that writes a checkpoint at a clean end only.
        static let noCheckpoints = [
            "STOCKSTREAM_ENGINE_CHECKPOINT_INTERVAL_MILLISECONDS": "60000", "STOCKSTREAM_ENGINE_CHECKPOINT_AGE_SECONDS": "3600",
        ]

        /// What is wrong with which partition of `damagedPartitionsStopAloneAndSayWhy`.
        private enum Damage: Int32, CaseIterable {
            case none, offsetReset, ledgerBeginningGone, ledgerGone, newerFact, newerState, changedLevel, staleSKU

            var code: String {
                switch self {
                case .none: ""
                case .offsetReset: "offset-moved"
                case .ledgerBeginningGone, .ledgerGone: "ledger-gap"
                case .newerFact, .newerState: "newer-format"
                case .changedLevel, .staleSKU: "state-damaged"
                }
            }

            /// Part of what is said, in the log, in `/readyz` and by `state verify`.
            var text: String {
                switch self {
                case .none: ""
                case .offsetReset: "the committed offset 1 was not written by an engine"
                case .ledgerBeginningGone: "the ledger begins with seq 4, but 3 is needed"
                case .ledgerGone: "the claim says that the ledger's last seq is 4, but it is 2"
                case .newerFact, .newerState: "the record's format version 9 is newer than this program's 1"
                case .changedLevel: "recordsDiffer"
                case .staleSKU: "digestDiffers"
                }
            }

            /// Whether the ledger is whole, so that a rebuild is possible.
            var isRebuildable: Bool { ![.ledgerBeginningGone, .ledgerGone, .newerFact].contains(self) }

            var partition: String { "\(rawValue)" }
        }

        /// Rules: the checks of a restore, one a partition. Each stops its own partition only, says why and what to do, and the tools do
        /// what docs/operations.md says. Taken out one by one, the partition of each ran as if all were well, with wrong stock: the version
        /// gate of ledger and state (`newerFact`, `newerState`), the checks of `seq` and of the claim's (`ledgerBeginningGone`,
        /// `ledgerGone`), the offset's (`offsetReset`), the hash-sum of a SKU's records (`changedLevel`), the digest in a complete mark
        /// (`staleSKU`).
        @Test func damagedPartitionsStopAloneAndSayWhy() throws {
            let installation = try Installation(sessionMilliseconds: 1_500, more: ["STOCKSTREAM_ENGINE_WORKERS": "1"])
            let skus = try installation.oneSKUPerPartition()
            try prepare(installation, skus)
            for damage in Damage.allCases { try plant(damage, installation, skus[Int(damage.rawValue)]) }

            let verified = try installation.run(["state", "verify"])
            #expect(verified.status == 1 && verified.output.contains("8 partitions: 1 agree, 7 differ"), "\(verified)")
            for damage in Damage.allCases where damage != .none {
                let told = "partition \(damage.rawValue): an engine would stop here\n  \(damage.code): "
                #expect(verified.output.contains(told) && verified.output.contains(damage.text), "\(damage) is not in \(verified)")
            }

            let engine = try installation.startEngine()
            _ = try within(seconds: 60, "seven stops") { engine.sum("stock_partition_stopped{") == 7 ? true : nil }
            let ready = try #require(Web.get(engine.port, "/readyz"))
            for damage in Damage.allCases where damage != .none {
                #expect(ready.status == 503 && ready.body.contains(damage.text), "\(damage) is not in \(ready)")
                #expect(engine.process.errors.contains(damage.code), "\(damage)")
            }
            // The sound one goes on.
            try installation.send(lines: skus.enumerated().map { RestoreFaultTests.receive("after", $0.element, 100) })
            _ = try within(seconds: 60, "the sound one") { try installation.view.sku(skus[0])["onHand"] == "103" ? true : nil }
            let alerts = try within(seconds: 30, "alerts") {
                let alerts = try installation.records(.alerts).filter { $0.headers["ce_type"] == "stock.alert.inconsistent.v1" }
                return alerts.count >= 7 ? alerts : nil
            }
            #expect(Set(alerts.compactMap { $0.number("partition") }) == Set(1...7))
            try engine.drain()
            try installation.waitUntilGroupIsEmpty()
            try heal(installation, skus)
        }

        /// Two facts on each partition in a complete checkpoint, the first of them also in one of its own; on those that shall lose ledger
        /// records two more that no checkpoint has.
        private func prepare(_ installation: Installation, _ skus: [String]) throws {
            let first = try installation.startEngine(awaited: 8)
            try installation.send(lines: skus.map { RestoreFaultTests.receive("r1", $0) })
            try installation.waitUntilCaughtUp(first)
            _ = try within(seconds: 30, "a first checkpoint") { try headers(installation).count == 8 ? true : nil }
            try installation.send(lines: skus.map { RestoreFaultTests.receive("r2", $0, 2) })
            try installation.waitUntilCaughtUp(first)
            try first.drain()
            let second = try installation.startEngine(awaited: 8, RestoreFaultTests.noCheckpoints)
            for damage in [Damage.ledgerBeginningGone, .ledgerGone] {
                let sku = skus[Int(damage.rawValue)]
                try installation.send(lines: ["r3", "r4"].map { RestoreFaultTests.receive($0, sku) })
            }
            try installation.waitUntilCaughtUp(second)
            second.process.kill()
            try installation.waitUntilGroupIsEmpty()
        }

        /// The SKUs whose header is in the state topic.
        private func headers(_ installation: Installation) throws -> Set<[UInt8]> {
            Set(try installation.records(.state).compactMap(\.key).filter { $0.first == RecordKind.sku.rawValue })
        }

        private func plant(_ damage: Damage, _ installation: Installation, _ sku: String) throws {
            let partition = damage.rawValue
            let ledger = { try installation.records(.ledger).filter { $0.partition == partition }.sorted { $0.offset < $1.offset } }
            let state = { try installation.records(.state).filter { $0.partition == partition }.sorted { $0.offset < $1.offset } }
            switch damage {
            case .none: break
            case .offsetReset:
                let place = "\(installation.topic(.events)):\(partition)"
                try installation.consumerGroups("--topic", place, "--reset-offsets", "--to-offset", "1", "--execute")
            case .ledgerBeginningGone:
                let last = try #require(try ledger().last)
                #expect(last.number("seq") == 4)
                try installation.deleteRecords(.ledger, partition: partition, before: last.offset)
            case .ledgerGone:
                // As after a topic that was made anew: nothing is left, the last transaction's marker neither.
                try installation.deleteRecords(.ledger, partition: partition, before: -1)
            case .newerFact:
                let last = try #require(try ledger().last)
                let value = String(decoding: last.value!, as: UTF8.self).replacingOccurrences(of: #""v":1"#, with: #""v":9"#)
                    .replacingOccurrences(of: #""seq":2"#, with: #""seq":3"#)
                try installation.append(.ledger, partition: partition, [PlantedRecord(key: last.key!, value: Array(value.utf8))])
            case .newerState:
                let mark = try #require(try state().last { $0.key?.first == RecordKind.mark.rawValue })
                try installation.append(.state, partition: partition, [PlantedRecord(key: mark.key!, value: [9] + mark.value!.dropFirst())])
            case .changedLevel:
                var level = LevelRecord()
                level.location = Key("BER1")
                level.balances.sellable = 1_000
                level.balances.available = 1_000
                var key = ByteBuffer()
                var value = ByteBuffer()
                _ = StateEncoder.encode(level: level, velocity: nil, sku: Key(text: sku)!, key: &key, value: &value)
                let bytes = PlantedRecord(key: Array(key.bytes), value: Array(value.bytes))
                #expect(try state().contains { $0.key == bytes.key })
                try installation.append(.state, partition: partition, [bytes])
            case .staleSKU:
                // All records of the SKU as the first checkpoint had them, and no others: they fit each other.
                let all = try state().filter { $0.key!.first != RecordKind.mark.rawValue && $0.key!.first != RecordKind.ids.rawValue }
                let header = try #require(all.firstIndex { $0.key!.first == RecordKind.sku.rawValue })
                let stale = all[...header].map { PlantedRecord(key: $0.key!, value: $0.value) }
                let newer = Set(all.map { $0.key! }).subtracting(stale.map(\.key)).map { PlantedRecord(key: $0) }
                #expect(!newer.isEmpty)
                try installation.append(.state, partition: partition, newer + stale)
            }
        }

        /// The ways out of docs/operations.md: a rebuild where the ledger is whole, a skip where only the offset is wrong, and else nothing
        /// is written.
        private func heal(_ installation: Installation, _ skus: [String]) throws {
            for damage in Damage.allCases {
                let rebuilt = try installation.run(["state", "rebuild", "--partition", damage.partition])
                if damage.isRebuildable {
                    #expect(rebuilt.status == 0 && rebuilt.output.contains(" records at seq "), "\(damage): \(rebuilt)")
                    #expect(damage != .offsetReset || rebuilt.output.contains("until `stockstream state skip`"), "\(rebuilt)")
                } else {
                    #expect(rebuilt.status == 1 && !rebuilt.output.contains(" records at seq "), "\(damage): \(rebuilt)")
                    let skipped = try installation.run(["state", "skip", "-p", damage.partition, "--to", "2", "--reason", "test"])
                    #expect(skipped.status == 1 && skipped.errors.contains("nothing was skipped"), "\(damage): \(skipped)")
                }
            }
            let skipped = try installation.run(["state", "skip", "--partition", "1", "--to", "2", "--reason", "somebody reset it"])
            #expect(skipped.status == 0, "\(skipped)")
            let verified = try installation.run(["state", "verify"])
            #expect(verified.status == 1 && verified.output.contains("8 partitions: 5 agree, 3 differ"), "\(verified)")

            let engine = try installation.startEngine()
            _ = try within(seconds: 60, "three stops") { engine.sum("stock_partition_stopped{") == 3 ? true : nil }
            for damage in Damage.allCases where damage.isRebuildable {
                let sku = skus[Int(damage.rawValue)]
                _ = try within(seconds: 60, "\(damage)") { try installation.view.sku(sku)["onHand"] == "103" ? true : nil }
            }
            try engine.drain()
            #expect(try installation.records(.ledger).count { $0.text("id") == "after" } == 5)
        }
    }
}
