/// One thing that the program does.
public struct Subcommand: Sendable {
    /// The words that select it, such as `engine` or `topics apply`.
    public let name: String
    /// What it does: one line.
    public let summary: String
    /// More about it, below the summary in its help; may be empty.
    public let discussion: String
    /// Its options.
    public let options: [CommandOption]
    /// Its arguments, in order.
    public let arguments: [CommandArgument]
    /// Does it; the result is the exit code.
    public let run: @Sendable (ParsedArguments) -> Int32

    /// A subcommand.
    public init(
        name: String, summary: String, discussion: String = "", options: [CommandOption] = [], arguments: [CommandArgument] = [],
        run: @escaping @Sendable (ParsedArguments) -> Int32
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.options = options
        self.arguments = arguments
        self.run = run
        checkDeclaration()
    }

    /// The words of the name.
    var words: [String] { name.split(separator: " ").map(String.init) }

    private func checkDeclaration() {
        precondition(!words.isEmpty, "a subcommand has a name")
        let names = options.map(\.name) + ["help"]
        precondition(Set(names).count == names.count, "option names differ")
        let letters = options.compactMap(\.letter) + ["h"]
        precondition(Set(letters).count == letters.count, "option letters differ")
        for (index, argument) in arguments.enumerated() {
            let isLast = index == arguments.count - 1
            switch argument.count {
            case .one:
                precondition(
                    arguments[..<index].allSatisfy { if case .one = $0.count { true } else { false } },
                    "what must be given stands before what need not")
            case .optional: break
            case .oneOrMore, .any: precondition(isLast, "only the last argument may be given more than once")
            }
        }
    }
}

/// What was given to a subcommand, checked against its declaration. Asking for what was not declared is a programming error.
public struct ParsedArguments: Sendable {
    let subcommand: Subcommand
    var values: [String: [String]] = [:]
    var flags: Set<String> = []
    var positional: [String: [String]] = [:]

    /// Whether a flag was given.
    public func flag(_ name: String) -> Bool {
        precondition(option(name).isFlag, "not a flag: \(name)")
        return flags.contains(name)
    }

    /// The text of an option: given, default, or nil. Of a repeatable one the last.
    public func text(_ name: String) -> String? {
        texts(name).last
    }

    /// All texts of a repeatable option in order; its default, or nothing, where it is not given.
    public func texts(_ name: String) -> [String] {
        let option = option(name)
        precondition(!option.isFlag, "a flag has no text: \(name)")
        return values[name] ?? option.defaultValue.map { [$0] } ?? []
    }

    /// The whole number of an option: given, default, or nil.
    public func integer(_ name: String) -> Int64? {
        guard case .integer = option(name).value else { preconditionFailure("not a whole number: \(name)") }
        return text(name).map { Int64($0)! }
    }

    /// The number of an option: given, default, or nil.
    public func number(_ name: String) -> Double? {
        guard case .number = option(name).value else { preconditionFailure("not a number: \(name)") }
        return text(name).map { Double($0)! }
    }

    /// Whether an option was given, with its default or any other value.
    public func isGiven(_ name: String) -> Bool {
        _ = option(name)
        return values[name] != nil || flags.contains(name)
    }

    /// The first value of an argument; nil where an optional one is not given.
    public func argument(_ name: String) -> String? { arguments(name).first }

    /// All values of an argument.
    public func arguments(_ name: String) -> [String] {
        precondition(subcommand.arguments.contains { $0.name == name }, "not declared: \(name)")
        return positional[name] ?? []
    }

    private func option(_ name: String) -> CommandOption {
        guard let option = subcommand.options.first(where: { $0.name == name }) else { preconditionFailure("not declared: --\(name)") }
        return option
    }
}
