/// A place in a file. Lines and columns count from 1, columns in characters.
public struct SourcePosition: Sendable, Equatable {
    /// The line.
    public var line: Int
    /// The column.
    public var column: Int

    /// A place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// A YAML value with its place. Scalars stay text: what they mean is the business of the key.
public struct YAMLNode: Sendable, Equatable {
    /// What it is.
    public enum Content: Sendable, Equatable {
        /// Text; `isPlain` where it was written without quotes.
        case scalar(String, isPlain: Bool)
        /// A list.
        case sequence([YAMLNode])
        /// Keys and values in the order of the file; no key is there twice.
        case mapping([Entry])
    }

    /// One key of a mapping with its value.
    public struct Entry: Sendable, Equatable {
        /// The key.
        public var key: String
        /// Where the key stands.
        public var position: SourcePosition
        /// Its value.
        public var value: YAMLNode
    }

    /// What it is.
    public var content: Content
    /// Where it begins.
    public var position: SourcePosition

    /// A value at a place.
    public init(content: Content, position: SourcePosition) {
        self.content = content
        self.position = position
    }

    /// Whether nothing was written: an empty plain scalar, `~` or `null`.
    public var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }
}

/// A YAML text that can't be read.
public struct YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where, if it is known.
    public var position: SourcePosition?
    /// What is wrong.
    public var reason: String

    /// Place and reason.
    public var description: String {
        guard let position else { return reason }
        return "\(position.line):\(position.column): \(reason)"
    }
}
