/// A topic as it should be.
public struct TopicDefinition: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Partitions, fixed for life: nothing here ever raises the number, since keys would move away from their state.
    public var partitions: Int32
    /// Copies of each partition.
    public var replication: Int16
    /// The settings that matter, by Kafka's names; others stay as the broker has them.
    public var configs: [String: String]

    /// A topic with its settings.
    public init(name: String, partitions: Int32, replication: Int16, configs: [String: String]) {
        self.name = name
        self.partitions = partitions
        self.replication = replication
        self.configs = configs
    }
}

/// A topic as it is.
public struct TopicDescription: Sendable, Equatable {
    /// Its partitions.
    public var partitions: Int32
    /// The fewest copies of any partition.
    public var replication: Int16
    /// Every setting that is not secret, defaults included.
    public var configs: [String: String]
    /// Those that were set for the topic itself.
    public var ownConfigs: [String: String]
}

/// Where a topic is not as it should be.
public enum TopicDifference: Sendable, Equatable, CustomStringConvertible {
    /// There is no such topic.
    case missing(topic: String)
    /// Another number of partitions; can't be put right on the topic.
    case partitions(topic: String, actual: Int32, desired: Int32)
    /// Fewer or more copies; needs a reassignment by the operator.
    case replication(topic: String, actual: Int16, desired: Int16)
    /// A setting with another value; nil where the broker does not know it.
    case config(topic: String, key: String, actual: String?, desired: String)

    /// For people.
    public var description: String {
        switch self {
        case .missing(let topic): "\(topic): does not exist"
        case .partitions(let topic, let actual, let desired): "\(topic): \(actual) partitions, should be \(desired)"
        case .replication(let topic, let actual, let desired): "\(topic): replication \(actual), should be \(desired)"
        case .config(let topic, let key, let actual, let desired): "\(topic): \(key) is \(actual ?? "not known"), should be \(desired)"
        }
    }

    /// What `actual` lacks to be `desired`; settings in the order of their names.
    public static func between(_ desired: TopicDefinition, _ actual: TopicDescription?) -> [TopicDifference] {
        guard let actual else { return [.missing(topic: desired.name)] }
        var found: [TopicDifference] = []
        if actual.partitions != desired.partitions {
            found.append(.partitions(topic: desired.name, actual: actual.partitions, desired: desired.partitions))
        }
        if actual.replication != desired.replication {
            found.append(.replication(topic: desired.name, actual: actual.replication, desired: desired.replication))
        }
        for (key, value) in desired.configs.sorted(by: { $0.key < $1.key }) where actual.configs[key] != value {
            found.append(.config(topic: desired.name, key: key, actual: actual.configs[key], desired: value))
        }
        return found
    }
}

/// A consumer group as its coordinator sees it.
public struct GroupDescription: Sendable, Equatable {
    /// A member of the group.
    public struct Member: Sendable, Equatable {
        /// The coordinator's id for it.
        public var id: String
        /// Its client id.
        public var clientID: String
        /// Where it runs.
        public var host: String
    }

    /// The coordinator's name of the state: `Empty`, `Stable`, `Dead` and so on.
    public var state: String
    /// Its members; tools may write to an engine's topics and offsets only while there are none.
    public var members: [Member]
}
