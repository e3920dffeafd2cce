import StockCore
import StockWire
import Testing

@Suite("CloudEvents in")
struct CloudEventsTests {
    private static let data = "{\"sku\":\"BTY-001\",\"hold\":\"h\",\"location\":\"L\",\"quantity\":1,\"ttlSeconds\":60}"

    private func binary(_ value: String? = data, _ changes: [String: String?] = [:], more: [(String, String?)] = []) -> SampleRecord {
        var headers: [(String, String?)] = []
        let defaults = [
            ("ce_specversion", "1.0"), ("ce_id", "e-1"), ("ce_source", "/stores/berlin-2/pos/7"), ("ce_type", "com.example.stock.hold.v1"),
            ("ce_time", "2026-01-01T00:00:01Z"), ("content-type", "application/json"),
        ]
        for (name, value) in defaults {
            if let change = changes[name] {
                if let change { headers.append((name, change)) }
            } else {
                headers.append((name, value))
            }
        }
        return SampleRecord(value, headers: headers + more)
    }

    private func structured(_ members: String, contentType: String = "application/cloudevents+json; charset=UTF-8") -> SampleRecord {
        SampleRecord("{\(members)}", headers: [("content-type", contentType)])
    }

    private static let attributes = "\"specversion\":\"1.0\",\"id\":\"e-1\",\"source\":\"/pos\",\"type\":\"stock.hold.v1\""

    @Test func readsBinaryMode() throws {
        let decoded = try binary(more: [("ce_ext", "x"), ("ce_partitionkey", "BTY-001")]).decode()
        #expect(decoded.event.type == .hold && decoded.id == "e-1" && decoded.source == "/stores/berlin-2/pos/7")
        #expect(decoded.event.occurredAtMilliseconds == 1_767_225_601_000 && decoded.event.sku == key("BTY-001"))
        #expect(decoded.event.idHash == EventDecoder.idHash(source: bytes("/stores/berlin-2/pos/7"), id: bytes("e-1")))
    }

    @Test func readsStructuredMode() throws {
        for text in [
            "\(Self.attributes),\"time\":\"2026-01-01T00:00:01Z\",\"data\":\(Self.data)",
            "\"data\":\(Self.data),\"time\":\"2026-01-01T00:00:01Z\",\(Self.attributes),\"subject\":\"x\",\"ext\":5,"
                + "\"dataschema\":null,\"other\":[{}]",
        ] {
            let decoded = try structured(text).decode()
            #expect(decoded.event.type == .hold && decoded.id == "e-1" && decoded.source == "/pos")
            #expect(decoded.event.occurredAtMilliseconds == 1_767_225_601_000 && decoded.event.ttlSeconds == 60)
        }
        #expect(
            try structured("\(Self.attributes),\"data\":\(Self.data)", contentType: "Application/CloudEvents+JSON").decode().id == "e-1")
        #expect(try structured("\(Self.attributes),\"data\":\(Self.data)", contentType: "application/cloudevents").decode().id == "e-1")
        #expect(
            try structured("\(Self.attributes),\"data\":\(Self.data)", contentType: "application/cloudevents; a=b").decode().id == "e-1")
    }

    @Test func allFormsAreTheSameEvent() throws {
        let text = "{\"id\":\"e-1\",\"source\":\"/pos\",\"type\":\"hold\"," + Self.data.dropFirst()
        let own = try SampleRecord(text).decode().event
        let inBinary = try binary(Self.data, ["ce_source": "/pos"]).decode().event
        let inStructured = try structured("\(Self.attributes),\"data\":\(Self.data)").decode().event
        #expect(own.idHash == inBinary.idHash && own.idHash == inStructured.idHash)
        #expect(own.bodyHash == inBinary.bodyHash && own.bodyHash == inStructured.bodyHash)
    }

    @Test(arguments: ["hold", "stock.hold.v1", "com.example.stock.hold.v1"])
    func takesTheType(_ type: String) throws {
        #expect(try binary(Self.data, ["ce_type": type]).decode().event.type == .hold)
    }

    @Test(arguments: [
        "hold.v1", "stock.hold.v2", "stock.hold", "xstock.hold.v1", "stock.holt.v1", "stock..v1", "stock.v1", "Stock.hold.v1",
    ])
    func refusesTheType(_ type: String) {
        let failure = binary(Self.data, ["ce_type": type]).failure
        #expect(failure?.code == .unknownType && failure?.field == key("ce_type"))
    }

    @Test(arguments: [
        ("ce_specversion", nil, WireErrorCode.missingField), ("ce_specversion", "0.3", .specVersion), ("ce_id", nil, .missingField),
        ("ce_id", "", .missingField), ("ce_source", nil, .missingField), ("ce_type", nil, .missingField),
        ("ce_time", "yesterday", .badTime),
        ("content-type", "application/xml", .contentType), ("ce_id", String(repeating: "i", count: 256), .textTooLong),
    ])
    func refusesAttributes(_ name: String, _ value: String?, _ code: WireErrorCode) {
        let failure = binary(Self.data, [name: value]).failure
        #expect(failure?.code == code && failure?.field == key(name), "\(String(describing: failure))")
    }

    @Test func optionalAttributesMayBeMissing() throws {
        #expect(try binary(Self.data, ["ce_time": nil, "content-type": nil]).decode().event.occurredAtMilliseconds == 1_767_225_600_000)
        #expect(try binary(Self.data, ["content-type": "text/json; charset=utf-8"]).decode().id == "e-1")
        #expect(try binary(Self.data, ["content-type": "application/vnd.stock+json"]).decode().id == "e-1")
    }

    @Test func headerValuesAreNotPercentDecoded() throws {
        #expect(try binary(Self.data, ["ce_id": "a%20b"]).decode().id == "a%20b")
        #expect(try binary(Self.data, ["ce_id": "é"]).decode().id == "é")
        var record = binary()
        record.headers[1].value = [0xFF]
        #expect(record.failure?.code == .invalidUTF8 && record.failure?.field == key("ce_id"))
    }

    @Test func refusesAnAttributeTwice() {
        let failure = binary(more: [("ce_id", "e-2")]).failure
        #expect(failure?.code == .duplicateField && failure?.field == key("ce_id"))
        #expect(structured("\(Self.attributes),\"id\":\"e-2\",\"data\":\(Self.data)").failure?.code == .duplicateField)
        #expect(structured("\(Self.attributes),\"data\":\(Self.data),\"data\":\(Self.data)").failure?.code == .duplicateField)
    }

    @Test func attributesDoNotStandInTheData() {
        for name in ["id", "source", "type"] {
            let data = Self.data.dropLast() + ",\"\(name)\":\"hold\"}"
            #expect(binary(String(data)).failure?.field == key(name))
            #expect(structured("\(Self.attributes),\"data\":\(data)").failure?.code == .unusedField)
        }
    }

    @Test func theDataMayNameTheBusinessTime() throws {
        let data = Self.data.dropLast() + ",\"occurredAt\":\"2026-01-01T00:00:09Z\"}"
        #expect(try binary(String(data)).decode().event.occurredAtMilliseconds == 1_767_225_609_000)
        for text in ["\"time\":\"2026-01-01T00:00:01Z\",\"data\":\(data)", "\"data\":\(data),\"time\":\"2026-01-01T00:00:01Z\""] {
            #expect(try structured("\(Self.attributes),\(text)").decode().event.occurredAtMilliseconds == 1_767_225_609_000)
        }
    }

    @Test func refusesOtherData() {
        #expect(binary(nil).failure?.code == .noValue)
        #expect(structured("\(Self.attributes)").failure?.field == key("data"))
        #expect(structured("\(Self.attributes),\"data\":null").failure?.code == .wrongType)
        #expect(structured("\(Self.attributes),\"data\":\"{}\"").failure?.code == .wrongType)
        #expect(structured("\(Self.attributes),\"data_base64\":\"e30=\"").failure?.code == .dataBase64)
        #expect(structured("\"id\":5,\"data\":\(Self.data)").failure?.field == key("id"))
        #expect(structured("\(Self.attributes),\"datacontenttype\":\"text/xml\",\"data\":\(Self.data)").failure?.code == .contentType)
        #expect(structured("\(Self.attributes)", contentType: "application/cloudevents+avro").failure?.code == .contentType)
        #expect(structured("\(Self.attributes)", contentType: "application/cloudevents+jsonx").failure?.code == .contentType)
        #expect(structured("\(Self.attributes)", contentType: "application/cloudevents-batch+json").failure?.code == .contentType)
        #expect(structured("\"id\":null,\"specversion\":\"1.0\",\"data\":\(Self.data)").failure?.field == key("id"))
    }

    @Test func ceHeadersRepeatedInStructuredModeDoNotCount() throws {
        var record = structured("\(Self.attributes),\"data\":\(Self.data)")
        record.headers.append((name: "ce_id", value: Array("other".utf8)))
        #expect(try record.decode().id == "e-1")
    }

    @Test func passesTheTraceOn() throws {
        let created = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let hop = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        #expect(try binary(more: [("traceparent", hop)]).decode().traceparent == hop)
        #expect(try binary(more: [("traceparent", hop), ("ce_traceparent", created)]).decode().traceparent == created)
        #expect(try structured("\(Self.attributes),\"traceparent\":\"\(created)\",\"data\":\(Self.data)").decode().traceparent == created)
        #expect(try binary(more: [("traceparent", "00-xyz")]).decode().traceparent.isEmpty)
        #expect(try binary(more: [("traceparent", hop.replacing("0af", with: "0ag") + "0")]).decode().traceparent.isEmpty)
    }
}
