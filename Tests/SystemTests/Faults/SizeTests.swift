import Foundation
import RedisAdapter
import StockCore
import StockSim
import StockWire
import Testing

extension RealSystemTests {
    /// Records and SKUs at the limits and far beyond.
    @Suite struct SizeTests {
        /// A line for Clients/records.py.
        struct Line {
            var key: String?
            var value: String?
            var partition: Int32?
            var headers: [[String]] = []
            var pad = 0
            var emptyHeaders = 0

            var json: String {
                var object: [String: Any] = ["headers": headers, "pad": pad, "emptyHeaders": emptyHeaders]
                object["key"] = key
                object["value"] = value
                object["partition"] = partition.map { Int($0) }
                let data = try? JSONSerialization.data(withJSONObject: object, options: [.withoutEscapingSlashes])
                return String(decoding: data ?? Data(), as: UTF8.self)
            }
        }

        func send(_ installation: Installation, _ lines: [Line], _ properties: String...) throws {
            let done = try ChildProcess.run(
                Project.python,
                [Project.path("Tests/SystemTests/Clients/records.py"), installation.broker.bootstrap, installation.topic(.events)]
                    + properties,
                input: lines.map { $0.json + "\n" }.joined(), seconds: 180)
            guard done.status == 0 else { throw TimedOut(description: "records.py: \(done)") }
        }

        // MARK: - Limits of a record

        /// An event of which one part is exactly so long, or so large.
        private struct Sample {
            var name: String
            /// What becomes of it: `accepted`, a rejection's code, or the code of a dead letter with its field behind a slash.
            var expected: String
            var line: Line
        }

        private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

        private static func event(
            id: String, source: String = "wms", sku: String = "SKU", location: String = "BER1", receipt: String? = nil, quantity: Int64 = 1,
            more: String = ""
        ) -> Line {
            Line(
                key: sku,
                value: #"{"id":"\#(id)","source":"\#(source)","type":"receive","sku":"\#(sku)","location":"\#(location)","#
                    + #""quantity":\#(quantity),"receipt":"\#(receipt ?? id)"\#(more)}"#)
        }

        /// One below, at and one above a limit.
        private static func around(
            _ name: String, _ limit: Int, below: String = "accepted", above: String, _ line: (Int, String) -> Line
        ) -> [Sample] {
            [limit - 1, limit, limit + 1].map { value in
                Sample(name: "\(name) \(value)", expected: value > limit ? above : below, line: line(value, "\(name)-\(value)"))
            }
        }

        private static func recordSamples(wrongPartition: Int32) -> [Sample] {
            let size = 1_048_576
            /// So many bytes of key, value and header in all.
            func padded(_ line: Line, to bytes: Int) -> Line {
                var line = line
                line.headers = [["trace", "abc"]]
                line.pad = bytes - line.key!.utf8.count - line.value!.utf8.count - 8
                return line
            }
            return around("record", size, above: "too-large/") { padded(event(id: $1), to: $0) }
                // A record of the largest size that has to be sent on gets larger by that.
                + around("rerouted", size, above: "too-large/") { bytes, id in
                    var line = padded(event(id: id), to: bytes)
                    line.partition = wrongPartition
                    return line
                }
                + around("id", 255, above: "text-too-long/id") { event(id: text($0), receipt: $1) }
                + around("source", 255, above: "text-too-long/source") { event(id: $1, source: text($0)) }
                + around("sku", 63, above: "text-too-long/sku") { event(id: $1, sku: text($0)) }
                + around("location", 63, above: "text-too-long/location") { event(id: $1, sku: "L", location: text($0)) }
                + around("meta", 4_096, above: "text-too-long/meta") { bytes, id in
                    event(id: id, more: #","meta":{"a":"\#(text(bytes - 8))"}"#)
                }
                + around("reply-key", 255, above: "bad-header/reply-key") { bytes, id in
                    var line = event(id: id)
                    line.headers = [["reply-key", text(bytes)]]
                    return line
                }
                + around("quantity", 1_000_000_000_000, above: "out-of-range/quantity") { quantity, id in
                    event(id: id, sku: "Q\(quantity % 10)", quantity: Int64(quantity))
                }
                + [0, 1].map { quantity in
                    Sample(
                        name: "quantity \(quantity)", expected: quantity == 0 ? "out-of-range/quantity" : "accepted",
                        line: event(id: "quantity-\(quantity)", sku: "Q", quantity: Int64(quantity)))
                }
        }

        private static func hold(_ id: String, sku: String, quantity: Int = 1, ttl: Int64 = 3_600) -> Line {
            Line(
                key: sku,
                value: #"{"id":"\#(id)","source":"wms","type":"hold","sku":"\#(sku)","location":"BER1","hold":"\#(id)","#
                    + #""quantity":\#(quantity),"ttlSeconds":\#(ttl)}"#)
        }

        /// Limits that the state has, set to three, and those of time and of balances.
        private static func stateSamples() -> [Sample] {
            var samples: [Sample] = []
            func add(_ expected: String, _ line: Line) { samples.append(Sample(name: line.value!, expected: expected, line: line)) }
            for number in 1...4 {
                add(number > 3 ? "too-many-locations" : "accepted", event(id: "place-\(number)", sku: "PLACES", location: "L\(number)"))
            }
            add("accepted", event(id: "stock", sku: "HOLDS", quantity: 10))
            for number in 1...4 { add(number > 3 ? "too-many-holds" : "accepted", hold("hold-\(number)", sku: "HOLDS")) }
            for number in 1...4 {
                let commit =
                    #"{"id":"line-\#(number)","type":"commit","sku":"HOLDS","orderLine":"\#(number)","#
                    + #""location":"BER1","quantity":1}"#
                add(number > 3 ? "too-many-commitments" : "accepted", Line(key: "HOLDS", value: commit))
            }
            add("accepted", event(id: "stock-2", sku: "TIME", quantity: 10))
            let longest: Int64 = 34_560_000
            for ttl: Int64 in [longest - 1, longest, longest + 1, 315_360_000, 315_360_000 + 1] {
                let expected = ttl <= longest ? "accepted" : ttl <= 315_360_000 ? "hold-too-long" : "out-of-range/ttlSeconds"
                add(expected, hold("ttl-\(ttl)", sku: "TIME", ttl: ttl))
            }
            // A thousand of the largest quantity are the largest balance.
            let count = 1_000
            for number in 1..<count { add("accepted", event(id: "b\(number)", sku: "BALANCE", quantity: 1_000_000_000_000)) }
            add("accepted", event(id: "below", sku: "BALANCE", quantity: 999_999_999_999))
            add("accepted", event(id: "at", sku: "BALANCE", quantity: 1))
            add("quantity-overflow", event(id: "above", sku: "BALANCE", quantity: 1))
            return samples
        }

        /// Rules: each limit of docs/events.md is where it says, what is at it goes through every topic, and what is above it is put aside
        /// with the name of the field, or refused with its code. With a check one off (tried: `source`, `locationsPerSKU`) that sample ends
        /// otherwise. Before the engine allowed for what it adds itself, a record of the largest size on a wrong partition was put aside
        /// instead of being sent on.
        @Test func everyLimitIsWhereItSays() throws {
            let installation = try Installation(
                partitions: 2,
                more: [
                    "STOCKSTREAM_ENGINE_WORKERS": "1", "STOCKSTREAM_ENGINE_LIMITS_LOCATIONS_PER_SKU": "3",
                    "STOCKSTREAM_ENGINE_LIMITS_OPEN_HOLDS_PER_SKU": "3", "STOCKSTREAM_ENGINE_LIMITS_OPEN_COMMITMENTS_PER_SKU": "3",
                ])
            let home = Array("SKU".utf8).withUnsafeBytes { Murmur2.partition($0, of: 2) }
            let samples = SizeTests.recordSamples(wrongPartition: 1 - home) + SizeTests.stateSamples()
            // Locations of three lengths are the three that a SKU may have here.
            let engine = try installation.startEngine(awaited: 2)
            try send(installation, samples.map(\.line), "message.max.bytes=3000000")
            try installation.waitUntilCaughtUp(engine)
            try engine.drain()

            let ledger = try installation.records(.ledger)
            let letters = try installation.records(.deadLetters)
            // Input and outcome belong together by the input's place; of a record sent on the second one counts.
            var outcomes: [String: String] = [:]
            for fact in ledger where fact.text("outcome") != "rerouted" {
                guard let offset = fact.number("offset") else { continue }
                var outcome = fact.text("rejection") ?? fact.text("outcome") ?? ""
                if outcome == "dead-lettered" {
                    let letter = letters.first {
                        $0.headers["dlq-partition"] == "\(fact.partition)" && $0.headers["dlq-offset"] == "\(offset)"
                    }
                    outcome = "\(letter?.headers["dlq-code"] ?? "no letter")/\(letter?.headers["dlq-field"] ?? "")"
                }
                outcomes["\(fact.partition):\(offset)"] = outcome
            }
            var places: [[UInt8]: String] = [:]
            for record in try installation.records(.events) where outcomes["\(record.partition):\(record.offset)"] != nil {
                let value = Array(record.value!.drop { $0 == UInt8(ascii: " ") })
                places[value] = "\(record.partition):\(record.offset)"
            }
            for sample in samples {
                let place = places[Array(sample.line.value!.utf8)]
                #expect(place.flatMap { outcomes[$0] } == sample.expected, "\(sample.name.prefix(200))")
            }
            #expect(ledger.count { $0.text("outcome") == "rerouted" } == 2)
            let report = try installation.audit(hasLevels: true)
            #expect(report.holds, "\(report.text)")
            try expectCheckpointsEqualLedger(installation)
        }
    }
}
