import Configuration
import Foundation
import KafkaAdapter
import StockStream

/// The declarations of `topics/`, embedded at build time: one file a topic, the only place where a topic is described.
struct TopicCatalog {
    /// What a file declares.
    struct Declaration: Decodable {
        var name: String
        var summary: String
        var kind: String
        var key: String
        var partitions: Int32
        var replication: Int16
        var configs: [String: String]
        /// Settings without which the engine refuses to start.
        var essential: [String]?
        /// The topic whose partition count is this one's, too.
        var samePartitionsAs: String?
    }

    /// The engine's topics, by what they are for.
    static let files: [(role: OutputTopic, bytes: [UInt8])] = [
        (.events, PackageResources.stock_events_v1_json), (.ledger, PackageResources.stock_ledger_v1_json),
        (.state, PackageResources.stock_state_v1_json), (.levels, PackageResources.stock_levels_v1_json),
        (.alerts, PackageResources.stock_alerts_v1_json), (.webhooks, PackageResources.stock_webhooks_v1_json),
        (.replies, PackageResources.stock_replies_v1_json), (.deadLetters, PackageResources.stock_dead_letters_v1_json),
    ]

    /// By role, with the names that the configuration gives.
    let declarations: [(role: OutputTopic, declaration: Declaration)]

    /// Reads the declarations. Traps where one is not what `TopicTests` has checked.
    init(_ topics: EngineSettings.Topics) {
        declarations = TopicCatalog.files.map { role, bytes in
            guard var declaration = try? JSONDecoder().decode(Declaration.self, from: Data(bytes)) else {
                preconditionFailure("a topic's declaration could not be read")
            }
            declaration.name = TopicCatalog.names(topics)[role]!
            return (role, declaration)
        }
    }

    /// The configured name of every topic.
    static func names(_ topics: EngineSettings.Topics) -> [OutputTopic: String] {
        [
            .events: topics.events, .ledger: topics.ledger, .state: topics.state, .levels: topics.levels, .alerts: topics.alerts,
            .webhooks: topics.webhooks, .replies: topics.replies, .deadLetters: topics.deadLetters,
        ]
    }

    /// As the broker should have them. Partitions and replication as declared, unless given.
    func definitions(partitions: Int32? = nil, replication: Int16? = nil) -> [TopicDefinition] {
        declarations.map { _, declaration in
            TopicDefinition(
                name: declaration.name, partitions: partitions ?? declaration.partitions,
                replication: replication ?? declaration.replication,
                // Three copies are worth little if one of them is enough for an acknowledgement.
                configs: declaration.configs.merging((replication ?? declaration.replication) >= 3 ? ["min.insync.replicas": "2"] : [:]) {
                    $1
                })
        }
    }

    /// What the engine can't live with, of what differs: a missing topic, unequal partition counts, an essential setting.
    func fatal(_ actual: [String: TopicDescription]) -> [String] {
        var problems: [String] = []
        let events = declarations[0].declaration.name
        for (role, declaration) in declarations {
            guard let topic = actual[declaration.name] else {
                problems.append("topic \(declaration.name) does not exist; `stockstream topics apply` makes it")
                continue
            }
            let same: [OutputTopic] = [.ledger, .state, .levels]
            if same.contains(role), let input = actual[events], topic.partitions != input.partitions {
                problems.append(
                    "topic \(declaration.name) has \(topic.partitions) partitions and \(events) has \(input.partitions); they must be "
                        + "equal. Counts are fixed for life: make new topics and replay")
            }
            for key in declaration.essential ?? [] {
                guard let value = topic.configs[key], let wanted = declaration.configs[key], value != wanted else { continue }
                if key == "max.message.bytes", let bytes = Int(value), let least = Int(wanted), bytes >= least { continue }
                problems.append("topic \(declaration.name): \(key) is \(value), must be \(wanted)")
            }
        }
        return problems
    }
}
