public import YAML

/// Everything that is wrong with a configuration, all at once.
public struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One thing that is wrong.
    public struct Problem: Sendable, Equatable, CustomStringConvertible {
        /// Where the value was set.
        public var origin: SettingOrigin
        /// The key, such as `engine.workers`; nil where the file as a whole is meant.
        public var key: String?
        /// What is wrong and what is allowed. A secret value is not in it.
        public var reason: String

        /// A problem.
        public init(origin: SettingOrigin, key: String?, reason: String) {
            self.origin = origin
            self.key = key
            self.reason = reason
        }

        /// `file:line:column: key: reason`.
        public var description: String {
            ([origin.description, key].compactMap { $0 } + [reason]).joined(separator: ": ")
        }
    }

    /// The problems, those of the file first, in its order. Never empty.
    public var problems: [Problem]

    /// An error of these problems.
    public init(_ problems: [Problem]) {
        precondition(!problems.isEmpty)
        self.problems = problems
    }

    /// One line a problem.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Where a value comes from.
public enum SettingOrigin: Sendable, Equatable, CustomStringConvertible {
    /// Nobody set it.
    case byDefault
    /// A place in a file; no position: the file as a whole.
    case file(String, SourcePosition?)
    /// An environment variable.
    case environment(String)

    /// The place, in the form that editors and terminals turn into a link.
    public var description: String {
        switch self {
        case .byDefault: "default"
        case .file(let name, nil): name
        case .file(let name, .some(let position)): "\(name):\(position.line):\(position.column)"
        case .environment(let name): "environment variable \(name)"
        }
    }
}
