import StockCore
import StockWire
import Testing

@Suite("Input events")
struct EventDecoderTests {
    @Test func readsEveryField() throws {
        let decoded = try SampleRecord(
            """
            {"id":"e-1","source":"shop/7","type":"hold","sku":"BTY-001","occurredAt":"2026-01-01T00:00:01Z",
             "expectedVersion":7,"reason":"cart","actor":"anna","meta":{"cart": 12},"hold":"h-1",
              "location":"WH1","quantity":3,"ttlSeconds":900}
            """, headers: [("reply-key", "client-9"), ("reply-partition", "4"), ("other", nil)]
        ).decode()
        let event = decoded.event
        #expect(event.type == .hold && event.sku == key("BTY-001") && event.hold == key("h-1") && event.location == key("WH1"))
        #expect(event.quantity == 3 && event.ttlSeconds == 900 && event.expectedVersion == 7)
        #expect(event.occurredAtMilliseconds == 1_767_225_601_000)
        #expect(event.reason == key("cart") && event.actor == key("anna"))
        #expect(decoded.id == "e-1" && decoded.source == "shop/7" && decoded.meta == "{\"cart\": 12}")
        #expect(decoded.replyKey == "client-9" && decoded.replyPartition == 4 && !decoded.isRerouted)
        #expect(event.idHash == EventDecoder.idHash(source: bytes("shop/7"), id: bytes("e-1")))
        #expect(event.setTo == Policy.absent && event.expected == Policy.absent && event.document.isEmpty)
    }

    @Test func unitsHaveAFactorAndQuantitiesAUnit() throws {
        let event = try plain("define", "\"unit\":\"box\",\"numerator\":9,\"denominator\":2").decode().event
        #expect(event.unit == key("box") && event.unitNumerator == 9 && event.unitDenominator == 2)
        #expect(plain("define", "\"unit\":\"box\"").failure?.code == .missingField)
        #expect(plain("define", "\"numerator\":9").failure?.code == .missingField)
        #expect(plain("define", "\"unit\":\"box\",\"numerator\":0").failure?.code == .outOfRange)
        #expect(plain("define", "\"unit\":\"box\",\"numerator\":1,\"location\":\"L\"").failure?.code == .unusedField)
        let receive = "\"location\":\"L\",\"receipt\":\"R\",\"quantity\":5"
        let dozens = try plain("receive", receive + ",\"unit\":\"dozen\",\"rounding\":\"up\"").decode().event
        #expect(dozens.unit == key("dozen") && dozens.quantity == 5 && dozens.rounding == .up)
        #expect(plain("receive", receive + ",\"rounding\":\"up\"").failure?.code == .unusedField)
        #expect(plain("receive", receive + ",\"unit\":\"dozen\",\"rounding\":\"even\"").failure?.code == .unknownValue)
        #expect(plain("ship", "\"shipment\":\"S\",\"orderLine\":\"O\",\"unit\":\"dozen\"").failure?.code == .unusedField)
        #expect(plain("extend", "\"hold\":\"h\",\"ttlSeconds\":1,\"unit\":\"dozen\"").failure?.code == .unusedField)
        let set = "\"location\":\"L\",\"reason\":\"x\",\"setTo\":2,\"expected\":1,\"unit\":\"dozen\""
        #expect(try plain("adjust", set).decode().event.unit == key("dozen"))
        #expect(plain("adjust", set + ",\"rounding\":\"up\"").failure?.code == .unusedField)
    }

    @Test func aSerialIsOneUnit() throws {
        let receive = "\"location\":\"L\",\"receipt\":\"R\",\"serial\":\"n\",\"quantity\":"
        #expect(try plain("receive", receive + "1").decode().event.serial == key("n"))
        #expect(plain("receive", receive + "2").failure?.code == .outOfRange)
        #expect(plain("receive", receive + "1,\"unit\":\"dozen\"").failure?.code == .unusedField)
        let back = "\"return\":\"r\",\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,"
        let event = try plain("return", back + "\"serial\":\"n\",\"claim\":\"c\",\"ofShipment\":\"s\"").decode().event
        #expect(event.claim == key("c") && event.counterpart == key("s") && event.document == key("r"))
        #expect(plain("return", back + "\"claim\":\"c\"").failure?.code == .missingField)
        #expect(plain("return", back + "\"ofShipment\":\"s\"").failure?.code == .unusedField)
        #expect(plain("return", back + "\"serial\":\"n\",\"claim\":\"c\",\"disposition\":\"qc\"").failure?.code == .unusedField)
        #expect(plain("define", "\"location\":\"L\",\"warrantyDays\":1").failure?.code == .unusedField)
    }

    @Test func aListOfSerialsIsBounded() throws {
        func list(_ count: Int) -> String { (1...count).map { "\"S\($0)\"" }.joined(separator: ", ") }
        let most = EventLimits.maxSerials
        let receive = "\"location\":\"L\",\"receipt\":\"R\",\"quantity\":200,\"serials\":"
        #expect(plain("receive", receive + "[\(list(most))]").failure == nil)
        let tooMany = plain("receive", receive + "[\(list(most + 1))]").failure
        #expect(tooMany?.code == .outOfRange && tooMany?.field == key("serials") && tooMany?.high == Int64(most))
        #expect(plain("receive", receive + "[]").failure?.code == .outOfRange)
        #expect(plain("receive", receive + "[\"a\",\"b\",\"a\"]").failure?.code == .sameValue)
        #expect(plain("receive", receive + "[\"a\",\"\"]").failure?.code == .emptyText)
        #expect(plain("receive", receive + "[\"a\",7]").failure?.code == .wrongType)
        #expect(plain("receive", receive + "\"a\"").failure?.code == .wrongType)
        #expect(plain("receive", receive + "[\"a\"],\"serial\":\"b\"").failure?.code == .eitherField)
        #expect(plain("receive", receive + "[\"a\"],\"unit\":\"dozen\"").failure?.code == .unusedField)
        let ship = "\"shipment\":\"s\",\"orderLine\":\"o\",\"serials\":"
        #expect(plain("ship", ship + "[\"a\",\"b\"]").failure == nil)
        #expect(plain("ship", ship + "[\"a\",\"b\"],\"quantity\":2").failure == nil)
        let more = plain("ship", ship + "[\"a\",\"b\"],\"quantity\":1").failure
        #expect(more?.code == .outOfRange && more?.field == key("serials") && more?.high == 1)
        #expect(plain("unship", ship + "[\"a\"],\"reason\":\"r\"").failure == nil)
        let move = "\"location\":\"L\",\"quantity\":1,\"from\":\"qc\",\"to\":\"sellable\",\"reason\":\"r\",\"serials\":[\"a\"]"
        #expect(plain("move", move).failure?.code == .unusedField)
        let back = "\"return\":\"r\",\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":2,\"serials\":[\"a\",\"b\"]"
        #expect(plain("return", back + ",\"ofShipment\":\"s\"").failure == nil)
        #expect(plain("return", back + ",\"claim\":\"c\"").failure?.code == .missingField)
        let sale = "\"orderLine\":\"o\",\"quantity\":1,\"serials\":[\"a\"]"
        #expect(plain("sale", sale + ",\"location\":\"L\"").failure == nil)
        #expect(plain("sale", sale + ",\"locations\":[\"L\"]").failure?.code == .unusedField)
        let correct = "\"location\":\"L\",\"receipt\":\"R\",\"quantity\":0,\"reason\":\"x\",\"serials\":[\"a\",\"b\"]"
        #expect(plain("receive_correct", correct).failure == nil)
    }

    @Test func theOrderOfSerialsDoesNotMatter() throws {
        let ship = "\"shipment\":\"s\",\"orderLine\":\"o\",\"serials\":"
        let hash = try plain("ship", ship + "[\"a\",\"b\"]").decode().event.bodyHash
        #expect(try plain("ship", ship + "[\"b\",\"a\"]").decode().event.bodyHash == hash)
        #expect(try plain("ship", ship + "[\"a\",\"c\"]").decode().event.bodyHash != hash)
        #expect(try plain("ship", ship + "[\"a\"]").decode().event.bodyHash != hash)
    }

    @Test func aRequestNamesSKUsInOrder() throws {
        let hold = "\"hold\":\"h\",\"location\":\"L\",\"ttlSeconds\":1,\"quantity\":5,"
        let event = try plain("hold", hold + "\"alternatives\":[\"B\", \"C\"]").decode().event
        #expect(event.nextSKU == key("B") && event.hop == Policy.absent)
        let other = try plain("hold", hold + "\"alternatives\":[\"B\",\"D\"]").decode().event
        #expect(event.bodyHash != other.bodyHash)
        #expect(plain("hold", hold + "\"alternatives\":[]").failure?.code == .outOfRange)
        #expect(plain("hold", hold + "\"alternatives\":[\"B\",\"B\"]").failure?.code == .sameValue)
        #expect(plain("hold", hold + "\"alternatives\":[\"BTY-001\"]").failure?.code == .sameValue)
        #expect(plain("hold", hold + "\"alternatives\":\"B\"").failure?.code == .wrongType)
        #expect(plain("hold", hold + "\"alternatives\":[1]").failure?.code == .wrongType)
        let seven = (1...7).map { "\"S\($0)\"" }.joined(separator: ",")
        #expect(plain("hold", hold + "\"alternatives\":[\(seven)]").failure == nil)
        #expect(plain("hold", hold + "\"alternatives\":[\(seven),\"S8\"]").failure?.code == .outOfRange)
        let hop = hold + "\"hop\":2,\"asked\":7,\"met\":2,\"visited\":[\"A\"]"
        #expect(try plain("hold", hop).decode().event.met == 2)
        #expect(plain("hold", hop + ",\"alternatives\":[\"A\"]").failure?.code == .sameValue)
        #expect(plain("hold", hop + ",\"alternatives\":[\(seven)]").failure?.code == .outOfRange)
        #expect(plain("hold", hold + "\"hop\":3,\"asked\":7,\"met\":2,\"visited\":[\"A\"]").failure?.code == .unknownValue)
        #expect(plain("hold", hold + "\"hop\":2,\"asked\":7,\"met\":2").failure?.code == .missingField)
        #expect(plain("hold", hold + "\"met\":2").failure?.code == .unusedField)
        let commit = "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":5,\"alternatives\":[\"B\"]"
        #expect(plain("commit", commit).failure == nil)
        #expect(plain("commit", commit + ",\"backorder\":\"partial\"").failure?.code == .unusedField)
        #expect(plain("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"alternatives\":[\"B\"]").failure?.code == .unusedField)
    }

    /// Reservations are rounded down, demand up.
    @Test func roundingHasADirection() {
        let hold = "\"hold\":\"h\",\"location\":\"L\",\"ttlSeconds\":1,\"quantity\":1,\"unit\":\"dozen\""
        #expect(plain("hold", hold + ",\"rounding\":\"up\"").failure?.code == .unknownValue)
        #expect(plain("hold", hold + ",\"rounding\":\"down\"").failure == nil)
        let sale = "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"unit\":\"dozen\""
        #expect(plain("sale", sale + ",\"rounding\":\"down\"").failure?.code == .unknownValue)
        #expect(plain("sale", sale + ",\"rounding\":\"up\"").failure == nil)
    }

    @Test func defaultsToTheRecordsTime() throws {
        #expect(try plain("define").decode().event.occurredAtMilliseconds == 1_767_225_600_000)
    }

    @Test func readsEachTypesOwnFields() throws {
        let receive = try plain("receive", "\"location\":\"L\",\"quantity\":5,\"receipt\":\"R\",\"line\":\"1\",\"disposition\":\"qc\"")
            .decode().event
        #expect(receive.document == key("R") && receive.line == key("1") && receive.disposition == .qc && receive.hasDisposition)
        let move = try plain(
            "move", "\"location\":\"L\",\"quantity\":5,\"from\":\"sellable\",\"to\":\"damaged\",\"reason\":\"x\",\"forced\":true"
        ).decode()
            .event
        #expect(move.disposition == .sellable && move.toDisposition == .damaged && move.isForced)
        let adjust = try plain("adjust", "\"location\":\"L\",\"setTo\":0,\"expected\":-4,\"reason\":\"x\"").decode().event
        #expect(adjust.setTo == 0 && adjust.expected == -4 && adjust.quantity == Policy.absent && !adjust.hasDisposition)
        #expect(try plain("adjust", "\"location\":\"L\",\"quantity\":-4,\"reason\":\"x\"").decode().event.quantity == -4)
        let commit = try plain("commit", "\"orderLine\":\"O\",\"hold\":\"H\",\"rest\":\"release\"").decode().event
        #expect(commit.orderLine == key("O") && commit.hold == key("H") && commit.rest == .release && commit.quantity == Policy.absent)
        let define = try plain(
            "define",
            "\"scale\":1000,\"safetyStock\":2,\"reorderPoint\":-1,\"reorderHysteresis\":0,"
                + "\"returnDisposition\":\"qc\",\"maxHoldSeconds\":60,\"maxHoldQuantity\":9"
        )
        .decode().event.policy
        #expect(define.scale == 1000 && define.safetyStock == 2 && define.reorderPoint == -1 && define.reorderHysteresis == 0)
        #expect(define.returnDisposition == 3 && define.maxHoldSeconds == 60 && define.maxHoldQuantity == 9)
        let back = try plain("return", "\"return\":\"T\",\"orderLine\":\"O\",\"location\":\"L\",\"quantity\":1").decode().event
        #expect(back.document == key("T") && !back.hasDisposition)
        let lot = try plain("receive", "\"location\":\"L\",\"quantity\":5,\"receipt\":\"R\",\"lot\":\"A\",\"expiresOn\":\"2026-01-31\"")
            .decode().event
        #expect(lot.lot == key("A") && lot.lotExpiresAtMilliseconds == 1_769_904_000_000, "usable through the end of the day")
        let instant = "\"location\":\"L\",\"quantity\":5,\"receipt\":\"R\",\"lot\":\"A\",\"expiresAt\":\"2026-02-01T01:00:00+01:00\""
        #expect(try plain("receive", instant).decode().event.bodyHash != lot.bodyHash, "a day ends elsewhere in another zone")
        #expect(try plain("define", "\"lotTracked\":true").decode().event.policy.lotTracked == 1)
        let ship = try plain("ship", "\"shipment\":\"S\",\"orderLine\":\"O\"").decode().event
        #expect(ship.document == key("S") && ship.orderLine == key("O"))
        #expect(
            try plain("sale", "\"orderLine\":\"O\",\"location\":\"L\",\"quantity\":1,\"forced\":false").decode().event.isForced == false)
        #expect(try plain("extend", "\"hold\":\"H\",\"ttlSeconds\":1").decode().event.ttlSeconds == 1)
        #expect(try plain("release", "\"orderLine\":\"O\",\"quantity\":1").decode().event.orderLine == key("O"))
    }

    /// Each case: type, members, the error's code and field.
    @Test(arguments: [
        ("holt", "", WireErrorCode.unknownType, "type"),
        ("Hold", "", .unknownType, "type"),
        ("com.example.stock.hold.v1", "", .unknownType, "type"),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1", .missingField, "ttlSeconds"),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"ttlSeconds\":1", .missingField, "quantity"),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":0,\"ttlSeconds\":1", .outOfRange, "quantity"),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":-1,\"ttlSeconds\":1", .outOfRange, "quantity"),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1000000000001,\"ttlSeconds\":1", .outOfRange, "quantity"),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":0", .outOfRange, "ttlSeconds"),
        ("hold", "\"hold\":\"\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", .emptyText, "hold"),
        ("hold", "\"hold\":7,\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", .wrongType, "hold"),
        ("hold", "\"hold\":null,\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", .nullValue, "hold"),
        ("hold", "\"hold\":\"a\\u0000\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", .controlCharacter, "hold"),
        ("hold", "\"hold\":\"a\u{7F}\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", .controlCharacter, "hold"),
        ("hold", "\"hold\":\"h\",\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", .unusedField, "orderLine"),
        ("hold", "\"holdId\":\"h\"", .unknownField, "holdId"),
        ("hold", "\"Hold\":\"h\"", .unknownField, "Hold"),
        ("define", "\"location\":\"L\",\"scale\":10", .unusedField, "scale"),
        ("define", "\"scale\":0", .outOfRange, "scale"),
        ("define", "\"reorderPoint\":-2", .outOfRange, "reorderPoint"),
        ("define", "\"returnDisposition\":\"new\"", .unknownValue, "returnDisposition"),
        ("define", "\"occurredAt\":\"2026-01-01\"", .badTime, "occurredAt"),
        ("define", "\"occurredAt\":1767225600000", .wrongType, "occurredAt"),
        ("define", "\"meta\":[]", .wrongType, "meta"),
        ("define", "\"expectedVersion\":-1", .outOfRange, "expectedVersion"),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\",\"quantity\":0", .outOfRange, "quantity"),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\"", .eitherField, "quantity"),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\",\"setTo\":1", .missingField, "expected"),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\",\"setTo\":1,\"expected\":1,\"quantity\":1", .eitherField, "setTo"),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\",\"quantity\":1,\"expected\":1", .unusedField, "expected"),
        ("adjust", "\"location\":\"L\",\"quantity\":1", .missingField, "reason"),
        ("move", "\"location\":\"L\",\"quantity\":1,\"from\":\"qc\",\"to\":\"qc\",\"reason\":\"x\"", .sameValue, "to"),
        ("move", "\"location\":\"L\",\"quantity\":-1,\"from\":\"qc\",\"to\":\"sellable\",\"reason\":\"x\"", .outOfRange, "quantity"),
        ("commit", "\"orderLine\":\"o\"", .eitherField, "hold"),
        ("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"locations\":[\"L\"]", .unusedField, "locations"),
        ("commit", "\"orderLine\":\"o\",\"location\":\"L\"", .missingField, "quantity"),
        ("commit", "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"rest\":\"keep\"", .unusedField, "rest"),
        ("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"rest\":\"drop\"", .unknownValue, "rest"),
        ("release", "", .eitherField, "hold"),
        ("release", "\"hold\":\"h\",\"orderLine\":\"o\"", .eitherField, "hold"),
        ("sale", "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"forced\":1", .wrongType, "forced"),
        ("ship", "\"orderLine\":\"o\"", .missingField, "shipment"),
    ])
    func refuses(_ type: String, _ members: String, _ code: WireErrorCode, _ field: String) {
        let failure = plain(type, members).failure
        #expect(failure?.code == code, "\(String(describing: failure))")
        #expect(failure?.field == key(field), "\(String(describing: failure))")
    }

    @Test func refusesMissingCommonFields() {
        #expect(SampleRecord("{\"type\":\"define\",\"sku\":\"A\"}").failure?.field == key("id"))
        #expect(SampleRecord("{\"id\":\"1\",\"sku\":\"A\"}").failure?.field == key("type"))
        #expect(SampleRecord("{\"id\":\"1\",\"type\":\"define\"}").failure?.field == key("sku"))
        #expect(SampleRecord("{\"id\":\"\",\"type\":\"define\",\"sku\":\"A\"}").failure?.code == .emptyText)
        #expect(SampleRecord(nil).failure?.code == .noValue)
    }

    @Test func holdsTextsAtTheirLimits() throws {
        let longest = String(repeating: "é", count: 31) + "x"
        #expect(try SampleRecord("{\"id\":\"1\",\"type\":\"define\",\"sku\":\"\(longest)\"}").decode().event.sku == key(longest))
        let failure = SampleRecord("{\"id\":\"1\",\"type\":\"define\",\"sku\":\"\(longest)x\"}").failure
        #expect(failure?.code == .textTooLong && failure?.high == 63)
        let id = String(repeating: "i", count: 255)
        #expect(try SampleRecord("{\"id\":\"\(id)\",\"source\":\"\(id)\",\"type\":\"define\",\"sku\":\"A\"}").decode().id == id)
        #expect(SampleRecord("{\"id\":\"\(id)i\",\"type\":\"define\",\"sku\":\"A\"}").failure?.code == .textTooLong)
        #expect(SampleRecord("{\"id\":\"1\",\"source\":\"\(id)i\",\"type\":\"define\",\"sku\":\"A\"}").failure?.field == key("source"))
    }

    @Test func holdsMetaAtItsLimit() throws {
        func meta(_ size: Int) -> SampleRecord { plain("define", "\"meta\":{\"x\":\"\(String(repeating: "y", count: size - 8))\"}") }
        #expect(try meta(4096).decode().meta.utf8.count == 4096)
        let failure = meta(4097).failure
        #expect(failure?.code == .textTooLong && failure?.field == key("meta") && failure?.high == 4096)
        #expect(plain("define", "\"meta\":{\"x\":[\(String(repeating: "1,", count: 5000))1]}").failure?.code == .textTooLong)
    }

    @Test func refusesRecordsAboveTheLimit() {
        var record = SampleRecord("{}", headers: [("h", String(repeating: "x", count: 1_048_576 - 2 - 7 - 1))])
        #expect(record.failure?.code == .missingField)
        record.headers.append((name: "y", value: nil))
        let failure = record.failure
        #expect(failure?.code == .tooLarge && failure?.low == 1_048_577 && failure?.high == 1_048_576)
    }

    @Test func aRecordOfTheMostHeadersCanBeSentOn() {
        var record = SampleRecord("{}")
        record.headers = Array(repeating: (name: "h", value: []), count: 10_001)
        #expect(record.failure?.code == .badHeader)
        record.headers[10_000] = (name: "stock-rerouted-from", value: Array("1/2".utf8))
        #expect(record.failure?.code == .missingField)
    }

    /// What an engine adds when it sends a record on: its SKU as the key, and the header.
    @Test func aRecordOfTheLargestSizeCanBeSentOn() {
        let place = "2147483647/9223372036854775807"
        var record = SampleRecord("{}", key: String(repeating: "k", count: 63))
        record.headers = [(name: "h", value: [UInt8](repeating: 120, count: 1_048_576 - 2 - 1))]
        #expect(record.failure?.code == .tooLarge)
        record.headers.append((name: "stock-rerouted-from", value: Array(place.utf8)))
        #expect(record.failure?.code == .missingField)
        record.headers.append((name: "y", value: nil))
        #expect(record.failure?.code == .tooLarge && record.failure?.low == 1_048_576 + 63 + 19 + 30 + 1)
    }

    @Test func tellsTheByte() {
        let failure = SampleRecord("{\"id\":\"1\",\"type\":\"define\",\"sku\":\"A\",\"colour\":1}").failure
        #expect(failure?.offset == 37)
        #expect(
            failure?.description
                == "field \"colour\": is not a field of stock events; free data goes into \"meta\" (byte 37)")
        #expect(
            plain("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":0,\"ttlSeconds\":1").failure?.description
                == "field \"quantity\": must be between 1 and 1000000000000 (byte 79)")
    }

    @Test func checksReplyHeaders() throws {
        var record = plain("define")
        record.headers = [(name: "reply-key", value: Array("k".utf8))]
        #expect(try record.decode().replyPartition == -1)
        record.headers.append((name: "reply-partition", value: Array("x1".utf8)))
        #expect(record.failure?.code == .badHeader && record.failure?.field == key("reply-partition"))
        record.headers = [(name: "reply-key", value: [UInt8](repeating: 65, count: 256))]
        #expect(record.failure?.field == key("reply-key"))
        record.headers = [(name: "reply-partition", value: Array("x1".utf8))]
        #expect(try record.decode().replyKey.isEmpty)
    }

    @Test func anErrorStillKnowsWhereToAnswer() {
        var record = plain("nonsense")
        record.headers = [(name: "reply-key", value: Array("k".utf8)), (name: "stock-rerouted-from", value: Array("1/2".utf8))]
        record.withView { view in
            var decoder = EventDecoder()
            var event = StockEvent()
            #expect(throws: WireError.self) { try decoder.decode(view, into: &event) }
            #expect(String(decoding: decoder.envelope.replyKey, as: UTF8.self) == "k")
            #expect(String(decoding: decoder.envelope.id, as: UTF8.self) == "e-1")
            #expect(decoder.envelope.isRerouted)
        }
    }

    @Test func aDecoderForgetsTheEventBefore() throws {
        var decoder = EventDecoder()
        var event = StockEvent()
        try plain("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"meta\":{\"\\u0061\":1}").withView {
            try decoder.decode($0, into: &event)
        }
        try plain("define").withView { try decoder.decode($0, into: &event) }
        #expect(event.hold.isEmpty && event.quantity == Policy.absent && decoder.envelope.meta.isEmpty)
        #expect(event.bodyHash == (try plain("define").decode().event.bodyHash))
        decoder.discard()
        #expect(decoder.envelope.id.isEmpty && decoder.envelope.replyKey.isEmpty)
    }
}
