/// One option of a subcommand: the single place from which parsing, help and completion come.
public struct CommandOption: Sendable {
    /// What follows the option's name.
    public enum Value: Sendable {
        /// Nothing; it is there or not.
        case flag
        /// Any text.
        case text(placeholder: String)
        /// A path, completed as one.
        case path(placeholder: String)
        /// A whole number within a range.
        case integer(ClosedRange<Int64>)
        /// A finite number within a range.
        case number(ClosedRange<Double>)
        /// One of these words.
        case choice([String])
    }

    /// The long name, without the two hyphens.
    public let name: String
    /// A letter for short, without the hyphen; nil where there is none.
    public let letter: Character?
    /// What follows.
    public let value: Value
    /// The value where it is not given, as it would be written; nil: the program sees nil.
    public let defaultValue: String?
    /// Whether it must be given.
    public let isRequired: Bool
    /// Whether it may be given more than once; otherwise a second time is an error.
    public let isRepeatable: Bool
    /// What it is for: one sentence.
    public let help: String

    /// An option. Name and letter must be different from those of the other options of the subcommand, and from `help` and `version`.
    public init(
        _ name: String, letter: Character? = nil, _ value: Value, defaultValue: String? = nil, isRequired: Bool = false,
        isRepeatable: Bool = false,
        help: String
    ) {
        precondition(!name.isEmpty && !name.hasPrefix("-") && !name.contains("="), "a long name without hyphens")
        precondition(!(isRequired && defaultValue != nil), "what must be given has no default")
        self.name = name
        self.letter = letter
        self.value = value
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.isRepeatable = isRepeatable
        self.help = help
        if let defaultValue { precondition(check(defaultValue) == nil, "the default is allowed") }
    }

    /// Whether nothing follows the name.
    public var isFlag: Bool {
        if case .flag = value { return true }
        return false
    }

    /// What is allowed, where the text is not.
    func check(_ text: String) -> String? {
        switch value {
        case .flag: return "no value"
        case .text, .path: return nil
        case .integer(let range):
            if let number = Int64(text), range.contains(number) { return nil }
            return "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range):
            if let number = Double(text), number.isFinite, range.contains(number) { return nil }
            return "a number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words):
            return words.contains(text) ? nil : words.joined(separator: ", ")
        }
    }

    /// What stands for the value in help.
    var placeholder: String {
        switch value {
        case .flag: ""
        case .text(let placeholder), .path(let placeholder): placeholder
        case .integer: "N"
        case .number: "X"
        case .choice(let words): words.joined(separator: "|")
        }
    }
}

/// A value that a subcommand takes by its place.
public struct CommandArgument: Sendable {
    /// How often it is given.
    public enum Count: Sendable {
        /// Exactly once.
        case one
        /// Once or not at all.
        case optional
        /// Once or more; only the last argument.
        case oneOrMore
        /// Any number; only the last argument.
        case any
    }

    /// Its name in help and in `ParsedArguments`.
    public let name: String
    /// How often it is given.
    public let count: Count
    /// The words that are allowed; nil: any text.
    public let choices: [String]?
    /// What it is: one sentence.
    public let help: String

    /// An argument.
    public init(_ name: String, _ count: Count = .one, choices: [String]? = nil, help: String) {
        self.name = name
        self.count = count
        self.choices = choices
        self.help = help
    }
}
