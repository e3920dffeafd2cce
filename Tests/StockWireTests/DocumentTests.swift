import StockCore
import StockWire
import Testing

@Suite("Documents")
struct DocumentTests {
    /// Lines `KEY|{...}` of a block, also where they stand in single quotes of a shell command.
    private func lines(_ block: String) -> [(key: String, value: String)] {
        block.split(separator: "\n").compactMap { line in
            guard let match = line.firstMatch(of: /([^|']+)\|(\{.*\})/) else { return nil }
            return (String(match.1), String(match.2))
        }
    }

    @Test func everyExampleEventCanBeDecoded() throws {
        let page = "docs/events.md"
        let schema = try Project.schema("stock-event")
        var types: Set<EventType> = []
        for block in try Project.blocks("event", in: page) {
            #expect(!lines(block).isEmpty)
            for (name, value) in lines(block) {
                let decoded = try SampleRecord(value, key: name).decode()
                #expect(decoded.event.sku == key(name), "\(value)")
                #expect(try schema.check(JSONValue(value)) == [], "\(value)")
                types.insert(decoded.event.type)
            }
        }
        #expect(types == Set(EventType.allCases))
    }

    @Test func theCloudEventsCommandsCanBeDecoded() throws {
        let blocks = try Project.blocks("sh", in: "docs/events.md")
        #expect(blocks.count == 2)
        let schema = try Project.schema("stock-event")
        for block in blocks {
            let headers = block.matches(of: /-H '([^=']+)=([^']*)'/).map { (String($0.1), Optional(String($0.2))) }
            let (name, value) = try #require(lines(block).first)
            let decoded = try SampleRecord(value, key: name, headers: headers).decode()
            #expect(decoded.event.sku == key(name) && decoded.source == "/shops/eu")
            let isBinary = headers.contains { $0.0 == "ce_id" }
            #expect(decoded.replyKey == (isBinary ? "checkout-3/9a7d" : ""))
            #expect(try isBinary ? schema.check(JSONValue(value), at: "#/$defs/data") == [] : schema.check(JSONValue(value)) == [])
        }
    }

    @Test func thePageNamesEveryFieldCodeAndLimit() throws {
        let page = try Project.text("docs/events.md")
        for rejection in Rejection.allCases where rejection != .none {
            #expect(page.contains("| `\(rejection.code)` | \(rejection.sentence) |"), "\(rejection)")
        }
        for code in WireErrorCode.allCases where code != .newerVersion && code != .corrupt {
            #expect(page.contains("| `\(code.code)` | "), "\(code)")
        }
        for disposition in Disposition.allCases { #expect(page.contains("`\(disposition.wireName)`")) }
        for type in EventType.allCases { #expect(page.contains("\n### \(type.wireName)\n")) }
        for text in ["1,048,576 bytes", "255 bytes", "63 bytes", "4,096 bytes", "1,000,000,000,000", "315,360,000"] {
            #expect(page.contains(text))
        }
        #expect(WireLimits.maxRecordBytes == 1_048_576 && EventLimits.maxIDBytes == 255 && EventLimits.maxMetaBytes == 4_096)
        #expect(EventLimits.maxSourceBytes == 255 && WireLimits.maxReplyKeyBytes == 255 && Key.maxBytes == 63)
        #expect(EventLimits.maxQuantity == 1_000_000_000_000 && WireLimits.maxSeconds == 315_360_000)
        #expect(EventLimits.maxHoldSeconds == 34_560_000 && EventLimits.maxBalance == 1_000_000_000_000_000)
    }

    @Test func everyExampleOutputIsWhatIsWritten() throws {
        let page = "docs/outputs.md"
        for example in Examples.all {
            let blocks = try Project.blocks("json \(example.name)", in: page)
            #expect(blocks.count == 1, "\(example.name)")
            #expect(try blocks.first.map { try JSONValue($0) } == JSONValue(example.text), "\(example.name): \(example.text)")
        }
        let shown = try Project.text(page).split(separator: "\n").filter { $0.hasPrefix("```json") }
        #expect(Set(shown) == Set(Examples.all.map { Substring("```json \($0.name)") }))
    }

    @Test func thePageOfOutputsNamesEveryMember() throws {
        let page = try Project.text("docs/outputs.md")
        for name in ["stock-ledger", "stock-level", "stock-alert", "stock-webhook", "stock-reply", "stock-dead-letter"] {
            let missing = try members(of: Project.schema(name).root).filter { !page.contains("`\($0)`") }
            #expect(missing == [], "\(name)")
        }
    }

    /// All member names that a schema has, at any depth.
    private func members(of schema: JSONValue) -> Set<String> {
        guard case .object(let keywords) = schema else { return [] }
        var names: Set<String> = []
        for (keyword, rule) in keywords {
            if keyword == "properties" || keyword == "$defs", case .object(let members) = rule {
                if keyword == "properties" { names.formUnion(members.keys) }
                for member in members.values { names.formUnion(self.members(of: member)) }
            } else if keyword == "items" || keyword == "data" {
                names.formUnion(members(of: rule))
            }
        }
        return names
    }
}
