import StockCore
import StockWire
import Testing

@Suite("Messages out")
struct OutputTests {
    private static let context = AlertContext(sku: key("BTY-001"), version: 7, scale: 1, seq: 42, timeMilliseconds: 1_767_225_600_000)
    private static let identity = OutputIdentity(
        incarnation: 1_767_000_000_000, partition: 3, seq: 42, index: 0, timeMilliseconds: 1_767_225_600_000)

    private func texts(_ headers: inout HeaderBuffer) -> [String] {
        headers.headers().map { header in
            let name = String(decoding: header.name, as: UTF8.self)
            return name + "=" + (header.value.map { String(decoding: $0, as: UTF8.self) } ?? "(null)")
        }
    }

    @Test func jsonTexts() {
        #expect(
            encoded { $0.append(quoted: bytes("a\"b\\c/\u{8}\t\n\u{C}\r\u{1}\u{1F}\u{7F}é漢\u{1D11E}")) }
                == "\"a\\\"b\\\\c/\\b\\t\\n\\f\\r\\u0001\\u001f\u{7F}é漢\u{1D11E}\"")
        var bad = ByteBuffer()
        let invalid: [UInt8] = [0x61, 0xFF, 0x62, 0xC3]
        invalid.withUnsafeBytes { bad.append(quoted: $0) }
        #expect(String(decoding: bad.bytes, as: UTF8.self) == "\"a\u{FFFD}b\u{FFFD}\"")
    }

    @Test func numbers() {
        for value in [0, 1, -1, 9, 10, 99, 100, -100, Int64.max, Int64.min, Int64.min + 1, 1_000_000_000_000_000_000] {
            #expect(encoded { $0.append(decimal: value) } == String(value))
        }
        #expect(encoded { $0.append(hexDigits: 0xAB, count: 4) } == "00ab")
    }

    @Test func aBufferGrowsAndKeepsItsBytes() {
        var buffer = ByteBuffer(capacity: 16)
        for index in 0..<10_000 { buffer.append(UInt8(truncatingIfNeeded: index)) }
        #expect(buffer.count == 10_000)
        #expect(zip(buffer.bytes, 0..<10_000).allSatisfy { $0 == UInt8(truncatingIfNeeded: $1) })
        buffer.truncate(to: 3)
        #expect(Array(buffer.bytes) == [0, 1, 2])
        buffer.clear()
        #expect(buffer.count == 0)
    }

    @Test func cloudEventHeaders() {
        var headers = HeaderBuffer()
        headers.addCloudEvent(
            type: AlertEncoder.type(.low), Self.identity, source: bytes("/stockstream"), subject: key("BTY-001"), traceparent: bytes("00-x")
        )
        #expect(
            texts(&headers) == [
                "ce_specversion=1.0", "ce_id=1767000000000-3-42-a0", "ce_source=/stockstream", "ce_type=stock.alert.low.v1",
                "ce_time=2026-01-01T00:00:00.000Z", "ce_subject=BTY-001", "ce_traceparent=00-x", "content-type=application/json",
            ])
        headers.clear()
        #expect(headers.count == 0)
        for index in 0..<100 { headers.add("n", decimal: Int64(index)) }
        #expect(texts(&headers).last == "n=99" && headers.count == 100)
    }

    @Test func aReroutedRecordKeepsItsHeaders() {
        let record = SampleRecord("{}", headers: [("ce_id", "1"), ("x", nil)])
        var headers = HeaderBuffer()
        record.withView { headers.addReroute(of: $0) }
        #expect(texts(&headers) == ["ce_id=1", "x=(null)", "stock-rerouted-from=3/42"])
    }

    @Test func deadLetters() {
        let error = WireError(.unknownField, field: key("colour"), offset: 9)
        let record = SampleRecord("{\"colour\":1}", headers: [("ce_id", "theirs"), ("content-type", "application/json"), ("n", nil)])
        var headers = HeaderBuffer()
        record.withView { view in
            DeadLetterEncoder.addHeaders(
                of: view, topic: bytes("stock.events.v1"), error: error, Self.identity, source: bytes("/stockstream"),
                traceparent: bytes(""),
                to: &headers)
            #expect(DeadLetterEncoder.value(of: view, error: error)?.elementsEqual(view.value!) == true)
            #expect(DeadLetterEncoder.key(of: view, error: error)?.elementsEqual(view.key!) == true)
            var other = view
            other.key = nil
            other.value = nil
            #expect(DeadLetterEncoder.key(of: other, error: error) == nil && DeadLetterEncoder.value(of: other, error: error) == nil)
        }
        #expect(
            texts(&headers) == [
                "ce_specversion=1.0", "ce_id=1767000000000-3-42-d0", "ce_source=/stockstream", "ce_type=stock.dead-letter.v1",
                "ce_time=2026-01-01T00:00:00.000Z", "content-type=application/octet-stream", "dlq-code=unknown-field",
                "dlq-reason=field \"colour\": is not a field of stock events; free data goes into \"meta\" (byte 9)", "dlq-field=colour",
                "dlq-byte=9", "dlq-topic=stock.events.v1", "dlq-partition=3", "dlq-offset=42", "dlq-timestamp=1767225600000",
                "original.ce_id=theirs", "original.content-type=application/json", "original.n=(null)",
            ])
        let letter = RecordView(partition: 0, offset: 0, timestampMilliseconds: 0, key: nil, value: nil, headers: headers.headers())
        let view = DeadLetterView(letter)
        #expect(view.partition == 3 && view.offset == 42 && view.timestampMilliseconds == 1_767_225_600_000 && view.isComplete)
        #expect(
            String(decoding: view.code, as: UTF8.self) == "unknown-field"
                && String(decoding: view.topic, as: UTF8.self) == "stock.events.v1")
        var again = HeaderBuffer()
        again.addOriginals(of: letter)
        #expect(texts(&again) == ["ce_id=theirs", "content-type=application/json", "n=(null)"])
    }

    @Test func deadLettersOfOversizedRecordsAreBounded() {
        var record = SampleRecord(String(repeating: "x", count: 2_000_000), key: String(repeating: "k", count: 70_000))
        record.headers = [
            (name: "a", value: [UInt8](repeating: 1, count: 60_000)), (name: "b", value: [UInt8](repeating: 1, count: 60_000)),
        ]
        let error = record.failure!
        #expect(error.code == .tooLarge)
        var headers = HeaderBuffer()
        record.withView { view in
            DeadLetterEncoder.addHeaders(
                of: view, topic: bytes("t"), error: error, Self.identity, source: bytes("/s"), traceparent: bytes(""), to: &headers)
            #expect(DeadLetterEncoder.value(of: view, error: error)?.count == 65_536)
            #expect(DeadLetterEncoder.key(of: view, error: error)?.count == 65_536)
        }
        let all = texts(&headers)
        #expect(all.contains("dlq-size=2190002") && all.contains("dlq-value-size=2000000") && all.contains("dlq-key-size=70000"))
        #expect(
            all.contains("dlq-headers-dropped=1") && all.contains { $0.hasPrefix("original.a=") }
                && !all.contains { $0.hasPrefix("original.b=") })
        let digest = encoded { SHA256.append(hexDigestOf: bytes(String(repeating: "x", count: 2_000_000)), to: &$0) }
        #expect(all.contains("dlq-value-sha256=\(digest)"))
        let letter = RecordView(partition: 0, offset: 0, timestampMilliseconds: 0, key: nil, value: nil, headers: headers.headers())
        #expect(!DeadLetterView(letter).isComplete)
    }

    /// librdkafka reads no header at all of a record that has more than 100,000.
    @Test(arguments: [10_000, 10_002, 100_000]) func deadLettersOfManyHeadersAreBounded(count: Int) {
        var record = SampleRecord("no JSON")
        record.headers = Array(repeating: (name: "h", value: []), count: count)
        let error = record.failure!
        #expect(error.code == (count > 10_000 ? .badHeader : .syntax))
        var headers = HeaderBuffer()
        record.withView { view in
            DeadLetterEncoder.addHeaders(
                of: view, topic: bytes("t"), error: error, Self.identity, source: bytes("/s"), traceparent: bytes(""), to: &headers)
            #expect(DeadLetterEncoder.value(of: view, error: error)?.count == 7)
        }
        let all = texts(&headers)
        #expect(all.count { $0 == "original.h=" } == 10_000 && all.count < 10_100)
        #expect(all.contains("dlq-headers-dropped=\(count - 10_000)") == (count > 10_000))
        #expect(all.contains("dlq-size=\(count + 7 + 7)") == (count > 10_000), "\(all.prefix(20))")
    }

    @Test func alerts() {
        let low = Transition(kind: .low, location: key("WH1"), before: 6, after: 4, threshold: 5)
        #expect(
            encoded { AlertEncoder.encode(low, Self.context, items: [], into: &$0) }
                == "{\"v\":1,\"kind\":\"low\",\"sku\":\"BTY-001\",\"location\":\"WH1\",\"available\":4,\"before\":6,"
                + "\"threshold\":5,\"scale\":1,"
                + "\"version\":7,\"seq\":42,\"timeMilliseconds\":1767225600000,\"time\":\"2026-01-01T00:00:00.000Z\"}")
        let out = Transition(kind: .out, location: Key(), before: 1, after: 0, threshold: 0)
        #expect(
            encoded { WebhookEncoder.encode(out, Self.context, items: [], into: &$0) }
                == "{\"type\":\"stock.out\",\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"data\":{\"sku\":\"BTY-001\","
                + "\"available\":0,\"before\":1,"
                + "\"scale\":1,\"version\":7,\"seq\":42}}")
        let oversold = Transition(kind: .oversold, location: key("WH1"), before: 1, after: 0, threshold: 3)
        #expect(encoded { AlertEncoder.encode(oversold, Self.context, items: [], into: &$0) }.contains("\"shortfall\":3"))
        #expect(
            encoded { AlertEncoder.encodeInconsistent(partition: 3, seq: 9, timeMilliseconds: 0, message: bytes("digest"), into: &$0) }
                == "{\"v\":1,\"kind\":\"inconsistent\",\"partition\":3,\"seq\":9,\"message\":\"digest\",\"timeMilliseconds\":0,"
                + "\"time\":\"1970-01-01T00:00:00.000Z\"}")
    }

    @Test func levels() {
        var balances = Balances()
        balances.sellable = 10
        balances.damaged = 2
        balances.held = 3
        balances.available = 6
        let text = encoded { buffer in
            LevelsEncoder.begin(key("BTY-001"), version: 7, scale: 1, seq: 42, timeMilliseconds: 0, into: &buffer)
            LevelsEncoder.location(key("WH1"), balances, safetyStock: 1, waiting: 4, isLow: true, isOut: false, into: &buffer)
            LevelsEncoder.location(key("WH2"), Balances(), safetyStock: 0, isLow: false, isOut: true, into: &buffer)
            LevelsEncoder.end(totals: balances, safetyStock: 1, waiting: 4, isLow: true, isOut: false, into: &buffer)
        }
        let quantities =
            "\"onHand\":12,\"sellable\":10,\"unavailable\":2,\"held\":3,\"committed\":0,\"safetyStock\":1,\"shortfall\":0,"
            + "\"available\":6,\"incoming\":0,\"inTransit\":0,\"backordered\":0,\"preordered\":0,\"waiting\":4,"
            + "\"isLow\":true,\"isOut\":false}"
        #expect(
            text
                == "{\"v\":1,\"sku\":\"BTY-001\",\"version\":7,\"scale\":1,\"seq\":42,\"timeMilliseconds\":0,"
                + "\"time\":\"1970-01-01T00:00:00.000Z\","
                + "\"locations\":[{\"location\":\"WH1\",\(quantities),{\"location\":\"WH2\",\"onHand\":0,"
                + "\"sellable\":0,\"unavailable\":0,\"held\":0,"
                + "\"committed\":0,\"safetyStock\":0,\"shortfall\":0,\"available\":0,\"incoming\":0,\"inTransit\":0,"
                + "\"backordered\":0,\"preordered\":0,\"waiting\":0,\"isLow\":false,\"isOut\":true}],"
                + "\"totals\":{\(quantities)}"
        )
    }

    /// The default `StateLimits.locationsPerSKU`, with the longest names and numbers, stays below Kafka's 1 MiB.
    @Test func theLargestLevelFits() {
        var most = Balances()
        most.sellable = -EventLimits.maxBalance
        most.held = EventLimits.maxBalance
        most.committed = EventLimits.maxBalance
        most.shortfall = EventLimits.maxBalance
        most.available = EventLimits.maxBalance
        let worst = Key(bytes(String(repeating: "\"", count: 63)))!
        var sold = SoldDays()
        var record = VelocityRecord(lastDay: Int32.max)
        for daysBefore in 0..<VelocityRecord.dayCount { record[daysBefore] = VelocityRecord.maxPerDay }
        sold.add(record)
        let text = encoded { buffer in
            LevelsEncoder.begin(worst, version: Int64.max, scale: 1, seq: Int64.max, timeMilliseconds: 0, into: &buffer)
            for _ in 0..<StateLimits().locationsPerSKU {
                LevelsEncoder.location(
                    worst, most, safetyStock: EventLimits.maxQuantity, isLow: false, isOut: false, sold: sold, into: &buffer)
            }
            LevelsEncoder.end(totals: most, safetyStock: Int64.max, isLow: false, isOut: false, sold: sold, into: &buffer)
        }
        #expect(text.utf8.count < 1024 * 1024 - 1_024)
    }

    @Test func levelsTellWhatWasSold() {
        var record = VelocityRecord(lastDay: 2)
        (record[0], record[2]) = (9, 4)
        var sold = SoldDays()
        sold.add(record)
        let text = encoded { buffer in
            LevelsEncoder.begin(key("BTY-001"), version: 7, scale: 1, seq: 42, timeMilliseconds: 0, into: &buffer)
            LevelsEncoder.location(key("WH1"), Balances(), safetyStock: 1, isLow: true, isOut: false, sold: sold, into: &buffer)
            LevelsEncoder.location(key("WH2"), Balances(), safetyStock: 0, isLow: false, isOut: true, sold: SoldDays(), into: &buffer)
            LevelsEncoder.end(totals: Balances(), safetyStock: 1, isLow: true, isOut: false, sold: sold, into: &buffer)
        }
        let told = "\"isOut\":false,\"soldAsOfMilliseconds\":172800000,\"sold\":[9,0,4]}"
        #expect(text.split(separator: told, omittingEmptySubsequences: false).count == 3 && text.hasSuffix(told + "}"), "\(text)")
    }

    private func hold(_ outcome: Outcome, _ rejection: Rejection = .none) -> Fact {
        var fact = Fact()
        fact.seq = 42
        fact.timeMilliseconds = 1
        fact.kind = .hold
        fact.outcome = outcome
        fact.rejection = rejection
        fact.sku = key("BTY-001")
        fact.location = key("WH1")
        fact.hold = key("h-1")
        fact.quantity = 5
        return fact
    }

    private var envelope: EventEnvelope {
        var envelope = EventEnvelope()
        envelope.id = bytes("e-1")
        envelope.source = bytes("shop")
        return envelope
    }

    @Test func replies() {
        let head = "{\"v\":1,\"id\":\"e-1\",\"source\":\"shop\",\"outcome\":"
        let subject = "\"sku\":\"BTY-001\",\"location\":\"WH1\",\"hold\":\"h-1\",\"quantity\":5"
        var accepted = hold(.accepted)
        accepted.version = 8
        accepted.expiresAtMilliseconds = 60_001
        accepted.after.sellable = 10
        accepted.after.held = 5
        accepted.after.available = 5
        #expect(
            encoded { ReplyEncoder.encode(accepted, envelope, into: &$0) }
                == head
                + "\"accepted\",\"seq\":42,\"timeMilliseconds\":1,\"type\":\"hold\",\"sku\":\"BTY-001\",\"version\":8,\"location\":\"WH1\","
                + "\"hold\":\"h-1\",\"quantity\":5,\"expiresAtMilliseconds\":60001,\"after\":{\"onHand\":10,"
                + "\"sellable\":10,\"held\":5,\"committed\":0,"
                + "\"shortfall\":0,\"available\":5}}")
        #expect(
            encoded { ReplyEncoder.encode(hold(.rejected, .insufficientStock), envelope, into: &$0) }
                == head + "\"rejected\",\"seq\":42,\"timeMilliseconds\":1,\"type\":\"hold\",\"rejection\":\"insufficient-stock\","
                + "\"message\":\"Not enough is available to promise.\",\(subject),\"available\":0,"
                + "\"after\":{\"onHand\":0,\"sellable\":0,\"held\":0,"
                + "\"committed\":0,\"shortfall\":0,\"available\":0}}")
        var duplicate = hold(.duplicate)
        duplicate.firstSeq = 7
        duplicate.firstOutcome = .rejected
        duplicate.firstRejection = .insufficientStock
        #expect(
            encoded { ReplyEncoder.encode(duplicate, envelope, into: &$0) }
                == head + "\"duplicate\",\"seq\":42,\"timeMilliseconds\":1,\"type\":\"hold\",\"firstSeq\":7,\"firstOutcome\":\"rejected\","
                + "\"firstRejection\":\"insufficient-stock\",\(subject)}")
        var unreadable = Fact()
        unreadable.outcome = .deadLettered
        #expect(
            encoded { ReplyEncoder.encode(unreadable, envelope, error: WireError(.noValue), into: &$0) }
                == head + "\"dead-lettered\",\"seq\":0,\"timeMilliseconds\":0,\"error\":{\"code\":\"no-value\","
                + "\"message\":\"the record has no value (a tombstone is not an event)\"}}")
    }

    /// A blind count's answers have neither the books nor the level; what stands in the way of its closing they name.
    @Test func blindRepliesKeepSilent() {
        var line = hold(.accepted)
        (line.kind, line.hold, line.document, line.total) = (.countLine, Key(), key("c"), 7)
        line.after.sellable = 7
        #expect(encoded { ReplyEncoder.encode(line, envelope, into: &$0) }.contains("\"base\":7,\"after\":{\"onHand\":7,"))
        #expect(encoded { ReplyEncoder.encode(line, envelope, isBlind: true, into: &$0) }.hasSuffix("\"count\":\"c\",\"quantity\":5}"))
        var close = line
        (close.kind, close.outcome, close.rejection, close.quantity) = (.countClose, .rejected, .recountRequired, 0)
        (close.total, close.disposition, close.lot, close.counterpart) = (2, .damaged, key("L-1"), key("eva"))
        let told = "\"approvedBy\":\"eva\",\"lines\":2,\"disposition\":\"damaged\",\"lot\":\"L-1\""
        #expect(encoded { ReplyEncoder.encode(close, envelope, isBlind: true, into: &$0) }.hasSuffix(told + "}"))
        #expect(encoded { ReplyEncoder.encode(close, envelope, into: &$0) }.contains(told + ",\"after\":{\"onHand\":7,"))
    }

    @Test func everyRejectionAndErrorHasItsOwnSentenceAndCode() {
        #expect(Set(Rejection.allCases.map { "\($0.sentence)" }).count == Rejection.allCases.count)
        #expect(Set(Rejection.allCases.map { "\($0.code)" }).count == Rejection.allCases.count)
        #expect(Set(WireErrorCode.allCases.map { "\($0.code)" }).count == WireErrorCode.allCases.count)
        for code in WireErrorCode.allCases where code != .badHeader {
            #expect(!WireError(code).description.hasPrefix("is not valid"), "\(code)")
        }
        for rejection in Rejection.allCases { #expect(Rejection(wireName: bytes("\(rejection.code)")) == rejection) }
        for kind in FactKind.allCases { #expect(FactKind(wireName: bytes("\(kind.wireName)")) == kind) }
        for type in EventType.allCases { #expect(EventType(wireName: bytes("\(type.wireName)")) == type) }
        #expect(EventType(wireName: bytes("expire")) == nil && EventType(wireName: bytes("")) == nil)
        for outcome in Outcome.allCases { #expect(Outcome(wireName: bytes("\(outcome.wireName)")) == outcome) }
    }
}
