import Foundation
import Testing

/// The declarations in `topics/` hold together. Whether they are what the code emits is tested where the code is.
@Suite struct TopicTests {
    private struct Topic: Decodable {
        var name: String
        var summary: String
        var kind: String
        var key: String
        var partitions: Int
        var samePartitionsAs: String?
        var replication: Int
        var configs: [String: String]
        var essential: [String]
        var encoding: String
        var schema: String?
    }

    private func topics() throws -> [String: Topic] {
        var found: [String: Topic] = [:]
        for path in Project.files(below: "topics", withExtension: "json") where path.split(separator: "/").count == 2 {
            let topic = try JSONDecoder().decode(Topic.self, from: Data(contentsOf: Project.root.appendingPathComponent(path)))
            #expect(path == "topics/\(topic.name).json")
            found[topic.name] = topic
        }
        return found
    }

    @Test func everyTopicIsDeclared() throws {
        let wanted = ["events", "ledger", "state", "levels", "alerts", "webhooks", "replies", "dead-letters"].map { "stock.\($0).v1" }
        #expect(try Set(topics().keys) == Set(wanted + ["orders.events.v1"]))
    }

    @Test func declarationsAreSound() throws {
        for topic in try topics().values {
            #expect(topic.name.wholeMatch(of: /[a-z]+\.[a-z-]+\.v[0-9]+/) != nil, "\(topic.name)")
            #expect((1...1000).contains(topic.partitions) && topic.replication >= 1)
            #expect(["stream", "table"].contains(topic.kind) && ["json", "binary", "original bytes"].contains(topic.encoding))
            #expect(topic.configs["cleanup.policy"] == (topic.kind == "table" ? "compact" : "delete"), "\(topic.name)")
            #expect(Set(topic.essential).isSubset(of: topic.configs.keys), "\(topic.name)")
            #expect(!topic.summary.isEmpty && !topic.key.isEmpty)
        }
    }

    @Test func whatSharesPartitionsAgrees() throws {
        let topics = try topics()
        for topic in topics.values {
            guard let other = topic.samePartitionsAs else { continue }
            #expect(topics[other]?.partitions == topic.partitions, "\(topic.name)")
        }
        for name in ["stock.ledger.v1", "stock.state.v1", "stock.levels.v1"] {
            #expect(topics[name]?.samePartitionsAs == "stock.events.v1", "\(name)")
        }
    }

    @Test func rulesOfTheDesignHold() throws {
        let topics = try topics()
        func config(_ topic: String, _ name: String) -> String? { topics[topic]?.configs[name] }
        for input in ["stock.events.v1", "orders.events.v1"] { #expect(config(input, "message.timestamp.type") == "LogAppendTime") }
        #expect(config("stock.ledger.v1", "message.timestamp.type") == "CreateTime" && config("stock.ledger.v1", "retention.ms") == "-1")
        // Engines learn the brokers' time from it.
        #expect(config("stock.state.v1", "message.timestamp.type") == "LogAppendTime")
        for (table, segment) in [("stock.state.v1", 16 << 20), ("stock.levels.v1", 64 << 20)] {
            #expect(config(table, "segment.bytes") == "\(segment)" && config(table, "min.cleanable.dirty.ratio") == "0.1")
        }
        #expect(config("stock.dead-letters.v1", "max.message.bytes") == "\(2 << 20)")
    }

    /// A client library or a document generator takes the schema from where the declaration says.
    @Test func everySchemaIsThere() throws {
        for topic in try topics().values {
            guard let schema = topic.schema else { continue }
            let text = try #require(Project.text("topics/\(schema)"), "topics/\(schema) is missing, which \(topic.name) names")
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
        }
    }

    @Test func readmeNamesEveryTopic() throws {
        let readme = try #require(Project.text("topics/README.md"))
        for name in try topics().keys { #expect(readme.contains("| `\(name)` |"), "\(name)") }
    }
}
