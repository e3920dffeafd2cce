import StockCore
import StockWire
import Testing

@Suite("Schemas")
struct SchemaTests {
    @Test func whatIsWrittenIsValid() throws {
        for example in Examples.all {
            #expect(try Project.schema(example.schema).check(JSONValue(example.text)) == [], "\(example.name)")
        }
    }

    private static var filled: [FactItem] {
        [FactItemKind.filled, .granted].map {
            var item = FactItem()
            (item.kind, item.id, item.quantity) = ($0, key("o-1"), 2)
            return item
        }
    }

    @Test func everyTransitionIsValid() throws {
        let alerts = try Project.schema("stock-alert")
        let webhooks = try Project.schema("stock-webhook")
        let kinds: [TransitionKind] = [.low, .recovered, .out, .back, .oversold, .covered, .expiring, .filled]
        for kind in kinds {
            for location in ["", "BER1"] {
                let transition = Transition(kind: kind, location: key(location), before: 0, after: 9, threshold: 0)
                #expect(
                    try alerts.check(
                        JSONValue(encoded { AlertEncoder.encode(transition, Examples.context, items: Self.filled, into: &$0) })) == [])
                #expect(
                    try webhooks.check(
                        JSONValue(encoded { WebhookEncoder.encode(transition, Examples.context, items: Self.filled, into: &$0) })) == [])
            }
        }
    }

    @Test func everyFactAndItsAnswerAreValid() throws {
        let ledger = try Project.schema("stock-ledger")
        let replies = try Project.schema("stock-reply")
        var generator = SeededGenerator(state: 21)
        for kind in FactKind.allCases where kind != .unreadable {
            for rejection in Rejection.allCases {
                var (fact, envelope) = RandomFact.make(kind, &generator)
                Self.settle(&fact, rejection)
                if envelope.id.isEmpty { envelope.id = bytes("e") }
                let text = encoded { LedgerEncoder.encode(fact, envelope, into: &$0) }
                #expect(try ledger.check(JSONValue(text)) == [], "\(text)")
                guard kind.rawValue < FactKind.expire.rawValue else { continue }
                let answer = encoded { ReplyEncoder.encode(fact, envelope, into: &$0) }
                #expect(try replies.check(JSONValue(answer)) == [], "\(answer)")
            }
        }
        for code in WireErrorCode.allCases {
            let fact = Fact()
            let text = encoded {
                LedgerEncoder.encode(Self.first(fact), EventEnvelope(), error: WireError(code, field: key("x")), into: &$0)
            }
            #expect(try ledger.check(JSONValue(text)) == [], "\(text)")
        }
    }

    /// Brings a random fact into the ranges that the engine's facts have.
    private static func settle(_ fact: inout Fact, _ rejection: Rejection) {
        fact.seq = 1 + fact.seq & 0xFFFF
        fact.next = fact.next & 0xFFFF
        fact.version = 1 + fact.version & 0xFFFF
        fact.firstSeq = fact.firstSeq & 0xFFFF
        fact.rejection = rejection
        fact.outcome = rejection == .none ? .accepted : .rejected
        fact.sku = Examples.sku
    }

    private static func first(_ fact: Fact) -> Fact {
        var fact = fact
        fact.seq = 1
        fact.outcome = .deadLettered
        return fact
    }

    /// The schema and the decoder agree on what an event is, where a schema can tell.
    @Test(arguments: [
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", true),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":0,\"ttlSeconds\":1", false),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1", false),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"orderLine\":\"o\"", false),
        ("hold", "\"hold\":\"\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", false),
        ("hold", "\"hold\":\"a\\u0001\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", false),
        ("define", "\"location\":\"L\",\"scale\":10", false), ("define", "\"scale\":10", true),
        ("define", "\"location\":\"L\",\"reorderPoint\":-1", true),
        ("define", "\"reorderPoint\":-2", false), ("define", "\"occurredAt\":\"2026-01-01\"", false),
        ("define", "\"occurredAt\":\"2026-01-01T00:00:00.5+01:00\"", true), ("define", "\"meta\":[]", false),
        ("define", "\"meta\":{\"a\":1}", true),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\",\"quantity\":0", false),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\",\"quantity\":-1", true),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\",\"setTo\":1", false),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\",\"setTo\":1,\"expected\":0", true),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\",\"quantity\":1,\"expected\":0", false),
        ("adjust", "\"location\":\"L\",\"reason\":\"x\"", false),
        ("commit", "\"orderLine\":\"o\"", false), ("commit", "\"orderLine\":\"o\",\"hold\":\"h\"", true),
        ("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"location\":\"L\"", true),
        ("commit", "\"orderLine\":\"o\",\"location\":\"L\"", false),
        ("commit", "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"rest\":\"keep\"", false), ("release", "", false),
        ("release", "\"hold\":\"h\"", true), ("release", "\"hold\":\"h\",\"orderLine\":\"o\"", false), ("sell", "", false),
        ("expect", "\"incoming\":\"i\",\"location\":\"L\",\"quantity\":0", true),
        ("expect", "\"incoming\":\"i\",\"location\":\"L\",\"quantity\":-1", false), ("expect", "\"location\":\"L\",\"quantity\":1", false),
        ("receive", "\"receipt\":\"r\",\"location\":\"L\",\"quantity\":1,\"incoming\":\"i\"", true),
        ("receive_correct", "\"receipt\":\"r\",\"location\":\"L\",\"quantity\":0,\"reason\":\"x\"", true),
        ("receive_correct", "\"receipt\":\"r\",\"location\":\"L\",\"quantity\":1", false),
        ("define", "\"location\":\"L\",\"overReceiptPercent\":10", false), ("define", "\"overReceiptPercent\":10", true),
        ("count_line", "\"count\":\"c\",\"location\":\"L\",\"quantity\":0,\"line\":\"1\"", true),
        ("count_line", "\"count\":\"c\",\"location\":\"L\"", false), ("count_open", "\"count\":\"c\",\"location\":\"L\"", true),
        ("count_close", "\"count\":\"c\",\"location\":\"L\",\"quantity\":1", false), ("count_close", "\"count\":\"c\"", false),
        ("define", "\"expiryAlertDays\":[90,60,30]", true), ("define", "\"expiryAlertDays\":[]", true),
        ("define", "\"expiryAlertDays\":[0]", false), ("define", "\"expiryAlertDays\":[4,3,2,1]", false),
        ("define", "\"expiryAlertDays\":\"90\"", false), ("define", "\"location\":\"L\",\"expiryAlertDays\":[1]", false),
        ("define", "\"lateDelta\":\"refuse\"", true), ("define", "\"lateDelta\":\"never\"", false),
        ("define", "\"location\":\"L\",\"lateDelta\":\"apply\"", false),
        ("count_open", "\"count\":\"c\",\"location\":\"L\",\"rest\":\"write-off\",\"disposition\":\"qc\"", true),
        ("count_open", "\"count\":\"c\",\"location\":\"L\",\"rest\":\"release\"", false),
        ("count_open", "\"count\":\"c\",\"location\":\"L\",\"disposition\":\"qc\"", false),
        ("count_line", "\"count\":\"c\",\"location\":\"L\",\"quantity\":0,\"lot\":\"l\",\"expiresOn\":\"2027-02-00\"", true),
        ("count_line", "\"count\":\"c\",\"location\":\"L\",\"quantity\":0,\"expiresOn\":\"2027-02-00\"", false),
        ("transfer_send", "\"transfer\":\"t\",\"location\":\"L\",\"toLocation\":\"M\",\"quantity\":1,\"lot\":\"l\"", true),
        ("transfer_send", "\"transfer\":\"t\",\"location\":\"L\",\"toLocation\":\"M\",\"quantity\":1", true),
        ("transfer_send", "\"transfer\":\"t\",\"location\":\"L\",\"quantity\":1", false),
        ("transfer_receive", "\"transfer\":\"t\",\"quantity\":0,\"rejected\":3,\"rejectedTo\":\"damaged\"", true),
        ("transfer_receive", "\"transfer\":\"t\",\"quantity\":1,\"rejectedTo\":\"sellable\"", false),
        ("transfer_receive", "\"transfer\":\"t\",\"quantity\":-1", false),
        ("transfer_close", "\"transfer\":\"t\",\"rest\":\"write-off\",\"reason\":\"x\"", true),
        ("transfer_close", "\"transfer\":\"t\",\"rest\":\"keep\",\"reason\":\"x\"", false),
        ("transfer_close", "\"transfer\":\"t\",\"rest\":\"return\"", false),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"alternatives\":[\"B\"]", true),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"alternatives\":[]", false),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"hop\":2", false),
        ("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"alternatives\":[\"B\"]", false),
        ("define", "\"recountAbove\":0,\"approveAbove\":-1,\"blindCount\":true", true),
        ("define", "\"receiveDisposition\":\"qc\",\"closedThrough\":\"2026-01-31T23:59:59Z\"", true),
        ("define", "\"maxHeldPerOwner\":-1", true), ("define", "\"maxHeldPerOwner\":-2", false),
        ("define", "\"location\":\"L\",\"maxHeldPerOwner\":5", false),
        ("define", "\"channel\":\"web\",\"minShelfLifeDays\":5,\"maxHeldPerOwner\":5", false),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"owner\":\"ann\"", true),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"owner\":5", false),
        ("extend", "\"hold\":\"h\",\"ttlSeconds\":1,\"owner\":\"ann\"", false),
        ("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"ttlSeconds\":900", true),
        ("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"ttlSeconds\":0", false),
        ("confirm", "\"orderLine\":\"o\"", true), ("confirm", "\"orderLine\":\"o\",\"quantity\":1", false),
        ("confirm", "\"hold\":\"h\"", false),
        ("define", "\"receiveDisposition\":\"new\"", false), ("define", "\"closedThrough\":5", false),
        ("define", "\"location\":\"L\",\"receiveDisposition\":\"qc\"", false),
        ("define", "\"location\":\"L\",\"closedThrough\":\"2026-01-31T23:59:59Z\"", false),
        ("release", "\"hold\":\"h\",\"quantity\":1,\"lenient\":true", true), ("release", "\"hold\":\"h\",\"lenient\":1", false),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"useSafetyStock\":true", true),
        ("hold", "\"hold\":\"h\",\"locations\":[\"L\"],\"quantity\":1,\"ttlSeconds\":1,\"useSafetyStock\":true", false),
        (
            "hold",
            "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"alternatives\":[\"B\"],\"useSafetyStock\":true", false
        ),
        ("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"useSafetyStock\":true", false),
        ("commit", "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"useSafetyStock\":true", true),
        ("sale", "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"useSafetyStock\":true", true),
        ("sale", "\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"useSafetyStock\":true,\"forced\":true", false),
        ("define", "\"recountAbove\":-2", false), ("define", "\"approveAbove\":true", false), ("define", "\"blindCount\":1", false),
        ("define", "\"location\":\"L\",\"recountAbove\":5", false), ("define", "\"location\":\"L\",\"blindCount\":true", false),
        ("count_close", "\"count\":\"c\",\"location\":\"L\",\"approvedBy\":\"eva\"", true),
        ("count_close", "\"count\":\"c\",\"location\":\"L\",\"approvedBy\":\"\"", false),
        ("count_line", "\"count\":\"c\",\"location\":\"L\",\"quantity\":0,\"approvedBy\":\"eva\"", false),
        ("define", "\"velocity\":true", true), ("define", "\"velocity\":1", false),
        ("define", "\"location\":\"L\",\"velocity\":true", false),
        ("define", "\"serialTracked\":true,\"warrantyDays\":365", true), ("define", "\"location\":\"L\",\"warrantyDays\":1", false),
        ("ship", "\"shipment\":\"s\",\"orderLine\":\"o\",\"serial\":\"n\"", true),
        ("ship", "\"shipment\":\"s\",\"orderLine\":\"o\",\"serial\":\"n\",\"quantity\":2", false),
        ("ship", "\"shipment\":\"s\",\"orderLine\":\"o\",\"serials\":[\"n\",\"m\"]", true),
        ("ship", "\"shipment\":\"s\",\"orderLine\":\"o\",\"serials\":[\"n\",\"n\"]", false),
        ("ship", "\"shipment\":\"s\",\"orderLine\":\"o\",\"serials\":[],\"quantity\":2", false),
        ("ship", "\"shipment\":\"s\",\"orderLine\":\"o\",\"serials\":[\"n\"],\"serial\":\"m\"", false),
        ("receive", "\"receipt\":\"r\",\"location\":\"L\",\"quantity\":9,\"serials\":[\"n\"],\"unit\":\"box\"", false),
        ("sale", "\"orderLine\":\"o\",\"locations\":[\"L\"],\"quantity\":9,\"serials\":[\"n\"]", false),
        ("return", "\"return\":\"r\",\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"ofShipment\":\"s\"", false),
        (
            "return", "\"return\":\"r\",\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"ofShipment\":\"s\",\"serials\":[\"n\"]",
            true
        ),
        ("return", "\"return\":\"r\",\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"claim\":\"c\"", false),
        ("return", "\"return\":\"r\",\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"serial\":\"n\",\"claim\":\"c\"", true),
        ("return", "\"return\":\"r\",\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"disposition\":\"core\"", true),
        ("define", "\"unit\":\"box\",\"numerator\":9", true), ("define", "\"unit\":\"box\"", false),
        ("define", "\"location\":\"L\",\"unit\":\"box\",\"numerator\":9", false),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"unit\":\"box\",\"rounding\":\"up\"", false),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"unit\":\"box\",\"rounding\":\"down\"", true),
        ("ship", "\"shipment\":\"s\",\"orderLine\":\"o\",\"unit\":\"box\"", false),
        ("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"rest\":\"return\"", false),
        ("return", "\"return\":\"r\",\"orderLine\":\"o\",\"location\":\"L\",\"quantity\":1,\"disposition\":\"new\"", false),
        ("hold", "\"hold\":\"h\",\"locations\":[\"L\",\"M\"],\"quantity\":1,\"ttlSeconds\":1,\"split\":\"deny\"", true),
        ("hold", "\"hold\":\"h\",\"locations\":[\"L\"],\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1", false),
        ("hold", "\"hold\":\"h\",\"locations\":[],\"quantity\":1,\"ttlSeconds\":1", false),
        ("hold", "\"hold\":\"h\",\"locations\":[\"L\"],\"quantity\":1,\"ttlSeconds\":1,\"waitSeconds\":1", false),
        ("hold", "\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1,\"strategy\":\"balanced\"", false),
        ("sale", "\"orderLine\":\"o\",\"locations\":[\"L\"],\"quantity\":1,\"strategy\":\"best\"", false),
        ("sale", "\"orderLine\":\"o\",\"locations\":[\"L\",\"M\"],\"quantity\":1,\"strategy\":\"nearest\",\"distances\":[3,0]", true),
        ("sale", "\"orderLine\":\"o\",\"locations\":[\"L\",\"M\"],\"quantity\":1,\"strategy\":\"nearest\"", false),
        ("sale", "\"orderLine\":\"o\",\"locations\":[\"L\"],\"quantity\":1,\"distances\":[3]", false),
        ("sale", "\"orderLine\":\"o\",\"locations\":[\"L\"],\"quantity\":1,\"forced\":true", false),
        ("sale", "\"orderLine\":\"o\",\"locations\":[\"L\"],\"quantity\":1,\"lot\":\"l\"", false),
        ("sale", "\"orderLine\":\"o\",\"quantity\":1", false),
        ("commit", "\"orderLine\":\"o\",\"locations\":[\"L\"],\"quantity\":1,\"strategy\":\"priority\"", true),
        ("commit", "\"orderLine\":\"o\",\"locations\":[\"L\"]", false),
        ("commit", "\"orderLine\":\"o\",\"hold\":\"h\",\"locations\":[\"L\"]", false),
        ("commit", "\"orderLine\":\"o\",\"locations\":[\"L\"],\"quantity\":1,\"backorder\":\"partial\"", false),
        ("reassign", "\"hold\":\"h\",\"locations\":[\"L\"],\"location\":\"M\"", true),
        ("reassign", "\"hold\":\"h\",\"location\":\"M\"", false),
        ("reassign", "\"orderLine\":\"o\",\"locations\":[\"L\"],\"toLocation\":\"M\"", false),
        ("reassign", "\"orderLine\":\"o\",\"locations\":[\"L\"],\"toOrderLine\":\"p\"", false),
        ("ship", "\"shipment\":\"s\",\"orderLine\":\"o\",\"location\":\"L\"", true), ("release", "\"hold\":\"h\",\"location\":\"L\"", true),
        ("receive", "\"receipt\":\"r\",\"locations\":[\"L\"],\"location\":\"L\",\"quantity\":1", false),
    ])
    func agreesWithTheDecoder(_ type: String, _ members: String, _ isValid: Bool) throws {
        let record = plain(type, members)
        let value = try JSONValue(String(decoding: record.value!, as: UTF8.self))
        #expect((record.failure == nil) == isValid)
        #expect(try Project.schema("stock-event").check(value).isEmpty == isValid)
    }

    @Test func cloudEventsAreCheckedByTheirType() throws {
        let schema = try Project.schema("stock-event")
        func check(_ type: String, _ data: String) throws -> Bool {
            try schema.check(
                JSONValue("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"/s\",\"type\":\"\(type)\",\"ext\":1,\"data\":\(data)}")
            ).isEmpty
        }
        let hold = "{\"sku\":\"A\",\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":1}"
        #expect(try check("com.example.stock.hold.v1", hold) && check("hold", hold) && check("stock.hold.v1", hold))
        #expect(try !check("stock.hold.v2", hold) && !check("stock.sale.v1", hold) && !check("xstock.hold.v1", hold))
    }

    @Test func theExamplesOfTheTopicsAreValid() throws {
        for (topic, name) in [
            ("stock.events.v1", "stock-event"), ("stock.ledger.v1", "stock-ledger"), ("stock.levels.v1", "stock-level"),
            ("stock.alerts.v1", "stock-alert"), ("stock.webhooks.v1", "stock-webhook"), ("stock.replies.v1", "stock-reply"),
        ] {
            let declaration = try JSONValue(Project.text("topics/\(topic).json"))
            #expect(declaration["schema"]?.string == "schemas/\(name).schema.json")
            #expect(try Project.schema(name).check(#require(declaration["example"]?["value"])) == [], "\(topic)")
        }
        let letter = try JSONValue(Project.text("topics/stock.dead-letters.v1.json"))
        #expect(try Project.schema("stock-dead-letter").check(#require(letter["example"]?["headers"])) == [])
    }
}

/// The validator itself: each keyword holds and fails.
@Suite("Schema validator")
struct SchemaValidatorTests {
    @Test(arguments: [
        ("{\"type\":\"string\"}", "\"a\"", "1"), ("{\"type\":\"integer\"}", "1", "1.5"), ("{\"type\":\"boolean\"}", "true", "\"true\""),
        ("{\"type\":\"object\"}", "{}", "[]"), ("{\"type\":\"array\"}", "[]", "{}"), ("{\"const\":1}", "1", "2"),
        ("{\"enum\":[\"a\",\"b\"]}", "\"b\"", "\"c\""),
        ("{\"minimum\":2}", "2", "1"), ("{\"maximum\":2}", "2", "3"), ("{\"minLength\":2}", "\"ab\"", "\"a\""),
        ("{\"maxLength\":2}", "\"é漢\"", "\"abc\""),
        ("{\"pattern\":\"^a+$\"}", "\"aa\"", "\"ab\""), ("{\"required\":[\"a\"]}", "{\"a\":1}", "{\"b\":1}"),
        ("{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"a\":\"x\",\"b\":1}", "{\"a\":1}"),
        ("{\"properties\":{\"a\":{}},\"additionalProperties\":false}", "{\"a\":1}", "{\"b\":1}"),
        ("{\"patternProperties\":{\"^x\":{}},\"additionalProperties\":false}", "{\"xy\":1}", "{\"yx\":1}"),
        ("{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1,\"b\":1}", "{\"a\":1}"),
        ("{\"items\":{\"type\":\"integer\"}}", "[1,2]", "[1,\"2\"]"),
        ("{\"minItems\":1}", "[1]", "[]"), ("{\"maxItems\":1}", "[1]", "[1,2]"),
        ("{\"oneOf\":[{\"minimum\":5},{\"maximum\":9}]}", "4", "7"),
        ("{\"anyOf\":[{\"const\":1},{\"const\":2}]}", "2", "3"), ("{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "2", "3"),
        ("{\"not\":{\"const\":1}}", "2", "1"), ("{\"if\":{\"minimum\":5},\"then\":{\"const\":7},\"else\":{\"const\":1}}", "7", "6"),
        ("{\"if\":{\"minimum\":5},\"then\":{\"const\":7},\"else\":{\"const\":1}}", "1", "2"),
        ("{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"const\":1}}}", "1", "2"),
    ])
    func keywords(_ schema: String, _ good: String, _ bad: String) throws {
        let validator = SchemaValidator(root: try JSONValue(schema))
        #expect(try validator.check(JSONValue(good)) == [])
        #expect(try validator.check(JSONValue(bad)) != [])
    }

    @Test func refusesWhatItDoesNotKnow() throws {
        let validator = SchemaValidator(root: try JSONValue("{\"multipleOf\":2}"))
        #expect(throws: SchemaValidator.Unsupported.self) { try validator.check(JSONValue("4")) }
        #expect(throws: SchemaValidator.Unsupported.self) { try validator.check(JSONValue("{}")) }
    }
}
